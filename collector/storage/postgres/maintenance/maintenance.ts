import type pg from 'pg';
import type { StorageMaintenance } from '../../storage.js';
import { checkHealth } from './health.js';
import { ensurePartitions, listDays } from './partitions.js';
import { listRetentionRuns } from './retention-runs.js';
import { findRetention, setRetention } from './retention-settings.js';
import type { RetentionOptions } from './retention.js';
import { runRetention } from './retention.js';

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
  return {
    checkHealth: () => checkHealth(pool),
    findRetention: (projectId) => findRetention(pool, projectId),
    setRetention: (projectId, settings) => setRetention(pool, projectId, settings),
    runRetention: runInTurn,
    listRetentionRuns: (page) => listRetentionRuns(pool, page),
    ensurePartitions: (daysAhead) => ensurePartitions(pool, listDays(-1, daysAhead)),
  };
}
