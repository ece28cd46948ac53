import type { Span, TokenClasses, UsageAsSent } from '../contract/shapes.js';
import type { Usage } from '../model/gen-ai.js';
import { NO_USAGE_DETAILS } from '../model/gen-ai.js';
import { splitTokens } from '../model/token-classes.js';
import type { TokenClasses as SplitTokens } from '../model/token-classes.js';
import type { ExplainedUsage } from '../model/explanation.js';

/**
 * The tokens of a span by class, and as they were sent. `usage` is what was stored of it. What is read again may be
 * less than that, where counts stand in message bodies that are gone or were not loaded: then nothing is said of how
 * they were sent, and the classes are those that the stored counts tell apart.
 */
export function presentUsage(
  usage: Usage,
  read: ExplainedUsage,
): Pick<Span, 'token_classes' | 'usage_as_sent'> {
  if (!hasTokens(usage)) return { token_classes: null, usage_as_sent: null };
  const isSame = isSameUsage(usage, read.usage);
  const details = isSame ? read.details : NO_USAGE_DETAILS;
  return {
    token_classes: presentTokenClasses(splitTokens(usage, details)),
    usage_as_sent: isSame ? presentSent(read) : null,
  };
}

export function presentTokenClasses(classes: SplitTokens): TokenClasses {
  return {
    uncached_input: classes.uncachedInput,
    cache_read: classes.cacheRead,
    cache_write: classes.cacheWrite,
    cache_write_5m: classes.cacheWrite5m,
    cache_write_1h: classes.cacheWrite1h,
    input_audio: classes.inputAudio,
    input_image: classes.inputImage,
    output: classes.output,
    reasoning: classes.reasoning,
    output_audio: classes.outputAudio,
    output_image: classes.outputImage,
  };
}

/** The five counts under their names in the API. */
export function presentCounts(usage: Usage) {
  return {
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    cached_input_tokens: usage.cachedInputTokens,
    cache_write_tokens: usage.cacheWriteTokens,
    reasoning_tokens: usage.reasoningTokens,
  };
}

export function isSameUsage(one: Usage, other: Usage): boolean {
  return COUNTS.every((count) => one[count] === other[count]);
}

const COUNTS = [
  'inputTokens',
  'outputTokens',
  'cachedInputTokens',
  'cacheWriteTokens',
  'reasoningTokens',
] as const satisfies readonly (keyof Usage)[];

export function hasTokens(usage: Usage): boolean {
  return COUNTS.some((count) => usage[count] !== null);
}

function presentSent({ sent, rule }: ExplainedUsage): UsageAsSent {
  return {
    ...presentCounts(sent),
    cache: rule?.isCacheApart === true ? 'apart' : 'inside',
    reasoning: rule?.isReasoningApart === true ? 'apart' : 'inside',
    because: rule?.because ?? null,
  };
}
