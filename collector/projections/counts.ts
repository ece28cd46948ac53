import type { Usage } from '../model/gen-ai.js';

/**
 * Whether two reports of tokens may be of one call: the counts are equal, but for what one side leaves out. Wrappers
 * may give input without the cache (OpenInference around Anthropic's own counts) and output without reasoning (Google
 * ADK around google-genai; two records of Gemini CLI 0.61).
 */
export function haveSameCounts(left: Usage, right: Usage): boolean {
  return (
    hasCounts(left) &&
    hasCounts(right) &&
    differByOneOf(left.inputTokens, right.inputTokens, [...listCached(left), ...listCached(right)]) &&
    differByOneOf(left.outputTokens, right.outputTokens, [left.reasoningTokens, right.reasoningTokens])
  );
}

/** Whether the first is of the same call as the second and leaves out less. */
export function isFuller(usage: Usage, known: Usage): boolean {
  return sumCounts(usage) > sumCounts(known) && haveSameCounts(usage, known);
}

/** Classes that are not known are taken from another report that counts the same besides. */
export function fillClasses(usage: Usage, other: Usage): Usage {
  const filled = { ...usage };
  if (other.inputTokens === usage.inputTokens) {
    filled.cachedInputTokens ??= other.cachedInputTokens;
    filled.cacheWriteTokens ??= other.cacheWriteTokens;
  }
  if (other.outputTokens === usage.outputTokens) filled.reasoningTokens ??= other.reasoningTokens;
  return filled;
}

/**
 * The first of some reports of a call that is about the counts that are taken: rather with all their classes, as far
 * as a price goes by them, else with equal sums.
 */
export function findPriced<Item>(
  items: readonly Item[],
  usage: Usage,
  usageOf: (item: Item) => Usage,
): Item | undefined {
  let same: Item | undefined;
  for (const item of items) {
    const own = usageOf(item);
    if (own.inputTokens !== usage.inputTokens || own.outputTokens !== usage.outputTokens) continue;
    const isWhole =
      own.cachedInputTokens === usage.cachedInputTokens &&
      own.cacheWriteTokens === usage.cacheWriteTokens &&
      own.reasoningTokens === usage.reasoningTokens;
    if (isWhole) return item;
    same ??= item;
  }
  return same;
}

/** Whether a report says how many tokens of any class there were. */
export function hasTokens(usage: Usage): boolean {
  return (
    usage.inputTokens !== null ||
    usage.outputTokens !== null ||
    usage.cachedInputTokens !== null ||
    usage.cacheWriteTokens !== null ||
    usage.reasoningTokens !== null
  );
}

function hasCounts({ inputTokens, outputTokens }: Usage): boolean {
  return inputTokens !== null || outputTokens !== null;
}

function sumCounts({ inputTokens, outputTokens }: Usage): number {
  return (inputTokens ?? 0) + (outputTokens ?? 0);
}

function listCached({ cachedInputTokens, cacheWriteTokens }: Usage): number[] {
  return [cachedInputTokens ?? 0, (cachedInputTokens ?? 0) + (cacheWriteTokens ?? 0)];
}

/** An embedding has no output: senders give null or 0. */
function differByOneOf(
  left: number | null,
  right: number | null,
  leftOut: readonly (number | null)[],
): boolean {
  const difference = Math.abs((left ?? 0) - (right ?? 0));
  return difference === 0 || (left !== null && right !== null && leftOut.includes(difference));
}
