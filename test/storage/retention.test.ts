import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type pg from 'pg';
import type { RetentionRun } from '../../collector/contract/shapes.js';
import { DEFAULT_PROJECT_ID } from '../../collector/model/ids.js';
import { createMaintenance } from '../../collector/storage/postgres/maintenance/maintenance.js';
import { ensurePartitions, listDays } from '../../collector/storage/postgres/maintenance/partitions.js';
import type { SessionKey } from '../../collector/storage/postgres/maintenance/retention.js';
import { runRetention } from '../../collector/storage/postgres/maintenance/retention.js';
import { createPool } from '../../collector/storage/postgres/pool.js';
import type { StorageMaintenance } from '../../collector/storage/storage.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';
import type { StoredAge } from '../support/stored-days.js';
import {
  daysAgo,
  insertContentLog,
  insertDerived,
  insertLogRecord,
  insertMetricPoint,
  insertSpan,
  listLeft,
} from '../support/stored-days.js';

const OTHER_PROJECT = '00000000-0000-7000-8000-000000000002';

let database: TestDatabase;
let pool: pg.Pool;
let maintenance: StorageMaintenance;

beforeEach(async () => {
  database = await createTestDatabase();
  pool = createPool(database.connection);
  maintenance = createMaintenance(pool);
});

afterEach(async () => {
  await pool.end();
  await database.drop();
});

/** A whole trace in partitions of its days. */
async function store(age: StoredAge): Promise<void> {
  await ensurePartitions(pool, listDays(-age.daysAgo, -age.daysAgo));
  await insertSpan(pool, age);
  await insertDerived(pool, age);
}

/** What a run reports, without the bytes. */
function summarise(run: RetentionRun): Record<string, { partitions: number; rows: number }> {
  return Object.fromEntries(run.deleted.map(({ what, partitions, rows }) => [what, { partitions, rows }]));
}

test('a project has the defaults until it has settings of its own', async () => {
  const defaults = { spans_days: 30, payloads_days: 14, records_days: 365 };
  expect(await maintenance.findRetention(DEFAULT_PROJECT_ID)).toEqual(defaults);
  const settings = { spans_days: null, payloads_days: 0, records_days: 7 };
  await maintenance.setRetention(DEFAULT_PROJECT_ID, settings);
  expect(await maintenance.findRetention(DEFAULT_PROJECT_ID)).toEqual(settings);
  expect(await maintenance.findRetention(OTHER_PROJECT)).toEqual(defaults);
});

test('what has expired goes with its partitions, and what has not stays', async () => {
  await store({ trace: 'old', daysAgo: 40 });
  await store({ trace: 'new', daysAgo: 2 });
  const run = await maintenance.runRetention({ dryRun: false });
  expect(summarise(run)).toEqual({
    spans: { partitions: 1, rows: 1 },
    span_payloads: { partitions: 1, rows: 1 },
    span_contents: { partitions: 1, rows: 0 },
    log_records: { partitions: 1, rows: 0 },
    metric_points: { partitions: 1, rows: 0 },
    traces: { partitions: 0, rows: 1 },
    sessions: { partitions: 0, rows: 1 },
  });
  expect(run.deleted.every(({ bytes }) => bytes > 0)).toBe(true);
  expect(await listLeft(pool, 'spans', 'trace_id')).toEqual(['new']);
  expect(await listLeft(pool, 'traces', 'trace_id')).toEqual(['new']);
  expect(await listLeft(pool, 'sessions', 'session_id')).toEqual(['new']);
  expect(await listLeft(pool, 'agent_executions', 'trace_id')).toEqual(['new', 'old']);
});

test('a dry run says what a real run then does, and deletes nothing', async () => {
  for (const days of [500, 40, 39, 20, 3, 0]) await store({ trace: `t${String(days)}`, daysAgo: days });
  await store({ trace: 'late', daysAgo: 40.1, receivedDaysAgo: 1 });
  await insertLogRecord(pool, { trace: 'log', daysAgo: 50 });
  await insertMetricPoint(pool, { trace: 'calls', daysAgo: 50 });
  await pool.query(
    `insert into ingest_issues (project_id, id, time, code, message, signal)
     values ($1, $2, $3, 'SOME_CODE', '', 'traces')`,
    [DEFAULT_PROJECT_ID, randomUUID(), daysAgo(50)],
  );
  const tables = [
    'spans',
    'span_payloads',
    'log_records',
    'metric_points',
    'metrics',
    'traces',
    'sessions',
    'agent_executions',
    'ingest_issues',
  ];
  const counts = async (): Promise<unknown> =>
    (
      await pool.query<Record<string, number>>(
        `select ${tables.map((table) => `(select count(*) from ${table}) as ${table}`).join(', ')}`,
      )
    ).rows[0];
  const before = await counts();
  const dry = await maintenance.runRetention({ dryRun: true });
  expect(await counts()).toEqual(before);
  const real = await maintenance.runRetention({ dryRun: false });
  expect(dry.deleted).toEqual(real.deleted);
  expect(dry.dry_run).toBe(true);
  expect(summarise(real)).toMatchObject({
    spans: { rows: 3 },
    span_payloads: { rows: 4 },
    log_records: { rows: 1 },
    metric_points: { rows: 1 },
    metrics: { rows: 1 },
    traces: { rows: 3 },
    sessions: { rows: 3 },
    agent_executions: { rows: 1 },
    ingest_issues: { rows: 1 },
  });
  expect((await maintenance.runRetention({ dryRun: false })).deleted).toEqual([]);
});

