import type pg from 'pg';
import type { StorageMaintenance } from '../../storage.js';
import { nowUnixNano, splitMicros } from '../../../model/time.js';
import { checkHealth } from './health.js';
import { noteMissingParents } from './missing-parents.js';
import { ensurePartitions, listDays } from './partitions.js';
import { listRetentionRuns } from './retention-runs.js';
import { findRetention, setRetention } from './retention-settings.js';
import type { RetentionOptions } from './retention.js';
import { runRetention } from './retention.js';

/** How far back the first look for missing parents goes. */
const FIRST_LOOK_MICROS = 86_400_000_000n;

/** The upkeep of a database, over a pool that the caller ends. */
export function createMaintenance(
  pool: pg.Pool,
  options: Pick<RetentionOptions, 'refreshSessions'> = {},
): StorageMaintenance {
  let lastRun: Promise<unknown> = Promise.resolve();
  /** Runs wait for each other here: in the database each would hold a connection while it waits. */
  const runInTurn: StorageMaintenance['runRetention'] = ({ dryRun }) => {
    const run = lastRun.then(() => runRetention(pool, { ...options, dryRun }));
    lastRun = run.catch(() => undefined);
    return run;
  };
  /** Until when traces have been looked at; what another collector has seen is looked at twice and listed once. */
  let lookedUntilMicros: bigint | undefined;
  const noteSinceLastLook: StorageMaintenance['noteMissingParents'] = async ({ quietSeconds }) => {
    const toMicros = splitMicros(nowUnixNano()).micros - BigInt(Math.round(quietSeconds * 1e6));
    const fromMicros = lookedUntilMicros ?? toMicros - FIRST_LOOK_MICROS;
    const noted = await noteMissingParents(pool, { fromMicros, toMicros });
    lookedUntilMicros = toMicros;
    return noted;
  };
  return {
    checkHealth: () => checkHealth(pool),
    findRetention: (projectId) => findRetention(pool, projectId),
    setRetention: (projectId, settings) => setRetention(pool, projectId, settings),
    runRetention: runInTurn,
    listRetentionRuns: (page) => listRetentionRuns(pool, page),
    noteMissingParents: noteSinceLastLook,
    ensurePartitions: (daysAhead) => ensurePartitions(pool, listDays(-1, daysAhead)),
  };
}
