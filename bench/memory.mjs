import { get } from 'node:http';
import { SHORT_RUN, createAgentRuns } from './support/agent-runs.mjs';
import { startCollector } from './support/collector-process.mjs';
import { readWarmUp, runClosedLoop, runFullLoad } from './support/load.mjs';
import { mebibytes, number, renderTable } from './support/markdown.mjs';
import { readResidentBytes } from './support/processes.mjs';
import { createRequestStreams, encodeLargeRequest } from './support/request-bodies.mjs';
import { openSender } from './support/sender.mjs';
import { mean, slope } from './support/statistics.mjs';

const LARGE_REQUESTS = 8;
const LARGE_BYTES = 64 * 2 ** 20;
const QUICK_LARGE_BYTES = 256 * 2 ** 10;
const TENTHS = 10;
/** How often the long run is looked at. */
const SAMPLES = 400;

/**
 * The most memory that the collector ever held (resident, all its threads) under full load and with the largest
 * requests, and whether it grows over a long run. Each begins with a fresh process.
 */
export async function measure(context) {
  const load = await measureFullLoad(context);
  const large = await measureLargeRequests(context);
  const long = await measureLongRun(context);
  const { connections, batch, spans } = context.settings;
  const peaks = [
    [`full load, ${connections} connections, ${batch} spans a request`, mebibytes(load.peak), load.answers],
    [
      `${LARGE_REQUESTS} requests of ${mebibytes(large.bodyBytes)} at once`,
      mebibytes(large.peak),
      large.answers,
    ],
    [`${number(spans)} spans in one run`, mebibytes(long.peak), long.answers],
  ];
  return [
    { title: 'Peak memory of the collector', table: renderTable(['load', 'peak', 'answers'], peaks) },
    { title: `Memory over ${number(spans)} spans`, table: renderTenths(long.samples, spans) },
  ];
}

/** Starts a collector on a new database, lets `work` load it, and adds the peak of its memory. */
async function withCollector({ settings, workspace }, connections, work) {
  const { transport, seed } = settings;
  const collector = await startCollector({ databaseUrl: await workspace.createDatabase(), transport });
  const sender = openSender(collector, { transport, connections });
  try {
    const runs = createAgentRuns(seed);
    const result = await work({ collector, sender, makeRun: () => runs.makeRun(SHORT_RUN) });
    return { ...result, peak: readResidentBytes(collector.pid)?.peak ?? null };
  } finally {
    sender.close();
    await collector.end();
  }
}

function measureFullLoad(context) {
  const { batch, connections, seconds, transport } = context.settings;
  return withCollector(context, connections, async ({ sender, makeRun }) => {
    const streams = createRequestStreams(makeRun, { exporters: connections, batch, transport });
    const { requestsInAll } = await runFullLoad(sender, streams, {
      seconds,
      ...readWarmUp(context.settings),
    });
    return { answers: `${number(requestsInAll)} acknowledged` };
  });
}

/** The collector may refuse what is more than it has room for; that counts, too. Always protobuf. */
function measureLargeRequests(context) {
  const bytes = context.settings.quick ? QUICK_LARGE_BYTES : LARGE_BYTES;
  const protobuf = { ...context, settings: { ...context.settings, transport: 'http/protobuf' } };
  return withCollector(protobuf, LARGE_REQUESTS, async ({ sender, makeRun }) => {
    const bodies = Array.from({ length: LARGE_REQUESTS }, () => encodeLargeRequest(makeRun, bytes));
    const results = await Promise.all(bodies.map((body) => sendOrFail(sender, body)));
    return { bodyBytes: bytes, answers: countAnswers(results) };
  });
}

async function sendOrFail(sender, body) {
  try {
    const { isAcknowledged, answer } = await sender.send(body);
    return isAcknowledged ? 'acknowledged' : answer;
  } catch (error) {
    return `connection lost (${error.code})`;
  }
}

function countAnswers(answers) {
  return [...new Set(answers)]
    .map((answer) => `${answers.filter((each) => each === answer).length} ${answer}`)
    .join(', ');
}

function measureLongRun(context) {
  const { batch, connections, transport, spans } = context.settings;
  return withCollector(context, connections, async ({ collector, sender, makeRun }) => {
    const streams = createRequestStreams(makeRun, { exporters: connections, batch, transport });
    const requests = Math.ceil(spans / batch);
    const every = Math.max(1, Math.floor(requests / SAMPLES));
    const samples = [];
    const look = async (sentSpans) => {
      const heap = await readHeapBytes(collector.url);
      samples.push({ spans: sentSpans, heap, resident: readResidentBytes(collector.pid)?.now ?? null });
    };
    const looks = [];
    let index = 0;
    // Made as they are sent, because a million spans would not fit in this process.
    function* makeBodies(stream) {
      while (index < requests) {
        if (index % every === 0) looks.push(look(index * batch));
        index += 1;
        yield stream.next();
      }
    }
    const { requests: answered } = await runClosedLoop(sender, streams.map(makeBodies));
    await Promise.all(looks);
    return { samples, answers: `${number(answered)} acknowledged` };
  });
}

/** What V8 says is in use, from the collector's own metrics; it includes what is not collected yet. */
function readHeapBytes(url) {
  return new Promise((resolve, reject) => {
    get(`${url}/metrics`, async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      resolve(Number(/^\w*nodejs_heap_size_used_bytes (\S+)$/m.exec(text)?.[1] ?? Number.NaN));
    }).on('error', reject);
  });
}

function renderTenths(samples, spans) {
  const tenths = Array.from({ length: TENTHS }, (_, tenth) =>
    samples.filter((sample) => Math.min(TENTHS - 1, Math.floor((sample.spans / spans) * TENTHS)) === tenth),
  ).filter((tenth) => tenth.length > 0);
  const rows = tenths.map((tenth, index) => [
    `tenth ${index + 1}`,
    mebibytes(mean(tenth.map(({ heap }) => heap))),
    mebibytes(Math.min(...tenth.map(({ heap }) => heap))),
    mebibytes(mean(tenth.map(({ resident }) => resident))),
  ]);
  // The first tenth warms up: code is compiled and caches fill.
  const settled = samples.filter((sample) => sample.spans >= spans / TENTHS);
  const grow = (key) => mebibytes(slope(settled.map((sample) => [sample.spans, sample[key]])) * 1e6);
  const slopes = ['slope after the first tenth, a million spans', grow('heap'), '', grow('resident')];
  return renderTable(['part of the run', 'heap, mean', 'heap, least', 'resident, mean'], [...rows, slopes]);
}
