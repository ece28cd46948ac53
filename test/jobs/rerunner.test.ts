import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type pg from 'pg';
import type { Rerun } from '../../collector/contract/rerun-shapes.js';
import { createUnderstanding } from '../../collector/ingest.js';
import { createRerunner, type RerunnerOptions } from '../../collector/jobs/rerunner.js';
import { DEFAULT_PROJECT_ID } from '../../collector/model/ids.js';
import { createPool } from '../../collector/storage/postgres/pool.js';
import type { StorageHarness } from '../contract/storage.contract.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';
import { openPostgresHarness } from '../support/postgres-harness.js';
import { makeSpan, traceIdOf } from '../support/telemetry.js';

const TRACES = 7;

let database: TestDatabase;
let harness: StorageHarness;
let pool: pg.Pool;

beforeEach(async () => {
  database = await createTestDatabase();
  harness = await openPostgresHarness(database.connection, () => database.drop());
  pool = createPool(database.connection);
  const understanding = createUnderstanding([]);
  const spans = Array.from({ length: TRACES }, (_, number) =>
    understanding.readSpan(makeSpan({ traceId: traceIdOf(number) })),
  );
  await harness.storage.write({
    projectId: DEFAULT_PROJECT_ID,
    spans,
    logRecords: [],
    metricPoints: [],
    issues: [],
  });
});

afterEach(async () => {
  await pool.end();
  await harness.close();
});

function createRerun(): Promise<Rerun> {
  return harness.storage.createRerun(DEFAULT_PROJECT_ID, {
    kind: 'reproject',
    dry_run: false,
    since: null,
    until: null,
  });
}

function start(options: Partial<RerunnerOptions> = {}) {
  return createRerunner({
    storage: harness.storage,
    understand: () => Promise.resolve(createUnderstanding([])),
    onError: (error) => {
      throw error;
    },
    tracesPerStep: 2,
    ...options,
  });
}

async function find(id: string): Promise<Rerun> {
  const rerun = await harness.storage.findRerun(DEFAULT_PROJECT_ID, id);
  if (rerun === undefined) throw new Error('the rerun is gone');
  return rerun;
}

test('a rerun that was made while nobody looked is begun at the next look', async () => {
  const ended: Rerun[] = [];
  const rerunner = start({ intervalMillis: 20, onEnd: (rerun) => ended.push(rerun) });
  const { id } = await createRerun();
  await vi.waitFor(() => {
    expect(ended).toHaveLength(1);
  });
  await rerunner.close();
  expect(ended[0]).toEqual(await find(id));
  expect(ended[0]).toMatchObject({ id, status: 'completed', traces_total: TRACES, traces_done: TRACES });
});

test('waking begins at once, and reruns are taken to their end one after the other', async () => {
  const ended: string[] = [];
  const rerunner = start({ intervalMillis: 3_600_000, onEnd: ({ id }) => ended.push(id) });
  const first = await createRerun();
  const second = await createRerun();
  rerunner.wake();
  await vi.waitFor(() => {
    expect(ended).toEqual([first.id, second.id]);
  });
  await rerunner.close();
});

test('closing stops after a step, and the next collector goes on from there', async () => {
  const { id } = await createRerun();
  let steps = 0;
  let closing: Promise<void> | undefined;
  const rerunner = start({
    understand: () => {
      steps += 1;
      if (steps === 2) closing = rerunner.close();
      return Promise.resolve(createUnderstanding([]));
    },
  });
  await vi.waitFor(() => {
    expect(closing).toBeDefined();
  });
  await closing;
  expect(await find(id)).toMatchObject({ status: 'running', traces_done: 4 });
  await rerunner.close();
  expect(steps).toBe(2);

  const other = await harness.openAnother();
  const seen: number[] = [];
  const next = start({ storage: other, onEnd: ({ traces_done: done }) => seen.push(done) });
  await vi.waitFor(() => {
    expect(seen).toEqual([TRACES]);
  });
  await next.close();
  await other.close();
});

test('two collectors take turns at one rerun, and no trace is done twice', async () => {
  const other = await harness.openAnother();
  const ended: Rerun[] = [];
  const { id } = await createRerun();
  const both = [harness.storage, other].map((storage) =>
    start({ storage, intervalMillis: 10, tracesPerStep: 1, onEnd: (rerun) => ended.push(rerun) }),
  );
  await vi.waitFor(
    async () => {
      expect((await find(id)).status).toBe('completed');
    },
    { timeout: 20_000 },
  );
  await Promise.all(both.map((rerunner) => rerunner.close()));
  expect(ended.map(({ traces_done: done }) => done)).toEqual([TRACES]);
  await other.close();
});

test('an error is reported, and the rerun goes on at the next look', async () => {
  const errors: unknown[] = [];
  const { id } = await createRerun();
  const rerunner = start({
    intervalMillis: 10,
    understand: () => {
      if (errors.length === 0) return Promise.reject(new Error('no prices'));
      return Promise.resolve(createUnderstanding([]));
    },
    onError: (error) => errors.push(error),
  });
  await vi.waitFor(async () => {
    expect((await find(id)).status).toBe('completed');
  });
  await rerunner.close();
  expect(errors).toEqual([new Error('no prices')]);
});
