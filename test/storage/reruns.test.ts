import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Rerun } from '../../collector/contract/rerun-shapes.js';
import { Rerun as RerunShape } from '../../collector/contract/rerun-shapes.js';
import { createUnderstanding } from '../../collector/ingest.js';
import { DEFAULT_PROJECT_ID } from '../../collector/model/ids.js';
import type { PriceRow } from '../../collector/model/price.js';
import type { LogRecordData, SpanData } from '../../collector/model/span-data.js';
import type { Reunderstanding, Storage } from '../../collector/storage/storage.js';
import {
  START,
  listAttributes,
  makeAgentRun,
  makeBatch,
  makeLog,
  spanIdOf,
  traceIdOf,
} from '../support/telemetry.js';
import { useStorage } from '../support/use-storage.js';

const PROJECT = DEFAULT_PROJECT_ID;

const used = useStorage();
const store = (): Storage => used.storage;

const PRICE: PriceRow = {
  id: randomUUID(),
  pattern: '*',
  provider: null,
  validFromUnixNano: null,
  validToUnixNano: null,
  unit: 'per_token',
  rates: { input: '1', output: '2' },
  tiers: [],
  note: null,
};

/** A session whose agent run is in traces, and a call that only a log record without a trace reports. */
const LOG: LogRecordData = makeLog({
  timeUnixNano: START,
  eventName: 'claude_code.api_request',
  scope: { ...makeLog().scope, name: 'com.anthropic.claude_code.events' },
  attributes: listAttributes({
    'event.name': 'api_request',
    'session.id': 'shared',
    model: 'claude-opus-x',
    input_tokens: '3',
    output_tokens: '4',
  }),
});

function read(understanding: ReturnType<typeof createUnderstanding>, spans: SpanData[]) {
  return makeBatch(
    {},
    {
      spans: spans.map((span) => understanding.readSpan(span)),
      logRecords: [{ data: LOG, ordinal: 0, ...understanding.readLog(LOG) }],
    },
  );
}

const SPANS = [1, 2, 3].flatMap((number) => makeAgentRun(number, 2, 'shared'));

/** An understanding of before: it knows no models. */
const FORMER: ReturnType<typeof createUnderstanding> = {
  readSpan: (data) => {
    const span = createUnderstanding([]).readSpan(data);
    return { ...span, facts: { ...span.facts, requestModel: null, priceRef: null } };
  },
  readLog: (data) => ({ ...createUnderstanding([]).readLog(data), report: null }),
};

async function runAll(id: string, understanding: Reunderstanding, limit = 2): Promise<Rerun> {
  for (;;) {
    const rerun = await store().rerunTraces(PROJECT, id, { limit, understanding });
    if (rerun === undefined) throw new Error('the rerun was not taken');
    if (rerun.status !== 'running') return RerunShape.parse(rerun);
  }
}

const create = (changes: Partial<Pick<Rerun, 'kind' | 'dry_run' | 'since' | 'until'>> = {}): Promise<Rerun> =>
  store().createRerun(PROJECT, { kind: 'reproject', dry_run: false, since: null, until: null, ...changes });

async function dumpRows(): Promise<Record<string, unknown[]>> {
  return { ...(await used.harness.dump()), reruns: [], prices: [] };
}

test('prices are computed anew, with all that adds them up, and every change is told', async () => {
  const dear = createUnderstanding([PRICE]);
  await store().write(read(dear, SPANS));
  const expected = await dumpRows();
  await used.harness.clear();
  await store().write(read(createUnderstanding([]), SPANS));
  expect(await store().findSession(PROJECT, 'shared')).toMatchObject({ cost_usd: null });
  const created = await create({ kind: 'prices' });
  expect(created).toMatchObject({ status: 'pending', traces_total: 4, traces_done: 0 });
  const rerun = await runAll(created.id, dear);
  expect(rerun).toMatchObject({
    status: 'completed',
    traces_done: 4,
    traces_changed: 4,
    spans_changed: 7,
    spans_skipped: 0,
    changes: { before: { cost_usd: null }, after: { cost_usd: 3 * 41 + 11, llm_calls: 7 } },
  });
  const field = rerun.changes.fields.find(
    (change) => change.field === 'computed_cost_usd' && change.dialect === 'otel-genai',
  );
  expect(field).toMatchObject({ count: 6, examples: [{ before: null }, { before: null }, { before: null }] });
  expect(await dumpRows()).toEqual(expected);
  expect(await store().findSession(PROJECT, 'shared')).toMatchObject({ cost_usd: 134 });
});

