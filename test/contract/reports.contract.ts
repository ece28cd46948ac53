import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createUnderstanding } from '../../collector/ingest.js';
import { DEFAULT_PROJECT_ID, ledgerTraceId } from '../../collector/model/ids.js';
import type { TraceSpan } from '../../collector/model/rows.js';
import type { LogRecordData, SpanData } from '../../collector/model/span-data.js';
import type { WriteBatch } from '../../collector/model/write-batch.js';
import type { Storage, StoredSessionEntry } from '../../collector/storage/storage.js';
import type { StorageHarness } from './storage.contract.js';
import { decodeCapture } from '../dialects/decoded-captures.js';
import { projectTelemetry } from '../projections/projected-telemetry.js';
import {
  START,
  listAttributes,
  makeBatch,
  makeCallRecord,
  makeSpan,
  spanIdOf,
  traceIdOf,
} from '../support/telemetry.js';

const PROJECT = DEFAULT_PROJECT_ID;
const SESSION = 'coding session';
const SECOND = 1_000_000_000n;

/** What ingest makes of records. */
function read(records: { spans?: readonly SpanData[]; logs?: readonly LogRecordData[] }): WriteBatch {
  const understanding = createUnderstanding([]);
  return makeBatch(
    {},
    {
      spans: (records.spans ?? []).map((data) => understanding.readSpan(data)),
      logRecords: (records.logs ?? []).map((data) => ({ data, ordinal: 0, ...understanding.readLog(data) })),
    },
  );
}

function reportCall(number: number, seconds: number, changes: Partial<LogRecordData> = {}): LogRecordData {
  return makeCallRecord(number, { seconds, session: SESSION }, changes);
}

/** A span of the same call, in a trace of its own. */
function callSpan(number: number, seconds: number, session: string | null = SESSION): SpanData {
  const end = START + BigInt(seconds) * SECOND;
  return makeSpan({
    traceId: traceIdOf(number),
    spanId: spanIdOf(number),
    name: 'chat',
    startTimeUnixNano: end - SECOND / 2n,
    endTimeUnixNano: end,
    attributes: listAttributes({
      'gen_ai.operation.name': 'chat',
      'gen_ai.response.id': `request-${number}`,
      'gen_ai.request.model': 'claude-sonnet-4-5-20250929',
      ...(session === null ? {} : { 'session.id': session }),
    }),
  });
}

/**
 * What the store promises of log records that report something. `store` and `harness` are those of the suite that
 * calls this.
 */
