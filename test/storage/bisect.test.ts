import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bisect } from '../../collector/storage/postgres/write/bisect.js';

/** Tries numbers, of which some are refused, and counts the attempts. */
async function search(
  count: number,
  isBad: (item: number) => boolean,
  { maxAttempts = 200, tellsCulprit = false } = {},
) {
  const taken: number[] = [];
  let attempts = 0;
  const refusals = await bisect(
    Array.from({ length: count }, (_, item) => item),
    'all',
    {
      attempt: (items) => {
        attempts += 1;
        if (items.some(isBad)) return Promise.reject(new Error(`${items.length} items`));
        taken.push(...items);
        return Promise.resolve();
      },
      isRefusal: (failure) => failure instanceof Error,
      maxAttempts,
      ...(tellsCulprit && {
        findCulprit: (failure: unknown, items: readonly number[]) =>
          failure === 'all' ? undefined : items.findIndex(isBad),
      }),
    },
  );
  return { ...refusals, taken, attempts };
}

test('a single bad item of n is found in at most 2·log2(n) attempts, wherever it is', async () => {
  for (const place of [0, 1, 511, 512, 1022, 1023]) {
    const { refused, untried, taken, attempts } = await search(1024, (item) => item === place);
    expect(refused.map(({ item }) => item)).toEqual([place]);
    expect(refused[0]?.failure).toEqual(new Error('1 items'));
    expect(untried).toEqual([]);
    expect(taken).toHaveLength(1023);
    expect(attempts).toBe(20);
  }
});

test('a lone item was refused already, and is not tried again', async () => {
  const { refused, attempts } = await search(1, () => true);
  expect(refused).toEqual([{ item: 0, failure: 'all' }]);
  expect(attempts).toBe(0);
});

test('sixteen bad items far apart in 512 are all found, and of more most good ones are taken all the same', async () => {
  const sparse = await search(512, (item) => item % 32 === 7);
  expect(sparse.untried).toEqual([]);
  expect(sparse.taken).toHaveLength(512 - 16);
  const dense = await search(10_000, (item) => item % 500 === 7);
  expect(dense.attempts).toBeLessThanOrEqual(201);
  expect(dense.taken.length).toBeGreaterThan(9_000);
  expect(dense.taken.length + dense.refused.length + dense.untried.length).toBe(10_000);
});

test('where failures name an item, a bad one costs two attempts, wherever it is', async () => {
  const scattered = await search(10_000, (item) => item % 500 === 7, { tellsCulprit: true });
  expect(scattered.refused.map(({ item }) => item).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 20 }, (_, index) => index * 500 + 7),
  );
  expect(scattered.untried).toEqual([]);
  expect(scattered.taken).toHaveLength(10_000 - 20);
  expect(scattered.attempts).toBeLessThanOrEqual(3 + 2 * 20);
  const all = await search(300, () => true, { tellsCulprit: true, maxAttempts: 50 });
  expect(all.attempts).toBeLessThanOrEqual(51);
  expect(all.refused.length + all.untried.length).toBe(300);
});

test('whatever is bad, each item is taken, refused or untried, and only bad ones are refused', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.nat(199)),
      fc.boolean(),
      fc.integer({ min: 1, max: 60 }),
      async (bad, tellsCulprit, maxAttempts) => {
        const isBad = (item: number): boolean => bad.includes(item);
        const { refused, untried, taken } = await search(200, isBad, { maxAttempts, tellsCulprit });
        expect(refused.map(({ item }) => item).every(isBad)).toBe(true);
        expect(taken.some(isBad)).toBe(false);
        const all = [...taken, ...[...refused, ...untried].map(({ item }) => item)];
        expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, item) => item));
      },
    ),
  );
});

test('a failure that lies with no item ends the search', async () => {
  const failure = new TypeError('away');
  const attempt = (): Promise<void> => Promise.reject(failure);
  await expect(bisect([1, 2, 3], 'all', { attempt, isRefusal: () => false, maxAttempts: 9 })).rejects.toBe(
    failure,
  );
});
