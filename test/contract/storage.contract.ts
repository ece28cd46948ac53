import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DeepValue, KeyValueList } from '../../collector/model/any-value.js';
import type { AnyValue } from '../../collector/model/any-value.js';
import { DEFAULT_PROJECT_ID } from '../../collector/model/ids.js';
import type { SpanData } from '../../collector/model/span-data.js';
import type { WriteBatch } from '../../collector/model/write-batch.js';
import type { Storage } from '../../collector/storage/storage.js';
import { describeReports } from './reports.contract.js';
import { anyAttributes, anyText, sortAttributes } from '../support/arbitrary-values.js';
import {
  START,
  listAttributes,
  makeAgentRun,
  makeBatch,
  makeLog,
  makePoint,
  makeSpan,
  spanIdOf,
  traceIdOf,
} from '../support/telemetry.js';

/** A store under test. */
export interface StorageHarness {
  storage: Storage;
  /** A second collector on the same data. */
  openAnother(): Promise<Storage>;
  /** Every row of every table, in an order of its own, without the times at which rows were written. */
  dump(): Promise<Record<string, unknown[]>>;
  /** Removes every row, save those that name resources and scopes. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

const PROJECT = DEFAULT_PROJECT_ID;
const OTHER_PROJECT = '00000000-0000-7000-8000-0000000000ff';

/** The promises of `Storage`, as tests. Each backend, and each database that one supports, runs all of them. */
export function describeStorage(name: string, open: () => Promise<StorageHarness>): void {
  describe(`storage on ${name}`, () => {
    let harness: StorageHarness;
    const store = (): Storage => harness.storage;
    beforeAll(async () => {
      harness = await open();
    });
    afterAll(async () => {
      await harness.close();
    });
    beforeEach(async () => {
      await harness.clear();
    });
    describeWrites(store, () => harness);
    describeMerging(store, () => harness);
    describeFaithfulness(store, () => harness);
    describeConcurrency(store, () => harness);
    describeReports(store, () => harness);
  });
}

function describeWrites(store: () => Storage, harness: () => StorageHarness): void {
  test('what was written is read at once, derived rows included', async () => {
    const receipt = await store().write(makeBatch({ spans: makeAgentRun(1, 2, 'session-1') }));
    expect(receipt).toEqual({ stored: 5, updated: 0, duplicate: 0, rejected: [] });
    expect(await store().findTrace(PROJECT, traceIdOf(1))).toMatchObject({
      session_id: 'session-1',
      span_count: 5,
      llm_calls: 2,
      tool_calls: 2,
      input_tokens: 21,
      output_tokens: 10,
      agents: ['planner'],
      complete: true,
      input_preview: 'question 0',
      output_preview: 'answer 1',
    });
    expect(await store().findSession(PROJECT, 'session-1')).toMatchObject({ trace_count: 1, llm_calls: 2 });
    const executions = await store().listExecutions(PROJECT, { trace_id: traceIdOf(1) }, { limit: 10 });
    expect(executions.rows).toMatchObject([{ agent_name: 'planner', llm_calls: 2, tool_calls: 2 }]);
    expect(await store().findTrace(OTHER_PROJECT, traceIdOf(1))).toBeUndefined();
  });

  test('a batch delivered twice is stored once, and changes nothing', async () => {
    const batch = (): WriteBatch =>
      makeBatch({
        spans: makeAgentRun(1),
        logs: [makeLog({ traceId: traceIdOf(1) })],
        points: [makePoint()],
      });
    expect(await store().write(batch())).toEqual({ stored: 7, updated: 0, duplicate: 0, rejected: [] });
    const before = await harness().dump();
    expect(await store().write(batch())).toEqual({ stored: 0, updated: 0, duplicate: 7, rejected: [] });
    expect(await harness().dump()).toEqual(before);
  });

  test('a span twice in one batch is stored once', async () => {
    const spans = [makeSpan(), makeSpan(), makeSpan({ endTimeUnixNano: START + 9n ** 9n })];
    expect(await store().write(makeBatch({ spans }))).toEqual({
      stored: 1,
      updated: 1,
      duplicate: 1,
      rejected: [],
    });
    expect((await store().findTrace(PROJECT, traceIdOf(1)))?.span_count).toBe(1);
  });

  test('the final span replaces the pending one, even where its start has moved to another day', async () => {
    const pending = makeSpan({
      endTimeUnixNano: START + 10n ** 15n,
      attributes: [{ key: 'spanledger.pending', value: true }],
    });
    await store().write(makeBatch({ spans: [pending] }));
    expect((await store().findTrace(PROJECT, traceIdOf(1)))?.status).toBe('running');
    const final = makeSpan({ startTimeUnixNano: START - 10n ** 14n, name: 'final' });
    expect(await store().write(makeBatch({ spans: [final] }))).toEqual({
      stored: 0,
      updated: 1,
      duplicate: 0,
      rejected: [],
    });
    expect(await store().write(makeBatch({ spans: [pending] }))).toEqual({
      stored: 0,
      updated: 0,
      duplicate: 1,
      rejected: [],
    });
    const page = await store().listSpans(PROJECT, traceIdOf(1), { limit: 10, payloads: true });
    expect(page.rows.map((row) => row.data.name)).toEqual(['final']);
    expect((await store().findTrace(PROJECT, traceIdOf(1)))?.status).toBe('completed');
  });

  test('content that arrives as log records, before or after its span, enters the trace', async () => {
    const span = makeSpan({
      attributes: listAttributes({ 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-x' }),
    });
    const log = makeLog({
      traceId: span.traceId,
      spanId: span.spanId,
      eventName: 'gen_ai.user.message',
      body: new KeyValueList([{ key: 'content', value: 'from a log' }]),
    });
    const spans = makeBatch({ spans: [span] });
    const logs = makeBatch({ logs: [log], contentLogs: true });
    await store().write(logs);
    expect(await store().findTrace(PROJECT, span.traceId)).toBeUndefined();
    expect((await store().listSessions(PROJECT, {}, { limit: 10 })).rows).toEqual([]);
    await store().write(spans);
    const before = await harness().dump();
    expect((await store().findTrace(PROJECT, span.traceId))?.input_preview).toBe('from a log');
    await harness().clear();
    await store().write(spans);
    await store().write(logs);
    expect(await harness().dump()).toEqual(before);
  });

  test('a trace that turns out to belong to a session leaves the one it had', async () => {
    const [agent, ...rest] = makeAgentRun(1, 1, 'late session');
    await store().write(makeBatch({ spans: rest }));
    expect(await store().findSession(PROJECT, traceIdOf(1))).toBeDefined();
    await store().write(makeBatch({ spans: agent === undefined ? [] : [agent] }));
    expect(await store().findSession(PROJECT, traceIdOf(1))).toBeUndefined();
    expect(await store().findSession(PROJECT, 'late session')).toMatchObject({ entry_count: 3 });
  });

  test('issues are listed', async () => {
    const issue = { code: 'SOME_CODE', message: 'odd\u0000', signal: 'traces' } as const;
    const nowhere = { serviceName: null, scopeName: null, traceId: null, spanId: null, key: null };
    await store().write(makeBatch({}, { issues: [{ ...issue, ...nowhere }] }));
    const { rows } = await store().listIngestIssues(PROJECT, {}, { limit: 10 });
    expect(rows).toMatchObject([{ code: 'SOME_CODE', message: 'odd\uFFFD' }]);
  });
}

function describeMerging(store: () => Storage, harness: () => StorageHarness): void {
  test('shuffled, split and duplicated records leave the same rows', async () => {
    const records = makeMixedRecords();
    await store().write(mergeRecords(records));
    const expected = await harness().dump();
    expect(expected.spans).toHaveLength(13);
    const delivery = fc.record({
      order: fc.shuffledSubarray([...records.keys()], { minLength: records.length }),
      again: fc.subarray([...records.keys()]),
      cuts: fc.array(fc.nat(3 * records.length), { maxLength: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(delivery, fc.boolean(), async ({ order, again, cuts }, isConcurrent) => {
        await harness().clear();
        const sequence = [...order, ...again].map((index) => records[index] ?? {});
        const bounds = [
          0,
          ...cuts.filter((cut) => cut < sequence.length).sort((a, b) => a - b),
          sequence.length,
        ];
        const batches = bounds.slice(1).map((end, index) => mergeRecords(sequence.slice(bounds[index], end)));
        if (isConcurrent) await Promise.all(batches.map((batch) => store().write(batch)));
        else for (const batch of batches) await store().write(batch);
        expect(await harness().dump()).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });

  test('of metric points with one identity and different values the same one stays in either order', async () => {
    const points = [1n, 2n, 3n].map((value) => makePoint({ value: { kind: 'number', value } }));
    for (const point of points) await store().write(makeBatch({ points: [point] }));
    const before = await harness().dump();
    await harness().clear();
    for (const point of points.toReversed()) await store().write(makeBatch({ points: [point] }));
    expect(await harness().dump()).toEqual(before);
    await harness().clear();
    await store().write(makeBatch({ points }));
    expect(await harness().dump()).toEqual(before);
  });
}

type Records = Parameters<typeof makeBatch>[0];

/** Two agent runs of one session, versions of one span, records with and without content: one record an entry. */
function makeMixedRecords(): Records[] {
  const span = (changes: Partial<SpanData>): Records => ({
    spans: [makeSpan({ traceId: traceIdOf(3), ...changes })],
  });
  const pending = [{ key: 'spanledger.pending', value: true }];
  const chat = makeAgentRun(1)[1];
  return [
    ...[...makeAgentRun(1, 2, 'shared'), ...makeAgentRun(2, 2, 'shared')].map((data) => ({ spans: [data] })),
    span({ attributes: pending, endTimeUnixNano: START + 10n ** 12n }),
    span({ name: 'one version' }),
    span({ name: 'another version' }),
    span({ spanId: spanIdOf(2), parentSpanId: spanIdOf(1), endTimeUnixNano: START + 2n }),
    span({
      spanId: spanIdOf(2),
      parentSpanId: spanIdOf(1),
      endTimeUnixNano: START + 3n,
      startTimeUnixNano: START - 1n,
    }),
    span({ spanId: spanIdOf(3), parentSpanId: spanIdOf(9), attributes: pending }),
    { logs: [makeLog()] },
    {
      logs: [
        makeLog({
          traceId: traceIdOf(1),
          spanId: chat?.spanId ?? null,
          eventName: 'gen_ai.user.message',
          body: new KeyValueList([{ key: 'content', value: 'said in a log' }]),
        }),
      ],
      contentLogs: true,
    },
    { points: [makePoint()] },
    { points: [makePoint({ timeUnixNano: START + 1n })] },
    { points: [makePoint({ value: { kind: 'number', value: 8.5 } })] },
  ];
}

function mergeRecords(records: readonly Records[]): WriteBatch {
  const batches = records.map((record) => makeBatch(record));
  return makeBatch(
    {},
    {
      spans: batches.flatMap((batch) => batch.spans),
      logRecords: batches.flatMap((batch) => batch.logRecords),
      metricPoints: batches.flatMap((batch) => batch.metricPoints),
    },
  );
}

function describeFaithfulness(store: () => Storage, harness: () => StorageHarness): void {
  const attributes = anyAttributes;
  const anyTime = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  const uint32 = fc.nat(0xffffffff);
  const anySpan: fc.Arbitrary<SpanData> = fc.record({
    traceId: fc.constant(traceIdOf(1)),
    spanId: fc.constant(spanIdOf(1)),
    parentSpanId: fc.constantFrom(null, spanIdOf(7)),
    traceState: anyText,
    flags: uint32,
    name: fc.oneof(anyText, fc.constant('n'.repeat(5000))),
    kind: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    startTimeUnixNano: anyTime,
    endTimeUnixNano: anyTime,
    attributes,
    droppedAttributesCount: uint32,
    events: fc.array(
      fc.record({ timeUnixNano: anyTime, name: anyText, attributes, droppedAttributesCount: uint32 }),
      { maxLength: 2 },
    ),
    droppedEventsCount: uint32,
    links: fc.array(
      fc.record({
        traceId: fc.constantFrom('', 'ab', traceIdOf(2)),
        spanId: fc.constantFrom('', spanIdOf(2)),
        traceState: anyText,
        attributes,
        droppedAttributesCount: uint32,
        flags: uint32,
      }),
      { maxLength: 2 },
    ),
    droppedLinksCount: uint32,
    statusCode: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    statusMessage: anyText,
    resource: fc.record({
      attributes,
      droppedAttributesCount: uint32,
      entityRefs: fc.array(
        fc.record({
          schemaUrl: anyText,
          type: anyText,
          idKeys: fc.array(anyText, { maxLength: 2 }),
          descriptionKeys: fc.array(anyText, { maxLength: 2 }),
        }),
        { maxLength: 1 },
      ),
      schemaUrl: anyText,
    }),
    scope: fc.record({
      name: anyText,
      version: anyText,
      attributes,
      droppedAttributesCount: uint32,
      schemaUrl: anyText,
    }),
  });

  test('any span is read back as it was', async () => {
    await fc.assert(
      fc.asyncProperty(anySpan, async (span) => {
        await harness().clear();
        await store().write(makeBatch({ spans: [span] }));
        const found = await store().findSpan(PROJECT, span.traceId, span.spanId);
        expect(found === undefined ? undefined : sortSpan(found.data)).toEqual(sortSpan(span));
      }),
      { numRuns: 80 },
    );
  });

  test('large attributes and message bodies, with duplicate keys among them, are read back as they were', async () => {
    const long = 'é'.repeat(3000);
    const span = makeSpan({
      attributes: [
        { key: 'twice', value: 'short' },
        { key: 'twice', value: long },
        { key: 'gen_ai.input.messages', value: '[]' },
        { key: 'gen_ai.operation.name', value: 'chat' },
        { key: 'bytes', value: new Uint8Array(5000) },
      ],
      events: [{ timeUnixNano: 1n, name: long, attributes: [], droppedAttributesCount: 0 }],
    });
    await store().write(makeBatch({ spans: [span] }));
    const found = await store().findSpan(PROJECT, span.traceId, span.spanId);
    expect(found && sortSpan(found.data)).toEqual(sortSpan(span));
  });

  const odd: AnyValue[] = [
    null,
    'a\u0000b',
    '\ud800',
    9223372036854775807n,
    -0,
    NaN,
    1e300,
    new Uint8Array([0, 255]),
    new DeepValue(new Uint8Array([10, 1, 97])),
    new KeyValueList([
      { key: '__proto__', value: 1n },
      { key: 'k', value: 1n },
      { key: 'k', value: 2n },
    ]),
  ];

  test('log records are read back as they were', async () => {
    const logs = odd.map((body, index) =>
      makeLog({
        body,
        attributes: [{ key: 'odd', value: body }],
        severityText: 'a\u0000',
        timeUnixNano: START - BigInt(index),
        eventName: 'e'.repeat(9000),
      }),
    );
    await store().write(makeBatch({ logs: [...logs, makeLog({ timeUnixNano: 0n })] }));
    const { rows } = await store().listLogRecords(PROJECT, {}, { limit: 50 });
    expect(rows.map((row) => row.data)).toEqual([makeLog({ timeUnixNano: 0n }), ...logs]);
  });

  test('metric points are read back as they were, whatever the length of their names', async () => {
    const metric = { ...makePoint().metric, name: `${'m'.repeat(3000)}\u0000`, description: '\ud800' };
    const points = [
      makePoint({ metric, attributes: odd.map((value, index) => ({ key: `k${index}`, value })) }),
      makePoint({ metric, timeUnixNano: START - 1n, value: { kind: 'number', value: NaN } }),
    ];
    await store().write(makeBatch({ points }));
    const { rows: metrics } = await store().listMetrics(PROJECT, { limit: 5 });
    const { rows } = await store().listMetricPoints(PROJECT, metrics[0]?.name ?? '', {}, { limit: 5 });
    expect(rows.map((row) => row.data)).toEqual(points);
  });
}

function describeConcurrency(store: () => Storage, harness: () => StorageHarness): void {
  test('many writers on the same traces and sessions leave what one writer leaves', async () => {
    const runs = Array.from({ length: 12 }, (_, index) => makeAgentRun(index + 1, 3, `session ${index % 3}`));
    await store().write(makeBatch({ spans: runs.flat() }));
    const expected = await harness().dump();
    await harness().clear();
    const another = await harness().openAnother();
    const batches = Array.from({ length: 60 }, (_, index) =>
      makeBatch({
        spans: runs.flatMap((run, place) => run.filter((_span, at) => (at * 5 + place + index) % 6 === 0)),
      }),
    );
    const receipts = await Promise.all(
      batches.map((batch, index) => (index % 2 === 0 ? store() : another).write(batch)),
    );
    await another.close();
    const sum = (field: 'stored' | 'updated' | 'duplicate'): number =>
      receipts.reduce((total, receipt) => total + receipt[field], 0);
    expect(sum('stored')).toBe(runs.flat().length);
    expect(sum('updated')).toBe(0);
    expect(sum('duplicate')).toBe(9 * runs.flat().length);
    expect(await harness().dump()).toEqual(expected);
  });

  test('a bad record among good batches is rejected alone, with its reason', async () => {
    const badPlace = 20;
    const batches = Array.from({ length: 30 }, (_, index) => makeBatch({ spans: makeAgentRun(index + 1) }));
    const bad = makeBatch({ spans: makeAgentRun(99), logs: [makeLog({ severityNumber: 2 ** 40 })] });
    const receipts = await Promise.all(
      batches.toSpliced(badPlace, 0, bad).map((batch) => store().write(batch)),
    );
    expect(receipts.map(({ stored, rejected }) => [stored, rejected.length])).toEqual(
      receipts.map((_receipt, index) => [5, index === badPlace ? 1 : 0]),
    );
    expect(receipts[badPlace]?.rejected).toMatchObject([{ code: 'ROW_REFUSED', signal: 'logs' }]);
    const { log_records, traces } = await harness().dump();
    expect(log_records).toEqual([]);
    expect(traces).toHaveLength(31);
  });

  test('batches of two projects stay apart, even with the same ids', async () => {
    const mine = makeBatch({ spans: makeAgentRun(1) });
    const theirs = { ...makeBatch({ spans: makeAgentRun(1, 1) }), projectId: OTHER_PROJECT };
    const again = { ...makeBatch({ spans: makeAgentRun(2, 1) }), projectId: OTHER_PROJECT };
    await Promise.all([mine, theirs, again].map((batch) => store().write(batch)));
    expect((await store().findTrace(PROJECT, traceIdOf(1)))?.span_count).toBe(5);
    expect((await store().findTrace(OTHER_PROJECT, traceIdOf(1)))?.span_count).toBe(3);
    expect(await store().findTrace(PROJECT, traceIdOf(2))).toBeUndefined();
  });

  test('where a span is, is known to its project alone', async () => {
    const [root] = makeAgentRun(1);
    const log = makeLog({ traceId: traceIdOf(1), spanId: spanIdOf(1000) });
    await store().write(makeBatch({ spans: makeAgentRun(1), logs: [log] }));
    expect(await store().findWhereabouts(PROJECT, traceIdOf(1), root?.spanId ?? '')).toMatchObject({
      trace: { span_count: 5, services: ['planner'], complete: true },
      span: { name: root?.name, type: 'agent' },
      child_count: 4,
      log_records: { count: 1 },
    });
    const nothing = {
      trace: null,
      span: null,
      child_count: 0,
      log_records: { count: 0, first_received_at: null, last_received_at: null },
      issues: [],
    };
    expect(await store().findWhereabouts(OTHER_PROJECT, traceIdOf(1), root?.spanId ?? '')).toEqual(nothing);
    expect(await store().findWhereabouts(PROJECT, traceIdOf(2), null)).toEqual(nothing);
  });
}

function sortSpan(span: SpanData): SpanData {
  return {
    ...span,
    attributes: sortAttributes(span.attributes),
    events: span.events.map((event) => ({ ...event, attributes: sortAttributes(event.attributes) })),
    links: span.links.map((link) => ({ ...link, attributes: sortAttributes(link.attributes) })),
    resource: { ...span.resource, attributes: sortAttributes(span.resource.attributes) },
    scope: { ...span.scope, attributes: sortAttributes(span.scope.attributes) },
  };
}
