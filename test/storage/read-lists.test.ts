import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Execution, IngestIssue, Metric, Session, Trace } from '../../collector/contract/shapes.js';
import { createPool } from '../../collector/storage/postgres/pool.js';
import { createReader } from '../../collector/storage/postgres/read/reader.js';
import type { StorageReader } from '../../collector/storage/storage.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';
import { SeededRandom } from '../support/random.js';
import { OTHER_PROJECT_ID, PROJECT_ID, makeUuid, timeAt, walkPages } from '../support/read-fixture.js';
import {
  EXECUTION_ROW,
  LOG_ROW,
  METRIC_POINT_ROW,
  SESSION_ROW,
  TRACE_ROW,
  insertRows,
} from '../support/stored-rows.js';

let database: TestDatabase;
let pool: pg.Pool;
let reader: StorageReader;
let now = 0n;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.connection);
  reader = createReader({ pool, clock: () => now });
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

const random = new SeededRandom(5);
const uuids = (count: number): string[] => Array.from({ length: count }, () => makeUuid(random));

describe('a trace', () => {
  test('is shown with all its fields, unknown ones null', async () => {
    const traceId = random.bytes(16);
    await insertRows(pool, 'traces', [
      {
        project_id: PROJECT_ID,
        trace_id: traceId,
        ...TRACE_ROW,
        started_at: '2026-03-01T12:00:00.123456Z',
        start_nanos: 789,
        ended_at: '2026-03-01T12:00:01.5Z',
        duration_micros: 1_376_544,
        input_tokens: 12,
        cost_usd: '0.00250',
        cost_source: 'reported',
        agents: ['b', 'a'],
      },
    ]);
    const trace = await reader.findTrace(PROJECT_ID, traceId.toString('hex').toUpperCase());
    expect(Trace.parse(trace)).toEqual(trace);
    expect(trace).toMatchObject({
      trace_id: traceId.toString('hex'),
      started_at: '2026-03-01T12:00:00.123456789Z',
      ended_at: '2026-03-01T12:00:01.500Z',
      duration_ms: 1376.544,
      input_tokens: 12,
      output_tokens: null,
      cost_usd: 0.0025,
      cost_source: 'reported',
      agents: ['b', 'a'],
      session_id: null,
    });
  });

  test('that nobody sent, or whose id is none, is not found', async () => {
    expect(await reader.findTrace(PROJECT_ID, 'ff'.repeat(16))).toBeUndefined();
    expect(await reader.findTrace(PROJECT_ID, 'not hex')).toBeUndefined();
  });
});

