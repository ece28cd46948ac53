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
  /** The place among `items`, refused together, of the one that is at fault; undefined where the failure does not tell. */
  findCulprit?: (failure: unknown, items: readonly Item[]) => number | undefined;
  maxAttempts: number;
}

/**
 * Tells the items that are refused from the good ones, which are taken: what was refused together with `failure` is
 * tried in parts, the largest first, so that where attempts run out as many as possible have been taken. Where it is
 * known which item is at fault, a bad one costs three attempts; else of n items a single one is found in about 2·log2(n).
 */
export async function bisect<Item>(
  items: readonly Item[],
  failure: unknown,
  { attempt, isRefusal, findCulprit, maxAttempts }: BisectOptions<Item>,
): Promise<Refusals<Item>> {
  const { refused, untried }: Refusals<Item> = { refused: [], untried: [] };
  const parts = [{ items, failure }];
  let attempts = 0;
  // Grows on the way, by parts that are smaller than those before.
  for (const part of parts) {
    const culprit = part.items.length === 1 ? 0 : findCulprit?.(part.failure, part.items);
    if (culprit !== undefined) refused.push({ item: part.items[culprit] as Item, failure: part.failure });
    else if (attempts >= maxAttempts) {
      for (const item of part.items) untried.push({ item, failure: part.failure });
      continue;
    }
    for (const smaller of cutAt(part.items, culprit)) {
      if (attempts >= maxAttempts) {
        for (const item of smaller) untried.push({ item, failure: part.failure });
        continue;
      }
      attempts += 1;
      try {
        await attempt(smaller);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        parts.push({ items: smaller, failure: error });
      }
    }
  }
  return { refused, untried };
}

/** In halves; where one is at fault, what comes before it, which has most likely been found good, and what comes after in halves. */
function cutAt<Item>(items: readonly Item[], culprit: number | undefined): Item[][] {
  const start = culprit === undefined ? 0 : culprit + 1;
  const middle = Math.ceil((start + items.length) / 2);
  const parts = [items.slice(start, middle), items.slice(middle)];
  if (culprit !== undefined) parts.unshift(items.slice(0, culprit));
  return parts.filter((part) => part.length > 0);
}
