import type { Usage, UsageDetails } from './gen-ai.js';

/**
 * The tokens of one call, each counted in one class only. The input classes add up to the input tokens, the output
 * classes to the output tokens; where a total is unknown, so are all of its classes. A part that the sender did not
 * tell apart is null and its tokens are in the class that is left over.
 */
export interface TokenClasses {
  /** What is left of the input. */
  uncachedInput: number | null;
  cacheRead: number | null;
  /** Cache writes not said to be kept for 5 minutes or 1 hour. */
  cacheWrite: number | null;
  cacheWrite5m: number | null;
  cacheWrite1h: number | null;
  inputAudio: number | null;
  inputImage: number | null;
  /** What is left of the output. */
  output: number | null;
  reasoning: number | null;
  outputAudio: number | null;
  outputImage: number | null;
}

/**
 * Makes the counts of a call disjoint. Parts that together exceed their total are cut, those named first keep their
 * tokens: no token is billed twice. Counts that are no whole number of tokens are unknown.
 */
export function splitTokens(usage: Usage, details: UsageDetails): TokenClasses {
  const write5m = countOf(details.cacheWrite5mTokens);
  const write1h = countOf(details.cacheWrite1hTokens);
  const writes = countOf(usage.cacheWriteTokens);
  const untimedWrites = writes === null ? null : Math.max(0, writes - (write5m ?? 0) - (write1h ?? 0));
  const input = divide(countOf(usage.inputTokens), [
    write1h,
    write5m,
    untimedWrites,
    countOf(usage.cachedInputTokens),
    countOf(details.inputAudioTokens),
    countOf(details.inputImageTokens),
  ]);
  const output = divide(countOf(usage.outputTokens), [
    countOf(usage.reasoningTokens),
    countOf(details.outputAudioTokens),
    countOf(details.outputImageTokens),
  ]);
  const [
    cacheWrite1h = null,
    cacheWrite5m = null,
    cacheWrite = null,
    cacheRead = null,
    inputAudio = null,
    inputImage = null,
  ] = input.parts;
  const [reasoning = null, outputAudio = null, outputImage = null] = output.parts;
  return {
    uncachedInput: input.rest,
    cacheRead,
    cacheWrite,
    cacheWrite5m,
    cacheWrite1h,
    inputAudio,
    inputImage,
    output: output.rest,
    reasoning,
    outputAudio,
    outputImage,
  };
}

interface Division {
  rest: number | null;
  parts: (number | null)[];
}

function divide(total: number | null, wanted: readonly (number | null)[]): Division {
  if (total === null) return { rest: null, parts: wanted.map(() => null) };
  let rest = total;
  const parts = wanted.map((count) => {
    if (count === null) return null;
    const part = Math.min(count, rest);
    rest -= part;
    return part;
  });
  return { rest, parts };
}

/** A whole number of tokens, or null: dialects pass on what was sent, which may be `NaN` or negative. */
export function countOf(count: number | null): number | null {
  return count !== null && Number.isSafeInteger(count) && count >= 0 ? count : null;
}
