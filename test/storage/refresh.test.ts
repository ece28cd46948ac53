import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type pg from 'pg';
import { openContent, openReportContent } from '../../collector/dialects/normalize.js';
import { createJobs } from '../../collector/jobs/jobs.js';
import { DEFAULT_PROJECT_ID } from '../../collector/model/ids.js';
import type { Projector } from '../../collector/model/write-batch.js';
import { createProjector } from '../../collector/projections/projector.js';
import { createPool } from '../../collector/storage/postgres/pool.js';
import type { PostgresStorageOptions } from '../../collector/storage/postgres/postgres-storage.js';
import { createPostgresStorage } from '../../collector/storage/postgres/postgres-storage.js';
import type { Storage } from '../../collector/storage/storage.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';
import {
  START,
  listAttributes,
  makeAgentRun,
  makeBatch,
  makeSpan,
  spanIdOf,
  traceIdOf,
} from '../support/telemetry.js';

const PROJECT = DEFAULT_PROJECT_ID;
const TRACE = traceIdOf(1);
const DEFERRAL = { traceRecords: 3, sessionTraces: 2, ledgerEntries: 3 };

const realProjector = createProjector({ readContent: openContent, readReportContent: openReportContent });
let database: TestDatabase;
let pool: pg.Pool;
let storages: Storage[];
/** Trace ids as they were projected. */
let projected: string[];

beforeEach(async () => {
  database = await createTestDatabase();
  pool = createPool(database.connection);
  storages = [];
  projected = [];
});

afterEach(async () => {
  await Promise.all(storages.map((storage) => storage.close()));
  await pool.end();
  await database.drop();
});

/** The real projector, that notes what it is asked for. */
const noting: Projector = {
  ...realProjector,
  projectTrace(projectId, material) {
    projected.push(material.traceId);
    return realProjector.projectTrace(projectId, material);
  },
};

async function open(
  options: Partial<PostgresStorageOptions> & { projector?: Projector } = {},
): Promise<Storage> {
  const storage = await createPostgresStorage({
    pool: createPool(database.connection),
    projector: noting,
    deferral: DEFERRAL,
    refreshesInBackground: false,
    ...options,
  });
  storages.push(storage);
  return storage;
}

/** A run of nine spans, and one that comes later. */
const RUN = makeBatch({ spans: makeAgentRun(1, 4, 'one') });
const LATE = makeBatch({
  spans: [
    makeSpan({
      spanId: spanIdOf(77),
      startTimeUnixNano: START,
      parentSpanId: spanIdOf(1000),
      attributes: listAttributes({ 'gen_ai.operation.name': 'chat', 'gen_ai.usage.input_tokens': 1000 }),
    }),
  ],
});

async function countStale(): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `select count(*) from (
       select from traces where stale_since is not null union all
       select from sessions where stale_since is not null
     ) as stale`,
  );
  return rows[0]?.count ?? -1;
}

test('a write to a large trace derives nothing, and the next read sees what it brought', async () => {
  const storage = await open();
  await storage.write(RUN);
  projected = [];
  expect(await storage.write(LATE)).toMatchObject({ stored: 1, updated: 0, duplicate: 0 });
  expect(await storage.write(LATE)).toMatchObject({ stored: 0, updated: 0, duplicate: 1 });
  expect(projected).toEqual([]);
  expect(await storage.listTraceSpans(PROJECT, TRACE)).toHaveLength(10);
  expect(projected).toEqual([]);
  expect(await storage.findTrace(PROJECT, TRACE)).toMatchObject({ span_count: 10, input_tokens: 1046 });
  expect(await storage.findSession(PROJECT, 'one')).toMatchObject({ entry_count: 10, input_tokens: 1046 });
  expect(projected).toEqual([TRACE]);
  expect(await countStale()).toBe(0);
});

test('a write to a trace that nothing has changed leaves it up to date', async () => {
  const storage = await open();
  await storage.write(RUN);
  await storage.write(RUN);
  expect(await countStale()).toBe(0);
});

test('a session of many traces is summed up when somebody reads it', async () => {
  const storage = await open();
  for (const number of [1, 2, 3, 4]) {
    const span = makeSpan({
      traceId: traceIdOf(number),
      attributes: listAttributes({ 'session.id': 'many' }),
    });
    await storage.write(makeBatch({ spans: [span] }));
  }
  const { rows } = await pool.query<{ trace_count: number }>('select trace_count from sessions');
  expect(rows).toEqual([{ trace_count: 2 }]);
  expect(await storage.findSession(PROJECT, 'many')).toMatchObject({ trace_count: 4 });
  expect(await countStale()).toBe(0);
});

