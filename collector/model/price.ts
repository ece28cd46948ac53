import type { Usage, UsageDetails } from './gen-ai.js';

/** The classes of tokens that a rate can be given for; a class without one takes that of the class it is part of. */
export type RateClass =
  | 'input'
  | 'cache_read'
  | 'cache_write'
  | 'cache_write_5m'
  | 'cache_write_1h'
  | 'input_audio'
  | 'input_image'
  | 'output'
  | 'reasoning'
  | 'output_audio'
  | 'output_image';

/** US dollars for one unit of each class, as decimal text. */
export type Rates = Readonly<Partial<Record<RateClass, string>>>;

export type PriceUnit = 'per_token' | 'per_thousand_tokens' | 'per_million_tokens';

/** Other rates for the whole call, where it has more input tokens than this or ran in this service tier. */
export interface PriceTier {
  /** The tier holds above this count of input tokens, cached ones included; null = from the first. */
  aboveInputTokens: number | null;
  /** Such as `batch` or `flex`, lower case; null = any that is not named by another tier. */
  serviceTier: string | null;
  rates: Rates;
}

/** A price of the project's own; it wins over the library. */
export interface PriceRow {
  id: string;
  /** A glob on the model's name: `*` and `?`, case does not matter. */
  pattern: string;
  /** The provider's name in the conventions; null = any. */
  provider: string | null;
  /** In force from, inclusive, and to, exclusive; null = open. */
  validFromUnixNano: bigint | null;
  validToUnixNano: bigint | null;
  unit: PriceUnit;
  rates: Rates;
  tiers: readonly PriceTier[];
  note: string | null;
}

/** What is known of a call when it is priced. */
export interface BilledCall {
  provider: string | null;
  requestModel: string | null;
  responseModel: string | null;
  usage: Usage;
  billing: Billing;
  /** When the call started. */
  timeUnixNano: bigint;
}

/** What only its price depends on; read with the facts of a span, not stored. */
export interface Billing {
  details: UsageDetails;
  /** `default`, `flex`, `batch`, `priority` … as sent, lower case. */
  serviceTier: string | null;
  serverAddress: string | null;
}

/** One step on the way to a price, in words for a reader, such as ``dropped the region prefix `us.` ``. */
export type PriceStep = string;

/** One line of a bill. */
export interface PricedClass {
  rateClass: RateClass;
  tokens: number;
  /** US dollars per million tokens, as decimal text, and the class whose rate it is. */
  usdPerMillion: string;
  rateOf: RateClass;
  usd: string;
}

export interface PriceAnswer {
  /** Decimal text in US dollars; null where the call has no price. */
  costUsd: string | null;
  /**
   * Where the price is from, short enough to be kept with each span: `project:<id>`, `library:<version>:<provider>/<model>`,
   * `local`, or `unpriced:<reason>`.
   */
  ref: string;
  /** How the model's name was matched, in order. */
  steps: readonly PriceStep[];
  classes: readonly PricedClass[];
  /** What helps where there is no price, else null. */
  advice: string | null;
}

/** The prices that one project's calls are billed by. Pure; never throws. */
export interface PriceBook {
  /** The short form, for every span that comes in. */
  price(call: BilledCall): Pick<PriceAnswer, 'costUsd' | 'ref'>;
  /** The same with how it came about. */
  explain(call: BilledCall): PriceAnswer;
}
