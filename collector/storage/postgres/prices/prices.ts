import type { PriceRow } from '../../../model/price.js';
import type { StoragePrices } from '../../storage.js';
import { isUuidText } from '../read/filters.js';
import type { Queryable } from '../rows/queryable.js';
import { deletePriceRow, listPriceRows, putPriceRow } from './price-rows.js';
import { listUnpriced } from './unpriced.js';
import { listUnpricedDoubts } from './unpriced-doubts.js';

export interface PricesOptions {
  /** Their failures are `SpanledgerError`s. */
  database: Queryable;
  readDatabase: Queryable;
  /** Now, in nanoseconds since the epoch. */
  clock: () => bigint;
}

interface Remembered {
  rows: readonly PriceRow[];
  readAtMillis: number;
}

/** The prices of all projects; remembers what it has read, so that ingest asks the database now and then only. */
export function createPrices({ database, readDatabase, clock }: PricesOptions): StoragePrices {
  const remembered = new Map<string, Remembered>();
  /** Raised with each change, so that what was read before one is not remembered after it. */
  let changes = 0;

  async function readPrices(projectId: string): Promise<readonly PriceRow[]> {
    const seen = changes;
    const readAtMillis = performance.now();
    const fresh = await listPriceRows(database, projectId);
    const known = remembered.get(projectId)?.rows;
    const rows = known !== undefined && areSame(known, fresh) ? known : fresh;
    if (seen === changes) remembered.set(projectId, { rows, readAtMillis });
    return rows;
  }

  function forget(projectId: string): void {
    changes += 1;
    remembered.delete(projectId);
  }

  return {
    async listPrices(projectId, options) {
      const known = remembered.get(projectId);
      const isFresh =
        known !== undefined && performance.now() - known.readAtMillis < (options?.maxAgeMillis ?? 0);
      return isFresh ? known.rows : readPrices(projectId);
    },
    async putPrice(projectId, price) {
      try {
        return await putPriceRow(database, projectId, price);
      } finally {
        forget(projectId);
      }
    },
    async deletePrice(projectId, priceId) {
      if (!isUuidText(priceId)) return false;
      try {
        return await deletePriceRow(database, projectId, priceId);
      } finally {
        forget(projectId);
      }
    },
    listUnpriced: (projectId, filter, options) =>
      listUnpriced(readDatabase, projectId, filter, { ...options, nowUnixNano: clock() }),
    listUnpricedDoubts: (projectId, filter, limit) =>
      listUnpricedDoubts(readDatabase, projectId, filter, { limit, nowUnixNano: clock() }),
  };
}

function areSame(left: readonly PriceRow[], right: readonly PriceRow[]): boolean {
  const render = (rows: readonly PriceRow[]): string =>
    JSON.stringify(rows, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
  return render(left) === render(right);
}
