import { isDecimal } from '../model/decimal.js';
import type { CostSource, TraceSpan } from '../model/rows.js';

/** Decimal text in US dollars, as a sender reported it or as it follows from the prices. */
export interface Cost {
  usd: string;
  source: Extract<CostSource, 'reported' | 'computed'>;
}

/** What a span says it cost; a failed one's 0 is no data (captured from Langfuse's SDK 5). */
export function readReportedCost(span: TraceSpan): string | null {
  const cost = span.facts.reportedCostUsd;
  if (cost === null || span.facts.isPending || !isDecimal(cost)) return null;
  return span.facts.outcome === 'failed' && Number(cost) === 0 ? null : cost;
}

/** What a span costs by the prices when it came in. */
export function readComputedCost({ facts }: TraceSpan): string | null {
  const cost = facts.computedCostUsd;
  return cost === null || facts.isPending || !isDecimal(cost) ? null : cost;
}

/** What a span costs by itself: what it reports before what follows from prices. */
export function readCost(span: TraceSpan): Cost | null {
  const reported = readReportedCost(span);
  if (reported !== null) return { usd: reported, source: 'reported' };
  const computed = readComputedCost(span);
  return computed === null ? null : { usd: computed, source: 'computed' };
}
