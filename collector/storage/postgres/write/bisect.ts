/** What is left of items of which some were refused. */
export interface Refusals<Item> {
  /** Refused alone, with the reason each. */
  refused: { item: Item; failure: unknown }[];
  /** Not tried alone, since too many attempts had been needed by then; `failure` is that of some together. */
  untried: { item: Item; failure: unknown }[];
}

export interface BisectOptions<Item> {
  /** Takes some items, all or none of them. */
  attempt: (items: readonly Item[]) => Promise<void>;
  /** Whether a failure lies with an item; any other ends it all. */
  isRefusal: (failure: unknown) => boolean;
  maxAttempts: number;
}

/**
 * Tells the items that are refused from the good ones, which are taken: what was refused together with `failure` is
 * tried in halves, the largest parts first, so that where attempts run out as many as possible have been taken.
 * Of n items a single bad one is found in about 2·log2(n) attempts.
 */
export async function bisect<Item>(
  items: readonly Item[],
  failure: unknown,
  { attempt, isRefusal, maxAttempts }: BisectOptions<Item>,
): Promise<Refusals<Item>> {
  const { refused, untried }: Refusals<Item> = { refused: [], untried: [] };
  const parts = [{ items, failure }];
  let attempts = 0;
  // Grows on the way, by parts that are smaller than those before.
  for (const part of parts) {
    if (part.items.length === 1 || attempts >= maxAttempts) {
      const list = part.items.length === 1 ? refused : untried;
      for (const item of part.items) list.push({ item, failure: part.failure });
      continue;
    }
    const middle = Math.ceil(part.items.length / 2);
    for (const half of [part.items.slice(0, middle), part.items.slice(middle)]) {
      if (half.length === 0) continue;
      attempts += 1;
      try {
        await attempt(half);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        parts.push({ items: half, failure: error });
      }
    }
  }
  return { refused, untried };
}
