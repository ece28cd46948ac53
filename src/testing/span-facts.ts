import { ATTR, ERROR_TYPE_CANCELLED } from '../semconv.js';
import type { CollectedSpan } from './collected-span.js';

/** How a span ended; `cancelled` is called off by an AbortError. */
export type Outcome = 'completed' | 'failed' | 'cancelled';

/** How a span ended. */
export function readOutcome({ status, attributes }: CollectedSpan): Outcome {
  if (status !== 'error') return 'completed';
  return attributes[ATTR.errorType] === ERROR_TYPE_CANCELLED ? 'cancelled' : 'failed';
}

/** An attribute that is a text. */
export function readText(span: CollectedSpan, ...keys: string[]): string | undefined {
  for (const key of keys) {
    const value = span.attributes[key];
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

/** An attribute that is a number. */
export function readNumber(span: CollectedSpan, ...keys: string[]): number | undefined {
  for (const key of keys) {
    const value = span.attributes[key];
    if (typeof value === 'number' && Number.isFinite(value)) return value;
  }
  return undefined;
}

/** An attribute as the value that was given: JSON is parsed, any other text stays as it is. */
export function readValue(span: CollectedSpan, key: string): unknown {
  const value = span.attributes[key];
  return typeof value === 'string' ? parseJson(value) : value;
}

/** The value that a JSON text says; the text itself where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** What the last message of an attribute says: its texts, joined. Undefined where there is no message with text. */
export function readLastText(span: CollectedSpan, key: string): string | undefined {
  const messages = readValue(span, key);
  const last: unknown = Array.isArray(messages) ? messages.at(-1) : undefined;
  const parts = (last as { parts?: unknown } | null | undefined)?.parts;
  if (!Array.isArray(parts)) return undefined;
  const texts = parts
    .map((part: unknown) => part as { type?: unknown; content?: unknown } | null)
    .filter((part) => part?.type === 'text' && typeof part.content === 'string')
    .map((part) => part?.content as string);
  return texts.length === 0 ? undefined : texts.join('');
}

/** What a span was given: the last message's text, or a tool's arguments. A text that is JSON as its value. */
export function readInput(span: CollectedSpan): unknown {
  const text = readLastText(span, ATTR.inputMessages);
  return text === undefined ? readValue(span, ATTR.toolCallArguments) : parseJson(text);
}

/** What came out of a span: the last message's text, or a tool's result. A text that is JSON as its value. */
export function readOutput(span: CollectedSpan): unknown {
  const text = readLastText(span, ATTR.outputMessages);
  return text === undefined ? readValue(span, ATTR.toolCallResult) : parseJson(text);
}

/** The model that answered, else the one that was asked. */
export function readModel(span: CollectedSpan): string | undefined {
  return readText(span, ATTR.responseModel, ATTR.requestModel);
}

/** Who serves the model; `gen_ai.system` is the attribute's former name. */
export function readProvider(span: CollectedSpan): string | undefined {
  return readText(span, ATTR.providerName, 'gen_ai.system');
}

/** Tokens that a span reports, with the former names of the attributes (spec/dialects.md, 1.4). */
export function readUsage(span: CollectedSpan): SpanUsage | undefined {
  const inputTokens = readNumber(span, ATTR.inputTokens, 'gen_ai.usage.prompt_tokens');
  const outputTokens = readNumber(span, ATTR.outputTokens, 'gen_ai.usage.completion_tokens');
  if (inputTokens === undefined && outputTokens === undefined) return undefined;
  return {
    inputTokens: inputTokens ?? 0,
    outputTokens: outputTokens ?? 0,
    cachedInputTokens: readNumber(span, ATTR.cacheReadTokens) ?? 0,
    cacheWriteTokens: readNumber(span, ATTR.cacheWriteTokens) ?? 0,
    reasoningTokens: readNumber(span, ATTR.reasoningTokens) ?? 0,
  };
}

/** In US dollars: what was reported, else what the SDK computed. */
export function readCost(span: CollectedSpan): number | undefined {
  return readNumber(span, ATTR.cost, ATTR.costUsd);
}

/** Tokens of one call or of several. Cached, written and reasoning tokens are inside the others. */
export interface SpanUsage {
  /** All input tokens. */
  inputTokens: number;
  /** All output tokens. */
  outputTokens: number;
  /** Of the input, those read from a cache. */
  cachedInputTokens: number;
  /** Of the input, those written to a cache. */
  cacheWriteTokens: number;
  /** Of the output, those spent on reasoning. */
  reasoningTokens: number;
}
