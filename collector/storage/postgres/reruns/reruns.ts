import type { Pool, PoolClient } from 'pg';
import type { Rerun } from '../../../contract/rerun-shapes.js';
import type { Projector } from '../../../model/write-batch.js';
import type { Reunderstanding, StorageReruns } from '../../storage.js';
import { classifyDatabaseError } from '../database-error.js';
import type { Queryable } from '../rows/queryable.js';
import { isConflict, pauseBefore } from '../write/conflicts.js';
import {
  cancelRerun,
  createRerun,
  findRerun,
  findStoredRerun,
  listOpenReruns,
  listReruns,
  saveProgress,
} from './rerun-rows.js';
import type { StoredRerun } from './rerun-rows.js';
import type { RerunTrace } from './rereading.js';
import { listNextTraces, rereadTraces } from './rerun-step.js';
import { deleteUnreadLedgers, insertUnreadLedgers } from './unread-ledgers.js';
import { UnderstandingFailure } from './understanding-failure.js';

export interface RerunsOptions {
  pool: Pool;
  /** Its failures are `SpanledgerError`s. */
  database: Queryable;
  projector: Projector;
}

const MAX_ATTEMPTS = 8;
/** A step holds many rows and bodies; it is no request that somebody waits for. */
const STEP_TIMEOUT = '5min';

export function createReruns({ pool, database, projector }: RerunsOptions): StorageReruns {
  return {
    createRerun: (...given) => createRerun(database, ...given),
    findRerun: (...given) => findRerun(database, ...given),
    listReruns: (...given) => listReruns(database, ...given),
    cancelRerun: (...given) => cancelRerun(database, ...given),
    listOpenReruns: () => listOpenReruns(database),
    async rerunTraces(projectId, id, { limit, understanding }) {
      for (let count = 1; ; count += 1) {
        try {
          return await runAlone(pool, (client) =>
            takeStep(client, { projectId, id, limit, understanding, projector }),
          );
        } catch (error) {
          if (count === MAX_ATTEMPTS || !isConflict(error)) throw classifyDatabaseError(error);
          await pauseBefore(count);
        }
      }
    },
  };
}

interface Step {
  projectId: string;
  id: string;
  limit: number;
  understanding: Reunderstanding;
  projector: Projector;
}

/** The whole step is one transaction: a process that is killed leaves the one before. */
async function takeStep(client: PoolClient, step: Step): Promise<Rerun | undefined> {
  const { rows } = await client.query<{ locked: boolean }>(
    `select pg_try_advisory_xact_lock(hashtextextended('spanledger rerun ' || $1, 0)) as locked`,
    [step.id],
  );
  if (rows[0]?.locked !== true) return undefined;
  const rerun = await findStoredRerun(client, step.projectId, step.id);
  if (rerun === undefined || (rerun.status !== 'pending' && rerun.status !== 'running')) return undefined;
  if (rerun.status === 'pending' && rerun.kind === 'reproject') {
    rerun.tracesTotal += await insertUnreadLedgers(client, rerun);
  }
  const traces = await listNextTraces(client, rerun, step.limit);
  // A rejected reading leaves the tally half counted.
  const unchanged = structuredClone(rerun);
  try {
    await rereadWithin(client, step, rerun, traces);
  } catch (error) {
    if (!(error instanceof UnderstandingFailure)) throw error;
    await client.query('rollback to savepoint reading');
    await deleteUnreadLedgers(client, step.projectId);
    return saveProgress(client, unchanged, { status: 'failed', error: error.message });
  }
  const last = traces.at(-1);
  if (last !== undefined) {
    rerun.cursor = { startedMicros: last.startedMicros.toString(), traceId: last.traceId };
  }
  const status = traces.length < step.limit ? 'completed' : 'running';
  const saved = await saveProgress(client, rerun, { status, error: null });
  // Cancelled meanwhile: nobody comes by them again.
  if (saved?.status !== 'running') await deleteUnreadLedgers(client, step.projectId);
  return saved;
}

async function rereadWithin(
  client: PoolClient,
  { understanding, projector }: Step,
  rerun: StoredRerun,
  traces: readonly RerunTrace[],
): Promise<void> {
  await client.query('savepoint reading');
  if (traces.length > 0) await rereadTraces({ client, rerun, understanding }, projector, traces);
  if (rerun.isDryRun) await client.query('rollback to savepoint reading');
}

async function runAlone<Result>(pool: Pool, run: (client: PoolClient) => Promise<Result>): Promise<Result> {
  const client = await pool.connect();
  let isBroken = true;
  try {
    await client.query(
      `begin; set local statement_timeout = '${STEP_TIMEOUT}';
       set local idle_in_transaction_session_timeout = '${STEP_TIMEOUT}'`,
    );
    try {
      const result = await run(client);
      await client.query('commit');
      isBroken = false;
      return result;
    } catch (error) {
      await client.query('rollback');
      isBroken = false;
      throw error;
    }
  } finally {
    client.release(isBroken);
  }
}