test('what is imported from last year stays for its days from its arrival', async () => {
  await store({ trace: 'imported', daysAgo: 360, receivedDaysAgo: 0 });
  await store({ trace: 'stored then', daysAgo: 360 });
  await insertSpan(pool, { trace: 'ancient', daysAgo: 3000, receivedDaysAgo: 0 });
  await maintenance.runRetention({ dryRun: false });
  expect(await listLeft(pool, 'spans', 'trace_id')).toEqual(['ancient', 'imported']);
  expect(await listLeft(pool, 'traces', 'trace_id')).toEqual(['imported']);
});

test('payloads go before their spans, and never stay after them', async () => {
  await store({ trace: 'a', daysAgo: 20 });
  await store({ trace: 'b', daysAgo: 40 });
  await maintenance.runRetention({ dryRun: false });
  expect(await listLeft(pool, 'spans', 'trace_id')).toEqual(['a']);
  expect(await listLeft(pool, 'span_payloads', 'trace_id')).toEqual([]);
  await store({ trace: 'c', daysAgo: 40 });
  await maintenance.setRetention(DEFAULT_PROJECT_ID, {
    spans_days: 30,
    payloads_days: null,
    records_days: null,
  });
  await maintenance.runRetention({ dryRun: false });
  expect(await listLeft(pool, 'span_payloads', 'trace_id')).toEqual([]);
});

test('message bodies of log records go with the payloads, and the records stay', async () => {
  await ensurePartitions(pool, listDays(-20, 0));
  await insertContentLog(pool, { trace: 'old', daysAgo: 20 });
  await insertContentLog(pool, { trace: 'old', span: 'attributes', daysAgo: 20 }, null);
  await insertContentLog(pool, { trace: 'imported', daysAgo: 20, receivedDaysAgo: 1 });
  await insertContentLog(pool, { trace: 'without a time', daysAgo: 20000, receivedDaysAgo: 20 });
  await insertContentLog(pool, { trace: 'new', daysAgo: 3 });
  await insertContentLog(pool, { trace: 'gone', daysAgo: 40 });
  await insertLogRecord(pool, { trace: 'plain', daysAgo: 20 });
  await pool.query(`update log_records set body = '1' where trace_id = 'plain'`);
  const listWithBodies = async (): Promise<string[]> =>
    (
      await pool.query<{ trace: string }>(
        `select distinct convert_from(trace_id, 'UTF8') as trace from log_records
          where body is not null or attributes is not null order by 1`,
      )
    ).rows.map((row) => row.trace);

  const dry = await maintenance.runRetention({ dryRun: true });
  expect(await listWithBodies()).toHaveLength(6);
  const real = await maintenance.runRetention({ dryRun: false });
  expect(real.deleted).toEqual(dry.deleted);
  expect(summarise(real)).toMatchObject({
    log_records: { partitions: 0, rows: 1 },
    'log bodies': { partitions: 0, rows: 3 },
  });
  expect(real.deleted.every(({ bytes }) => bytes > 0)).toBe(true);
  expect(await listWithBodies()).toEqual(['imported', 'new', 'plain']);
  expect(await listLeft(pool, 'log_records', 'trace_id')).toHaveLength(6);
  expect((await maintenance.runRetention({ dryRun: false })).deleted).toEqual([]);
});

test('more message bodies than fit in one batch all go', async () => {
  await ensurePartitions(pool, listDays(-20, -20));
  await insertContentLog(pool, { trace: 'old', daysAgo: 20 });
  await pool.query(
    `insert into log_records
     select (jsonb_populate_record(l, jsonb_build_object('record_id', '\\x' || lpad(to_hex(number), 32, '0'),
               'body', repeat('long ', 200)))).*
       from log_records l, generate_series(1, 6000) as number`,
  );
  const run = await maintenance.runRetention({ dryRun: false });
  expect(summarise(run)['log bodies']).toEqual({ partitions: 0, rows: 6001 });
  const left = await pool.query('select 1 from log_records where body is not null');
  expect(left.rowCount).toBe(0);
});

