import type { Usage } from '../model/gen-ai.js';
import { NO_USAGE } from '../model/gen-ai.js';
import type { Candidates } from './candidates.js';
import { DIALECTS } from './registry.js';
import type { SpanView } from './span-view.js';

const EXCLUSIONS = DIALECTS.flatMap(({ isCacheExcluded }) =>
  isCacheExcluded === undefined ? [] : [isCacheExcluded],
);

/** The token counts of a span with cached tokens inside the input, whatever its sender's way of counting. */
export function readUsage(view: SpanView, candidates: Candidates): Usage {
  const sent: Usage = {
    inputTokens: candidates.read('inputTokens') ?? null,
    outputTokens: candidates.read('outputTokens') ?? null,
    cachedInputTokens: candidates.read('cachedInputTokens') ?? null,
    cacheWriteTokens: candidates.read('cacheWriteTokens') ?? null,
    reasoningTokens: candidates.read('reasoningTokens') ?? null,
  };
  if (Object.values(sent).every((value) => value === null)) return NO_USAGE;
  const cached = (sent.cachedInputTokens ?? 0) + (sent.cacheWriteTokens ?? 0);
  if (sent.inputTokens === null || cached === 0) return sent;
  const isExcluded =
    cached > sent.inputTokens ||
    isTotalWithCache(sent, cached, candidates.read('totalTokens')) ||
    EXCLUSIONS.some((isCacheExcluded) => isCacheExcluded(view, sent));
  if (!isExcluded) return sent;
  const inputTokens = sent.inputTokens + cached;
  return Number.isSafeInteger(inputTokens) ? { ...sent, inputTokens } : sent;
}

/** The sender's own total shows that cached tokens stand beside the input (Amazon Bedrock's `totalTokens`). */
function isTotalWithCache(sent: Usage, cached: number, total: number | undefined): boolean {
  return total !== undefined && total === (sent.inputTokens ?? 0) + (sent.outputTokens ?? 0) + cached;
}
