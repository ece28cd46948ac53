import { expect, test, vi } from 'vitest';
import type { Jobs, JobsOptions } from '../../collector/jobs/jobs.js';
import { createJobs } from '../../collector/jobs/jobs.js';

type Storage = JobsOptions['storage'];

const NOTHING_DELETED = { started_at: '', ended_at: '', dry_run: false, deleted: [] };

/** A store that notes what it was asked for and takes as long as it is told. */
function createStore(
  options: { until?: Promise<void>; failure?: Error } = {},
): Storage & { calls: string[] } {
  const calls: string[] = [];
  return {
    calls,
    ensurePartitions: (daysAhead) => {
      calls.push(`partitions ${String(daysAhead)}`);
      return options.failure === undefined ? Promise.resolve() : Promise.reject(options.failure);
    },
    runRetention: async ({ dryRun }) => {
      calls.push(`retention ${String(dryRun)}`);
      await options.until;
      calls.push('retention done');
      return NOTHING_DELETED;
    },
  };
}

async function endAfter(jobs: Jobs, condition: () => void): Promise<void> {
  try {
    await vi.waitFor(condition, { timeout: 10_000, interval: 5 });
  } finally {
    await jobs.close();
  }
}

test('partitions are made at once and again, and retention runs for real', async () => {
  const storage = createStore();
  const jobs = createJobs({ storage, onError: expect.unreachable, intervalMillis: 20 });
  await endAfter(jobs, () => {
    expect(storage.calls.filter((call) => call === 'partitions 7').length).toBeGreaterThan(2);
    expect(storage.calls.filter((call) => call === 'retention false').length).toBeGreaterThan(2);
  });
});

test('a job that fails is reported and runs again', async () => {
  const failure = new Error('no database');
  const errors: unknown[] = [];
  const storage = createStore({ failure });
  const jobs = createJobs({ storage, onError: (error) => errors.push(error), intervalMillis: 20 });
  await endAfter(jobs, () => {
    expect(errors.length).toBeGreaterThan(1);
  });
  expect(new Set(errors)).toEqual(new Set([failure]));
});

test('closing waits for the job that runs and starts no more', async () => {
  let finish = (): void => undefined;
  const storage = createStore({ until: new Promise((resolve) => (finish = resolve)) });
  const jobs = createJobs({ storage, onError: expect.unreachable, intervalMillis: 10 });
  await vi.waitFor(() => {
    expect(storage.calls).toContain('retention false');
  });
  let isClosed = false;
  const closing = jobs.close().then(() => {
    isClosed = true;
  });
  await Promise.resolve();
  expect(isClosed).toBe(false);
  finish();
  await closing;
  expect(storage.calls.at(-1)).toBe('retention done');
  await jobs.close();
});
