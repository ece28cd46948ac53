import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Rerun } from '../../collector/contract/rerun-shapes.js';
import { createUnderstanding } from '../../collector/ingest.js';
import type { RecordUnderstanding } from '../../collector/ingest.js';
import { DEFAULT_PROJECT_ID } from '../../collector/model/ids.js';
import type { LogRecordData, SpanData } from '../../collector/model/span-data.js';
import {
  START,
  listAttributes,
  makeBatch,
  makeLog,
  makeSpan,
  spanIdOf,
  traceIdOf,
} from '../support/telemetry.js';
import { useStorage } from '../support/use-storage.js';

const PROJECT = DEFAULT_PROJECT_ID;
const SECOND = 1_000_000_000n;
const DERIVED = ['traces', 'sessions', 'agent_executions', 'log_records'];

const used = useStorage();

function understandAt(usdPerToken: string): RecordUnderstanding {
  const rates = { input: usdPerToken, output: usdPerToken };
  return createUnderstanding([
    {
      id: randomUUID(),
      pattern: '*',
      provider: null,
      validFromUnixNano: null,
      validToUnixNano: null,
      unit: 'per_token',
      rates,
      tiers: [],
      note: null,
    },
  ]);
}

/** An understanding of before, to which no record reports anything. */
const FORMER: RecordUnderstanding = {
  readSpan: (data) => createUnderstanding([]).readSpan(data),
  readLog: (data) => ({ ...createUnderstanding([]).readLog(data), report: null }),
};

/** A call that a span without counts and a record without a trace tell of: only the record has something to price. */
function makeCall(number: number): { span: SpanData; log: LogRecordData } {
  const end = START + BigInt(number) * 20n * SECOND;
  const span = makeSpan({
    traceId: traceIdOf(number),
    spanId: spanIdOf(number),
    startTimeUnixNano: end - SECOND / 2n,
    endTimeUnixNano: end,
    attributes: listAttributes({
      'gen_ai.operation.name': 'chat',
      'gen_ai.response.id': `request-${number}`,
      'session.id': 'shared',
    }),
  });
  const log = makeLog({
    timeUnixNano: end,
    eventName: 'claude_code.api_request',
    scope: { ...makeLog().scope, name: 'com.anthropic.claude_code.events' },
    attributes: listAttributes({
      'event.name': 'api_request',
      'session.id': 'shared',
      model: 'claude-opus-x',
      request_id: `request-${number}`,
      input_tokens: String(100 + number),
      output_tokens: '7',
    }),
  });
  return { span, log };
}

const CALLS = [1, 2, 3].map(makeCall);
/** The last one's span never comes. */
const LOGS = [...CALLS, makeCall(4)].map(({ log }) => log);

function write(understanding: RecordUnderstanding, logs = LOGS) {
  return used.harness.storage.write(
    makeBatch(
      {},
      {
        spans: CALLS.map(({ span }) => understanding.readSpan(span)),
        logRecords: logs.map((data) => ({ data, ordinal: 0, ...understanding.readLog(data) })),
      },
    ),
  );
}

function createRerun(kind: Rerun['kind'], isDryRun = false): Promise<Rerun> {
  return used.harness.storage.createRerun(PROJECT, { kind, dry_run: isDryRun, since: null, until: null });
}

function takeStep(id: string, understanding: RecordUnderstanding): Promise<Rerun | undefined> {
  return used.harness.storage.rerunTraces(PROJECT, id, { limit: 1, understanding });
}

async function runAll(kind: Rerun['kind'], understanding: RecordUnderstanding): Promise<Rerun> {
  const { id } = await createRerun(kind);
  for (;;) {
    const rerun = await takeStep(id, understanding);
    if (rerun === undefined) throw new Error('the rerun was not taken');
    if (rerun.status !== 'running') return rerun;
  }
}

async function dumpDerived(): Promise<unknown[]> {
  const dump = await used.harness.dump();
  return DERIVED.map((table) => dump[table]);
}

async function dumpFresh(understanding: RecordUnderstanding, logs = LOGS): Promise<unknown[]> {
  await write(understanding, logs);
  const fresh = await dumpDerived();
  await used.harness.clear();
  return fresh;
}

test('a new price of a record that names no trace reaches the trace that the record is joined with', async () => {
  const dearer = understandAt('2');
  const fresh = await dumpFresh(dearer);
  await write(understandAt('1'));
  const { changes } = await runAll('prices', dearer);
  expect(await dumpDerived()).toEqual(fresh);
  // Input 101 to 104 and output 7 of each call, in the traces and in the ledger.
  expect([changes.before.cost_usd, changes.after.cost_usd]).toEqual([438, 876]);
});

test('records that come to report something leave the same rows as if they always had', async () => {
  const understanding = understandAt('2');
  const fresh = await dumpFresh(understanding);
  await write(FORMER);
  await runAll('reproject', understanding);
  expect(await dumpDerived()).toEqual(fresh);
});

test('records that come to report nothing leave the same rows as if they never had', async () => {
  // One names a trace of which nothing else is known.
  const logs = [...LOGS, { ...makeCall(5).log, traceId: traceIdOf(5) }];
  const fresh = await dumpFresh(FORMER, logs);
  await write(createUnderstanding([]), logs);
  await runAll('reproject', FORMER);
  expect(await dumpDerived()).toEqual(fresh);
});

test('a dry run that is cancelled on its way leaves nothing behind', async () => {
  await write(FORMER);
  const before = await dumpDerived();
  const { id } = await createRerun('reproject', true);
  expect(await takeStep(id, understandAt('2'))).toMatchObject({ status: 'running', traces_done: 1 });
  await used.harness.storage.cancelRerun(PROJECT, id);
  expect(await dumpDerived()).toEqual(before);
});

test('cancelling a rerun that waits takes nothing from the one that runs', async () => {
  const understanding = understandAt('2');
  const fresh = await dumpFresh(understanding);
  await write(FORMER);
  const { id } = await createRerun('reproject');
  let rerun = await takeStep(id, understanding);
  await used.harness.storage.cancelRerun(PROJECT, (await createRerun('reproject')).id);
  while (rerun?.status === 'running') rerun = await takeStep(id, understanding);
  expect(await dumpDerived()).toEqual(fresh);
});
