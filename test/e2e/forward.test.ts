import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import type { Trace } from '../../collector/contract/shapes.js';
import type { Flags } from '../../collector/config.js';
import { startTestCollector, type TestCollector } from '../support/collector.js';
import { encodeMessage } from '../otlp/otlp-proto.js';
import { GZIP, createGrpcClient } from '../support/grpc-client.js';
import { TargetServer } from '../support/target-server.js';

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(flags: Flags = {}): Promise<TestCollector> {
  const collector = await startTestCollector(flags);
  closers.push(() => collector.close());
  return collector;
}

async function startTarget(): Promise<TargetServer> {
  const target = await TargetServer.start();
  closers.push(() => target.close());
  return target;
}

/** A port that nothing listens on. */
async function findFreePort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}

function createExport(number: number): string {
  const start = BigInt(Date.now() - 60_000) * 1_000_000n;
  const id = number.toString(16);
  const span = {
    traceId: id.padStart(32, 'a'),
    spanId: id.padStart(16, 'b'),
    name: `work ${number}`,
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(start + 1000n),
  };
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
}

/** Sends a span and answers the bytes that it was sent in. */
async function send(url: string, number: number): Promise<string> {
  const body = gzipSync(createExport(number));
  const response = await fetch(`${url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    body: new Uint8Array(body),
  });
  expect(response.status).toBe(200);
  return body.toString('latin1');
}

async function listNames(collector: TestCollector): Promise<string[]> {
  const { data } = await collector.get<{ data: Trace[] }>('/api/v1/traces');
  return data.map(({ name }) => name).toSorted();
}

async function readMetric(url: string, line: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const found = text.split('\n').find((candidate) => candidate.startsWith(`${line} `));
  return found === undefined ? 0 : Number(found.slice(line.length));
}

test('what one collector has stored, another has after it, with a key, when the first has ended', async () => {
  const target = await start({ apiKey: 'secret' });
  const first = await start({
    forwardEndpoint: target.url,
    forwardHeaders: 'authorization=Bearer%20secret',
  });
  for (const number of [1, 2, 3]) await send(first.url, number);
  await first.close();
  const response = await fetch(`${target.url}/api/v1/traces`, { headers: { 'x-api-key': 'secret' } });
  const { data } = (await response.json()) as { data: Trace[] };
  expect(data.map(({ name }) => name).toSorted()).toEqual(['work 1', 'work 2', 'work 3']);
});

test('the bytes are those that came, and what was refused or is Zipkin is not sent on', async () => {
  const target = await startTarget();
  const collector = await start({ forwardEndpoint: target.url });
  const refused = await fetch(`${collector.url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{',
  });
  expect(refused.status).toBe(400);
  const zipkin = await fetch(`${collector.url}/api/v2/spans`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '[{"traceId":"1","id":"1"}]',
  });
  expect(zipkin.status).toBe(202);
  const sent = await send(collector.url, 1);
  await collector.close();
  expect(target.requests).toMatchObject([
    { path: '/v1/traces', headers: { 'content-encoding': 'gzip', 'content-type': 'application/json' } },
  ]);
  expect(target.requests[0]?.headers['x-spanledger-forwarded']).toMatch(/^[0-9a-f-]{36}$/);
  expect(target.bodies).toEqual([sent]);
});

test('what came over gRPC is sent on as protobuf over HTTP', async () => {
  const target = await startTarget();
  const collector = await start({ grpcPort: 'free', forwardEndpoint: target.url });
  const client = createGrpcClient(new URL(collector.grpcUrl ?? '').host, GZIP);
  const message = encodeMessage('ExportLogsServiceRequest', {
    resourceLogs: [{ scopeLogs: [{ logRecords: [{ severityText: 'INFO' }] }] }],
  });
  expect(await client.export('logs', message)).toMatchObject({ code: 0 });
  client.close();
  await collector.close();
  expect(target.requests).toMatchObject([
    {
      path: '/v1/logs',
      headers: { 'content-type': 'application/x-protobuf' },
      body: Buffer.from(message).toString('latin1'),
    },
  ]);
});

test('two collectors that send to each other do not go round in circles', async () => {
  const port = await findFreePort();
  const there = await start({ forwardEndpoint: `http://127.0.0.1:${port}` });
  const here = await start({ port, forwardEndpoint: there.url });
  await send(here.url, 1);
  await expect
    .poll(() => readMetric(here.url, 'spanledger_forward_requests_total{signal="traces",result="looped"}'), {
      timeout: 30_000,
    })
    .toBe(1);
  expect(await listNames(there)).toEqual(['work 1']);
  expect(await listNames(here)).toEqual(['work 1']);
  expect(
    await readMetric(there.url, 'spanledger_forward_requests_total{signal="traces",result="sent"}'),
  ).toBe(1);
});

test('an export is answered at once where the endpoint never answers', async () => {
  const target = await startTarget();
  target.isHolding = true;
  const collector = await start({ forwardEndpoint: target.url, forwardQueueBytes: '4KiB' });
  for (let number = 0; number < 30; number++) await send(collector.url, number);
  expect(await listNames(collector)).toHaveLength(30);
  const overflowed = 'spanledger_forward_requests_total{signal="traces",result="overflowed"}';
  expect(await readMetric(collector.url, overflowed)).toBeGreaterThan(0);
  target.release();
});

test.each(['127.0.0.1', 'localhost', '[::1]'])(
  'the collector itself as %s is refused as an endpoint',
  async (host) => {
    const port = await findFreePort();
    await expect(startTestCollector({ port, forwardEndpoint: `http://${host}:${port}` })).rejects.toThrow(
      'is this collector itself',
    );
  },
);