test('what a process left behind is read right through another one', async () => {
  const [first, second] = [await open(), await open()];
  await first.write(RUN);
  await first.write(LATE);
  await first.close();
  expect((await second.listTraces(PROJECT, {}, { limit: 5 })).rows).toMatchObject([{ span_count: 10 }]);
});

test('many readers at once, of two processes, have a trace derived once', async () => {
  const [first, second] = [await open(), await open()];
  await first.write(RUN);
  await first.write(LATE);
  projected = [];
  const reads = Array.from({ length: 20 }, (_, index) =>
    (index % 2 === 0 ? first : second).findTrace(PROJECT, TRACE),
  );
  for (const trace of await Promise.all(reads)) expect(trace).toMatchObject({ span_count: 10 });
  // Each process may have looked before the other was done, and then found nothing left to do.
  expect(projected).toEqual([TRACE]);
});

test('while spans keep coming, each read sees all that was written before it', async () => {
  const [first, second] = [await open(), await open()];
  await first.write(RUN);
  let written = 9;
  const writing = (async () => {
    for (let number = 0; number < 40; number += 1) {
      const span = makeSpan({ spanId: spanIdOf(5000 + number), parentSpanId: spanIdOf(1000) });
      await (number % 2 === 0 ? first : second).write(makeBatch({ spans: [span] }));
      written += 1;
    }
  })();
  for (let reads = 0; reads < 20; reads += 1) {
    const before = written;
    const trace = await (reads % 2 === 0 ? second : first).findTrace(PROJECT, TRACE);
    expect(trace?.span_count).toBeGreaterThanOrEqual(before);
  }
  await writing;
  expect(await first.findTrace(PROJECT, TRACE)).toMatchObject({ span_count: 49 });
});

test('without a reader, the process that wrote brings its rows up to date by itself', async () => {
  const storage = await open({ refreshesInBackground: true });
  await storage.write(RUN);
  await storage.write(LATE);
  await vi.waitFor(
    async () => {
      expect(await countStale()).toBe(0);
    },
    { timeout: 20_000 },
  );
  const { rows } = await pool.query<{ span_count: number; input_tokens: number }>(
    'select span_count, input_tokens from traces',
  );
  expect(rows).toEqual([{ span_count: 10, input_tokens: 1046 }]);
});

test('a job brings up to date what a process left behind, in every project', async () => {
  const other = '00000000-0000-7000-8000-0000000000ff';
  const [gone, storage] = [await open(), await open()];
  for (const projectId of [PROJECT, other]) {
    await gone.write({ ...RUN, projectId });
    await gone.write({ ...LATE, projectId });
  }
  await gone.close();
  expect(await countStale()).toBe(2);
  const jobs = createJobs({
    storage,
    onError: (error) => {
      throw error;
    },
    refreshMillis: 10,
  });
  await vi.waitFor(
    async () => {
      expect(await countStale()).toBe(0);
    },
    { timeout: 20_000 },
  );
  await jobs.close();
});

test('a trace that cannot be derived is reported, and keeps nobody from reading the others', async () => {
  const errors: unknown[] = [];
  const failing: Projector = {
    ...realProjector,
    projectTrace(projectId, material) {
      if (material.spans.some(({ spanId }) => spanId === spanIdOf(77))) throw new TypeError('not this one');
      return realProjector.projectTrace(projectId, material);
    },
  };
  const storage = await open({ projector: failing, onError: (error) => errors.push(error) });
  await storage.write(RUN);
  await storage.write(makeBatch({ spans: makeAgentRun(2, 4, 'two') }));
  await storage.write(LATE);
  const more = makeSpan({ traceId: traceIdOf(2), spanId: spanIdOf(78), parentSpanId: spanIdOf(2000) });
  await storage.write(makeBatch({ spans: [more] }));
  expect(await storage.findTrace(PROJECT, traceIdOf(2))).toMatchObject({ span_count: 10 });
  expect(errors).toMatchObject([{ message: `the trace ${TRACE} could not be brought up to date` }]);
  expect(await storage.findSession(PROJECT, 'two')).toMatchObject({ entry_count: 10 });
  expect(errors).toHaveLength(1);
});

test('a rerun and retention find rows that are up to date', async () => {
  const storage = await open();
  await storage.write(RUN);
  await storage.write(LATE);
  await storage.createRerun(PROJECT, { kind: 'prices', dry_run: true, since: null, until: null });
  expect(await countStale()).toBe(0);
  await storage.write(
    makeBatch({ spans: [makeSpan({ spanId: spanIdOf(79), parentSpanId: spanIdOf(1000) })] }),
  );
  expect(await countStale()).toBe(1);
  await storage.runRetention({ dryRun: true });
  expect(await countStale()).toBe(0);
});
