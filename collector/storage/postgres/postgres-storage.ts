import type { Pool } from 'pg';
import type { SpanledgerError } from '../../errors.js';
import type { Projector } from '../../model/write-batch.js';
import type { CreateStorage, Storage } from '../storage.js';
import { createMaintenance } from './maintenance/maintenance.js';
import { createPool } from './pool.js';
import type { PostgresConnection } from './pool.js';
import { createReader } from './read/reader.js';
import { refreshSessions } from './write/derived-sessions.js';
import type { GroupQueueLimits } from './write/group-queue.js';
import { createWriter } from './write/writer.js';

/** Either pools made by `createPool`, or where the database is. It must be migrated. */
export type PostgresStorageOptions = (
  | {
      /** For writes, maintenance and health. */
      pool: Pool;
      /** For reads, so that slow ones hold up no write; `pool` by default. */
      readPool?: Pool;
    }
  | {
      connection: PostgresConnection;
      /** 6 by default, 4 at least: three write at a time. */
      maxConnections?: number;
      /** Told of errors on idle connections, which are replaced. */
      onError?: (error: SpanledgerError) => void;
    }
) & {
  /** Now, in nanoseconds since the epoch; the system's clock by default. */
  clock?: () => bigint;
  /** Sizes of the write queue; the defaults suit one collector. */
  writeLimits?: Partial<GroupQueueLimits>;
};

/** Storage on PostgreSQL 15 or later; `Storage` says what it promises. Closing it ends its connections. */
export const createPostgresStorage: CreateStorage<PostgresStorageOptions> = (options) =>
  Promise.resolve(composeStorage(options));

function composeStorage(options: PostgresStorageOptions & { projector: Projector }): Storage {
  const { projector, clock, writeLimits } = options;
  const pool = 'pool' in options ? options.pool : openPool(options);
  const readPool = ('readPool' in options ? options.readPool : undefined) ?? pool;
  const writer = createWriter({ pool, projector, ...(writeLimits && { limits: writeLimits }) });
  let closing: Promise<void> | undefined;
  return {
    ...createReader({ pool: readPool, ...(clock && { clock }) }),
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

function openPool(options: Exclude<PostgresStorageOptions, { pool: Pool }>): Pool {
  const { connection, maxConnections, onError } = options;
  return createPool(connection, {
    ...(maxConnections !== undefined && { max: maxConnections }),
    ...(onError && { onError }),
  });
}
