import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { SHORT_RUN, createAgentRuns } from './support/agent-runs.mjs';
import { startCollector } from './support/collector-process.mjs';
import { measureCopy } from './support/copy.mjs';
import { readStageSeconds } from './support/cpu-profile.mjs';
import { readWarmUp, runFullLoad } from './support/load.mjs';
import { millis, number, renderTable } from './support/markdown.mjs';
import { readCpuMicros, readServerCpuMicros } from './support/processes.mjs';
import { createRequestStreams } from './support/request-bodies.mjs';
import { openSender } from './support/sender.mjs';
import { listTables } from './support/tables.mjs';
import { withClient } from './support/workspace.mjs';

/** What comes after these is next to nothing. */
const SHOWN_STAGES = 12;

/**
 * Acknowledged spans a second of the whole collector (receive, decode, understand, store, derive, commit) beside binary
 * COPY of the same finished rows into the same tables and indexes.
 */
export async function measure({ settings, workspace }) {
  const databaseUrl = await workspace.createDatabase();
  const before = await withClient(databaseUrl, listTables);
  const load = await runLoad({ settings, workspace, databaseUrl });
  const tables = await withClient(databaseUrl, listTables);
  const spans = tables.find(({ name }) => name === 'spans').rows;
  const sent = load.requestsInAll * settings.batch;
  if (spans !== sent) throw new Error(`${sent} spans were acknowledged and ${spans} are stored`);
  const filled = tables.filter(({ name, rows }) => rows > before.find((table) => table.name === name).rows);
  const copy = await measureCopy(
    databaseUrl,
    filled.map(({ name }) => name),
  );
  const result = [
    { title: `Ingest over ${settings.transport}`, table: renderLoad(settings, load, copy, spans) },
    { title: 'COPY of the finished rows', table: renderCopy(filled, copy, spans) },
  ];
  if (settings.profile)
    result.push({ title: 'Time of the collector', table: await profile(settings, workspace) });
  return result;
}

async function runLoad({ settings, workspace, databaseUrl, profileTo }) {
  const { transport, connections, batch, seconds, seed } = settings;
  const collector = await startCollector({ databaseUrl, transport, profileTo });
  const sender = openSender(collector, { transport, connections });
  const runs = createAgentRuns(seed);
  const makeRun = () => runs.makeRun(SHORT_RUN);
  const streams = createRequestStreams(makeRun, { exporters: connections, batch, transport });
  const readCpu = () => ({
    collector: readCpuMicros(collector.pid),
    postgres: workspace.postmaster === null ? null : readServerCpuMicros(workspace.postmaster),
    load: Object.values(process.cpuUsage()).reduce((sum, micros) => sum + micros, 0),
  });
  let started;
  try {
    const load = await runFullLoad(sender, streams, {
      seconds,
      ...readWarmUp(settings),
      onStart: () => (started = readCpu()),
    });
    const ended = readCpu();
    const perSpan = (key) =>
      ended[key] === null ? null : (ended[key] - started[key]) / (load.requests * batch);
    const cpu = Object.fromEntries(Object.keys(ended).map((key) => [key, perSpan(key)]));
    return { ...load, rate: (load.requests * batch) / load.seconds, cpu };
  } finally {
    sender.close();
    await collector.end();
  }
}

function renderLoad({ connections, batch }, load, copy, spans) {
  const copyRate = spans / sum(Object.values(copy));
  return renderTable(
    ['figure', 'value'],
    [
      ['spans that were timed', number(load.requests * batch)],
      ['bytes a span, as sent', number(load.bytes / (load.requests * batch))],
      [`acknowledged spans/s, ${connections} connections, ${batch} a request`, number(load.rate)],
      ['time to the answer, p50', millis(load.p50)],
      ['time to the answer, p99', millis(load.p99)],
      ['CPU of the collector, µs a span', describeCpu(load.cpu.collector, load.rate)],
      ['CPU of Postgres, µs a span', describeCpu(load.cpu.postgres, load.rate)],
      ['CPU of the load generator, µs a span', describeCpu(load.cpu.load, load.rate)],
      ['`COPY` of the same rows of all tables, spans/s', number(copyRate)],
      ['**ratio to `COPY`**', `**${number(load.rate / copyRate, 2)}**`],
    ],
  );
}

function describeCpu(microsPerSpan, rate) {
  if (microsPerSpan === null) return 'n/a';
  return `${number(microsPerSpan, 1)} (${number((microsPerSpan * rate) / 1e6, 2)} cores)`;
}

function renderCopy(tables, copy, spans) {
  const rows = tables.map(({ name, rows: count }) => [
    name,
    number(count),
    number((copy[name] * 1e6) / spans, 2),
    share(copy[name], sum(Object.values(copy))),
  ]);
  return renderTable(['table', 'rows', 'µs a span', 'share'], rows);
}

/** The same load once more, because being watched costs time. */
async function profile(settings, workspace) {
  const profileTo = join(workspace.folder, 'profile');
  mkdirSync(profileTo);
  await runLoad({ settings, workspace, databaseUrl: await workspace.createDatabase(), profileTo });
  const stages = readStageSeconds(profileTo);
  const all = sum(stages.map(([, seconds]) => seconds));
  return renderTable(
    ['room', 'share of its CPU'],
    stages.slice(0, SHOWN_STAGES).map(([stage, seconds]) => [stage, share(seconds, all)]),
  );
}

const sum = (numbers) => numbers.reduce((total, each) => total + each, 0);
const share = (part, whole) => `${number((100 * part) / whole, 1)} %`;
