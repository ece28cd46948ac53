import type { GenerationOptions, RequestParameters } from '../operations/generation.js';
import type { Operation, Usage } from '../operations/operation.js';
import type { AnswerReader, StreamReader } from './api-call.js';
import { readFields, readList, readNumber, readText, type Fields } from './fields.js';

/** What a request of chat.completions says (openai 6 resources/chat/completions). */
export function describeChatRequest(body: Fields): Omit<GenerationOptions, 'provider'> {
  return {
    model: readText(body['model']) ?? '',
    input: body['messages'],
    tools: body['tools'],
    outputType: readOutputType(readText(readFields(body['response_format'])['type'])),
    parameters: {
      ...readSampling(body),
      maxTokens: readNumber(body['max_completion_tokens']) ?? readNumber(body['max_tokens']),
      seed: readNumber(body['seed']),
      stopSequences: readStop(body['stop']),
      frequencyPenalty: readNumber(body['frequency_penalty']),
      presencePenalty: readNumber(body['presence_penalty']),
      choiceCount: readNumber(body['n']),
    },
  };
}

/** Parameters that all of OpenAI's APIs for text have. */
export function readSampling(body: Fields): RequestParameters {
  return { temperature: readNumber(body['temperature']), topP: readNumber(body['top_p']) };
}

/** OpenAI's formats in the words of `gen_ai.output.type`. */
export function readOutputType(format: string | undefined): string | undefined {
  return format?.startsWith('json') === true ? 'json' : format;
}

function readStop(stop: unknown): string[] | undefined {
  if (typeof stop === 'string') return [stop];
  const list = readList(stop).filter((item) => typeof item === 'string');
  return list.length === 0 ? undefined : list;
}

/** Answers of chat.completions. */
export const CHAT_READER: AnswerReader = {
  readAnswer(answer, operation) {
    const completion = readFields(answer);
    const choices = readList(completion['choices']).map(readFields);
    writeChatAnswer(operation, completion, choices);
  },
  createStreamReader: () => new ChatStreamReader(),
};

function writeChatAnswer(operation: Operation, about: Fields, choices: readonly Fields[]): void {
  const reasons = choices.map((choice) => readText(choice['finish_reason']));
  operation.setResponse({
    id: readText(about['id']),
    model: readText(about['model']),
    finishReasons: reasons.some(Boolean) ? reasons.map((reason) => reason ?? '') : undefined,
  });
  operation.setUsage(readChatUsage(about['usage']));
  const tier = readText(about['service_tier']);
  if (tier !== undefined) operation.setAttributes({ 'openai.response.service_tier': tier });
  if (choices.length > 0) operation.setOutput(choices.map(toMessage));
}

/** The choice's message, with what the SDK's own messages have beside it. */
function toMessage(choice: Fields): Fields {
  const message = readFields(choice['message']);
  const said = [
    // DeepSeek and servers such as vLLM tell thoughts in this field, which OpenAI's own API doesn't have.
    ...list(readText(message['reasoning_content']), (thinking) => ({ type: 'thinking', thinking })),
    ...list(readText(message['content']), (text) => ({ type: 'text', text })),
    ...list(readText(message['refusal']), (content) => ({ type: 'refusal', content })),
  ];
  return {
    role: message['role'] ?? 'assistant',
    content: said,
    tool_calls: message['tool_calls'],
    finish_reason: choice['finish_reason'],
  };
}

function list<T>(text: string | undefined, make: (text: string) => T): T[] {
  return text === undefined ? [] : [make(text)];
}

function readChatUsage(given: unknown): Usage {
  const usage = readFields(given);
  return {
    inputTokens: readNumber(usage['prompt_tokens']),
    outputTokens: readNumber(usage['completion_tokens']),
    cachedInputTokens: readNumber(readFields(usage['prompt_tokens_details'])['cached_tokens']),
    reasoningTokens: readNumber(readFields(usage['completion_tokens_details'])['reasoning_tokens']),
  };
}

interface ToolCallSoFar {
  id: string | undefined;
  name: string;
  arguments: string;
}

interface ChoiceSoFar {
  content: string;
  reasoning: string;
  refusal: string;
  calls: ToolCallSoFar[];
  reason: string | undefined;
}

/** Chunks of one stream of chat.completions. Usage comes in a chunk without choices, and only where it was asked for. */
class ChatStreamReader implements StreamReader {
  #about: Fields = {};
  #usage: unknown;
  readonly #choices: ChoiceSoFar[] = [];

  read(chunk: unknown): void {
    const fields = readFields(chunk);
    if (readText(fields['id']) !== undefined) this.#about = fields;
    this.#usage = fields['usage'] ?? this.#usage;
    for (const item of readList(fields['choices'])) {
      const choice = readFields(item);
      const so = this.#choiceAt(readNumber(choice['index']) ?? 0);
      so.reason = readText(choice['finish_reason']) ?? so.reason;
      addDelta(so, readFields(choice['delta']));
    }
  }

  finish(operation: Operation): void {
    const choices = this.#choices.map((so) => ({
      finish_reason: so.reason,
      message: {
        content: so.content,
        reasoning_content: so.reasoning,
        refusal: so.refusal,
        tool_calls: so.calls.map(({ id, name, arguments: given }) => ({
          id,
          function: { name, arguments: given },
        })),
      },
    }));
    writeChatAnswer(operation, { ...this.#about, usage: this.#usage }, choices);
  }

  #choiceAt(index: number): ChoiceSoFar {
    return (this.#choices[index] ??= {
      content: '',
      reasoning: '',
      refusal: '',
      calls: [],
      reason: undefined,
    });
  }
}

function addDelta(so: ChoiceSoFar, delta: Fields): void {
  so.content += readText(delta['content']) ?? '';
  so.reasoning += readText(delta['reasoning_content']) ?? '';
  so.refusal += readText(delta['refusal']) ?? '';
  for (const item of readList(delta['tool_calls'])) {
    const given = readFields(item);
    const call = (so.calls[readNumber(given['index']) ?? 0] ??= { id: undefined, name: '', arguments: '' });
    const { name, arguments: text } = readFields(given['function']);
    call.id = readText(given['id']) ?? call.id;
    call.name += readText(name) ?? '';
    call.arguments += readText(text) ?? '';
  }
}
