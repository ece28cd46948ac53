import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPool } from '../../collector/storage/postgres/pool.js';
import { createReader } from '../../collector/storage/postgres/read/reader.js';
import type { StorageReader } from '../../collector/storage/storage.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';
import { SeededRandom } from '../support/random.js';
import { OTHER_PROJECT_ID, PROJECT_ID, timeAt, walkPages } from '../support/read-fixture.js';
import type { RowValues } from '../support/stored-rows.js';
import { LOG_ROW, SPAN_ROW, TRACE_ROW, insertRows } from '../support/stored-rows.js';

const random = new SeededRandom(11);
const traceId = random.bytes(16);
const traceHex = traceId.toString('hex');

/** 400 spans over three days and the epoch, many at the same time. */
const spanRows: RowValues[] = Array.from({ length: 400 }, (_, index) => ({
  project_id: PROJECT_ID,
  trace_id: traceId,
  span_id: random.bytes(8),
  ...SPAN_ROW,
  start_time: index % 40 === 0 ? '1970-01-01T00:00:00.000000Z' : timeAt(random.below(30) * 8_000_000_000),
  start_nanos: random.pick([0, 1]),
  name: `span ${index}`,
}));

let database: TestDatabase;
let pool: pg.Pool;
let reader: StorageReader;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.connection);
  reader = createReader({ pool });
  await pool.query(
    `create table spans_20260102 partition of spans for values from ('2026-01-02') to ('2026-01-03')`,
  );
  await insertRows(pool, 'spans', spanRows);
  await insertRows(pool, 'traces', [
    {
      project_id: PROJECT_ID,
      trace_id: traceId,
      ...TRACE_ROW,
      started_at: timeAt(0),
      ended_at: timeAt(232_000_000_000),
    },
  ]);
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

function spanIdOf(row: RowValues): string {
  return (row.span_id as Buffer).toString('hex');
}