test('a better understanding is run over history, and leaves what it would have left at first', async () => {
  await store().write(read(createUnderstanding([]), SPANS));
  const expected = await store().listTraces(PROJECT, {}, { limit: 10 });
  await used.harness.clear();
  await store().write(read(FORMER, SPANS));
  expect((await store().listTraces(PROJECT, { model: 'gpt-x' }, { limit: 10 })).rows).toEqual([]);
  const { last_seen_at: before } = (await used.pool.query('select last_seen_at from traces limit 1'))
    .rows[0] as {
    last_seen_at: bigint;
  };
  const rerun = await runAll((await create()).id, createUnderstanding([]));
  expect(rerun).toMatchObject({ status: 'completed', traces_changed: 4, spans_changed: 7 });
  expect(rerun.changes.fields).toContainEqual(
    expect.objectContaining({ dialect: 'otel-genai', field: 'request_model', count: 6 }),
  );
  expect(await store().listTraces(PROJECT, {}, { limit: 10 })).toEqual(expected);
  const { rows } = await used.pool.query('select distinct last_seen_at from traces where not is_ledger');
  expect(rows).toEqual([{ last_seen_at: before }]);
});

test('a dry run tells the same and changes nothing', async () => {
  await store().write(read(FORMER, SPANS));
  const before = await dumpRows();
  const understanding = createUnderstanding([PRICE]);
  const dry = await runAll((await create({ dry_run: true })).id, understanding);
  expect(await dumpRows()).toEqual(before);
  const wet = await runAll((await create()).id, understanding);
  expect(wet.changes).toEqual(dry.changes);
  expect(wet.spans_changed).toBe(dry.spans_changed);
  expect(await dumpRows()).not.toEqual(before);
});

test('a second run finds nothing to change', async () => {
  const understanding = createUnderstanding([PRICE]);
  await store().write(read(understanding, SPANS));
  const before = await dumpRows();
  const rerun = await runAll((await create()).id, understanding);
  expect(rerun).toMatchObject({ traces_changed: 0, spans_changed: 0, spans_done: SPANS.length + 1 });
  expect(rerun.changes.fields).toEqual([]);
  expect(await dumpRows()).toEqual(before);
});

test('what a killed process left is taken up by another collector, where it was', async () => {
  await store().write(read(FORMER, SPANS));
  const { id } = await create();
  const understanding = createUnderstanding([]);
  const first = await store().rerunTraces(PROJECT, id, { limit: 1, understanding });
  expect(first).toMatchObject({ status: 'running', traces_done: 1 });
  const another = await used.harness.openAnother();
  expect(await another.listOpenReruns()).toEqual([{ projectId: PROJECT, id, kind: 'reproject' }]);
  await another.rerunTraces(PROJECT, id, { limit: 2, understanding });
  await another.close();
  expect(await runAll(id, understanding)).toMatchObject({ status: 'completed', traces_done: 4 });
  expect(await store().listOpenReruns()).toEqual([]);
});

test('of two collectors at one rerun each trace is done once', async () => {
  await store().write(read(FORMER, SPANS));
  const { id } = await create();
  const another = await used.harness.openAnother();
  const understanding = createUnderstanding([]);
  // A turn that finds the other one at work does nothing.
  const take = async (storage: Storage): Promise<void> => {
    while ((await storage.listOpenReruns()).length > 0) {
      await storage.rerunTraces(PROJECT, id, { limit: 1, understanding });
    }
  };
  await Promise.all([take(store()), take(another)]);
  await another.close();
  expect(await store().findRerun(PROJECT, id)).toMatchObject({ status: 'completed', traces_done: 4 });
});