describe('a session', () => {
  const seen = Date.parse('2026-05-01T00:00:00Z');

  test('runs, and is not completed, for an hour after an incomplete trace of it was seen', async () => {
    await insertRows(pool, 'sessions', [{ project_id: PROJECT_ID, session_id: 'runs', ...SESSION_ROW }]);
    await insertRows(pool, 'traces', [
      {
        project_id: PROJECT_ID,
        trace_id: random.bytes(16),
        ...TRACE_ROW,
        session_key: 'runs',
        is_complete: false,
        last_seen_at: '2026-05-01T00:00:00Z',
      },
    ]);
    now = BigInt(seen + 3_599_000) * 1_000_000n;
    const young = await reader.findSession(PROJECT_ID, 'runs');
    expect(Session.parse(young)).toEqual(young);
    expect(young).toMatchObject({ status: 'running', completed_at: null });
    expect((await listIds({ status: 'running' })).includes('runs')).toBe(true);
    now = BigInt(seen + 3_601_000) * 1_000_000n;
    expect(await reader.findSession(PROJECT_ID, 'runs')).toMatchObject({
      status: 'completed',
      completed_at: '2026-01-01T00:00:01.000Z',
      last_seen_at: '2026-01-01T00:00:01.000Z',
      duration_ms: 1000,
    });
    expect(await listIds({ status: 'running' })).toEqual([]);
  });

  test('that waits for a person does not run', async () => {
    await insertRows(pool, 'sessions', [
      { project_id: PROJECT_ID, session_id: 'waits', ...SESSION_ROW, status: 'waiting' },
    ]);
    await insertRows(pool, 'traces', [
      {
        project_id: PROJECT_ID,
        trace_id: random.bytes(16),
        ...TRACE_ROW,
        session_key: 'waits',
        status: 'waiting',
        is_complete: false,
        last_seen_at: '2026-05-01T00:00:00Z',
      },
    ]);
    now = BigInt(seen) * 1_000_000n;
    expect(await reader.findSession(PROJECT_ID, 'waits')).toMatchObject({ status: 'waiting' });
  });

  test('is listed last seen first, each once over all pages, by every filter', async () => {
    const rows = Array.from({ length: 300 }, (_, index) => ({
      project_id: OTHER_PROJECT_ID,
      session_id: `s${index}`,
      ...SESSION_ROW,
      started_at: timeAt(random.below(10) * 1_000_000),
      ended_at: timeAt(20_000_000 + random.below(10) * 1_000_000),
      end_nanos: random.pick([0, 5]),
      user_id: random.pick(['ada', null]),
      agents: random.some(['planner']),
      models: random.some(['m']),
      services: random.some(['api']),
      error_count: random.below(2),
    }));
    await insertRows(pool, 'sessions', rows);
    const walked = await walkPages((cursor) =>
      reader.listSessions(OTHER_PROJECT_ID, {}, { limit: 37, cursor }),
    );
    const keyOf = (row: (typeof rows)[number]): string =>
      `${row.ended_at.slice(0, -1)}${String(row.end_nanos).padStart(3, '0')} ${row.session_id}`;
    const expected = [...rows].sort((a, b) => (keyOf(a) < keyOf(b) ? 1 : -1));
    expect(walked.map((session) => session.session_id)).toEqual(expected.map((row) => row.session_id));

    const count = async (filter: Parameters<StorageReader['listSessions']>[1]): Promise<number> =>
      (await reader.listSessions(OTHER_PROJECT_ID, filter, { limit: 500 })).rows.length;
    const fiveSeconds = timeAt(5_000_000);
    expect(await count({ user_id: 'ada' })).toBe(rows.filter((row) => row.user_id === 'ada').length);
    expect(await count({ agent: 'planner' })).toBe(rows.filter((row) => row.agents.length > 0).length);
    expect(await count({ model: 'm' })).toBe(rows.filter((row) => row.models.length > 0).length);
    expect(await count({ service: 'api' })).toBe(rows.filter((row) => row.services.length > 0).length);
    expect(await count({ has_error: true })).toBe(rows.filter((row) => row.error_count > 0).length);
    expect(await count({ from: fiveSeconds })).toBe(
      rows.filter((row) => row.started_at >= fiveSeconds).length,
    );
    expect(await count({ to: fiveSeconds })).toBe(rows.filter((row) => row.started_at < fiveSeconds).length);
    expect(await count({ status: 'failed' })).toBe(0);
  });

  async function listIds(filter: Parameters<StorageReader['listSessions']>[1]): Promise<string[]> {
    const page = await reader.listSessions(PROJECT_ID, filter, { limit: 500 });
    return page.rows.map((session) => session.session_id);
  }
});

describe('an execution tree', () => {
  test('has every descendant once, parents before children', async () => {
    const [root = '', left = '', right = '', leaf = '', stranger = ''] = uuids(5);
    const parents: [string, string | null, number][] = [
      [leaf, right, 0],
      [right, root, 2],
      [left, root, 3],
      [root, stranger, 1],
      [stranger, null, 0],
    ];
    await insertRows(pool, 'agent_executions', parents.map(makeExecution));
    const tree = await reader.listExecutionTree(PROJECT_ID, root);
    const ids = tree.map((execution) => execution.id);
    expect(ids[0]).toBe(root);
    expect(new Set(ids)).toEqual(new Set([root, left, right, leaf]));
    expect(ids.indexOf(right)).toBeLessThan(ids.indexOf(leaf));
    expect(tree.map((execution) => Execution.parse(execution))).toEqual(tree);
  });

  test('that is a cycle ends', async () => {
    const [first = '', second = '', third = '', alone = ''] = uuids(4);
    const parents: [string, string | null, number][] = [
      [first, third, 0],
      [second, first, 0],
      [third, second, 0],
      [alone, alone, 0],
    ];
    await insertRows(pool, 'agent_executions', parents.map(makeExecution));
    const tree = await reader.listExecutionTree(PROJECT_ID, second);
    expect(tree.map((execution) => execution.id)).toEqual([second, third, first]);
    expect((await reader.listExecutionTree(PROJECT_ID, alone)).map((execution) => execution.id)).toEqual([
      alone,
    ]);
  });

  test('of an unknown id, or of another project, is empty', async () => {
    const [id = '', unknown = ''] = uuids(2);
    await insertRows(pool, 'agent_executions', [makeExecution([id, null, 0])]);
    expect(await reader.listExecutionTree(PROJECT_ID, unknown)).toEqual([]);
    expect(await reader.listExecutionTree(PROJECT_ID, 'none')).toEqual([]);
    expect(await reader.listExecutionTree(OTHER_PROJECT_ID, id)).toEqual([]);
    expect(await reader.findExecution(OTHER_PROJECT_ID, id)).toBeUndefined();
    expect(await reader.findExecution(PROJECT_ID, 'none')).toBeUndefined();
  });

  test('keeps the JSON of what went in and out', async () => {
    const [id = ''] = uuids(1);
    const call = {
      span_id: '01'.repeat(8),
      name: 'search',
      call_id: null,
      arguments: { q: ['x'] },
      result: 5,
    };
    const toolCalled = { ...call, error: null, started_at: '2026-01-01T00:00:00.000Z', duration_ms: 2.5 };
    await insertRows(pool, 'agent_executions', [
      {
        ...makeExecution([id, null, 0]),
        input_data: '{"question": "why?", "odd": {"$text": "a\\\\u0000b"}}',
        output_data: '[1, 2.5, null]',
        tools_called: JSON.stringify([toolCalled]),
        completed_at: null,
        completed_nanos: null,
        duration_micros: null,
        status: 'running',
      },
    ]);
    const execution = await reader.findExecution(PROJECT_ID, id);
    expect(execution).toMatchObject({
      output_data: [1, 2.5, null],
      tools_called: [toolCalled],
      thinking_traces: [],
      completed_at: null,
      duration_ms: null,
    });
    expect({ ...(execution?.input_data as object) }).toEqual({ question: 'why?', odd: 'a\u0000b' });
  });

  function makeExecution([id, parent, second]: [string, string | null, number]) {
    const started = timeAt(second * 1_000_000);
    return { project_id: PROJECT_ID, id, ...EXECUTION_ROW, parent_execution_id: parent, started_at: started };
  }
});

