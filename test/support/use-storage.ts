import type { Pool } from 'pg';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { createPool } from '../../collector/storage/postgres/pool.js';
import type { Storage } from '../../collector/storage/storage.js';
import type { StorageHarness } from '../contract/storage.contract.js';
import { createTestDatabase } from './database.js';
import { openPostgresHarness } from './postgres-harness.js';

/** There once the tests of the file run. */
export interface UsedStorage {
  readonly harness: StorageHarness;
  readonly storage: Storage;
  /** Of the same database, for what storage does not show. */
  readonly pool: Pool;
}

/** Storage on a database of its own for all tests of a file, emptied before each. */
export function useStorage({ connections = 2 }: { connections?: number } = {}): UsedStorage {
  let opened: { harness: StorageHarness; pool: Pool } | undefined;
  const get = (): { harness: StorageHarness; pool: Pool } => {
    if (opened === undefined) throw new Error('storage is there in tests and hooks only');
    return opened;
  };
  beforeAll(async () => {
    const database = await createTestDatabase();
    const pool = createPool(database.connection, { max: connections });
    const harness = await openPostgresHarness(database.connection, async () => {
      await pool.end();
      await database.drop();
    });
    opened = { harness, pool };
  });
  afterAll(() => get().harness.close());
  beforeEach(() => get().harness.clear());
  return {
    get harness() {
      return get().harness;
    },
    get storage() {
      return get().harness.storage;
    },
    get pool() {
      return get().pool;
    },
  };
}