function sortByStart(rows: readonly RowValues[]): RowValues[] {
  const keyOf = (row: RowValues): string =>
    `${String(row.start_time)}${String(row.start_nanos)}${spanIdOf(row)}`;
  return [...rows].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

describe('the spans of a trace', () => {
  const expected = sortByStart(spanRows).map(spanIdOf);

  test('are listed by start time then span id, those without a start first', async () => {
    const spans = await reader.listTraceSpans(PROJECT_ID, traceHex);
    expect(spans.map((span) => span.spanId)).toEqual(expected);
    expect(spans[0]?.startTimeUnixNano).toBeLessThan(1000n);
  });

  test.each([true, false])('come in pages, each once, in the same order (payloads: %s)', async (payloads) => {
    const walked = await walkPages((cursor) =>
      reader.listSpans(PROJECT_ID, traceHex, { limit: 33, cursor, payloads }),
    );
    expect(walked.map((span) => span.data.spanId)).toEqual(expected);
  });

  test('are found also while the trace has no row', async () => {
    const orphan = { ...spanRows[1], trace_id: random.bytes(16) };
    await insertRows(pool, 'spans', [orphan]);
    const spans = await reader.listTraceSpans(PROJECT_ID, orphan.trace_id.toString('hex'));
    expect(spans.map((span) => span.spanId)).toEqual([spanIdOf(orphan)]);
  });

  test('of another project or an unknown trace are none', async () => {
    expect(await reader.listTraceSpans(OTHER_PROJECT_ID, traceHex)).toEqual([]);
    expect(await reader.listTraceSpans(PROJECT_ID, 'zz')).toEqual([]);
    const options = { limit: 5, payloads: true };
    expect(await reader.listSpans(PROJECT_ID, 'zz', options)).toEqual({ rows: [], nextCursor: null });
    expect(await reader.findSpan(PROJECT_ID, traceHex, 'zz')).toBeUndefined();
    expect(await reader.findSpan(PROJECT_ID, traceHex, '00'.repeat(8))).toBeUndefined();
    expect(await reader.findSpan(OTHER_PROJECT_ID, traceHex, spanIdOf(spanRows[0] ?? {}))).toBeUndefined();
  });

  test('of one trace have no cursor for another', async () => {
    const { nextCursor } = await reader.listSpans(PROJECT_ID, traceHex, { limit: 1, payloads: false });
    await expect(
      reader.listSpans(PROJECT_ID, 'ab'.repeat(16), { limit: 1, payloads: false, cursor: nextCursor ?? '' }),
    ).rejects.toMatchObject({ code: 'API_BAD_CURSOR' });
  });

  test('are read from the partitions of its days only', async () => {
    const plans: string[] = [];
    const explaining = createReader({
      pool: {
        async query(text, values) {
          const plan = await pool.query<{ 'QUERY PLAN': string }>(`explain ${text}`, values);
          plans.push(plan.rows.map((row) => row['QUERY PLAN']).join('\n'));
          return pool.query(text, values);
        },
      },
    });
    const other = random.bytes(16);
    await insertRows(pool, 'traces', [
      {
        project_id: PROJECT_ID,
        trace_id: other,
        ...TRACE_ROW,
        started_at: timeAt(0),
        ended_at: timeAt(5_000_000),
      },
    ]);
    await explaining.listTraceSpans(PROJECT_ID, other.toString('hex'));
    expect(plans.at(-1)).toContain('spans_default');
    expect(plans.at(-1)).not.toContain('spans_20260102');
  });
});

describe('a whole span', () => {
  const resourceId = random.bytes(16);
  const scopeId = random.bytes(16);
  const whole: RowValues = {
    project_id: PROJECT_ID,
    trace_id: random.bytes(16),
    span_id: random.bytes(8),
    ...SPAN_ROW,
    resource_id: resourceId,
    scope_id: scopeId,
    parent_span_id: Buffer.alloc(8, 9),
    start_nanos: 123,
    flags: 4_294_967_295,
    name: 'stand-in',
    odd: '{"name": {"$text": "a\\\\u0000b"}, "trace_state": "x"}',
    type: 'llm',
    dialect: 'd',
    finish_reasons: ['stop', 'a "quoted", one'],
    input_tokens: '9007199254740993',
    reported_cost_usd: '0.000100',
    has_payload: true,
    attributes: '{"gen_ai.system": "x", "big": 9007199254740993}',
    links: '[{"trace_id": "AB", "span_id": "cd", "flags": 3, "attributes": {"a": 1.0}}]',
  };
  const traceHexOfWhole = (whole.trace_id as Buffer).toString('hex');

  beforeAll(async () => {
    await insertRows(pool, 'resources', [
      {
        project_id: PROJECT_ID,
        resource_id: resourceId,
        attributes: '{"service.name": "api"}',
        dropped_attributes_count: 2,
        entity_refs: '[{"type": "service", "id_keys": ["service.name"], "description_keys": []}]',
        schema_url: 'https://schema',
        odd: null,
      },
    ]);
    await insertRows(pool, 'scopes', [
      {
        project_id: PROJECT_ID,
        scope_id: scopeId,
        name: 'stand-in',
        version: '1',
        attributes: '{"$pairs": [["k", 1], ["k", 2]]}',
        dropped_attributes_count: 0,
        schema_url: '',
        odd: '{"name": {"$text": "\\\\ud800"}}',
      },
    ]);
    await insertRows(pool, 'spans', [whole]);
    await insertRows(pool, 'span_payloads', [
      {
        project_id: PROJECT_ID,
        trace_id: whole.trace_id,
        span_id: whole.span_id,
        start_time: whole.start_time,
        received_at: whole.received_at,
        attributes: '{"gen_ai.prompt": "why?"}',
        events: '[{"name": "e", "time": 1767225600000000007, "dropped": 4, "attributes": {"$pairs": []}}]',
      },
    ]);
    const log = { project_id: PROJECT_ID, ...LOG_ROW, trace_id: whole.trace_id, is_content: true, body: '1' };
    await insertRows(pool, 'log_records', [
      { ...log, record_id: random.bytes(16), span_id: whole.span_id, time: timeAt(2), event_name: 'second' },
      { ...log, record_id: random.bytes(16), span_id: whole.span_id, time: timeAt(1), event_name: 'first' },
      { ...log, record_id: random.bytes(16), span_id: whole.span_id, time: timeAt(3), is_content: false },
      { ...log, record_id: random.bytes(16), span_id: random.bytes(8), time: timeAt(1) },
    ]);
  });

  test('is read back with payload, resource, scope and its content log records', async () => {
    const span = await reader.findSpan(PROJECT_ID, traceHexOfWhole, spanIdOf(whole).toUpperCase());
    expect(span).toMatchObject({ payloadExpired: false });
    expect(span?.data).toMatchObject({
      name: 'a\u0000b',
      traceState: 'x',
      parentSpanId: '09'.repeat(8),
      startTimeUnixNano: 1_767_225_600_000_000_123n,
      flags: 4_294_967_295,
      links: [
        {
          traceId: 'AB',
          spanId: 'cd',
          flags: 3,
          attributes: [{ key: 'a', value: 1 }],
          traceState: '',
          droppedAttributesCount: 0,
        },
      ],
      events: [
        { timeUnixNano: 1_767_225_600_000_000_007n, name: 'e', droppedAttributesCount: 4, attributes: [] },
      ],
      resource: {
        attributes: [{ key: 'service.name', value: 'api' }],
        droppedAttributesCount: 2,
        schemaUrl: 'https://schema',
        entityRefs: [{ type: 'service', idKeys: ['service.name'], descriptionKeys: [], schemaUrl: '' }],
      },
      scope: {
        name: '\ud800',
        attributes: [
          { key: 'k', value: 1n },
          { key: 'k', value: 2n },
        ],
      },
    });
    expect(span?.data.attributes).toHaveLength(3);
    expect(span?.data.attributes).toContainEqual({ key: 'big', value: 9007199254740993n });
    expect(span?.data.attributes).toContainEqual({ key: 'gen_ai.prompt', value: 'why?' });
    expect(span?.facts).toMatchObject({
      type: 'llm',
      dialect: 'd',
      finishReasons: ['stop', 'a "quoted", one'],
      reportedCostUsd: '0.000100',
      usage: { outputTokens: null },
    });
    expect(span?.logs.map((log) => log.eventName)).toEqual(['first', 'second']);
  });

  test('without payloads has neither bodies nor log records, and is not called expired', async () => {
    const { rows } = await reader.listSpans(PROJECT_ID, traceHexOfWhole, { limit: 5, payloads: false });
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ payloadExpired: false, logs: [] });
    expect(rows[0]?.data.attributes.map(({ key }) => key)).not.toContain('gen_ai.prompt');
    expect(rows[0]?.data.events).toEqual([]);
  });

  test('whose log records have lost their bodies is called expired', async () => {
    const silent = { ...whole, trace_id: random.bytes(16), has_payload: false };
    const log = { project_id: PROJECT_ID, ...LOG_ROW, trace_id: silent.trace_id, span_id: whole.span_id };
    await insertRows(pool, 'spans', [silent]);
    await insertRows(pool, 'log_records', [{ ...log, record_id: random.bytes(16), is_content: true }]);
    const span = await reader.findSpan(PROJECT_ID, silent.trace_id.toString('hex'), spanIdOf(silent));
    expect(span).toMatchObject({ payloadExpired: true, logs: [{ body: null, attributes: [] }] });
  });

  test('whose payload is gone is called expired', async () => {
    const expired = { ...whole, span_id: random.bytes(8) };
    await insertRows(pool, 'spans', [expired]);
    const { rows } = await reader.listSpans(PROJECT_ID, traceHexOfWhole, { limit: 5, payloads: true });
    const bySpanId = new Map(rows.map((row) => [row.data.spanId, row.payloadExpired]));
    expect(bySpanId).toEqual(
      new Map([
        [spanIdOf(whole), false],
        [spanIdOf(expired), true],
      ]),
    );
  });
});
