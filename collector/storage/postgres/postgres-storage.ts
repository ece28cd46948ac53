import type { Pool } from 'pg';
import type { Projector } from '../../model/write-batch.js';
import { nowUnixNano } from '../../model/time.js';
import type { CreateStorage, Storage } from '../storage.js';
import { createMaintenance } from './maintenance/maintenance.js';
import { createPrices } from './prices/prices.js';
import { createReader, withClassifiedErrors } from './read/reader.js';
import { createReruns } from './reruns/reruns.js';
import { createRefresher } from './stale/refresher.js';
import { readFresh } from './stale/read-fresh.js';
import { DEFAULT_DEFERRAL } from './write/deferral.js';
import type { DeferralLimits } from './write/deferral.js';
import { refreshSessions } from './write/derived-sessions.js';
import type { GroupQueueLimits } from './write/group-queue.js';
import { createWriter } from './write/writer.js';

export interface PostgresStorageOptions {
  /** For writes, maintenance and health; made by `createPool`, on a migrated database. */
  pool: Pool;
  /** For reads and what is derived for them, so that slow ones hold up no write; `pool` by default. */
  readPool?: Pool;
  /** Now, in nanoseconds since the epoch; the system's clock by default. */
  clock?: () => bigint;
  /** Sizes of the write queue; the defaults suit one collector. */
  writeLimits?: Partial<GroupQueueLimits>;
  /** What is too large to be derived anew with each write; the defaults suit one collector. */
  deferral?: DeferralLimits;
  /** Whether what was left for later is done without anybody asking; it is by default. */
  refreshesInBackground?: boolean;
  /** Told of what could not be brought up to date. */
  onError?: (error: unknown) => void;
}

/** Storage on PostgreSQL 15 or later; `Storage` says what it promises. Closing it ends its connections. */
export const createPostgresStorage: CreateStorage<PostgresStorageOptions> = (options) =>
  Promise.resolve(composeStorage(options));

function composeStorage(options: PostgresStorageOptions & { projector: Projector }): Storage {
  const { projector, pool, readPool = pool, clock = nowUnixNano, writeLimits } = options;
  const { deferral = DEFAULT_DEFERRAL, refreshesInBackground = true, onError } = options;
  const database = withClassifiedErrors(pool);
  const readDatabase = withClassifiedErrors(readPool);
  // Mostly it is readers who wait for it, and a long one is to hold up no write.
  const refresher = createRefresher({ pool: readPool, projector, deferral, ...(onError && { onError }) });
  const writer = createWriter({
    pool,
    projector,
    deferral,
    onStale: (projectId) => {
      if (refreshesInBackground) refresher.schedule(projectId);
    },
    ...(writeLimits && { limits: writeLimits }),
  });
  const maintenance = createMaintenance(pool, {
    refreshSessions: (client, sessions) => refreshSessions(client, projector, sessions),
  });
  let closing: Promise<void> | undefined;
  const close = async () => {
    await writer.close();
    await refresher.close();
    await endAll(new Set([pool, readPool]));
  };
  return {
    ...maintenance,
    ...readFresh(refresher, {
      ...createReader({ pool: readPool, clock }),
      ...createPrices({ database, readDatabase, clock }),
      ...createReruns({ pool, database, projector }),
      ...maintenance,
    }),
    write: (batch) => writer.write(batch),
    refreshDerived: () => refresher.refreshAll(),
    close: () => (closing ??= close()),
  };
}

async function endAll(pools: Iterable<Pool>): Promise<void> {
  await Promise.all([...pools].map((pool) => pool.end()));
}
