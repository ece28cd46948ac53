import { readBilledCall } from '../model/billed-call.js';
import { NO_USAGE_DETAILS } from '../model/gen-ai.js';
import type { PriceAnswer, PriceRow } from '../model/price.js';
import type { TraceSpan } from '../model/rows.js';
import type { BilledUsage, Understanding } from '../model/understanding.js';
import type { StoredReport, StoredSpan } from '../storage/storage.js';
import { isSameUsage } from './present-usage.js';

/**
 * What a stored call would cost by these prices, at its own time; undefined where there is nothing to price. Parts of
 * its counts that stood in message bodies that are gone are not told apart.
 */
export function priceStoredSpan(
  { data, facts }: StoredSpan,
  understanding: Understanding,
  prices: readonly PriceRow[],
): PriceAnswer | undefined {
  return priceBilled(understanding.readBilledUsage(data), { ...data, facts }, understanding, prices);
}

/** The same for what a log record reports. */
export function priceStoredReport(
  { log, span }: StoredReport,
  understanding: Understanding,
  prices: readonly PriceRow[],
): PriceAnswer | undefined {
  return priceBilled(understanding.readBilledReport(log), span, understanding, prices);
}

function priceBilled(
  { usage, billing }: BilledUsage,
  { facts, ...times }: Pick<TraceSpan, 'startTimeUnixNano' | 'endTimeUnixNano' | 'facts'>,
  understanding: Understanding,
  prices: readonly PriceRow[],
): PriceAnswer | undefined {
  const details = isSameUsage(usage, facts.usage) ? billing.details : NO_USAGE_DETAILS;
  const call = readBilledCall(times, facts, { ...billing, details });
  return call && understanding.createPriceBook(prices).explain(call);
}
