import type { Usage, UsageDetails } from '../model/gen-ai.js';
import { NO_USAGE, NO_USAGE_DETAILS } from '../model/gen-ai.js';
import type { Candidates } from './candidates.js';
import type { CountingRule } from './dialect.js';
import { DIALECTS } from './registry.js';
import type { SpanView } from './span-view.js';

const RULES = DIALECTS.flatMap(({ findCountingRule }) =>
  findCountingRule === undefined ? [] : [findCountingRule],
);

/** The token counts of a span in one way of counting, and how they came about. */
export interface UsageReading {
  /** Cached tokens inside the input, reasoning inside the output. */
  usage: Usage;
  details: UsageDetails;
  /** The counts as the sender wrote them. */
  sent: Usage;
  /** The sender's own total, only to check the others. */
  total: number | null;
  /** How the sender counts; undefined where it counts like the conventions, or nothing shows a difference. */
  rule: CountingRule | undefined;
}

const NOTHING: UsageReading = {
  usage: NO_USAGE,
  details: NO_USAGE_DETAILS,
  sent: NO_USAGE,
  total: null,
  rule: undefined,
};

/** Reads the token counts of a span, whatever its sender's way of counting. */
export function readUsage(view: SpanView, candidates: Candidates): UsageReading {
  const sent: Usage = {
    inputTokens: candidates.read('inputTokens') ?? null,
    outputTokens: candidates.read('outputTokens') ?? null,
    cachedInputTokens: candidates.read('cachedInputTokens') ?? null,
    cacheWriteTokens: candidates.read('cacheWriteTokens') ?? null,
    reasoningTokens: candidates.read('reasoningTokens') ?? null,
  };
  if (isEmpty(sent)) return NOTHING;
  const details = readDetails(candidates);
  const total = candidates.read('totalTokens') ?? null;
  const rule = findRule(view, sent, total);
  return { usage: rule === undefined ? sent : applyRule(sent, rule), details, sent, total, rule };
}

function isEmpty(sent: Usage): boolean {
  return (
    sent.inputTokens === null &&
    sent.outputTokens === null &&
    sent.cachedInputTokens === null &&
    sent.cacheWriteTokens === null &&
    sent.reasoningTokens === null
  );
}

function readDetails(candidates: Candidates): UsageDetails {
  return {
    cacheWrite5mTokens: candidates.read('cacheWrite5mTokens') ?? null,
    cacheWrite1hTokens: candidates.read('cacheWrite1hTokens') ?? null,
    inputAudioTokens: candidates.read('inputAudioTokens') ?? null,
    outputAudioTokens: candidates.read('outputAudioTokens') ?? null,
    inputImageTokens: candidates.read('inputImageTokens') ?? null,
    outputImageTokens: candidates.read('outputImageTokens') ?? null,
  };
}

function findRule(view: SpanView, sent: Usage, total: number | null): CountingRule | undefined {
  for (const find of RULES) {
    const rule = find(view, sent);
    if (rule !== undefined) return rule;
  }
  return findRuleByNumbers(sent, total);
}

/** Whether cached tokens and reasoning stand apart, the conventions' way first. */
const WAYS: readonly (readonly [isCacheApart: boolean, isReasoningApart: boolean])[] = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
];

/**
 * What the numbers alone show: a part is never more than its whole, and of the ways that are left the sender's own total
 * may fit one. (`totalTokens` of Amazon Bedrock has cached tokens beside the input, `totalTokenCount` of Gemini thoughts
 * beside the candidates.)
 */
function findRuleByNumbers(sent: Usage, total: number | null): CountingRule | undefined {
  const [input, output] = [sent.inputTokens ?? 0, sent.outputTokens ?? 0];
  const cached = sent.inputTokens === null ? 0 : sumCached(sent);
  const reasoning = sent.outputTokens === null ? 0 : (sent.reasoningTokens ?? 0);
  const [mustCache, mustReasoning] = [cached > input, reasoning > output];
  // The usual case: nothing shows a difference, and no total asks which way fits it.
  if (!mustCache && !mustReasoning && (total === null || total === input + output)) return undefined;
  const ways = WAYS.filter(
    ([isCacheApart, isReasoningApart]) =>
      (isCacheApart || !mustCache) && (isReasoningApart || !mustReasoning),
  );
  const inTotal = ways.find(
    ([isCacheApart, isReasoningApart]) =>
      sent.inputTokens !== null &&
      total === input + output + (isCacheApart ? cached : 0) + (isReasoningApart ? reasoning : 0),
  );
  const [isCacheApart, isReasoningApart] = inTotal ?? [mustCache, mustReasoning];
  if (!isCacheApart && !isReasoningApart) return undefined;
  const reasons: string[] = [];
  if (mustCache) reasons.push('there are more cached tokens than input tokens');
  if (mustReasoning) reasons.push('there are more reasoning tokens than output tokens');
  if (isCacheApart !== mustCache || isReasoningApart !== mustReasoning) {
    const parts = [...(isCacheApart ? ['cached'] : []), ...(isReasoningApart ? ['reasoning'] : [])];
    reasons.push(`the sender's own total is input plus output plus ${parts.join(' and ')} tokens`);
  }
  return { isCacheApart, isReasoningApart, because: reasons.join(', and ') };
}

function applyRule(sent: Usage, { isCacheApart, isReasoningApart }: CountingRule): Usage {
  const usage = { ...sent };
  if (isCacheApart === true && sent.inputTokens !== null) {
    usage.inputTokens = addSafely(sent.inputTokens, sumCached(sent));
  }
  if (isReasoningApart === true && sent.outputTokens !== null) {
    usage.outputTokens = addSafely(sent.outputTokens, sent.reasoningTokens ?? 0);
  }
  return usage;
}

/** A sum beyond what a number holds exactly is no count. */
function addSafely(count: number, more: number): number {
  return Number.isSafeInteger(count + more) ? count + more : count;
}

function sumCached({ cachedInputTokens, cacheWriteTokens }: Usage): number {
  return (cachedInputTokens ?? 0) + (cacheWriteTokens ?? 0);
}
