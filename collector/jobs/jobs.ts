import { setTimeout as delay } from 'node:timers/promises';
import type { StorageFreshness, StorageMaintenance } from '../storage/storage.js';

type RetentionRun = Awaited<ReturnType<StorageMaintenance['runRetention']>>;

export interface JobsOptions {
  storage: Pick<StorageMaintenance, 'ensurePartitions' | 'runRetention' | 'noteMissingParents'> &
    Partial<StorageFreshness>;
  /** Told of a job that failed; it runs again at its next time. */
  onError: (error: unknown) => void;
  /** Told of each retention run that deleted something. */
  onRetention?: (run: RetentionRun) => void;
  /** Between the starts of two runs; an hour by default. */
  intervalMillis?: number;
  /** Between two looks for traces whose parents did not come; a minute by default. */
  missingParentMillis?: number;
  /** How long a trace must have been quiet for its parents to count as missing; five minutes by default. */
  quietSeconds?: number;
  /** Between two looks for derived rows that another process left stale; half a minute by default. */
  refreshMillis?: number;
}

export interface Jobs {
  /** Starts no more jobs and waits for the one that runs. Idempotent. */
  close(): Promise<void>;
}

const HOUR_MILLIS = 3_600_000;
const MINUTE_MILLIS = 60_000;
const QUIET_SECONDS = 300;
const REFRESH_MILLIS = 30_000;
const PARTITION_DAYS_AHEAD = 7;
/** Retention begins this share of the interval after the start at most, so that collectors do not all begin at once. */
const FIRST_RETENTION_SHARE = 1 / 12;

/**
 * Runs the upkeep that needs no request: partitions for the days ahead, at once and then hourly, and retention, first
 * within five minutes and then hourly, each a little off the hour; each minute a look for traces that lack the parents
 * of their spans; and twice a minute one for derived rows that are not up to date. Nothing here keeps the process alive.
 */
export function createJobs(options: JobsOptions): Jobs {
  const { storage, onError, onRetention } = options;
  const { intervalMillis = HOUR_MILLIS, missingParentMillis = MINUTE_MILLIS } = options;
  const { quietSeconds = QUIET_SECONDS, refreshMillis = REFRESH_MILLIS } = options;
  const ending = new AbortController();

  async function repeat(firstMillis: number, nextMillis: number, run: () => Promise<unknown>): Promise<void> {
    for (let wait = firstMillis; await elapse(wait, ending.signal); wait = spread(nextMillis)) {
      try {
        await run();
      } catch (error) {
        onError(error);
      }
    }
  }

  const running = [
    repeat(0, intervalMillis, () => storage.ensurePartitions(PARTITION_DAYS_AHEAD)),
    repeat(Math.random() * intervalMillis * FIRST_RETENTION_SHARE, intervalMillis, async () => {
      const report = await storage.runRetention({ dryRun: false });
      if (report.deleted.length > 0) onRetention?.(report);
    }),
    repeat(missingParentMillis, missingParentMillis, () => storage.noteMissingParents({ quietSeconds })),
    repeat(refreshMillis, refreshMillis, async () => storage.refreshDerived?.()),
  ];
  return {
    close: async () => {
      ending.abort();
      await Promise.all(running);
    },
  };
}

/** False where the wait was cut short. */
async function elapse(millis: number, signal: AbortSignal): Promise<boolean> {
  try {
    await delay(millis, undefined, { ref: false, signal });
    return true;
  } catch {
    return false;
  }
}

/** A tenth more or less. */
function spread(millis: number): number {
  return millis * (0.9 + Math.random() * 0.2);
}
