import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import type { StorageHealth } from '../../storage.js';
import { inspectMigrations } from '../migrate.js';

const ANSWER_WITHIN_MILLIS = 1_800;

const UNREACHABLE: StorageHealth = {
  reachable: false,
  migrated: false,
  serverVersion: null,
  sizeBytes: null,
};

/** The state of the database, within two seconds; what does not answer by then is not reachable. */
export async function checkHealth(pool: pg.Pool): Promise<StorageHealth> {
  const timeout = new AbortController();
  const late = delay(ANSWER_WITHIN_MILLIS, UNREACHABLE, { ref: false, signal: timeout.signal });
  // Rejects when it is no longer needed.
  late.catch(() => undefined);
  try {
    return await Promise.race([readHealth(pool).catch(() => UNREACHABLE), late]);
  } finally {
    timeout.abort();
  }
}

async function readHealth(pool: pg.Pool): Promise<StorageHealth> {
  const { rows } = await pool.query<{ version: string; bytes: number }>(
    `select current_setting('server_version') as version, pg_database_size(current_database()) as bytes`,
  );
  const { isMigrated } = await inspectMigrations(pool);
  return {
    reachable: true,
    migrated: isMigrated,
    serverVersion: rows[0]?.version.split(' ')[0] ?? null,
    sizeBytes: rows[0]?.bytes ?? null,
  };
}
