import type { JsonValue } from './json.js';

/**
 * A chat message in the form of the OTel GenAI conventions (`gen_ai.input.messages`), whatever the dialect it came in.
 */
export interface Message {
  role: string;
  parts: MessagePart[];
  name?: string;
  finish_reason?: string;
}

/** Part types of the conventions; what has no type of its own there is kept as `{type: <as sent>, ...}`. */
export type MessagePart =
  | { type: 'text'; content: string }
  | { type: 'reasoning'; content: string }
  | { type: 'tool_call'; id: string | null; name: string; arguments: JsonValue }
  | { type: 'tool_call_response'; id: string | null; response: JsonValue }
  | { type: string; [key: string]: JsonValue };

/** Token counts of one model call; null means that the sender did not say, never 0. */
export interface Usage {
  /** All input tokens, cache reads and cache writes inside. */
  inputTokens: number | null;
  /** All output tokens, reasoning inside. */
  outputTokens: number | null;
  cachedInputTokens: number | null;
  cacheWriteTokens: number | null;
  reasoningTokens: number | null;
}

export const NO_USAGE: Usage = Object.freeze({
  inputTokens: null,
  outputTokens: null,
  cachedInputTokens: null,
  cacheWriteTokens: null,
  reasoningTokens: null,
});

/** Parts of the counts of {@link Usage}, where the sender tells them apart; null where it does not. */
export interface UsageDetails {
  /** Of the cache writes, those kept for 5 minutes and for 1 hour (Anthropic). */
  cacheWrite5mTokens: number | null;
  cacheWrite1hTokens: number | null;
  inputAudioTokens: number | null;
  outputAudioTokens: number | null;
  inputImageTokens: number | null;
  outputImageTokens: number | null;
}

export const NO_USAGE_DETAILS: UsageDetails = Object.freeze({
  cacheWrite5mTokens: null,
  cacheWrite1hTokens: null,
  inputAudioTokens: null,
  outputAudioTokens: null,
  inputImageTokens: null,
  outputImageTokens: null,
});
