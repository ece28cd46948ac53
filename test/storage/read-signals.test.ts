import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { IngestIssue, Metric } from '../../collector/contract/shapes.js';
import { createPool } from '../../collector/storage/postgres/pool.js';
import { createReader } from '../../collector/storage/postgres/read/reader.js';
import type { StorageReader } from '../../collector/storage/storage.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';
import { SeededRandom } from '../support/random.js';
import { OTHER_PROJECT_ID, PROJECT_ID, makeUuid, timeAt, walkPages } from '../support/read-fixture.js';
import { LOG_ROW, METRIC_POINT_ROW, insertRows } from '../support/stored-rows.js';

let database: TestDatabase;
let pool: pg.Pool;
let reader: StorageReader;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.connection);
  reader = createReader({ pool });
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

const random = new SeededRandom(5);
const uuids = (count: number): string[] => Array.from({ length: count }, () => makeUuid(random));

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
  const walked = await walkPages((cursor) => reader.listIngestIssues(PROJECT_ID, {}, { limit: 9, cursor }));
  const expected = [...rows].sort((a, b) => (`${a.time}${a.id}` < `${b.time}${b.id}` ? 1 : -1));
  expect(walked.map((issue) => issue.id)).toEqual(expected.map((row) => row.id));
  expect(walked.map((issue) => IngestIssue.parse(issue))).toEqual(walked);
});
