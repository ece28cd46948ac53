import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPool } from '../../collector/storage/postgres/pool.js';
import { createReader } from '../../collector/storage/postgres/read/reader.js';
import type { ExecutionFilter, StorageReader, TraceFilter } from '../../collector/storage/storage.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';
import {
  OTHER_PROJECT_ID,
  PROJECT_ID,
  makeExecutionRows,
  makeTraceRows,
  timeAt,
  walkPages,
} from '../support/read-fixture.js';
import type { RowValues } from '../support/stored-rows.js';
import { insertRows } from '../support/stored-rows.js';

const traceRows = makeTraceRows(3_000);
const executionRows = makeExecutionRows(1_500);
/** Half of the incomplete traces of the fixture were last seen in the hour before. */
const NOW = timeAt(7_200_000_000 + 1_800_000_000);

let database: TestDatabase;
let pool: pg.Pool;
let reader: StorageReader;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.connection);
  reader = createReader({ pool, clock: () => BigInt(Date.parse(NOW)) * 1_000_000n });
  await insertRows(pool, 'traces', traceRows);
  await insertRows(pool, 'agent_executions', executionRows);
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

type Oracle = (row: RowValues) => boolean;

const has =
  (column: string, value: string): Oracle =>
  (row) =>
    (row[column] as string[]).includes(value);
const is =
  (column: string, value: unknown): Oracle =>
  (row) =>
    row[column] === value;
const atLeast =
  (column: string, value: number): Oracle =>
  (row) =>
    row[column] !== null && Number(row[column]) >= value;
const atMost =
  (column: string, value: number): Oracle =>
  (row) =>
    row[column] !== null && Number(row[column]) <= value;

/** The start as a text that sorts like a time, nanoseconds included. */
function startOf(row: RowValues): string {
  return `${(row.started_at as string).slice(0, -1)}${String(row.start_nanos).padStart(3, '0')}Z`;
}

function withNanosAt(micros: number, nanos: number): string {
  return startOf({ started_at: timeAt(micros), start_nanos: nanos });
}

function shownStatus(row: RowValues): unknown {
  const isYoung = row.last_seen_at === timeAt(7_200_000_000);
  return row.is_complete === false && isYoung && row.status !== 'waiting' ? 'running' : row.status;
}

const withNanos = withNanosAt(2_500_000, 500);

const TIMES: [{ from?: string; to?: string }, Oracle][] = [
  [{ from: timeAt(2_500_000) }, (row) => startOf(row) >= withNanosAt(2_500_000, 0)],
  [{ from: withNanos }, (row) => startOf(row) >= withNanos],
  [{ to: timeAt(2_500_000) }, (row) => startOf(row) < withNanosAt(2_500_000, 0)],
  [{ to: withNanos }, (row) => startOf(row) < withNanos],
  [
    { from: '2026-01-01T01:00:02.5+01:00', to: timeAt(5_000_000) },
    (row) => startOf(row) >= withNanosAt(2_500_000, 0) && startOf(row) < withNanosAt(5_000_000, 0),
  ],
  [{ from: '1960-01-01T00:00:00Z' }, () => true],
];

const TRACE_CASES: [TraceFilter, Oracle][] = [
  [{}, () => true],
  ...TIMES,
  [{ session_id: 's1' }, is('session_id', 's1')],
  [{ conversation_id: 'c2' }, is('conversation_id', 'c2')],
  [{ user_id: 'ada' }, is('user_id', 'ada')],
  [{ agent: 'planner' }, has('agents', 'planner')],
  [{ model: 'm-large' }, has('models', 'm-large')],
  [{ provider: 'p1' }, has('providers', 'p1')],
  [{ tool: 'calc' }, has('tools', 'calc')],
  [{ service: 'worker' }, has('services', 'worker')],
  [{ dialect: 'd2' }, has('dialects', 'd2')],
  [{ tag: 't1' }, has('tags', 't1')],
  [{ environment: 'prod' }, is('environment', 'prod')],
  [{ name: "it's; drop table traces --" }, is('name', "it's; drop table traces --")],
  ...['running', 'waiting', 'completed', 'failed', 'cancelled'].map((status): [TraceFilter, Oracle] => [
    { status },
    (row) => shownStatus(row) === status,
  ]),
  [{ has_error: true }, (row) => Number(row.error_count) > 0],
  [{ has_error: false }, (row) => row.error_count === 0],
  [{ min_duration_ms: 2.5 }, atLeast('duration_micros', 2_500)],
  [{ max_duration_ms: 2.5 }, atMost('duration_micros', 2_500)],
  [{ max_duration_ms: 0 }, atMost('duration_micros', 0)],
  [{ min_tokens: 30 }, atLeast('total_tokens', 30)],
  [{ max_tokens: 30 }, atMost('total_tokens', 30)],
  [{ min_cost_usd: 0.3 }, atLeast('cost_usd', 0.3)],
  [{ max_cost_usd: 0.1 }, atMost('cost_usd', 0.1)],
  [{ min_cost_usd: 1e-9 }, atLeast('cost_usd', 1e-9)],
  [
    { agent: 'writer', status: 'failed', has_error: true, min_tokens: 20 },
    (row) =>
      has('agents', 'writer')(row) &&
      shownStatus(row) === 'failed' &&
      row.error_count !== 0 &&
      atLeast('total_tokens', 20)(row),
  ],
];

