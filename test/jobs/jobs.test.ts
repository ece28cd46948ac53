import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type pg from 'pg';
import { createJobs } from '../../collector/jobs/jobs.js';
import { createMaintenance } from '../../collector/storage/postgres/maintenance/maintenance.js';
import { listDays } from '../../collector/storage/postgres/maintenance/partitions.js';
import { createPool } from '../../collector/storage/postgres/pool.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';
import { insertSpan, listLeft } from '../support/stored-days.js';

// What runRetention takes first; holding it keeps a run waiting.
const RETENTION_LOCK = `hashtextextended('spanledger retention', 0)`;

let database: TestDatabase;
let pool: pg.Pool;

beforeEach(async () => {
  database = await createTestDatabase();
  pool = createPool(database.connection);
});

afterEach(async () => {
  if (!pool.ended) await pool.end();
  await database.drop();
});

function fail(error: unknown): never {
  throw error;
}

async function countRuns(): Promise<number> {
  return (await pool.query('select 1 from retention_runs')).rowCount ?? 0;
}

test('partitions are made at once, and retention runs again and again', async () => {
  await insertSpan(pool, { trace: 'old', daysAgo: 40 });
  const reports: string[] = [];
  const jobs = createJobs({
    storage: createMaintenance(pool),
    onError: fail,
    onRetention: (run) => reports.push(...run.deleted.map(({ what }) => what)),
    intervalMillis: 50,
  });
  try {
    await vi.waitFor(
      async () => {
        expect(await countRuns()).toBeGreaterThan(2);
      },
      { timeout: 20_000 },
    );
  } finally {
    await jobs.close();
  }
  expect(reports).toEqual(['spans', 'span_payloads']);
  const { rows } = await pool.query<{ name: string }>(
    `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'spans'::regclass order by 1`,
  );
  const ahead = listDays(-1, 7).map((day) => `spans_${day.replaceAll('-', '')}`);
  expect(rows.map((row) => row.name)).toEqual([...ahead, 'spans_default']);
});

test('a job that fails is reported and runs again', async () => {
  const errors: unknown[] = [];
  await pool.end();
  const jobs = createJobs({
    storage: createMaintenance(pool),
    onError: (error) => errors.push(error),
    intervalMillis: 20,
  });
  try {
    await vi.waitFor(() => {
      expect(errors.length).toBeGreaterThan(3);
    });
  } finally {
    await jobs.close();
  }
  expect(errors[0]).toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
});

test('closing waits for the job that runs and starts no more', async () => {
  await insertSpan(pool, { trace: 'old', daysAgo: 40 });
  const holder = await pool.connect();
  await holder.query(`select pg_advisory_lock(${RETENTION_LOCK})`);
  const jobs = createJobs({ storage: createMaintenance(pool), onError: fail, intervalMillis: 10 });
  await vi.waitFor(
    async () => {
      const waiting = await pool.query(`select 1 from pg_locks where locktype = 'advisory' and not granted`);
      expect(waiting.rowCount).toBe(1);
    },
    { timeout: 20_000 },
  );
  const closing = jobs.close();
  expect(await countRuns()).toBe(0);
  holder.release(true);
  await closing;
  expect(await countRuns()).toBe(1);
  expect(await listLeft(pool, 'spans', 'trace_id')).toEqual([]);
  await jobs.close();
});