test('a rerun that is cancelled stops, and one that has ended stays as it is', async () => {
  await store().write(read(FORMER, SPANS));
  const { id } = await create();
  const understanding = createUnderstanding([]);
  await store().rerunTraces(PROJECT, id, { limit: 1, understanding });
  expect(await store().cancelRerun(PROJECT, id)).toMatchObject({ status: 'cancelled', traces_done: 1 });
  expect(await store().rerunTraces(PROJECT, id, { limit: 1, understanding })).toBeUndefined();
  const done = await runAll((await create()).id, understanding);
  expect(await store().cancelRerun(PROJECT, done.id)).toEqual(done);
  expect(await store().cancelRerun(PROJECT, randomUUID())).toBeUndefined();
  expect((await store().listReruns(PROJECT, { limit: 5 })).rows.map((rerun) => rerun.status)).toEqual([
    'completed',
    'cancelled',
  ]);
});

test('a rerun whose understanding throws has failed, and says why', async () => {
  await store().write(read(FORMER, SPANS));
  const before = await dumpRows();
  const understanding: Reunderstanding = {
    ...createUnderstanding([]),
    readSpan: () => {
      throw new Error('no such dialect');
    },
  };
  expect(await runAll((await create()).id, understanding)).toMatchObject({
    status: 'failed',
    traces_done: 0,
    spans_changed: 0,
    error: 'a record could not be understood: no such dialect',
  });
  expect(await dumpRows()).toEqual(before);
});

test('spans whose bodies have expired are left as they are', async () => {
  await store().write(read(FORMER, SPANS));
  await used.pool.query('delete from span_payloads where span_id = $1', [Buffer.from(spanIdOf(1001), 'hex')]);
  const rerun = await runAll((await create()).id, createUnderstanding([]));
  expect(rerun).toMatchObject({ spans_skipped: 1, spans_changed: 6 });
  const kept = await store().findSpan(PROJECT, traceIdOf(1), spanIdOf(1001));
  expect(kept?.facts.requestModel).toBeNull();
});

test('records of a ledger come to report what they were not understood to report, and join their spans', async () => {
  const later = { ...LOG, timeUnixNano: START + 1_000_000n };
  const responseId = { key: 'request_id', value: 'response-1-0' };
  const joining = { ...later, attributes: [...LOG.attributes, responseId] };
  const understanding = createUnderstanding([PRICE]);
  await store().write(read(understanding, SPANS));
  const logRecords = [{ data: joining, ordinal: 0, ...FORMER.readLog(joining) }];
  await store().write(makeBatch({}, { logRecords }));
  const before = await store().findSession(PROJECT, 'shared');
  const rerun = await runAll((await create()).id, understanding);
  expect(rerun.changes.fields).toContainEqual(
    expect.objectContaining({ dialect: 'claude-code', field: 'input_tokens', count: 1 }),
  );
  const after = await store().findSession(PROJECT, 'shared');
  expect(after?.entry_count).toBe((before?.entry_count ?? 0) + 1);
  expect(after?.llm_calls).toBe(before?.llm_calls);
  expect(await store().listTraceReports(PROJECT, traceIdOf(1))).toMatchObject([
    { joinedSpanId: spanIdOf(1001) },
  ]);
});

test('writers and a rerun at once leave what they leave one after the other', async () => {
  const understanding = createUnderstanding([PRICE]);
  await store().write(read(understanding, SPANS));
  const expected = await dumpRows();
  await used.harness.clear();
  await store().write(read(FORMER, SPANS.slice(0, 9)));
  const { id } = await create();
  const writes = SPANS.slice(9).map((span) => store().write(read(understanding, [span])));
  await Promise.all([runAll(id, understanding, 1), ...writes]);
  await runAll((await create()).id, understanding);
  const dump = await dumpRows();
  expect(dump.traces).toEqual(expected.traces);
  expect(dump.sessions).toEqual(expected.sessions);
  expect(dump.agent_executions).toEqual(expected.agent_executions);
});

test('only traces of the given time are looked at', async () => {
  await store().write(read(FORMER, SPANS));
  const rerun = await runAll(
    (await create({ since: '2020-01-01T00:00:00Z', until: '2020-01-02T00:00:00Z' })).id,
    FORMER,
  );
  expect(rerun).toMatchObject({ status: 'completed', traces_total: 0, traces_done: 0 });
});