describe('log records', () => {
  const traceId = Buffer.alloc(16, 7);
  const spanId = Buffer.alloc(8, 8);

  test('are listed newest first, each once over all pages, by every filter', async () => {
    const rows = Array.from({ length: 200 }, () => ({
      project_id: PROJECT_ID,
      record_id: random.bytes(16),
      ...LOG_ROW,
      trace_id: random.pick([traceId, Buffer.alloc(0)]),
      span_id: random.pick([spanId, null]),
      time: timeAt(random.below(8) * 1_000_000),
      time_nanos: random.pick([0, 9]),
      session_id: random.pick(['s1', null]),
      event_name: random.pick(['gen_ai.choice', '']),
      severity_number: random.below(20),
    }));
    await insertRows(pool, 'log_records', rows);
    const walked = await walkPages((cursor) => reader.listLogRecords(PROJECT_ID, {}, { limit: 23, cursor }));
    const keyOf = (row: (typeof rows)[number]): string =>
      `${row.time.slice(0, -1)}${String(row.time_nanos).padStart(3, '0')} ${row.record_id.toString('hex')}`;
    const expected = [...rows].sort((a, b) => (keyOf(a) < keyOf(b) ? 1 : -1));
    expect(walked.map((record) => record.id)).toEqual(expected.map((row) => row.record_id.toString('hex')));

    const count = async (filter: Parameters<StorageReader['listLogRecords']>[1]): Promise<number> =>
      (await reader.listLogRecords(PROJECT_ID, filter, { limit: 500 })).rows.length;
    const threeSeconds = timeAt(3_000_000);
    expect(await count({ trace_id: '07'.repeat(16) })).toBe(
      rows.filter((row) => row.trace_id.length > 0).length,
    );
    expect(await count({ span_id: '08'.repeat(8) })).toBe(rows.filter((row) => row.span_id !== null).length);
    expect(await count({ session_id: 's1' })).toBe(rows.filter((row) => row.session_id !== null).length);
    expect(await count({ event_name: 'gen_ai.choice' })).toBe(
      rows.filter((row) => row.event_name !== '').length,
    );
    expect(await count({ severity: 13 })).toBe(rows.filter((row) => row.severity_number >= 13).length);
    expect(await count({ from: threeSeconds })).toBe(rows.filter((row) => row.time >= threeSeconds).length);
    expect(await count({ to: threeSeconds })).toBe(rows.filter((row) => row.time < threeSeconds).length);
  });

  test('without a time of their own have none', async () => {
    await insertRows(pool, 'log_records', [
      {
        project_id: OTHER_PROJECT_ID,
        record_id: random.bytes(16),
        ...LOG_ROW,
        has_time: false,
        observed_nanos: 3,
        body: '{"$text": "a\\\\u0000"}',
        attributes: '{"n": 9007199254740993, "d": 5.0}',
        odd: '{"event_name": "sent"}',
        event_name: 'stand-in',
        severity_text: '',
      },
    ]);
    const { rows } = await reader.listLogRecords(OTHER_PROJECT_ID, {}, { limit: 5 });
    expect(rows[0]?.data).toMatchObject({
      timeUnixNano: 0n,
      observedTimeUnixNano: 1_767_225_600_000_000_003n,
      body: 'a\u0000',
      eventName: 'sent',
      traceId: null,
      spanId: null,
      resource: { attributes: [], schemaUrl: '' },
    });
    expect(rows[0]?.data.attributes).toEqual(
      expect.arrayContaining([
        { key: 'n', value: 9007199254740993n },
        { key: 'd', value: 5 },
      ]),
    );
  });
});

