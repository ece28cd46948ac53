import type { Price, PriceAnswer, PriceInput } from '../contract/price-shapes.js';
import { parseDecimal, renderDecimal } from '../model/decimal.js';
import type { PriceAnswer as Answer, PriceRow, Rates } from '../model/price.js';
import { parseTime, renderTime } from '../model/time.js';

export function presentPrice(row: PriceRow): Price {
  return {
    id: row.id,
    pattern: row.pattern,
    provider: row.provider,
    valid_from: row.validFromUnixNano === null ? null : renderTime(row.validFromUnixNano),
    valid_to: row.validToUnixNano === null ? null : renderTime(row.validToUnixNano),
    unit: row.unit,
    rates: row.rates,
    tiers: row.tiers.map((tier) => ({
      above_input_tokens: tier.aboveInputTokens,
      service_tier: tier.serviceTier,
      rates: tier.rates,
    })),
    note: row.note,
  };
}

export function readPrice(id: string, input: PriceInput): PriceRow {
  return {
    id,
    pattern: input.pattern,
    provider: input.provider,
    validFromUnixNano: input.valid_from === null ? null : (parseTime(input.valid_from) ?? null),
    validToUnixNano: input.valid_to === null ? null : (parseTime(input.valid_to) ?? null),
    unit: input.unit,
    rates: readRates(input.rates),
    tiers: input.tiers.map((tier) => ({
      aboveInputTokens: tier.above_input_tokens,
      serviceTier: tier.service_tier,
      rates: readRates(tier.rates),
    })),
    note: input.note,
  };
}

/** `2.50` and `25e-1` are the same rate: each is kept in its plain form. */
function readRates(given: PriceInput['rates']): Rates {
  return Object.fromEntries(
    Object.entries(given).flatMap(([rateClass, text]) => {
      const rate = text === undefined ? null : parseDecimal(text);
      return rate === null ? [] : [[rateClass, renderDecimal(rate)]];
    }),
  );
}

export function presentPriceAnswer(answer: Answer): PriceAnswer {
  return {
    cost_usd: answer.costUsd === null ? null : Number(answer.costUsd),
    price_ref: answer.ref,
    steps: [...answer.steps],
    classes: answer.classes.map((line) => ({
      class: line.rateClass,
      tokens: line.tokens,
      usd_per_million: line.usdPerMillion,
      rate_of: line.rateOf,
      usd: line.usd,
    })),
    advice: answer.advice,
  };
}
