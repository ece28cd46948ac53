import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { setImmediate } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import * as sdk from '../dist/src/index.js';
import { number, renderTable } from './support/markdown.mjs';
import { measureImports } from './support/sdk-imports.mjs';
import { createOperations } from './support/sdk-operations.mjs';
import { median } from './support/statistics.mjs';

export const needsPostgres = false;

/** Differs from call to call. */
const TIME_TO_FIRST_CHUNK = 'gen_ai.response.time_to_first_chunk';
/** Ways of a span from its end to the exporter, with what `init` is given. */
const WAYS = [
  ['`init` with its defaults', {}],
  ['without redaction', { redaction: false }],
  ['without announcing running spans', { pending: false }],
  ['without messages, arguments and results', { capture: 'metadata' }],
];

/** What the SDK's operations cost beside the same spans by the OpenTelemetry API alone, and what its import costs. */
export async function measure({ settings }) {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  try {
    return [
      { title: 'Operations beside the bare OpenTelemetry API', table: await measureOperations(settings) },
      { title: 'From a span to its exporter', table: await measureWays(settings) },
      { title: 'Import of the SDK', table: await measureImports(settings) },
    ];
  } finally {
    context.disable();
  }
}

/** Both on one provider that keeps spans in memory and does nothing else to them. */
async function measureOperations({ rounds, calls }) {
  const finished = [];
  const provider = new BasicTracerProvider({
    spanProcessors: [{ ...IDLE, onStart: () => undefined, onEnd: (span) => finished.push(span) }],
  });
  const operations = createOperations(sdk, provider.getTracer('bench'));
  const idleMicros = await measureIdle(operations, { rounds, calls });
  trace.setGlobalTracerProvider(provider);
  // The processor is not among the provider's: it only lets operations become spans of it.
  const lent = sdk.spanledgerSpanProcessor({ exporter: NOWHERE, exitGuard: false, pending: false });
  try {
    for (const operation of operations) {
      await requireSameSpans(operation, finished);
      // A first time that does not count, in which code is compiled.
      await timeBoth(operation, calls, true);
      finished.length = 0;
    }
    const samples = operations.map(() => []);
    for (let round = 0; round < rounds; round += 1) {
      for (const [index, operation] of operations.entries()) {
        samples[index].push(await timeBoth(operation, calls, round % 2 === 0));
        finished.length = 0;
      }
    }
    return renderOperations(operations, samples, idleMicros);
  } finally {
    await lent.shutdown();
    trace.disable();
  }
}

async function requireSameSpans({ label, ours, bare }, finished) {
  const [mine, theirs] = [await takeSpan(ours, finished), await takeSpan(bare, finished)];
  if (!isDeepStrictEqual(mine, theirs)) {
    throw new Error(`${label}: ${JSON.stringify(mine)} is compared with ${JSON.stringify(theirs)}`);
  }
}

async function takeSpan(fn, finished) {
  await fn();
  const spans = finished.splice(0).map(({ name, kind, status, attributes }) => {
    const { [TIME_TO_FIRST_CHUNK]: time, ...rest } = attributes;
    return { name, kind, status, attributes: { ...rest, hasTime: time !== undefined } };
  });
  return spans;
}

async function timeBoth({ ours, bare }, calls, isOursFirst) {
  if (isOursFirst) {
    const first = await time(ours, calls);
    return { ours: first, bare: await time(bare, calls) };
  }
  const first = await time(bare, calls);
  return { ours: await time(ours, calls), bare: first };
}

/** What operations cost before `init`, the work inside included. */
async function measureIdle(operations, { rounds, calls }) {
  const medians = [];
  for (const { ours } of operations) {
    const samples = [];
    for (let round = 0; round < rounds; round += 1) samples.push(await time(ours, calls));
    medians.push(median(samples));
  }
  return medians;
}

