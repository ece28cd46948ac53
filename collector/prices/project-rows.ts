import { parseDecimal, shiftDecimal, type Decimal } from '../model/decimal.js';
import type { PriceRow, PriceTier, PriceUnit, RateClass, Rates } from '../model/price.js';
import type { TieredRates } from './bill.js';

/** A row of the project, ready to be matched and billed by. */
export interface CompiledRow {
  readonly row: PriceRow;
  /** The pattern without its wildcards. */
  readonly literalLength: number;
  matches(name: string): boolean;
  /** Undefined where the call ran in a service tier that no tier of the row is for. */
  ratesFor(serviceTier: string | null, inputTokens: number | null): RowRates | undefined;
}

export interface RowRates {
  rates: TieredRates;
  /** Of which tier they are, in words; empty for the rates of the row itself. */
  steps: readonly string[];
}

/** Compiled rows, the most specific first. */
export function compileRows(rows: readonly PriceRow[]): CompiledRow[] {
  return rows.map(compileRow).sort(bySpecificity);
}

/** With a provider before without, then the longer pattern, then the later start, then the id. */
function bySpecificity(left: CompiledRow, right: CompiledRow): number {
  const byProvider = Number(right.row.provider !== null) - Number(left.row.provider !== null);
  if (byProvider !== 0) return byProvider;
  if (left.literalLength !== right.literalLength) return right.literalLength - left.literalLength;
  const byStart = compareStarts(right.row.validFromUnixNano, left.row.validFromUnixNano);
  if (byStart !== 0) return byStart;
  return left.row.id < right.row.id ? -1 : 1;
}

function compareStarts(left: bigint | null, right: bigint | null): number {
  if (left === right) return 0;
  if (left === null) return -1;
  if (right === null) return 1;
  return left < right ? -1 : 1;
}

export function isInForce({ row }: CompiledRow, timeUnixNano: bigint): boolean {
  return (
    (row.validFromUnixNano === null || timeUnixNano >= row.validFromUnixNano) &&
    (row.validToUnixNano === null || timeUnixNano < row.validToUnixNano)
  );
}

function compileRow(row: PriceRow): CompiledRow {
  const pattern = row.pattern.trim().toLowerCase();
  const base = compileRates(row.rates, row.unit);
  const tiers = row.tiers.map((tier) => ({
    above: tier.aboveInputTokens,
    serviceTier: tier.serviceTier?.toLowerCase() ?? null,
    rates: { ...base, ...compileRates(tier.rates, row.unit) },
    steps: [describeTier(tier)],
  }));
  return {
    row,
    literalLength: pattern.replace(/[*?]/g, '').length,
    matches: (name) => matchesGlob(pattern, name),
    ratesFor(serviceTier, inputTokens) {
      const named = tiers.filter((tier) => serviceTier !== null && tier.serviceTier === serviceTier);
      const candidates = named.length > 0 ? named : tiers.filter((tier) => tier.serviceTier === null);
      let best: (typeof tiers)[number] | undefined;
      for (const tier of candidates) {
        if (tier.above !== null && (inputTokens === null || inputTokens <= tier.above)) continue;
        if (best === undefined || (tier.above ?? -1) > (best.above ?? -1)) best = tier;
      }
      return best ?? (serviceTier === null ? { rates: base, steps: [] } : undefined);
    },
  };
}

function describeTier({ aboveInputTokens: above, serviceTier }: PriceTier): string {
  const parts = [
    ...(serviceTier === null ? [] : [`in the service tier \`${serviceTier.toLowerCase()}\``]),
    ...(above === null ? [] : [`with more than ${String(above)} input tokens`]),
  ];
  return `rates of calls ${parts.join(' ')}`;
}

const PLACES_TO_MILLION: Readonly<Record<PriceUnit, number>> = {
  per_token: 6,
  per_thousand_tokens: 3,
  per_million_tokens: 0,
};

function compileRates(rates: Rates, unit: PriceUnit): TieredRates {
  const compiled: TieredRates = {};
  for (const [rateClass, text] of Object.entries(rates) as [RateClass, string][]) {
    const rate = decimalOf(text);
    if (rate !== null) compiled[rateClass] = { base: shiftDecimal(rate, PLACES_TO_MILLION[unit]), tiers: [] };
  }
  return compiled;
}

function decimalOf(text: string): Decimal | null {
  const rate = parseDecimal(text);
  return rate === null || rate.units < 0n ? null : rate;
}

/**
 * Whether a name is what a glob of `*` (any text) and `?` (one character) says; both in lower case. Goes back to the last
 * star only, so that no pattern takes longer than its length times that of the name.
 */
export function matchesGlob(pattern: string, name: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  let index = 0;
  while (index < name.length) {
    const wanted = pattern[at];
    if (wanted === '*') {
      star = at++;
      resume = index;
    } else if (wanted === '?' || wanted === name[index]) {
      at++;
      index++;
    } else if (star >= 0) {
      at = star + 1;
      index = ++resume;
    } else return false;
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}
