// Acknowledged spans a second of the whole collector (HTTP/protobuf, decode, understand, store, derive, commit)
// beside plain binary COPY of the same finished rows into the same tables and indexes, in one run on one machine.
//
//   npm run bench [-- --seconds 20 --connections 8 --batch 512]
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest, Agent } from 'node:http';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { ensureBuilt, ensureInstalled, root } from '../scripts/ensure.mjs';

await ensureInstalled();
await ensureBuilt();
const { encodeTraces } = await import('../dist/collector/otlp/encode-request.js');
const { startEmbeddedPostgres } = await import('../dist/collector/storage/postgres/embedded.js');

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '15' },
    connections: { type: 'string', default: '8' },
    batch: { type: 'string', default: '512' },
  },
});
const seconds = Number(values.seconds);
const connections = Number(values.connections);
const batch = Number(values.batch);

const text = (length) =>
  'The quick brown fox jumps over the lazy dog. '.repeat(Math.ceil(length / 45)).slice(0, length);
const attribute = (key, value) => ({ key, value });
const resource = {
  attributes: [attribute('service.name', 'bench'), attribute('deployment.environment.name', 'bench')],
  droppedAttributesCount: 0,
  entityRefs: [],
  schemaUrl: '',
};
const scope = { name: 'bench', version: '1', attributes: [], droppedAttributesCount: 0, schemaUrl: '' };

/** One agent run: an agent, five model calls of 1 to 4 KB, five tools: 11 spans. */
function createTrace() {
  const traceId = randomBytes(16).toString('hex');
  const rootId = randomBytes(8).toString('hex');
  const start = BigInt(Date.now()) * 1_000_000n;
  const make = (spanId, parentSpanId, name, offset, attributes) => ({
    traceId,
    spanId,
    parentSpanId,
    traceState: '',
    flags: 257,
    name,
    kind: 1,
    startTimeUnixNano: start + BigInt(offset) * 1_000_000n,
    endTimeUnixNano: start + BigInt(offset + 40) * 1_000_000n,
    attributes,
    droppedAttributesCount: 0,
    events: [],
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    statusCode: 0,
    statusMessage: '',
    resource,
    scope,
  });
  const spans = [];
  for (let step = 0; step < 5; step++) {
    const message = JSON.stringify([
      { role: 'user', parts: [{ type: 'text', content: text(step === 4 ? 4096 : 900) }] },
    ]);
    spans.push(
      make(randomBytes(8).toString('hex'), rootId, 'chat gpt-5-mini', step * 100, [
        attribute('gen_ai.operation.name', 'chat'),
        attribute('gen_ai.provider.name', 'openai'),
        attribute('gen_ai.request.model', 'gpt-5-mini'),
        attribute('gen_ai.response.model', 'gpt-5-mini-2025-08-07'),
        attribute('gen_ai.response.id', `resp_${randomBytes(8).toString('hex')}`),
        attribute('gen_ai.usage.input_tokens', BigInt(500 + step)),
        attribute('gen_ai.usage.output_tokens', 60n),
        attribute('gen_ai.input.messages', message),
        attribute(
          'gen_ai.output.messages',
          JSON.stringify([{ role: 'assistant', parts: [{ type: 'text', content: text(300) }] }]),
        ),
      ]),
      make(randomBytes(8).toString('hex'), rootId, 'execute_tool search', step * 100 + 50, [
        attribute('gen_ai.operation.name', 'execute_tool'),
        attribute('gen_ai.tool.name', 'search'),
        attribute('gen_ai.tool.call.id', `call_${step}`),
        attribute('gen_ai.tool.call.arguments', JSON.stringify({ query: text(200) })),
        attribute('gen_ai.tool.call.result', text(800)),
      ]),
    );
  }
  spans.push(
    make(rootId, null, 'invoke_agent researcher', 0, [
      attribute('gen_ai.operation.name', 'invoke_agent'),
      attribute('gen_ai.agent.name', 'researcher'),
      attribute('session.id', randomBytes(4).toString('hex')),
    ]),
  );
  return spans;
}

function createRequests(count) {
  return Array.from({ length: count }, () => {
    const spans = [];
    while (spans.length < batch) spans.push(...createTrace());
    return Buffer.from(encodeTraces(spans.slice(0, batch)));
  });
}

