import { NO_USAGE_DETAILS } from '../model/gen-ai.js';
import type { SpanType } from '../model/normalized-span.js';
import type { PriceAnswer, PriceRow } from '../model/price.js';
import type { Understanding } from '../model/understanding.js';
import type { StoredSpan } from '../storage/storage.js';
import { hasTokens, isSameUsage } from './present-usage.js';

/** What is priced when it comes in. */
const PRICED: ReadonlySet<SpanType> = new Set(['llm', 'embedding', 'agent', 'workflow']);

/**
 * What a stored call would cost by these prices, at its own time; undefined where there is nothing to price. Parts of
 * its counts that stood in message bodies that are gone are not told apart.
 */
export function priceStoredSpan(
  { data, facts }: StoredSpan,
  understanding: Understanding,
  prices: readonly PriceRow[],
): PriceAnswer | undefined {
  if (!PRICED.has(facts.type) || !hasTokens(facts.usage)) return undefined;
  const { usage, billing } = understanding.readBilledUsage(data);
  const details = isSameUsage(usage, facts.usage) ? billing.details : NO_USAGE_DETAILS;
  return understanding.createPriceBook(prices).explain({
    provider: facts.provider,
    requestModel: facts.requestModel,
    responseModel: facts.responseModel,
    usage: facts.usage,
    billing: { ...billing, details },
    timeUnixNano: data.startTimeUnixNano,
  });
}