export function describeReports(store: () => Storage, harness: () => StorageHarness): void {
  const findSession = (session = SESSION) => store().findSession(PROJECT, session);

  describe('records that name no trace', () => {
    test('make a session of their own, which no list of traces shows', async () => {
      await store().write(read({ logs: [reportCall(1, 0), reportCall(2, 5)] }));
      expect(await findSession()).toMatchObject({
        trace_count: 0,
        entry_count: 2,
        llm_calls: 2,
        input_tokens: 203,
        cost_usd: 0.5,
        cost_source: 'reported',
      });
      expect((await store().listTraces(PROJECT, {}, { limit: 10 })).rows).toEqual([]);
      expect(await store().findTrace(PROJECT, ledgerTraceId(SESSION))).toBeUndefined();
      expect(await store().listTraceSpans(PROJECT, ledgerTraceId(SESSION))).toEqual([]);
      const { rows } = await store().listExecutions(PROJECT, {}, { limit: 10 });
      expect(rows).toMatchObject([{ trace_id: null, span_id: null, llm_calls: 2, session_id: SESSION }]);
      const ofTrace = { trace_id: ledgerTraceId(SESSION) };
      expect((await store().listExecutions(PROJECT, ofTrace, { limit: 10 })).rows).toEqual([]);
    });

    test('delivered twice change nothing', async () => {
      const batch = read({ logs: [reportCall(1, 0), reportCall(2, 5)], spans: [callSpan(2, 5)] });
      await store().write(batch);
      const before = await harness().dump();
      expect(await store().write(batch)).toEqual({ stored: 0, updated: 0, duplicate: 3, rejected: [] });
      expect(await harness().dump()).toEqual(before);
    });

    test('belong to the span of their session that says the same, whichever comes first', async () => {
      const spans = read({ spans: [callSpan(1, 0)] });
      const logs = read({ logs: [reportCall(1, 0), reportCall(2, 30)] });
      for (const order of [
        [spans, logs],
        [logs, spans],
      ]) {
        await harness().clear();
        for (const batch of order) await store().write(batch);
        expect(await store().findTrace(PROJECT, traceIdOf(1))).toMatchObject({
          llm_calls: 1,
          input_tokens: 101,
          cost_usd: 0.25,
          span_count: 1,
        });
        expect(await findSession()).toMatchObject({ trace_count: 1, llm_calls: 2, input_tokens: 203 });
        expect(await store().listTraceReports(PROJECT, traceIdOf(1))).toMatchObject([
          { joinedSpanId: spanIdOf(1), log: { eventName: 'claude_code.api_request' }, span: { traceId: '' } },
        ]);
        expect(await store().listLedgerReports(PROJECT, SESSION)).toMatchObject([
          {
            joinedSpanId: null,
            payloadExpired: false,
            span: { traceId: '', facts: { usage: { inputTokens: 102 } } },
          },
        ]);
        expect(await store().listLedgerReports(PROJECT, 'another session')).toEqual([]);
        const { rows: entries } = await store().listSessionEntries(PROJECT, SESSION, { limit: 10 });
        const joined = entries.flatMap(({ record }) => (record === null ? [] : record.joinedTraceId));
        expect(joined).toEqual([traceIdOf(1), null]);
      }
    });

    test('go back to the ledger when their span turns out to be of another session', async () => {
      const span = callSpan(1, 0, null);
      const named = makeSpan({
        traceId: span.traceId,
        spanId: spanIdOf(90),
        startTimeUnixNano: START - SECOND,
        attributes: listAttributes({ 'session.id': 'another session' }),
      });
      const conversation = [...span.attributes, { key: 'gen_ai.conversation.id', value: SESSION }];
      await store().write(read({ spans: [{ ...span, attributes: conversation }], logs: [reportCall(1, 0)] }));
      expect(await store().findTrace(PROJECT, span.traceId)).toMatchObject({ input_tokens: 101 });
      await store().write(read({ spans: [named] }));
      expect(await store().findTrace(PROJECT, span.traceId)).toMatchObject({ input_tokens: null });
      expect(await findSession('another session')).toMatchObject({ trace_count: 1, input_tokens: null });
      expect(await findSession()).toMatchObject({ trace_count: 0, llm_calls: 1, input_tokens: 101 });
    });

    test('leave no execution in a ledger when a span takes them out of it, or their trace changes its session', async () => {
      const child = { ...callSpan(1, 1, 'B'), parentSpanId: spanIdOf(90) };
      const root = makeSpan({
        traceId: child.traceId,
        spanId: spanIdOf(90),
        attributes: listAttributes({ 'session.id': 'A' }),
      });
      const reportIn = (session: string): LogRecordData => {
        const log = reportCall(1, 1);
        const others = log.attributes.filter(({ key }) => key !== 'session.id');
        return { ...log, attributes: [...others, { key: 'session.id', value: session }] };
      };
      await store().write(read({ spans: [root, child], logs: [reportIn('A'), reportIn('B')] }));
      const atOnce = await harness().dump();
      await harness().clear();
      await store().write(read({ logs: [reportIn('B')] }));
      await store().write(read({ spans: [child] }));
      await store().write(read({ logs: [reportIn('A')] }));
      await store().write(read({ spans: [root] }));
      expect(await harness().dump()).toEqual(atOnce);
    });

    test('without a session as well are stored and count nowhere', async () => {
      const { attributes } = reportCall(1, 0);
      const log = reportCall(1, 0, { attributes: attributes.filter(({ key }) => key !== 'session.id') });
      expect(await store().write(read({ logs: [log] }))).toMatchObject({ stored: 1 });
      expect((await store().listSessions(PROJECT, {}, { limit: 10 })).rows).toEqual([]);
    });
  });

  describe('a trace that only log records name', () => {
    const traceId = traceIdOf(50);
    const logs = [reportCall(1, 0, { traceId }), reportCall(2, 5, { traceId })];

    test('has a row without spans, and takes its spans in when they come', async () => {
      await store().write(read({ logs }));
      expect(await store().findTrace(PROJECT, traceId)).toMatchObject({
        span_count: 0,
        llm_calls: 2,
        input_tokens: 203,
        session_id: SESSION,
      });
      const span = { ...callSpan(1, 0), traceId };
      await store().write(read({ spans: [span] }));
      expect(await store().findTrace(PROJECT, traceId)).toMatchObject({
        span_count: 1,
        llm_calls: 2,
        input_tokens: 203,
      });
      expect(await findSession()).toMatchObject({ trace_count: 1, entry_count: 3 });
      expect(await store().listTraceReports(PROJECT, traceId)).toMatchObject([
        { joinedSpanId: null },
        { joinedSpanId: null },
      ]);
    });
  });

  describe('spans and records of one session', () => {
    /** Two calls with spans and without, a trace known from a record only, a prompt of another session. */
    const spans = [callSpan(1, 0), callSpan(2, 10), callSpan(3, 20, 'other'), callSpan(4, 30)];
    const logs = [
      reportCall(1, 0),
      reportCall(2, 10),
      reportCall(3, 20),
      reportCall(4, 30),
      reportCall(5, 40),
      reportCall(6, 50, { traceId: traceIdOf(60) }),
      reportCall(4, 31, { traceId: traceIdOf(4) }),
    ];
    const records = [...spans.map((span) => ({ spans: [span] })), ...logs.map((log) => ({ logs: [log] }))];

    function merge(parts: readonly { spans?: SpanData[]; logs?: LogRecordData[] }[]): WriteBatch {
      return read({
        spans: parts.flatMap((part) => part.spans ?? []),
        logs: parts.flatMap((part) => part.logs ?? []),
      });
    }

    test('leave the same rows in any order, split, repeated, and by several writers at once', async () => {
      await store().write(merge(records));
      const expected = await harness().dump();
      expect(expected.log_records).toHaveLength(logs.length);
      const another = await harness().openAnother();
      const delivery = fc.record({
        order: fc.shuffledSubarray([...records.keys()], { minLength: records.length }),
        again: fc.subarray([...records.keys()]),
        size: fc.integer({ min: 1, max: 4 }),
        isConcurrent: fc.boolean(),
      });
      await fc.assert(
        fc.asyncProperty(delivery, async ({ order, again, size, isConcurrent }) => {
          await harness().clear();
          const sequence = [...order, ...again].map((index) => records[index] ?? {});
          const batches: WriteBatch[] = [];
          for (let at = 0; at < sequence.length; at += size) {
            batches.push(merge(sequence.slice(at, at + size)));
          }
          const write = (batch: WriteBatch, index: number) =>
            (index % 2 === 0 ? store() : another).write(batch);
          if (isConcurrent) await Promise.all(batches.map(write));
          else for (const [index, batch] of batches.entries()) await write(batch, index);
          expect(await harness().dump()).toEqual(expected);
        }),
        { numRuns: 25 },
      );
      await another.close();
    });

    test('are listed as the entries of the session, by time, page by page', async () => {
      await store().write(merge(records));
      const entries: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await store().listSessionEntries(PROJECT, SESSION, { limit: 2, cursor });
        for (const { span, record } of page.rows) entries.push(describeEntry(span, record));
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      expect(entries).toEqual([
        'record 101 joined with 1',
        'span 1',
        'record 102 joined with 2',
        'span 2',
        'record 103',
        'record 104 joined with 4',
        'span 4',
        'record 104 of a trace',
        'record 105',
        'record 106 of a trace',
      ]);
    });
  });

  describe.each(['claude-code-logs-metrics', 'codex-cli-exec', 'gemini-cli-tool-error'])('%s', (name) => {
    const { spans, logs } = decodeCapture(name);

    test('comes out of the database as it is projected in memory, and the same in reverse', async () => {
      const records = logs.map((log, index) => ({ id: `record-${index.toString().padStart(6, '0')}`, log }));
      const projected = projectTelemetry({ spans, records });
      const parts = [
        ...logs.map((log) => ({ logs: [log] })),
        ...chunk(spans).map((part) => ({ spans: part })),
      ];
      for (const part of parts) await store().write(read(part));
      for (const session of projected.sessions) {
        const found = await findSession(session.sessionId);
        expect(found).toMatchObject({
          trace_count: session.traceCount,
          entry_count: session.entryCount,
          llm_calls: session.llmCalls,
          failed_llm_calls: session.failedLlmCalls,
          tool_calls: session.toolCalls,
          error_count: session.errorCount,
          input_tokens: session.totals.inputTokens,
          output_tokens: session.totals.outputTokens,
          agents: session.agents,
          tools: session.tools,
        });
      }
      const before = await harness().dump();
      await harness().clear();
      for (const part of parts.toReversed()) await store().write(read(part));
      expect(await harness().dump()).toEqual(before);
    });
  });
}

function describeEntry({ traceId, spanId, facts }: TraceSpan, record: StoredSessionEntry['record']): string {
  const numberOf = (id: string): string => String(Number.parseInt(id.slice(1), 16));
  if (record === null) return `span ${numberOf(spanId)}`;
  const joined = record.joinedSpanId === null ? '' : ` joined with ${numberOf(record.joinedSpanId)}`;
  return `record ${String(facts.usage.inputTokens)}${joined}${traceId === '' ? '' : ' of a trace'}`;
}

function chunk(spans: readonly SpanData[]): SpanData[][] {
  const parts: SpanData[][] = [];
  for (let at = 0; at < spans.length; at += 60) parts.push(spans.slice(at, at + 60));
  return parts;
}
