/** Prices of a model, in US dollars for a million tokens. */
export interface ModelPrice {
  /** Input tokens that are neither read from a cache nor written to one. */
  input: number;
  /** Output tokens; 0 where left out, as for embeddings. */
  output?: number;
  /** Input tokens read from a cache; as `input` where left out. */
  cacheRead?: number;
  /** Input tokens written to a cache; as `input` where left out. */
  cacheWrite?: number;
  /** Output tokens of reasoning; as `output` where left out. */
  reasoning?: number;
}

/**
 * Prices by model: the name as it is sent (`gpt-5-mini`), with the provider before it (`azure.ai.openai/gpt-5-mini`, which
 * is looked for first), or the beginning of names (`gpt-5*`; the longest one wins).
 */
export type PriceTable = Readonly<Record<string, ModelPrice>>;

/** Tokens of one call: cached ones are within `input`, reasoning is within `output`. */
export interface CallUsage {
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
  reasoning: number;
}

/** Looks a model's price up; undefined where the table has none. */
export function findPrice(
  table: PriceTable,
  model: string,
  provider: string | undefined,
): ModelPrice | undefined {
  const names = provider === undefined ? [model] : [`${provider}/${model}`, model];
  for (const name of names) if (Object.hasOwn(table, name)) return table[name];
  let best: string | undefined;
  for (const pattern of Object.keys(table)) {
    if (!pattern.endsWith('*') || pattern.length <= (best?.length ?? 0)) continue;
    const beginning = pattern.slice(0, -1);
    if (names.some((name) => name.startsWith(beginning))) best = pattern;
  }
  return best === undefined ? undefined : table[best];
}

/** What a call costs, in US dollars; undefined where the prices are no numbers. */
export function computeCost(price: ModelPrice, usage: CallUsage): number | undefined {
  const { input, output = 0, cacheRead = input, cacheWrite = input, reasoning = output } = price;
  const freshInput = Math.max(0, usage.input - usage.cacheRead - usage.cacheWrite);
  const plainOutput = Math.max(0, usage.output - usage.reasoning);
  const micros =
    freshInput * input +
    usage.cacheRead * cacheRead +
    usage.cacheWrite * cacheWrite +
    plainOutput * output +
    usage.reasoning * reasoning;
  return roundDollars(micros / 1e6);
}

/** Without the noise of binary fractions; undefined for what is no amount. */
export function roundDollars(amount: number): number | undefined {
  return Number.isFinite(amount) && amount >= 0 ? Number(amount.toFixed(12)) : undefined;
}
