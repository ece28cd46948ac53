import { z } from 'zod';
import { timeFilter } from './parameters.js';
import { Time, TokenClasses } from './shapes.js';

const AMOUNT = 'must be a decimal number, 0 or more, such as 2.5 or "0.25"';
const DECIMAL = /^\d{1,12}(\.\d{1,30})?([eE][+-]?\d{1,2})?$/;

/** US dollars as they are given: as text, so that no digit is lost, or as a number. */
const Amount = z
  .union([z.string().regex(DECIMAL, AMOUNT), z.number().min(0, AMOUNT).max(1e12, AMOUNT)], AMOUNT)
  .transform(String);
/** US dollars as they are answered: decimal text with every digit. */
const Decimal = z.string();

export const RATE_CLASSES = [
  'input',
  'cache_read',
  'cache_write',
  'cache_write_5m',
  'cache_write_1h',
  'input_audio',
  'input_image',
  'output',
  'reasoning',
  'output_audio',
  'output_image',
] as const;
export const RateClass = z.enum(RATE_CLASSES).meta({ id: 'RateClass' });
export type RateClass = z.infer<typeof RateClass>;

function ratesOf<Value extends z.ZodType>(value: Value) {
  const rate = value.optional();
  return {
    input: rate,
    cache_read: rate,
    cache_write: rate,
    cache_write_5m: rate,
    cache_write_1h: rate,
    input_audio: rate,
    input_image: rate,
    output: rate,
    reasoning: rate,
    output_audio: rate,
    output_image: rate,
  } satisfies Record<RateClass, unknown>;
}

const Unit = z.enum(
  ['per_token', 'per_thousand_tokens', 'per_million_tokens'],
  'must be per_token, per_thousand_tokens or per_million_tokens',
);

/** The rates of some classes of tokens; a class without one takes that of the class it is part of. */
export const Rates = z.object(ratesOf(Decimal)).meta({ id: 'Rates' });

export const Price = z
  .object({
    id: z.uuid(),
    /** A glob on the model's name: `*` and `?`; case does not matter. */
    pattern: z.string(),
    /** null for any provider. */
    provider: z.string().nullable(),
    /** In force from then on; null for ever before. */
    valid_from: Time.nullable(),
    /** Until then, exclusive; null for ever after. */
    valid_to: Time.nullable(),
    unit: Unit,
    rates: Rates,
    /** Other rates for the whole call where it has more input tokens, or ran in this service tier. */
    tiers: z.array(
      z.object({ above_input_tokens: z.int().nullable(), service_tier: z.string().nullable(), rates: Rates }),
    ),
    note: z.string().nullable(),
  })
  .meta({ id: 'Price' });
export type Price = z.infer<typeof Price>;

const RATES = 'must be an object with at least one rate, such as {"input": "2.5", "output": "10"}';
const GivenRates = z
  .strictObject(ratesOf(Amount), RATES)
  .refine((rates) => Object.values(rates).some((rate) => rate !== undefined), RATES);

const TEXT = 'must be a text of 1 to 200 characters';
const GivenText = z.string(TEXT).min(1, TEXT).max(200, TEXT);

const GivenTime = timeFilter('RFC 3339.').nullable().default(null);

const GivenTier = z
  .strictObject({
    above_input_tokens: z
      .int('must be a whole number')
      .min(0, 'must be a whole number, 0 or more')
      .nullable()
      .default(null),
    service_tier: GivenText.toLowerCase().nullable().default(null),
    rates: GivenRates,
  })
  .refine(
    (tier) => tier.above_input_tokens !== null || tier.service_tier !== null,
    'must name above_input_tokens or service_tier',
  );

/** A price to be stored. Members that may be null may be left out. */
export const PriceInput = z
  .strictObject({
    pattern: GivenText,
    provider: GivenText.nullable().default(null),
    valid_from: GivenTime,
    valid_to: GivenTime,
    unit: Unit.default('per_million_tokens'),
    rates: GivenRates,
    tiers: z.array(GivenTier).max(20, 'must be at most 20').default([]),
    note: z.string().max(2_000, 'must be at most 2,000 characters').nullable().default(null),
  })
  .superRefine(({ valid_from: from, valid_to: to, tiers }, context) => {
    if (from !== null && to !== null && Date.parse(to) <= Date.parse(from)) {
      context.addIssue({ code: 'custom', path: ['valid_to'], message: 'must be later than valid_from' });
    }
    const seen = new Set<string>();
    for (const [index, tier] of tiers.entries()) {
      const key = JSON.stringify([tier.above_input_tokens, tier.service_tier]);
      if (seen.has(key)) {
        context.addIssue({
          code: 'custom',
          path: ['tiers', index],
          message: 'is the same tier as one before',
        });
      }
      seen.add(key);
    }
  })
  .meta({ id: 'PriceInput' });
export type PriceInput = z.infer<typeof PriceInput>;

/** One line of a bill. */
const BilledClass = z
  .object({
    class: RateClass,
    tokens: z.int(),
    /** Decimal text. */
    usd_per_million: Decimal,
    /** The class whose rate was taken: another one where this has none of its own. */
    rate_of: RateClass,
    /** Decimal text. */
    usd: Decimal,
  })
  .meta({ id: 'BilledClass' });

/** How a cost comes about. */
export const PriceAnswer = z
  .object({
    /** null where there is no price. */
    cost_usd: z.number().nullable(),
    /** `project:<id>`, `library:<version>:<provider>/<model>`, `local`, or `unpriced:<reason>`. */
    price_ref: z.string(),
    /** How the model's name was matched, in order. */
    steps: z.array(z.string()),
    classes: z.array(BilledClass),
    /** What helps where there is no price, else null. */
    advice: z.string().nullable(),
  })
  .meta({ id: 'PriceAnswer' });
export type PriceAnswer = z.infer<typeof PriceAnswer>;

export const PriceQuote = z
  .object({
    model: z.string(),
    provider: z.string().nullable(),
    at: Time,
    token_classes: TokenClasses,
    ...PriceAnswer.shape,
  })
  .meta({ id: 'PriceQuote' });
export type PriceQuote = z.infer<typeof PriceQuote>;

/** Calls of one model that could not be priced. */
export const UnpricedModel = z
  .object({
    model: z.string().nullable(),
    provider: z.string().nullable(),
    /** The part of `price_ref` behind `unpriced:`. */
    reason: z.string(),
    /** What helps against it. */
    advice: z.string(),
    calls: z.int(),
    input_tokens: z.int().nullable(),
    output_tokens: z.int().nullable(),
    last_seen_at: Time,
  })
  .meta({ id: 'UnpricedModel' });
export type UnpricedModel = z.infer<typeof UnpricedModel>;