function startCollector(databaseUrl) {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [
        join(root, 'dist/collector/cli/main.js'),
        'serve',
        '--port',
        '0',
        '--no-open',
        '--database-url',
        databaseUrl,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
      const ready = /^spanledger ready (\S+)$/m.exec(output);
      if (ready) resolve({ url: ready[1], child });
    });
    child.on('close', () => reject(new Error(`the collector ended:\n${output}`)));
  });
}

const agent = new Agent({ keepAlive: true, maxSockets: connections });
function post(url, body) {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      `${url}/v1/traces`,
      {
        method: 'POST',
        agent,
        headers: { 'content-type': 'application/x-protobuf', 'content-length': body.length },
      },
      (response) => {
        response.resume();
        response.on('end', () =>
          response.statusCode === 200 ? resolve() : reject(new Error(`HTTP ${response.statusCode}`)),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

async function load(url, requests) {
  const durations = [];
  let next = 0;
  const started = performance.now();
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (next < requests.length) {
        const body = requests[next++];
        const sent = performance.now();
        await post(url, body);
        durations.push(performance.now() - sent);
      }
    }),
  );
  const elapsed = (performance.now() - started) / 1000;
  durations.sort((a, b) => a - b);
  return {
    spans: requests.length * batch,
    elapsed,
    p50: durations[durations.length >> 1],
    p99: durations[Math.floor(durations.length * 0.99)],
  };
}

const TABLES = ['spans', 'span_payloads', 'traces', 'agent_executions', 'sessions'];

/** Takes the finished rows out, empties the tables, and times COPY of the same rows back in, one table after the other. */
async function measureCopy(databaseUrl) {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  const copies = new Map();
  for (const table of TABLES) {
    const chunks = [];
    const source = client.query(copyTo(`copy (select * from ${table}) to stdout binary`));
    for await (const chunk of source) chunks.push(chunk);
    copies.set(table, chunks);
  }
  await client.query(`truncate ${TABLES.join(', ')}`);
  await client.query('checkpoint');
  const times = {};
  for (const table of TABLES) {
    const started = performance.now();
    await pipeline(
      Readable.from(copies.get(table)),
      client.query(copyFrom(`copy ${table} from stdin binary`)),
    );
    times[table] = (performance.now() - started) / 1000;
  }
  await client.end();
  return times;
}

const folder = mkdtempSync(join(tmpdir(), 'spanledger-bench-'));
// As root, the server runs as another user, who has to get through.
chmodSync(folder, 0o755);
const database = await startEmbeddedPostgres({ dataDir: folder });
const { host, port, user, database: name, password = '' } = database.connection;
// A Unix socket is named by a parameter, since its path can't stand where a host name does.
const databaseUrl = `postgres://${user}:${password}@localhost/${name}?host=${encodeURIComponent(host)}&port=${port}`;
try {
  const collector = await startCollector(databaseUrl);
  await load(collector.url, createRequests(20));
  const probe = await load(collector.url, createRequests(20));
  const count = Math.max(20, Math.round((probe.spans / probe.elapsed / batch) * seconds));
  const requests = createRequests(count);
  const bytes = requests.reduce((sum, body) => sum + body.length, 0);
  const run = await load(collector.url, requests);
  const ended = new Promise((resolve) => collector.child.once('exit', resolve));
  collector.child.kill('SIGTERM');
  await ended;
  const total = run.spans + 40 * batch;
  const copy = await measureCopy(databaseUrl);
  const spansOnly = copy.spans + copy.span_payloads;
  const everything = Object.values(copy).reduce((sum, time) => sum + time, 0);
  const rate = run.spans / run.elapsed;
  const print = (label, value) => console.log(`${label.padEnd(58)} ${value}`);
  print(
    'machine',
    `${cpus().length} × ${cpus()[0].model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`,
  );
  print('spans, bytes a span as protobuf', `${run.spans}, ${Math.round(bytes / run.spans)}`);
  print(`acknowledged spans/s (${connections} connections, ${batch} a request)`, Math.round(rate));
  print('time to the answer, p50 and p99', `${run.p50.toFixed(0)} ms, ${run.p99.toFixed(0)} ms`);
  print('COPY of the same spans and payloads, spans/s', Math.round(total / spansOnly));
  print('COPY of the same rows of all five tables, spans/s', Math.round(total / everything));
  print('ratio to COPY of spans and payloads', (rate / (total / spansOnly)).toFixed(2));
  print('ratio to COPY of all rows', (rate / (total / everything)).toFixed(2));
} finally {
  await database.stop();
  rmSync(folder, { recursive: true, force: true });
}