describe('listing traces', () => {
  test.each(TRACE_CASES)('with %j gives what a filter in memory gives', async (filter, oracle) => {
    const walked = await walkPages((cursor) => reader.listTraces(PROJECT_ID, filter, { limit: 500, cursor }));
    const expected = traceRows.filter(oracle);
    expect(expected.length).toBeGreaterThan(0);
    expect(walked.map((trace) => trace.trace_id).sort()).toEqual(expected.map(traceIdOf).sort());
  });

  test.each([
    { user_id: 'nobody' },
    { user_id: 'a\u0000' },
    { agent: '\ud800' },
    { name: "' or true --" },
    { status: 'unheard-of' },
    { session_id: 'x'.repeat(10_000) },
  ])('with %j gives an empty page', async (filter) => {
    const page = await reader.listTraces(PROJECT_ID, filter, { limit: 5 });
    expect(page).toEqual({ rows: [], nextCursor: null });
  });

  test('shows the status it filters by', async () => {
    const page = await reader.listTraces(PROJECT_ID, { status: 'running' }, { limit: 500 });
    expect(new Set(page.rows.map((trace) => trace.status))).toEqual(new Set(['running']));
  });

  test('gives a project only its own', async () => {
    expect((await reader.listTraces(OTHER_PROJECT_ID, {}, { limit: 5 })).rows).toEqual([]);
    const traceId = traceIdOf(traceRows[0] ?? {});
    expect(await reader.findTrace(PROJECT_ID, traceId)).toMatchObject({ trace_id: traceId });
    expect(await reader.findTrace(OTHER_PROJECT_ID, traceId)).toBeUndefined();
  });

  test('refuses a time that is none', async () => {
    await expect(reader.listTraces(PROJECT_ID, { from: 'yesterday' }, { limit: 5 })).rejects.toMatchObject({
      code: 'API_BAD_REQUEST',
    });
  });
});

const parentId = executionRows
  .map((row) => row.parent_execution_id as string | null)
  .find((id) => id !== null);

const EXECUTION_CASES: [ExecutionFilter, Oracle][] = [
  [{}, () => true],
  ...TIMES,
  [{ trace_id: '02'.repeat(16) }, (row) => traceIdOf(row) === '02'.repeat(16)],
  [{ case_id: 'case-1' }, is('case_id', 'case-1')],
  [{ workflow_id: 'w2' }, is('workflow_id', 'w2')],
  [{ agent_name: 'planner' }, is('agent_name', 'planner')],
  [{ agent_type: 'implicit' }, is('agent_type', 'implicit')],
  [{ model: 'm-small' }, has('models', 'm-small')],
  [{ provider: 'p2' }, is('provider', 'p2')],
  [{ status: 'failed' }, is('status', 'failed')],
  [{ session_id: 's2' }, is('session_id', 's2')],
  [{ user_id: 'bob' }, is('user_id', 'bob')],
  [{ parent_execution_id: parentId ?? '' }, is('parent_execution_id', parentId)],
  [{ parent_execution_id: parentId?.toUpperCase() ?? '' }, is('parent_execution_id', parentId)],
  [{ error_type: 'timeout' }, is('error_type', 'timeout')],
  [{ min_cost_usd: 0.3 }, atLeast('cost_usd', 0.3)],
  [{ max_cost_usd: 0.1 }, atMost('cost_usd', 0.1)],
  [{ min_duration_ms: 1.5 }, atLeast('duration_micros', 1_500)],
  [{ max_duration_ms: 1.5 }, atMost('duration_micros', 1_500)],
  [{ min_tokens: 50 }, atLeast('total_tokens', 50)],
  [{ max_tokens: 20 }, atMost('total_tokens', 20)],
];

describe('listing executions', () => {
  test.each(EXECUTION_CASES)('with %j gives what a filter in memory gives', async (filter, oracle) => {
    const walked = await walkPages((cursor) =>
      reader.listExecutions(PROJECT_ID, filter, { limit: 500, cursor }),
    );
    const expected = executionRows.filter(oracle);
    expect(expected.length).toBeGreaterThan(0);
    expect(walked.map((execution) => execution.id).sort()).toEqual(expected.map((row) => row.id).sort());
  });

  test.each([{ trace_id: 'xyz' }, { trace_id: '' }, { parent_execution_id: 'none' }])(
    'with %j, which is no id, gives an empty page',
    async (filter) => {
      expect((await reader.listExecutions(PROJECT_ID, filter, { limit: 5 })).rows).toEqual([]);
    },
  );
});

function traceIdOf(row: RowValues): string {
  return (row.trace_id as Buffer).toString('hex');
}