/** CPU microseconds of a call. Sync work is not awaited, since that alone takes longer than some of it. */
async function time(fn, calls) {
  const started = process.cpuUsage();
  for (let call = 0; call < calls; call += 1) {
    const result = fn();
    if (result instanceof Promise) await result;
  }
  return sinceMicros(started) / calls;
}

/** CPU time of the process and not the clock's: what else the machine does is no cost of a span. */
function sinceMicros(started) {
  const { user, system } = process.cpuUsage(started);
  return user + system;
}

function renderOperations(operations, samples, idleMicros) {
  const rows = operations.map(({ label }, index) => {
    const ratios = samples[index].map(({ ours, bare }) => ours / bare);
    return [
      label,
      `**${number(median(ratios), 2)}**`,
      number(median(samples[index].map(({ ours }) => ours)), 1),
      number(median(samples[index].map(({ bare }) => bare)), 1),
      number(idleMicros[index], 2),
    ];
  });
  return renderTable(['operation', 'ratio', 'ours, µs', 'bare API, µs', 'ours before `init`, µs'], rows);
}

/** All operations in turn, sent in batches; of the bare API with the processor of the OpenTelemetry SDK. */
async function measureWays({ rounds, calls }) {
  const runs = Math.ceil(calls / 20);
  const samples = [[], ...WAYS.map(() => [])];
  await timeBareWay(runs);
  await timeOurWay(runs, {});
  for (let round = 0; round < rounds; round += 1) {
    samples[0].push(await timeBareWay(runs));
    for (const [index, [, options]] of WAYS.entries()) {
      samples[index + 1].push(await timeOurWay(runs, options));
    }
  }
  const [bare, ...ours] = samples;
  const rows = WAYS.map(([label], index) => [
    label,
    `**${number(median(ours[index].map((micros, round) => micros / bare[round])), 2)}**`,
    number(median(ours[index]), 1),
  ]);
  return renderTable(
    ['operations and pipeline, to the exporter', 'ratio', 'µs a span'],
    [['bare API and `BatchSpanProcessor`', '1', number(median(bare), 1)], ...rows],
  );
}

async function timeBareWay(runs) {
  const { exporter, count } = createExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter, BATCH)] });
  const operations = createOperations(sdk, provider.getTracer('bench'));
  try {
    return await timeRuns(operations, 'bare', { runs, count, flush: () => provider.forceFlush() });
  } finally {
    await provider.shutdown();
  }
}

async function timeOurWay(runs, options) {
  const { exporter, count } = createExporter();
  const handle = sdk.init({ exporter, exitGuard: false, batch: BATCH, ...options });
  try {
    const operations = createOperations(sdk, undefined);
    return await timeRuns(operations, 'ours', { runs, count, flush: () => handle.flush() });
  } finally {
    await handle.shutdown();
  }
}

/** CPU microseconds of a span, until all of them are with the exporter. */
async function timeRuns(operations, whose, { runs, count, flush }) {
  const started = process.cpuUsage();
  for (let run = 0; run < runs; run += 1) {
    for (const operation of operations) await operation[whose]();
    // An agent waits for models in between; without a pause no batch would ever go out.
    await setImmediate();
  }
  await flush();
  const micros = sinceMicros(started);
  if (count() !== runs * operations.length) {
    throw new Error(`${count()} spans came of ${runs * operations.length}`);
  }
  return micros / count();
}

/** Room for all spans, so that neither side drops any. */
const BATCH = { maxQueueSize: 100_000, maxExportBatchSize: 512 };
const IDLE = { forceFlush: () => Promise.resolve(), shutdown: () => Promise.resolve() };
const NOWHERE = { ...IDLE, export: (_spans, done) => done({ code: 0 }) };

function createExporter() {
  let received = 0;
  const exporter = {
    ...IDLE,
    export(spans, done) {
      received += spans.length;
      done({ code: 0 });
    },
  };
  return { exporter, count: () => received };
}
