import type { PriceRow } from '../../collector/model/price.js';

/** A price of the project for any model at any time, a dollar per million tokens, except for what is said. */
export function priceRow(facts: Partial<PriceRow> = {}): PriceRow {
  return {
    id: 'row',
    pattern: '*',
    provider: null,
    validFromUnixNano: null,
    validToUnixNano: null,
    unit: 'per_million_tokens',
    rates: { input: '1', output: '1' },
    tiers: [],
    note: null,
    ...facts,
  };
}
