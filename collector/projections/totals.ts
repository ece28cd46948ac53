import type { Decimal } from '../model/decimal.js';
import { addDecimals, parseDecimal, renderDecimal } from '../model/decimal.js';
import type { Usage } from '../model/gen-ai.js';
import type { CostSource, UsageTotals } from '../model/rows.js';
import { hasTokens } from './counts.js';
import type { CountedUsage } from './usage.js';

export interface Bill {
  totals: UsageTotals;
  costSource: CostSource;
}

/** Sums what is counted. A class that nobody reported stays null; `mixed` where costs are of more than one kind. */
export function sumCounted(counted: readonly CountedUsage[]): Bill {
  const sum = new BillSum();
  for (const { usage, cost } of counted) sum.add(usage, cost?.usd ?? null, cost?.source ?? 'unknown');
  return sum.render();
}

/** Sums bills; one without any tokens and cost says nothing about where costs come from. */
export function sumBills(bills: readonly Bill[]): Bill {
  const sum = new BillSum();
  for (const { totals, costSource } of bills) sum.add(totals, totals.costUsd, costSource);
  return sum.render();
}

class BillSum {
  #inputTokens: number | null = null;
  #outputTokens: number | null = null;
  #cachedInputTokens: number | null = null;
  #cacheWriteTokens: number | null = null;
  #reasoningTokens: number | null = null;
  #cost: Decimal | null = null;
  #costSource: CostSource | null = null;

  add(usage: Usage, costUsd: string | null, costSource: CostSource): void {
    this.#inputTokens = addTokens(this.#inputTokens, usage.inputTokens);
    this.#outputTokens = addTokens(this.#outputTokens, usage.outputTokens);
    this.#cachedInputTokens = addTokens(this.#cachedInputTokens, usage.cachedInputTokens);
    this.#cacheWriteTokens = addTokens(this.#cacheWriteTokens, usage.cacheWriteTokens);
    this.#reasoningTokens = addTokens(this.#reasoningTokens, usage.reasoningTokens);
    const cost = costUsd === null ? null : parseDecimal(costUsd);
    if (cost !== null) this.#cost = this.#cost === null ? cost : addDecimals(this.#cost, cost);
    if (costUsd === null && !hasTokens(usage)) return;
    if (this.#costSource === null) this.#costSource = costSource;
    else if (this.#costSource !== costSource) this.#costSource = 'mixed';
  }

  render(): Bill {
    return {
      totals: {
        inputTokens: this.#inputTokens,
        outputTokens: this.#outputTokens,
        cachedInputTokens: this.#cachedInputTokens,
        cacheWriteTokens: this.#cacheWriteTokens,
        reasoningTokens: this.#reasoningTokens,
        costUsd: this.#cost === null ? null : renderDecimal(this.#cost),
      },
      costSource: this.#costSource ?? 'unknown',
    };
  }
}

function addTokens(sum: number | null, tokens: number | null): number | null {
  return tokens === null ? sum : (sum ?? 0) + tokens;
}
