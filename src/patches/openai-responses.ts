import type { GenerationOptions } from '../operations/generation.js';
import type { MessagePart } from '../operations/messages.js';
import type { Operation } from '../operations/operation.js';
import type { AnswerReader, StreamReader } from './api-call.js';
import { parseJson, readFields, readList, readNumber, readText, type Fields } from './fields.js';
import { readOutputType, readSampling } from './openai-chat.js';

/** What a request of responses says (openai 6 resources/responses). */
export function describeResponsesRequest(body: Fields): Omit<GenerationOptions, 'provider'> {
  const input = body['input'];
  return {
    model: readText(body['model']) ?? '',
    input: Array.isArray(input) ? input.map(toInputMessage) : input,
    system: body['instructions'],
    tools: body['tools'],
    outputType: readOutputType(readText(readFields(readFields(body['text'])['format'])['type'])),
    parameters: { ...readSampling(body), maxTokens: readNumber(body['max_output_tokens']) },
  };
}

/** Items of an input are messages, or what an earlier answer held and what tools said to it. */
function toInputMessage(given: unknown): unknown {
  const item = readFields(given);
  if (typeof item['role'] === 'string') return item;
  const isOutput = readText(item['type'])?.endsWith('_output') === true;
  return { role: isOutput ? 'tool' : 'assistant', parts: [toPart(item)] };
}

function toPart(item: Fields): MessagePart {
  const id = readText(item['call_id']) ?? null;
  switch (item['type']) {
    case 'function_call':
      return {
        type: 'tool_call',
        id,
        name: readText(item['name']) ?? '',
        arguments: parseJson(item['arguments']),
      };
    case 'function_call_output':
      return { type: 'tool_call_response', id, response: item['output'] };
    case 'reasoning':
      return { type: 'reasoning', content: readSummary(item) };
    default:
      return { ...item, type: readText(item['type']) ?? 'unknown' };
  }
}

function readSummary(item: Fields): string {
  const parts = [...readList(item['summary']), ...readList(item['content'])];
  return parts.map((part) => readText(readFields(part)['text']) ?? '').join('\n');
}

/** Answers of responses. */
export const RESPONSES_READER: AnswerReader = {
  readAnswer(answer, operation) {
    writeResponse(operation, readFields(answer));
  },
  createStreamReader: () => new ResponsesStreamReader(),
};

function writeResponse(operation: Operation, response: Fields): void {
  const items = readList(response['output']).map(readFields);
  const reason = readFinishReason(response, items);
  operation.setResponse({
    id: readText(response['id']),
    model: readText(response['model']),
    ...(reason !== undefined && { finishReasons: [reason] }),
  });
  const usage = readFields(response['usage']);
  operation.setUsage({
    inputTokens: readNumber(usage['input_tokens']),
    outputTokens: readNumber(usage['output_tokens']),
    cachedInputTokens: readNumber(readFields(usage['input_tokens_details'])['cached_tokens']),
    reasoningTokens: readNumber(readFields(usage['output_tokens_details'])['reasoning_tokens']),
  });
  const tier = readText(response['service_tier']);
  if (tier !== undefined) operation.setAttributes({ 'openai.response.service_tier': tier });
  if (items.length === 0) return;
  const parts = items.flatMap((item) =>
    item['type'] === 'message' ? readList(item['content']) : [toPart(item)],
  );
  operation.setOutput({
    role: 'assistant',
    parts,
    ...(reason !== undefined && { finish_reason: reason }),
  });
}

/** The API has no word of its own for it: the status says it, in the words of chat.completions. */
function readFinishReason(response: Fields, items: readonly Fields[]): string | undefined {
  switch (response['status']) {
    case 'completed':
      return items.some((item) => item['type'] === 'function_call') ? 'tool_calls' : 'stop';
    case 'incomplete': {
      const reason = readText(readFields(response['incomplete_details'])['reason']);
      return reason === 'max_output_tokens' ? 'length' : (reason ?? 'length');
    }
    case 'failed':
      return 'error';
    default:
      return undefined;
  }
}

/** Events of one stream of responses: the last one holds the whole answer, earlier ones its items as they are done. */
class ResponsesStreamReader implements StreamReader {
  #response: Fields = {};
  #error: Fields | undefined;
  readonly #items: Fields[] = [];
  readonly #texts: string[] = [];

  read(chunk: unknown): void {
    const event = readFields(chunk);
    const index = readNumber(event['output_index']) ?? 0;
    switch (event['type']) {
      case 'response.output_text.delta':
        this.#texts[index] = (this.#texts[index] ?? '') + (readText(event['delta']) ?? '');
        break;
      case 'response.output_item.done':
        this.#items[index] = readFields(event['item']);
        break;
      case 'error':
        this.#error = event;
        break;
      default:
        if (typeof event['response'] === 'object') this.#response = readFields(event['response']);
    }
  }

  finish(operation: Operation): void {
    const output = readList(this.#response['output']);
    writeResponse(
      operation,
      output.length > 0 ? this.#response : { ...this.#response, output: this.#soFar() },
    );
    const error = this.#error ?? this.#response['error'];
    if (typeof error !== 'object' || error === null) return;
    const { code, message } = readFields(error);
    operation.recordError({ name: readText(code) ?? 'ResponseError', message: readText(message) ?? '' });
  }

  /** Where the stream broke off: items that were done, and what had come of the text that was not. */
  #soFar(): Fields[] {
    const length = Math.max(this.#items.length, this.#texts.length);
    return Array.from({ length }, (_, index) => {
      const text = this.#texts[index];
      return (
        this.#items[index] ?? {
          type: 'message',
          content: text === undefined ? [] : [{ type: 'output_text', text }],
        }
      );
    });
  }
}
