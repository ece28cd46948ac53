import type { ClientBase } from 'pg';
import { readErrorCode } from '../database-error.js';

const LOCK_NOT_AVAILABLE = '55P03';
/** Far less than Postgres waits before it looks for a deadlock, and more than most writes take. */
const PATIENCE = '50ms';

/** Others did something meanwhile that makes the transaction worth repeating. */
export class ConcurrentChange extends Error {}

/**
 * Locks rows out of the order in which they are always taken: rows that others inserted between a look and an insert.
 * Whoever holds one may wait for what was inserted here, so that to wait for long would be a deadlock: the transaction
 * is repeated instead, and finds them in order.
 */
export async function lockRaced<Result>(client: ClientBase, lock: () => Promise<Result>): Promise<Result> {
  const { rows } = await client.query<{ before: string }>(`select current_setting('lock_timeout') as before`);
  await setLockTimeout(client, PATIENCE);
  const result = await orConcurrentChange(lock);
  await setLockTimeout(client, rows[0]?.before ?? '0');
  return result;
}

async function setLockTimeout(client: ClientBase, timeout: string): Promise<void> {
  await client.query(`select set_config('lock_timeout', $1, true)`, [timeout]);
}

/** Has the transaction repeated where `lock` could not have its rows. */
export async function orConcurrentChange<Result>(lock: () => Promise<Result>): Promise<Result> {
  try {
    return await lock();
  } catch (error) {
    if (readErrorCode(error) !== LOCK_NOT_AVAILABLE) throw error;
    throw new ConcurrentChange('another writer has a row that came up late', { cause: error });
  }
}
