import { addDecimals, multiplyDecimal, renderDecimal, shiftDecimal, type Decimal } from '../model/decimal.js';
import type { PricedClass, RateClass } from '../model/price.js';
import type { TokenClasses } from '../model/token-classes.js';

/** US dollars per million tokens; a tier's rate is for the whole call if it has more input tokens than `above`. */
export interface TieredRate {
  base: Decimal;
  /** In rising order. */
  tiers: readonly { above: number; rate: Decimal }[];
}

export type TieredRates = Partial<Record<RateClass, TieredRate>>;

export interface BillLine {
  rateClass: RateClass;
  tokens: number;
  rate: Decimal;
  rateOf: RateClass;
  usd: Decimal;
}

export interface Bill {
  total: Decimal;
  lines: readonly BillLine[];
  /** Classes with tokens that neither they nor what they are part of has a rate for. */
  unrated: readonly RateClass[];
}

/** The classes in the order of a bill, and where each is counted. */
const CLASSES: readonly (readonly [RateClass, keyof TokenClasses])[] = [
  ['input', 'uncachedInput'],
  ['cache_read', 'cacheRead'],
  ['cache_write', 'cacheWrite'],
  ['cache_write_5m', 'cacheWrite5m'],
  ['cache_write_1h', 'cacheWrite1h'],
  ['input_audio', 'inputAudio'],
  ['input_image', 'inputImage'],
  ['output', 'output'],
  ['reasoning', 'reasoning'],
  ['output_audio', 'outputAudio'],
  ['output_image', 'outputImage'],
];

/** What a class is part of: its rate is used where the class has none of its own. */
const PART_OF: Readonly<Partial<Record<RateClass, RateClass>>> = {
  cache_read: 'input',
  cache_write: 'input',
  cache_write_5m: 'cache_write',
  cache_write_1h: 'cache_write',
  input_audio: 'input',
  input_image: 'input',
  reasoning: 'output',
  output_audio: 'output',
  output_image: 'output',
};

/** The bill of one call, exact to the last digit; classes without tokens are left out. */
export function makeBill(classes: TokenClasses, rates: TieredRates, inputTokens: number | null): Bill {
  const lines: BillLine[] = [];
  const unrated: RateClass[] = [];
  let total: Decimal = { units: 0n, scale: 0 };
  for (const [rateClass, counted] of CLASSES) {
    const tokens = classes[counted];
    if (tokens === null || tokens === 0) continue;
    const rateOf = ratedClassOf(rateClass, rates);
    const tiered = rateOf === undefined ? undefined : rates[rateOf];
    if (rateOf === undefined || tiered === undefined) {
      unrated.push(rateClass);
      continue;
    }
    const rate = rateAt(tiered, inputTokens);
    const usd = shiftDecimal(multiplyDecimal(rate, BigInt(tokens)), -6);
    lines.push({ rateClass, tokens, rate, rateOf, usd });
    total = addDecimals(total, usd);
  }
  return { total, lines, unrated };
}

function ratedClassOf(rateClass: RateClass, rates: TieredRates): RateClass | undefined {
  for (let name: RateClass | undefined = rateClass; name !== undefined; name = PART_OF[name])
    if (rates[name] !== undefined) return name;
  return undefined;
}

function rateAt({ base, tiers }: TieredRate, inputTokens: number | null): Decimal {
  let rate = base;
  if (inputTokens !== null) for (const tier of tiers) if (inputTokens > tier.above) rate = tier.rate;
  return rate;
}

/** The highest count of input tokens that a tier of these rates holds above, as far as this call is above it. */
export function tierOf(rates: TieredRates, inputTokens: number | null): number | null {
  let above: number | null = null;
  for (const rate of Object.values(rates))
    for (const tier of rate.tiers)
      if (inputTokens !== null && inputTokens > tier.above && tier.above > (above ?? -1)) above = tier.above;
  return above;
}

export function renderLine(line: BillLine): PricedClass {
  return {
    rateClass: line.rateClass,
    tokens: line.tokens,
    usdPerMillion: renderDecimal(line.rate),
    rateOf: line.rateOf,
    usd: renderDecimal(line.usd),
  };
}
