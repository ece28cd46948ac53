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
  return {
    checkHealth: () => checkHealth(pool),
    findRetention: (projectId) => findRetention(pool, projectId),
    setRetention: (projectId, settings) => setRetention(pool, projectId, settings),
    runRetention: ({ dryRun }) => runRetention(pool, { ...options, dryRun }),
    listRetentionRuns: (page) => listRetentionRuns(pool, page),
    ensurePartitions: (daysAhead) => ensurePartitions(pool, listDays(-1, daysAhead)),
  };
}