describe('metrics', () => {
  test('are listed by name, each once over all pages', async () => {
    const names = ['b', 'a', 'a.b', 'é', 'Z', '_'];
    await insertRows(
      pool,
      'metrics',
      names.map((name) => ({
        project_id: PROJECT_ID,
        name,
        type: 'sum',
        unit: '1',
        description: '',
        first_time: timeAt(0),
        last_time: timeAt(1_500_000),
      })),
    );
    const walked = await walkPages((cursor) => reader.listMetrics(PROJECT_ID, { limit: 2, cursor }));
    expect(walked.map((metric) => metric.name).sort()).toEqual([...names].sort());
    expect(walked.map((metric) => Metric.parse(metric))).toEqual(walked);
    expect(walked[0]).toMatchObject({ last_at: '2026-01-01T00:00:01.500Z' });
    expect((await reader.listMetrics(OTHER_PROJECT_ID, { limit: 2 })).rows).toEqual([]);
  });

  test('have points, newest first, each once over all pages', async () => {
    const rows = Array.from({ length: 120 }, () => ({
      project_id: PROJECT_ID,
      metric_name: random.pick(['tokens', 'latency']),
      point_id: random.bytes(16),
      ...METRIC_POINT_ROW,
      time: timeAt(random.below(6) * 1_000_000),
      time_nanos: random.pick([0, 4]),
    }));
    await insertRows(pool, 'metric_points', rows);
    const keyOf = (row: (typeof rows)[number]): string =>
      `${row.time.slice(0, -1)}${String(row.time_nanos).padStart(3, '0')} ${row.point_id.toString('hex')}`;
    const expected = rows
      .filter((row) => row.metric_name === 'tokens')
      .sort((a, b) => (keyOf(a) < keyOf(b) ? 1 : -1));
    const walked = await walkPages((cursor) =>
      reader.listMetricPoints(PROJECT_ID, 'tokens', {}, { limit: 7, cursor }),
    );
    expect(walked.map((point) => point.id)).toEqual(expected.map((row) => row.point_id.toString('hex')));
    const twoSeconds = timeAt(2_000_000);
    const window = { from: twoSeconds, to: timeAt(4_000_000) };
    const { rows: within } = await reader.listMetricPoints(PROJECT_ID, 'tokens', window, { limit: 500 });
    expect(within).toHaveLength(
      expected.filter((row) => row.time >= twoSeconds && row.time < window.to).length,
    );
    const { nextCursor } = await reader.listMetricPoints(PROJECT_ID, 'tokens', {}, { limit: 1 });
    await expect(
      reader.listMetricPoints(PROJECT_ID, 'latency', {}, { limit: 1, cursor: nextCursor ?? '' }),
    ).rejects.toMatchObject({ code: 'API_BAD_CURSOR' });
  });
});

test('ingest issues are listed newest first, each once over all pages', async () => {
  const rows = uuids(50).map((id) => ({
    project_id: PROJECT_ID,
    id,
    time: timeAt(random.below(5) * 1_000_000),
    code: 'BAD_TRACE_ID',
    message: 'The trace id is all zeros.',
    signal: 'traces',
    service_name: 'api',
    scope_name: null,
    trace_id: null,
    span_id: null,
  }));
  await insertRows(pool, 'ingest_issues', rows);
  const walked = await walkPages((cursor) => reader.listIngestIssues(PROJECT_ID, { limit: 9, cursor }));
  const expected = [...rows].sort((a, b) => (`${a.time}${a.id}` < `${b.time}${b.id}` ? 1 : -1));
  expect(walked.map((issue) => issue.id)).toEqual(expected.map((row) => row.id));
  expect(walked.map((issue) => IngestIssue.parse(issue))).toEqual(walked);
});
