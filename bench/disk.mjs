import { LONG_LOOP, createAgentRuns, writeIndexedMessages } from './support/agent-runs.mjs';
import { listCapturedMessages } from './support/captured-messages.mjs';
import { startCollector } from './support/collector-process.mjs';
import { number, renderTable } from './support/markdown.mjs';
import { encodeProtobufRequest } from './support/request-bodies.mjs';
import { openSender } from './support/sender.mjs';
import { measureTables } from './support/tables.mjs';
import { withClient } from './support/workspace.mjs';

const HTTP = { transport: 'http/protobuf', connections: 1 };
/** An exporter sends what ended every few seconds: some spans of a loop at a time. */
const SPANS_A_REQUEST = 8;

/** Bytes on disk, after vacuum, beside the bytes of the same telemetry as uncompressed OTLP protobuf. */
export async function measure({ settings, workspace }) {
  const runs = createAgentRuns(settings.seed);
  const loops = (writeContent) =>
    interleave(Array.from({ length: settings.loops }, () => runs.makeRun(LONG_LOOP, writeContent)));
  const first = [encodeTraceMessage(runs.makeRun({ ...LONG_LOOP, steps: 1 }))];
  const captures = listCapturedMessages();
  const sets = [
    { label: 'all captures', messages: captures },
    // Otherwise the first page of each table and index is what is measured.
    { label: 'all captures, in a database with an agent run', messages: captures, first },
    { label: '40-step agent loop', messages: loops() },
    { label: '40-step agent loop, an attribute for each message', messages: loops(writeIndexedMessages) },
  ];
  const results = [];
  for (const set of sets) results.push({ ...set, ...(await measureSet(workspace, set)) });
  const loop = results[2];
  return [
    { title: 'Bytes on disk', table: renderSets(results) },
    { title: 'Where the bytes of the 40-step loop are', table: renderTables(loop) },
  ];
}

async function measureSet(workspace, { messages, first = [] }) {
  const databaseUrl = await workspace.createDatabase();
  const collector = await startCollector({ databaseUrl, transport: HTTP.transport });
  try {
    for (const message of first) await sendMessage(collector, message);
    const before = await settle(databaseUrl);
    for (const message of messages) await sendMessage(collector, message);
    const tables = subtractSizes(await settle(databaseUrl), before);
    return {
      tables,
      diskBytes: sum(tables.map(({ heap, toast, indexes }) => heap + toast + indexes)),
      rawBytes: sum(messages.map(({ body }) => body.length)),
      records: sum(messages.map(({ records }) => records)),
    };
  } finally {
    await collector.end();
  }
}

function subtractSizes(after, before) {
  return after.map(({ name, heap, toast, indexes }) => {
    const old = before.find((table) => table.name === name);
    return { name, heap: heap - old.heap, toast: toast - old.toast, indexes: indexes - old.indexes };
  });
}

/** Sizes once what was replaced is gone and everything is written. */
function settle(databaseUrl) {
  return withClient(databaseUrl, async (client) => {
    await client.query('vacuum');
    await client.query('checkpoint');
    return measureTables(client);
  });
}

async function sendMessage(collector, { signal, body }) {
  const sender = openSender(collector, { ...HTTP, signal });
  const { isAcknowledged, answer } = await sender.send(body);
  sender.close();
  if (!isAcknowledged) throw new Error(`a request was not acknowledged: ${answer}`);
}

function encodeTraceMessage(spans) {
  return { signal: 'traces', body: encodeProtobufRequest(spans), records: spans.length };
}

/** Requests of agents that run at the same time: a few spans of each in turn. */
function interleave(runs) {
  const longest = Math.max(...runs.map((run) => run.length));
  const starts = Array.from(
    { length: Math.ceil(longest / SPANS_A_REQUEST) },
    (_, index) => index * SPANS_A_REQUEST,
  );
  return starts
    .flatMap((start) => runs.map((run) => run.slice(start, start + SPANS_A_REQUEST)))
    .filter((spans) => spans.length > 0)
    .map(encodeTraceMessage);
}

function renderSets(results) {
  const rows = results.map(({ label, records, rawBytes, diskBytes }) => [
    label,
    number(records),
    number(rawBytes / records),
    number(diskBytes / records),
    `**${number(diskBytes / rawBytes, 2)}**`,
  ]);
  return renderTable(
    ['telemetry', 'records', 'OTLP bytes a record', 'bytes on disk a record', 'ratio'],
    rows,
  );
}

function renderTables({ tables, records }) {
  const rows = tables
    .filter(({ heap, toast, indexes }) => heap + toast + indexes > 0)
    .map(({ name, heap, toast, indexes }) => [
      name,
      number(heap / records),
      number(toast / records),
      number(indexes / records),
    ]);
  return renderTable(['table, bytes a span', 'rows', 'kept apart (TOAST)', 'indexes'], rows);
}

const sum = (numbers) => numbers.reduce((total, each) => total + each, 0);
