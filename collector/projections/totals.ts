import { sumDecimals } from '../model/decimal.js';
import type { CostSource, UsageTotals } from '../model/rows.js';
import type { CountedUsage } from './usage.js';

export interface Bill {
  totals: UsageTotals;
  costSource: CostSource;
}

/** Sums what is counted. A class that nobody reported stays null; `mixed` where costs are of more than one kind. */
export function sumCounted(counted: readonly CountedUsage[]): Bill {
  const bills = counted.map(({ usage, cost }): Bill => {
    return { totals: { ...usage, costUsd: cost?.usd ?? null }, costSource: cost?.source ?? 'unknown' };
  });
  return sumBills(bills);
}

/** Sums bills; one without any tokens and cost says nothing about where costs come from. */
export function sumBills(bills: readonly Bill[]): Bill {
  const costs = bills.map(({ totals }) => totals.costUsd).filter((cost) => cost !== null);
  const filled = bills.filter(({ totals }) => Object.values(totals).some((value) => value !== null));
  const sources = new Set(filled.map(({ costSource }) => costSource));
  const [source = 'unknown'] = sources;
  return {
    totals: {
      inputTokens: sumTokens(bills, 'inputTokens'),
      outputTokens: sumTokens(bills, 'outputTokens'),
      cachedInputTokens: sumTokens(bills, 'cachedInputTokens'),
      cacheWriteTokens: sumTokens(bills, 'cacheWriteTokens'),
      reasoningTokens: sumTokens(bills, 'reasoningTokens'),
      costUsd: sumDecimals(costs),
    },
    costSource: sources.size > 1 ? 'mixed' : source,
  };
}

function sumTokens(bills: readonly Bill[], name: Exclude<keyof UsageTotals, 'costUsd'>): number | null {
  let sum: number | null = null;
  for (const { totals } of bills) {
    const tokens = totals[name];
    if (tokens !== null) sum = (sum ?? 0) + tokens;
  }
  return sum;
}
