import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPool } from '../../collector/storage/postgres/pool.js';
import { createReader } from '../../collector/storage/postgres/read/reader.js';
import type { SortOrder, StorageReader, TraceSort } from '../../collector/storage/storage.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';
import { PROJECT_ID, makeExecutionRows, makeTraceRows, walkPages } from '../support/read-fixture.js';
import type { RowValues } from '../support/stored-rows.js';
import { insertRows } from '../support/stored-rows.js';

const traceRows = makeTraceRows(3_000);
const executionRows = makeExecutionRows(1_500);

let database: TestDatabase;
let pool: pg.Pool;
let reader: StorageReader;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.connection);
  reader = createReader({ pool });
  await insertRows(pool, 'traces', traceRows);
  await insertRows(pool, 'agent_executions', executionRows);
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

const SORT_COLUMNS: Record<TraceSort, string> = {
  started_at: 'started_at',
  duration_ms: 'duration_micros',
  cost_usd: 'cost_usd',
  tokens: 'total_tokens',
};

const SORTS = (Object.keys(SORT_COLUMNS) as TraceSort[]).flatMap((sort) =>
  (['asc', 'desc'] as const).map((order): [TraceSort, SortOrder] => [sort, order]),
);

describe('walking all pages', () => {
  test.each(SORTS)('of traces by %s %s gives each once, ties in order, nulls last', async (sort, order) => {
    const walked = await walkPages((cursor) =>
      reader.listTraces(PROJECT_ID, {}, { limit: 171, cursor, sort, order }),
    );
    const expected = sortRows(traceRows, SORT_COLUMNS[sort], order, traceIdOf);
    expect(walked.map((trace) => trace.trace_id)).toEqual(expected.map(traceIdOf));
  });

  test.each(SORTS)(
    'of executions by %s %s gives each once, ties in order, nulls last',
    async (sort, order) => {
      const walked = await walkPages((cursor) =>
        reader.listExecutions(PROJECT_ID, {}, { limit: 97, cursor, sort, order }),
      );
      const expected = sortRows(executionRows, SORT_COLUMNS[sort], order, idOf);
      expect(walked.map((execution) => execution.id)).toEqual(expected.map(idOf));
    },
  );

  test('neither repeats nor skips a row where others come in between', async () => {
    const later = await createTestDatabase();
    const laterPool = createPool(later.connection);
    try {
      const rows = makeTraceRows(300, 7);
      const intruders = makeTraceRows(300, 8);
      await insertRows(laterPool, 'traces', rows);
      const walking = createReader({ pool: laterPool });
      const walked = await walkPages(async (cursor) => {
        const page = await walking.listTraces(PROJECT_ID, {}, { limit: 20, cursor });
        await insertRows(laterPool, 'traces', intruders.splice(0, 20));
        return page;
      });
      const ids = walked.map((trace) => trace.trace_id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids).toEqual(expect.arrayContaining(rows.map(traceIdOf)));
    } finally {
      await laterPool.end();
      await later.drop();
    }
  });

  test('ends with null where the last page is exactly full', async () => {
    const page = await reader.listTraces(PROJECT_ID, { session_id: traceIdOfLonely() }, { limit: 1 });
    expect(page.rows).toHaveLength(1);
    expect(page.nextCursor).toBeNull();
  });
});

describe('a cursor', () => {
  test('of another list, sort or order is refused', async () => {
    const { nextCursor } = await reader.listTraces(PROJECT_ID, {}, { limit: 1 });
    const cursor = nextCursor ?? '';
    const refused = [
      reader.listTraces(PROJECT_ID, {}, { limit: 1, cursor, order: 'asc' }),
      reader.listTraces(PROJECT_ID, {}, { limit: 1, cursor, sort: 'cost_usd' }),
      reader.listExecutions(PROJECT_ID, {}, { limit: 1, cursor }),
      reader.listSessions(PROJECT_ID, {}, { limit: 1, cursor }),
      reader.listLogRecords(PROJECT_ID, {}, { limit: 1, cursor }),
      reader.listMetrics(PROJECT_ID, { limit: 1, cursor }),
      reader.listMetricPoints(PROJECT_ID, 'm', {}, { limit: 1, cursor }),
      reader.listIngestIssues(PROJECT_ID, {}, { limit: 1, cursor }),
      reader.listSpans(PROJECT_ID, 'ab'.repeat(16), { limit: 1, cursor, payloads: false }),
    ];
    for (const read of refused) await expect(read).rejects.toMatchObject({ code: 'API_BAD_CURSOR' });
  });

  test.each([
    '',
    'garbage',
    '!!!!',
    Buffer.from('null').toString('base64url'),
    Buffer.from('[]').toString('base64url'),
    Buffer.from('{"length":4}').toString('base64url'),
    Buffer.from('['.repeat(5_000)).toString('base64url'),
  ])('that is garbage is refused: %j', async (cursor) => {
    await expect(reader.listTraces(PROJECT_ID, {}, { limit: 1, cursor })).rejects.toMatchObject({
      code: 'API_BAD_CURSOR',
    });
  });

  test.each([
    [0, null],
    [0, '1e400'],
    [0, 'NaN'],
    [0, '-1'],
    [0, '9'.repeat(18)],
    [1, '40000'],
    [1, 3],
    [2, "' or true --"],
    [2, 'zz'],
  ])('that was tampered with at key %i is refused: %j', async (key, value) => {
    const { nextCursor } = await reader.listTraces(PROJECT_ID, {}, { limit: 1 });
    const parts = JSON.parse(Buffer.from(nextCursor ?? '', 'base64url').toString()) as unknown[];
    parts[key + 1] = value;
    const cursor = Buffer.from(JSON.stringify(parts)).toString('base64url');
    await expect(reader.listTraces(PROJECT_ID, {}, { limit: 1, cursor })).rejects.toMatchObject({
      code: 'API_BAD_CURSOR',
    });
  });
});