test('0 days delete everything older than now, and the partitions in use stay', async () => {
  await store({ trace: 'a', daysAgo: 0 });
  await store({ trace: 'b', daysAgo: 10 });
  await maintenance.setRetention(DEFAULT_PROJECT_ID, { spans_days: 0, payloads_days: 0, records_days: 0 });
  await maintenance.runRetention({ dryRun: false });
  for (const table of ['spans', 'span_payloads', 'traces', 'agent_executions']) {
    expect(await listLeft(pool, table, 'trace_id')).toEqual([]);
  }
  const [today = ''] = listDays(0, 0);
  const { rows } = await pool.query(`select 1 from pg_class where relname = $1`, [
    `spans_${today.replaceAll('-', '')}`,
  ]);
  expect(rows).toHaveLength(1);
});

test('null keeps for ever', async () => {
  await store({ trace: 'a', daysAgo: 300 });
  await maintenance.setRetention(DEFAULT_PROJECT_ID, {
    spans_days: null,
    payloads_days: null,
    records_days: null,
  });
  await maintenance.runRetention({ dryRun: false });
  expect(await listLeft(pool, 'spans', 'trace_id')).toEqual(['a']);
  expect(await listLeft(pool, 'span_payloads', 'trace_id')).toEqual(['a']);
});

test('in one partition the rows of a project stay that keeps them longer', async () => {
  await pool.query(`insert into projects (id, name) values ($1, 'other')`, [OTHER_PROJECT]);
  await maintenance.setRetention(OTHER_PROJECT, { spans_days: 90, payloads_days: 14, records_days: 365 });
  await store({ trace: 'short', daysAgo: 40 });
  await store({ trace: 'long', daysAgo: 40, projectId: OTHER_PROJECT });
  const run = await maintenance.runRetention({ dryRun: false });
  expect(summarise(run).spans).toEqual({ partitions: 0, rows: 1 });
  expect(await listLeft(pool, 'spans', 'trace_id')).toEqual(['long']);
  expect(await listLeft(pool, 'traces', 'trace_id')).toEqual(['long']);
});

test('more rows than fit in one batch all go', async () => {
  await insertSpan(pool, { trace: 'seed', daysAgo: 40 });
  await pool.query(
    `insert into span_payloads (project_id, trace_id, span_id, start_time, received_at)
     select project_id, trace_id, decode(lpad(to_hex(number), 16, '0'), 'hex'), start_time, received_at
       from span_payloads, generate_series(1, 12000) as number`,
  );
  const run = await maintenance.runRetention({ dryRun: false });
  expect(summarise(run).span_payloads).toEqual({ partitions: 0, rows: 12001 });
  expect(await listLeft(pool, 'span_payloads', 'trace_id')).toEqual([]);
});

test('a session that lost some of its traces is computed again, and one that lost all is deleted', async () => {
  await store({ trace: 'old 1', session: 'half', daysAgo: 40 });
  await store({ trace: 'new', session: 'half', daysAgo: 1 });
  await store({ trace: 'old 2', session: 'gone', daysAgo: 40 });
  const refreshed: SessionKey[] = [];
  const refreshSessions = (_client: pg.ClientBase, sessions: SessionKey[]): Promise<void> => {
    refreshed.push(...sessions);
    return Promise.resolve();
  };
  await runRetention(pool, { dryRun: true, refreshSessions });
  expect(refreshed).toEqual([]);
  await runRetention(pool, { dryRun: false, refreshSessions });
  expect(refreshed).toEqual([{ projectId: DEFAULT_PROJECT_ID, sessionId: 'half' }]);
  expect(await listLeft(pool, 'sessions', 'session_id')).toEqual(['half']);
});

test('a trace stays as long as one of its spans, and a session of log records as long as these', async () => {
  await store({ trace: 'a', daysAgo: 40 });
  await insertSpan(pool, { trace: 'a', span: 'b', daysAgo: 5 });
  await insertDerived(pool, { trace: 'spoken', session: 'spoken', daysAgo: 40 });
  await insertLogRecord(pool, { trace: '', span: 'said', session: 'spoken', daysAgo: 2 });
  await maintenance.runRetention({ dryRun: false });
  expect(await listLeft(pool, 'traces', 'trace_id')).toEqual(['a']);
  expect(await listLeft(pool, 'sessions', 'session_id')).toEqual(['a', 'spoken']);
});

