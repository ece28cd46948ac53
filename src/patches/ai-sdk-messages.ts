import type { MessagePart } from '../operations/messages.js';
import type { Operation, Usage } from '../operations/operation.js';
import { parseJson, readFields, readList, readNumber, readText, type Fields } from './fields.js';

/** A prompt as the AI SDK gives it to models (@ai-sdk/provider 2 to 4, LanguageModelV2 to V4), as messages. */
export function toPromptMessages(prompt: unknown): unknown[] {
  return readList(prompt).map((given) => {
    const { role, content } = readFields(given);
    return typeof content === 'string'
      ? { role, content }
      : { role, parts: readList(content).map((part) => toPart(readFields(part))) };
  });
}

/** A part of a prompt or of an answer. */
function toPart(part: Fields): MessagePart {
  const text = readText(part['text']) ?? '';
  const id = readText(part['toolCallId']) ?? null;
  const name = readText(part['toolName']) ?? '';
  switch (part['type']) {
    case 'text':
      return { type: 'text', content: text };
    case 'reasoning':
      return { type: 'reasoning', content: text };
    case 'tool-call':
      return { type: 'tool_call', id, name, arguments: parseJson(part['input']) };
    case 'tool-result':
      return { type: 'tool_call_response', id, response: readToolResult(part) };
    case 'file':
      return toFilePart(part);
    default:
      return { ...part, type: readText(part['type']) ?? 'unknown' };
  }
}

/** Bytes are not recorded: an address is, where the file has one. */
function toFilePart(part: Fields): MessagePart {
  const mime = readText(part['mediaType']) ?? null;
  const { data } = part;
  return data instanceof URL
    ? { type: 'uri', mime_type: mime, modality: readModality(mime), uri: data.href }
    : { type: 'file', mime_type: mime, modality: readModality(mime), filename: readText(part['filename']) };
}

function readModality(mime: string | null): string {
  return mime?.split('/')[0] ?? 'file';
}

function readToolResult(part: Fields): unknown {
  const output = readFields(part['output']);
  return 'value' in output ? output['value'] : (part['output'] ?? part['result']);
}

/** Puts an answer, or what has come of it, into an operation. */
export function writeAnswer(operation: Operation, answer: AiAnswer): void {
  const reason = readText(answer.finishReason) ?? readText(readFields(answer.finishReason)['unified']);
  const about = readFields(answer.response);
  operation.setResponse({
    id: readText(about['id']),
    model: readText(about['modelId']),
    ...(reason !== undefined && { finishReasons: [reason] }),
  });
  operation.setUsage(readUsage(answer.usage));
  const parts = answer.content.map((part) => toPart(readFields(part)));
  if (parts.length === 0) return;
  operation.setOutput({ role: 'assistant', parts, ...(reason !== undefined && { finish_reason: reason }) });
}

/** What a model of the AI SDK says in answer. */
export interface AiAnswer {
  content: readonly unknown[];
  usage: unknown;
  finishReason: unknown;
  response: unknown;
}

/** Counts are numbers in V2, and objects by kind in V3 and V4. */
function readUsage(given: unknown): Usage {
  const usage = readFields(given);
  const input = readFields(usage['inputTokens']);
  const output = readFields(usage['outputTokens']);
  return {
    inputTokens: readNumber(usage['inputTokens']) ?? readNumber(input['total']),
    outputTokens: readNumber(usage['outputTokens']) ?? readNumber(output['total']),
    cachedInputTokens: readNumber(usage['cachedInputTokens']) ?? readNumber(input['cacheRead']),
    cacheWriteTokens: readNumber(input['cacheWrite']),
    reasoningTokens: readNumber(usage['reasoningTokens']) ?? readNumber(output['reasoning']),
  };
}

/** Parts of one stream of a model, put together. */
export class AiStreamReader {
  #response: Fields = {};
  #usage: unknown;
  #finishReason: unknown;
  #error: unknown;
  readonly #blocks = new Map<string, { type: string; text: string }>();
  readonly #others: unknown[] = [];

  read(chunk: unknown): void {
    const part = readFields(chunk);
    switch (part['type']) {
      case 'text-delta':
      case 'reasoning-delta':
        this.#addText(part);
        break;
      case 'tool-call':
      case 'tool-result':
      case 'file':
        this.#others.push(part);
        break;
      case 'response-metadata':
        this.#response = part;
        break;
      case 'finish':
        this.#usage = part['usage'];
        this.#finishReason = part['finishReason'];
        break;
      case 'error':
        this.#error = part['error'] ?? new Error('The model gave no reason');
        break;
    }
  }

  finish(operation: Operation): void {
    writeAnswer(operation, {
      content: [...this.#blocks.values(), ...this.#others],
      usage: this.#usage,
      finishReason: this.#finishReason,
      response: this.#response,
    });
    if (this.#error !== undefined) operation.recordError(this.#error);
  }

  #addText(part: Fields): void {
    const type = part['type'] === 'text-delta' ? 'text' : 'reasoning';
    const key = `${type} ${readText(part['id']) ?? ''}`;
    const block = this.#blocks.get(key) ?? { type, text: '' };
    block.text += readText(part['delta']) ?? '';
    this.#blocks.set(key, block);
  }
}
