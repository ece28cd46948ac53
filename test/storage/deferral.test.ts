import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createUnderstanding } from '../../collector/ingest.js';
import { DEFAULT_PROJECT_ID } from '../../collector/model/ids.js';
import type { LogRecordData, SpanData } from '../../collector/model/span-data.js';
import type { WriteBatch } from '../../collector/model/write-batch.js';
import type { Storage } from '../../collector/storage/storage.js';
import type { StorageHarness } from '../contract/storage.contract.js';
import { createTestDatabase } from '../support/database.js';
import { openPostgresHarness } from '../support/postgres-harness.js';
import {
  START,
  listAttributes,
  makeAgentRun,
  makeBatch,
  makeCallRecord,
  makeSpan,
  spanIdOf,
  traceIdOf,
} from '../support/telemetry.js';

const PROJECT = DEFAULT_PROJECT_ID;
const SECOND = 1_000_000_000n;
const DAY = 86_400n * SECOND;
const DEFERRAL = { traceRecords: 3, sessionTraces: 2, ledgerEntries: 3 };

let usual: StorageHarness;
let lazy: StorageHarness;

async function openHarness(isLazy: boolean): Promise<StorageHarness> {
  const database = await createTestDatabase();
  return openPostgresHarness(database.connection, () => database.drop(), {
    ...(isLazy && { deferral: DEFERRAL }),
    refreshesInBackground: false,
  });
}

beforeAll(async () => {
  usual = await openHarness(false);
  lazy = await openHarness(true);
});

afterAll(async () => {
  await usual.close();
  await lazy.close();
});

beforeEach(async () => {
  await usual.clear();
  await lazy.clear();
});

interface Records {
  spans?: readonly SpanData[];
  logs?: readonly LogRecordData[];
}

function read(parts: readonly Records[]): WriteBatch {
  const understanding = createUnderstanding([]);
  const logs = parts.flatMap((part) => part.logs ?? []);
  return makeBatch(
    {},
    {
      spans: parts.flatMap((part) => part.spans ?? []).map((data) => understanding.readSpan(data)),
      logRecords: logs.map((data) => ({ data, ordinal: 0, ...understanding.readLog(data) })),
    },
  );
}

function reportCall(number: number, session: string, traceId: string | null = null): LogRecordData {
  return makeCallRecord(number, { seconds: number, session }, { traceId });
}

function callSpan(number: number, traceId: string, session: string | null): SpanData {
  const end = START + BigInt(number) * SECOND;
  return makeSpan({
    traceId,
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
 * Traces of two sessions and of none, some long enough to be deferred, with a span that comes pending on another day and
 * then whole, clocks that disagree, traces that go to another session when a late span names it, and reports that belong
 * to traces, to spans of their session, and to nothing.
 */
function makeRecords(): Records[] {
  const long = makeAgentRun(1, 4, 'one');
  const [root] = long;
  const pending = makeSpan({
    traceId: traceIdOf(1),
    spanId: spanIdOf(900),
    startTimeUnixNano: START - DAY,
    endTimeUnixNano: 0n,
    attributes: listAttributes({ 'spanledger.pending': true }),
  });
  const whole = { ...pending, startTimeUnixNano: START, endTimeUnixNano: START + SECOND, attributes: [] };
  const movers = [30, 31, 32, 33].map((number) => callSpan(number, traceIdOf(3), null));
  return [
    ...long.map((span) => ({ spans: [span] })),
    ...makeAgentRun(2, 1, 'one').map((span) => ({ spans: [span] })),
    { spans: makeAgentRun(5, 1) },
    { spans: [pending] },
    { spans: [whole] },
    {
      spans: [
        makeSpan({
          traceId: traceIdOf(1),
          spanId: spanIdOf(901),
          parentSpanId: root?.spanId ?? null,
          startTimeUnixNano: START - 3n * DAY,
          endTimeUnixNano: START - 2n * DAY,
        }),
      ],
    },
    ...movers.map((span) => ({ spans: [span] })),
    { spans: [callSpan(34, traceIdOf(3), 'two')] },
    ...[1, 2, 3].map((number) => ({ spans: [callSpan(number, traceIdOf(10 + number), 'two')] })),
    ...[1, 2, 30, 40, 41].map((number) => ({ logs: [reportCall(number, 'two')] })),
    ...[50, 51].map((number) => ({ logs: [reportCall(number, 'one')] })),
    ...[60, 61, 62, 63].map((number) => ({ logs: [reportCall(number, 'one', traceIdOf(4))] })),
    { spans: [callSpan(70, traceIdOf(6), 'one')] },
    { spans: [callSpan(71, traceIdOf(6), 'two')] },
    { logs: [reportCall(70, 'one')] },
    { logs: [reportCall(71, 'two')] },
    { logs: [reportCall(33, 'one', traceIdOf(3))] },
  ];
}

async function deliver(
  storages: readonly Storage[],
  parts: readonly WriteBatch[],
  isConcurrent: boolean,
): Promise<void> {
  const write = async (batch: WriteBatch, index: number) => {
    const storage = storages[index % storages.length];
    await storage?.write(batch);
    // A refresh in between: what comes after it finds other rows than what came before.
    if (index % 3 === 2) await storage?.listTraces(PROJECT, {}, { limit: 1 });
  };
  if (isConcurrent) await Promise.all(parts.map(write));
  else for (const [index, batch] of parts.entries()) await write(batch, index);
}

test('rows that are derived later are those of a writer that derives them at once, in any order of delivery', async () => {
  const records = makeRecords();
  for (const record of records) await usual.storage.write(read([record]));
  const expected = await usual.dump();
  expect(expected.sessions).toHaveLength(3);
  const another = await lazy.openAnother();
  const delivery = fc.record({
    order: fc.shuffledSubarray([...records.keys()], { minLength: records.length }),
    again: fc.subarray([...records.keys()]),
    size: fc.integer({ min: 1, max: 4 }),
    isConcurrent: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(delivery, async ({ order, again, size, isConcurrent }) => {
      await lazy.clear();
      const sequence = [...order, ...again].map((index) => records[index] ?? {});
      const batches: WriteBatch[] = [];
      for (let at = 0; at < sequence.length; at += size) batches.push(read(sequence.slice(at, at + size)));
      await deliver([lazy.storage, another], batches, isConcurrent);
      expect(await lazy.dump()).toEqual(expected);
    }),
    { numRuns: 15 },
  );
  await another.close();
}, 240_000);

test('a trace that left a session whose ledger waits keeps the records of the one it went to', async () => {
  const trace = traceIdOf(1);
  const write = (records: Records) => lazy.storage.write(read([records]));
  await write({ spans: [callSpan(5, trace, 'one')] });
  await write({ logs: [5, 6, 7].map((number) => reportCall(number, 'one')) });
  expect(await lazy.storage.findTrace(PROJECT, trace)).toMatchObject({
    session_id: 'one',
    input_tokens: 105,
  });
  await write({ spans: [callSpan(1, trace, 'two')] });
  await write({ logs: [reportCall(1, 'two')] });
  expect(await lazy.storage.findTrace(PROJECT, trace)).toMatchObject({
    session_id: 'two',
    input_tokens: 101,
  });
  expect(await lazy.storage.findSession(PROJECT, 'two')).toMatchObject({ input_tokens: 101, entry_count: 3 });
  expect(await lazy.storage.findSession(PROJECT, 'one')).toMatchObject({ trace_count: 0, input_tokens: 318 });
});
