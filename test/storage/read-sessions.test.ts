import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Session, Trace } from '../../collector/contract/shapes.js';
import { createPool } from '../../collector/storage/postgres/pool.js';
import { createReader } from '../../collector/storage/postgres/read/reader.js';
import type { StorageReader } from '../../collector/storage/storage.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';
import { SeededRandom } from '../support/random.js';
import { OTHER_PROJECT_ID, PROJECT_ID, timeAt, walkPages } from '../support/read-fixture.js';
import { SESSION_ROW, TRACE_ROW, insertRows } from '../support/stored-rows.js';

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