describe('an index', () => {
  test.each([
    ['traces', {}, 'traces_project_started'],
    ['traces', { user_id: 'ada' }, 'traces_project_user'],
    ['traces', { status: 'failed' }, 'traces_project_status'],
    ['traces', { session_id: traceIdOfLonely() }, 'traces_project_session'],
  ] as const)('serves the newest %s with %j', async (_table, filter, index) => {
    const plan = await explain((explaining) => explaining.listTraces(PROJECT_ID, filter, { limit: 20 }));
    expect(plan).toContain(index);
    expect(plan).not.toContain('Seq Scan');
  });

  test('serves a page deep in the list', async () => {
    const { nextCursor } = await reader.listTraces(PROJECT_ID, {}, { limit: 500 });
    const plan = await explain((explaining) =>
      explaining.listTraces(PROJECT_ID, {}, { limit: 20, cursor: nextCursor ?? undefined }),
    );
    expect(plan).toContain('Index Scan');
    expect(plan).toContain('traces_project_started');
    expect(plan).toMatch(/Index Cond: .*started_at <=/);
  });

  test('serves the dearest executions', async () => {
    const plan = await explain((explaining) =>
      explaining.listExecutions(PROJECT_ID, {}, { limit: 20, sort: 'cost_usd' }),
    );
    expect(plan).toContain('agent_executions_cost_started');
  });
});

/** The plan of what a read asks, on fresh statistics. */
async function explain(read: (reader: StorageReader) => Promise<unknown>): Promise<string> {
  await pool.query('analyze traces, agent_executions');
  const lines: string[] = [];
  const explaining = createReader({
    pool: {
      async query(text, values) {
        const plan = await pool.query<{ 'QUERY PLAN': string }>(`explain ${text}`, values);
        lines.push(...plan.rows.map((row) => row['QUERY PLAN']));
        return pool.query(text, values);
      },
    },
  });
  await read(explaining);
  return lines.join('\n');
}

function traceIdOf(row: RowValues): string {
  return (row.trace_id as Buffer).toString('hex');
}

function idOf(row: RowValues): string {
  return row.id as string;
}

/** The id of a trace that is its own session. */
function traceIdOfLonely(): string {
  const row = traceRows.find((candidate) => candidate.session_id === null);
  return row === undefined ? '' : traceIdOf(row);
}

function sortRows(
  rows: readonly RowValues[],
  column: string,
  order: SortOrder,
  readId: (row: RowValues) => string,
): RowValues[] {
  const sign = order === 'asc' ? 1 : -1;
  return [...rows].sort((a, b) => {
    const [first, second] = [a[column], b[column]];
    if ((first === null) !== (second === null)) return first === null ? 1 : -1;
    return sign * (compare(first, second) || compareStart(a, b) || compareTexts(readId(a), readId(b)));
  });
}

function compareStart(a: RowValues, b: RowValues): number {
  return compare(a.started_at, b.started_at) || compare(a.start_nanos, b.start_nanos);
}

/** Decimal texts compare as decimals: those of the fixture differ beyond what a double holds. */
function compare(a: unknown, b: unknown): number {
  if (a === b) return 0;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [first, second] = [String(a), String(b)];
  const [low, high] = [Number(first), Number(second)];
  if (!Number.isNaN(low) && !Number.isNaN(high) && low !== high) return low - high;
  return compareTexts(first, second);
}

function compareTexts(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
