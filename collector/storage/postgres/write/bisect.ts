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
 * tried in parts, the largest first, so that where attempts run out as many as possible have been taken. Of n items a
 * single bad one is found in about 2·log2(n) attempts; where failures tell which item is at fault, each bad one costs
 * two.
 */
export async function bisect<Item>(
  items: readonly Item[],
  failure: unknown,
  options: BisectOptions<Item>,
): Promise<Refusals<Item>> {
  const { attempt, isRefusal, findCulprit, maxAttempts } = options;
  const { refused, untried }: Refusals<Item> = { refused: [], untried: [] };
  const parts = [{ items, failure }];
  /** What comes before one at fault was good as far as that. */
  let passed: Item[] = [];
  let attempts = 0;
  const tryPart = async (part: readonly Item[]): Promise<void> => {
    attempts += 1;
    try {
      await attempt(part);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      parts.push({ items: part, failure: error });
    }
  };
  // Grows on the way, by parts that are smaller than those before.
  for (const part of parts) {
    const culprit = part.items.length === 1 ? 0 : findCulprit?.(part.failure, part.items);
    if (culprit !== undefined) {
      refused.push({ item: part.items[culprit] as Item, failure: part.failure });
      passed.push(...part.items.slice(0, culprit));
    }
    const rest = culprit === undefined ? part.items : part.items.slice(culprit + 1);
    const middle = Math.ceil(rest.length / 2);
    for (const half of [rest.slice(0, middle), rest.slice(middle)]) {
      if (half.length === 0) continue;
      if (attempts < maxAttempts) await tryPart(half);
      else for (const item of half) untried.push({ item, failure: part.failure });
    }
    if (part === parts.at(-1) && passed.length > 0) {
      const together = passed;
      passed = [];
      await tryPart(together);
    }
  }
  return { refused, untried };
}