test('collectors that run it at once report each row once', async () => {
  await store({ trace: 'a', daysAgo: 40 });
  const runs = await Promise.all([1, 2, 3].map(() => maintenance.runRetention({ dryRun: false })));
  expect(runs.filter((run) => run.deleted.length > 0)).toHaveLength(1);
});

test('runs that wait for another collector leave connections to everybody else', async () => {
  const other = await pool.connect();
  await other.query(`select pg_advisory_lock(hashtextextended('spanledger retention', 0))`);
  const runs = Array.from({ length: 10 }, () => maintenance.runRetention({ dryRun: true }));
  await expect.poll(() => pool.totalCount).toBeGreaterThan(1);
  expect((await pool.query('select 1')).rowCount).toBe(1);
  expect(pool.totalCount).toBeLessThan(4);
  await other.query(`select pg_advisory_unlock(hashtextextended('spanledger retention', 0))`);
  other.release();
  expect(await Promise.all(runs)).toHaveLength(10);
});

test('a trace and its session stay where a span came while 0 days were enforced', async () => {
  await maintenance.setRetention(DEFAULT_PROJECT_ID, { spans_days: 0, payloads_days: 0, records_days: 0 });
  await store({ trace: 'a', daysAgo: 2 });
  const writer = await pool.connect();
  await writer.query('begin; lock table metric_points in access exclusive mode');
  const running = maintenance.runRetention({ dryRun: false });
  const isWaiting = async (): Promise<boolean> =>
    (
      await pool.query(
        `select 1 from pg_locks join pg_database on pg_database.oid = database
       where not granted and datname = current_database()`,
      )
    ).rowCount !== 0;
  while (!(await isWaiting()));
  await insertSpan(pool, { trace: 'a', daysAgo: 2 });
  await writer.query('commit');
  writer.release();
  await running;
  expect(await listLeft(pool, 'spans', 'trace_id')).toEqual(['a']);
  expect(await listLeft(pool, 'traces', 'trace_id')).toEqual(['a']);
  expect(await listLeft(pool, 'sessions', 'session_id')).toEqual(['a']);
});

test('it waits out a reader and leaves rows that arrive meanwhile', async () => {
  await store({ trace: 'a', daysAgo: 40 });
  const writer = await pool.connect();
  await writer.query('begin');
  await writer.query(
    `insert into span_payloads (project_id, trace_id, span_id, start_time, received_at)
     values ($1, 'late', 'late', $2, now())`,
    [DEFAULT_PROJECT_ID, daysAgo(40)],
  );
  const running = maintenance.runRetention({ dryRun: false });
  const isWaiting = async (): Promise<boolean> =>
    (
      await pool.query(`select 1 from pg_locks where relation = 'span_payloads'::regclass and not granted
                       union all select 1 from pg_locks where mode = 'ShareLock' and not granted`)
    ).rowCount !== 0;
  while (!(await isWaiting()));
  await writer.query('commit');
  writer.release();
  await running;
  expect(await listLeft(pool, 'span_payloads', 'trace_id')).toEqual(['late']);
  expect(await listLeft(pool, 'spans', 'trace_id')).toEqual([]);
});

test('runs are listed newest first, page by page', async () => {
  await store({ trace: 'a', daysAgo: 40 });
  const made = [
    await maintenance.runRetention({ dryRun: true }),
    await maintenance.runRetention({ dryRun: false }),
    await maintenance.runRetention({ dryRun: false }),
  ];
  const first = await maintenance.listRetentionRuns({ limit: 2 });
  const second = await maintenance.listRetentionRuns({ limit: 2, cursor: first.nextCursor ?? '' });
  expect([...first.rows, ...second.rows]).toEqual(made.toReversed());
  expect(second.nextCursor).toBeNull();
  await expect(maintenance.listRetentionRuns({ limit: 2, cursor: 'nonsense' })).rejects.toMatchObject({
    code: 'API_BAD_CURSOR',
  });
});

test('health tells the version and the size, and within two seconds that nothing answers', async () => {
  const health = await maintenance.checkHealth();
  expect(health).toMatchObject({ reachable: true, migrated: true });
  expect(health.sizeBytes).toBeGreaterThan(1_000_000);
  const unreachable = createPool({ connectionString: 'postgresql://nobody@127.0.0.1:1/none' });
  expect(await createMaintenance(unreachable).checkHealth()).toEqual({
    reachable: false,
    migrated: false,
    serverVersion: null,
    sizeBytes: null,
  });
  await unreachable.end();
});
