import type { Pool } from 'pg';
import type { Projector } from '../../model/write-batch.js';
import { nowUnixNano } from '../../model/time.js';
import type { CreateStorage, Storage } from '../storage.js';
import { createMaintenance } from './maintenance/maintenance.js';
import { createPrices } from './prices/prices.js';
import { createReader, withClassifiedErrors } from './read/reader.js';
import { createReruns } from './reruns/reruns.js';
import { refreshSessions } from './write/derived-sessions.js';
import type { GroupQueueLimits } from './write/group-queue.js';
import { createWriter } from './write/writer.js';

export interface PostgresStorageOptions {
  /** For writes, maintenance and health; made by `createPool`, on a migrated database. */
  pool: Pool;
  /** For reads, so that slow ones hold up no write; `pool` by default. */
  readPool?: Pool;
  /** Now, in nanoseconds since the epoch; the system's clock by default. */
  clock?: () => bigint;
  /** Sizes of the write queue; the defaults suit one collector. */
  writeLimits?: Partial<GroupQueueLimits>;
}

/** Storage on PostgreSQL 15 or later; `Storage` says what it promises. Closing it ends its connections. */
export const createPostgresStorage: CreateStorage<PostgresStorageOptions> = (options) =>
  Promise.resolve(composeStorage(options));

function composeStorage(options: PostgresStorageOptions & { projector: Projector }): Storage {
  const { projector, pool, readPool = pool, clock = nowUnixNano, writeLimits } = options;
  const database = withClassifiedErrors(pool);
  const readDatabase = withClassifiedErrors(readPool);
  const writer = createWriter({ pool, projector, ...(writeLimits && { limits: writeLimits }) });
  let closing: Promise<void> | undefined;
  return {
    ...createReader({ pool: readPool, clock }),
    ...createPrices({ database, readDatabase, clock }),
    ...createReruns({ pool, database, projector }),
    ...createMaintenance(pool, {
      refreshSessions: (client, sessions) => refreshSessions(client, projector, sessions),
    }),
    write: (batch) => writer.write(batch),
    close: () => (closing ??= writer.close().then(() => endAll(new Set([pool, readPool])))),
  };
}

async function endAll(pools: Iterable<Pool>): Promise<void> {
  await Promise.all([...pools].map((pool) => pool.end()));
}
