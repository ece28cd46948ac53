import type { GenerationOptions } from '../operations/generation.js';
import type { Operation } from '../operations/operation.js';
import type { AnswerReader, StreamReader } from './api-call.js';
import { addCounts, parseJson, readFields, readList, readNumber, readText, type Fields } from './fields.js';

/** What a request of messages says (@anthropic-ai/sdk 1 resources/messages). */
export function describeMessagesRequest(body: Fields): Omit<GenerationOptions, 'provider'> {
  const stops = readList(body['stop_sequences']).filter((item) => typeof item === 'string');
  return {
    model: readText(body['model']) ?? '',
    input: body['messages'],
    system: body['system'],
    tools: body['tools'],
    parameters: {
      temperature: readNumber(body['temperature']),
      topP: readNumber(body['top_p']),
      topK: readNumber(body['top_k']),
      maxTokens: readNumber(body['max_tokens']),
      stopSequences: stops.length === 0 ? undefined : stops,
    },
  };
}

/** Answers of messages. */
export const MESSAGES_READER: AnswerReader = {
  readAnswer(answer, operation) {
    const message = readFields(answer);
    writeMessage(operation, message, readFields(message['usage']));
  },
  createStreamReader: () => new MessageStreamReader(),
};

function writeMessage(operation: Operation, message: Fields, usage: Fields): void {
  const reason = readText(message['stop_reason']);
  operation.setResponse({
    id: readText(message['id']),
    model: readText(message['model']),
    ...(reason !== undefined && { finishReasons: [reason] }),
  });
  const cached = readNumber(usage['cache_read_input_tokens']);
  const written = readNumber(usage['cache_creation_input_tokens']);
  operation.setUsage({
    // Anthropic counts cached tokens beside the others, the conventions inside.
    inputTokens: addCounts(readNumber(usage['input_tokens']), cached, written),
    outputTokens: readNumber(usage['output_tokens']),
    cachedInputTokens: cached,
    cacheWriteTokens: written,
    reasoningTokens: readNumber(readFields(usage['output_tokens_details'])['thinking_tokens']),
  });
  // Prices depend on them, and no convention has names: these are of the SDK itself (1.x, internal/tracing.ts).
  const lifetimes = readFields(usage['cache_creation']);
  operation.setAttributes({
    'anthropic.usage.cache_creation.ephemeral_5m_input_tokens': readNumber(
      lifetimes['ephemeral_5m_input_tokens'],
    ),
    'anthropic.usage.cache_creation.ephemeral_1h_input_tokens': readNumber(
      lifetimes['ephemeral_1h_input_tokens'],
    ),
    'anthropic.response.service_tier': readText(usage['service_tier']),
  });
  const content = readList(message['content']);
  if (content.length > 0) operation.setOutput({ role: 'assistant', content, finish_reason: reason });
}

interface BlockSoFar {
  /** The block as it began, such as `{ type: 'tool_use', id, name }`. */
  start: Fields;
  text: string;
}

/** Events of one stream of messages. Later counts of usage stand in place of earlier ones. */
class MessageStreamReader implements StreamReader {
  #message: Fields = {};
  #usage: Fields = {};
  #reason: unknown;
  readonly #blocks: BlockSoFar[] = [];

  read(chunk: unknown): void {
    const event = readFields(chunk);
    switch (event['type']) {
      case 'message_start':
        this.#message = readFields(event['message']);
        this.#addUsage(this.#message['usage']);
        break;
      case 'content_block_start':
        this.#blocks[readNumber(event['index']) ?? 0] = {
          start: readFields(event['content_block']),
          text: '',
        };
        break;
      case 'content_block_delta':
        this.#addDelta(readNumber(event['index']) ?? 0, readFields(event['delta']));
        break;
      case 'message_delta':
        this.#reason = readFields(event['delta'])['stop_reason'] ?? this.#reason;
        this.#addUsage(event['usage']);
        break;
    }
  }

  finish(operation: Operation): void {
    const content = this.#blocks.map(toBlock);
    writeMessage(operation, { ...this.#message, content, stop_reason: this.#reason }, this.#usage);
  }

  #addDelta(index: number, delta: Fields): void {
    const block = this.#blocks[index];
    const text = delta['text'] ?? delta['thinking'] ?? delta['partial_json'];
    if (block !== undefined && typeof text === 'string') block.text += text;
  }

  #addUsage(given: unknown): void {
    const known = Object.entries(readFields(given)).filter(
      ([, value]) => value !== null && value !== undefined,
    );
    this.#usage = { ...this.#usage, ...Object.fromEntries(known) };
  }
}

function toBlock({ start, text }: BlockSoFar): Fields {
  switch (start['type']) {
    case 'text':
      return { type: 'text', text: (readText(start['text']) ?? '') + text };
    case 'thinking':
      return { type: 'thinking', thinking: (readText(start['thinking']) ?? '') + text };
    default:
      return text === '' ? start : { ...start, input: parseJson(text) };
  }
}
