import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { Span, Trace } from '../../collector/contract/shapes.js';
import type { Flags } from '../../collector/config.js';
import { createGrpcClient } from '../support/grpc-client.js';
import { startTestCollector, type TestCollector } from '../support/collector.js';

const running: TestCollector[] = [];

afterEach(async () => {
  for (const collector of running.splice(0).reverse()) await collector.close();
});

async function start(flags: Flags = {}): Promise<TestCollector> {
  const collector = await startTestCollector(flags);
  running.push(collector);
  return collector;
}

async function findFreePort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}

const START = BigInt(Date.now() - 60_000) * 1_000_000n;
const SPAN = {
  traceId: 'a'.repeat(32),
  spanId: 'b'.repeat(16),
  name: 'work',
  startTimeUnixNano: String(START),
  endTimeUnixNano: String(START + 1000n),
};
const EXPORT = JSON.stringify({
  resourceSpans: [{ scopeSpans: [{ spans: [SPAN, { ...SPAN, spanId: '00' }] }] }],
});

async function post(url: string, path: string, body: string): Promise<number> {
  const headers = { 'content-type': 'application/json' };
  return (await fetch(url + path, { method: 'POST', headers, body })).status;
}

interface OwnSpan {
  name: string;
  kind: string;
  start_time_unix_nano: string;
  attributes: Record<string, unknown>;
  resource: Span['resource'];
}

/** The spans that collectors made of themselves, oldest first. */
async function listOwnSpans(collector: TestCollector): Promise<OwnSpan[]> {
  const { data } = await collector.get<{ data: Trace[] }>('/api/v1/traces?service=spanledger&limit=500');
  const details = data.map(({ trace_id: id }) => collector.get<{ spans: OwnSpan[] }>(`/api/v1/traces/${id}`));
  const spans = (await Promise.all(details)).flatMap((detail) => detail.spans);
  return spans.toSorted((a, b) => (a.start_time_unix_nano < b.start_time_unix_nano ? -1 : 1));
}

async function readMetrics(collector: TestCollector): Promise<string> {
  return (await fetch(`${collector.url}/metrics`)).text();
}

test('each request and each retention run is one span at another collector', async () => {
  const target = await start();
  const observed = await start({ grpcPort: 'free', selfTelemetryEndpoint: target.url });
  const client = createGrpcClient(new URL(observed.grpcUrl ?? '').host);
  const call = await client.export('logs', new Uint8Array(0));
  client.close();
  expect(call.code).toBe(0);
  expect(await post(observed.url, '/v1/traces', EXPORT)).toBe(200);
  expect(await post(observed.url, '/v1/traces', EXPORT)).toBe(200);
  expect(await post(observed.url, '/v1/logs', '{')).toBe(400);
  expect(await post(observed.url, '/api/v2/spans', '[{"traceId":"1","id":"1"}]')).toBe(202);
  expect(await post(observed.url, '/api/v1/retention/run', '{"dry_run":true}')).toBe(200);
  await observed.close();

  // The upkeep may have run retention by itself meanwhile.
  const spans = (await listOwnSpans(target)).filter(
    ({ attributes }) => attributes['spanledger.dry_run'] !== false,
  );
  const said = spans.map(({ name, kind, attributes }): unknown[] => [
    name,
    kind,
    attributes['http.response.status_code'],
    attributes['spanledger.stored'],
    attributes['spanledger.duplicate'],
    attributes['spanledger.rejected'],
  ]);
  expect(said.toSorted()).toEqual(
    [
      ['POST /v1/traces', 'server', 200, 1, 0, 1],
      ['POST /v1/traces', 'server', 200, 0, 1, 1],
      ['POST /v1/logs', 'server', 400, undefined, undefined, undefined],
      ['POST /api/v2/spans', 'server', 202, 1, 0, 0],
      ['opentelemetry.proto.collector.logs.v1.LogsService/Export', 'server', undefined, 0, 0, 0],
      ['retention', 'internal', undefined, undefined, undefined, undefined],
    ].toSorted(),
  );
  expect(spans[0]?.resource.attributes).toMatchObject({ 'service.name': 'spanledger' });
  // The target was not asked to tell anything of itself.
  expect(await readMetrics(target)).not.toContain('self_telemetry');
});

test('a collector may store its own spans: each request gives one, and those give none', async () => {
  const port = await findFreePort();
  const collector = await start({ port, selfTelemetryEndpoint: `http://127.0.0.1:${port}` });
  for (let count = 0; count < 3; count++) await post(collector.url, '/v1/traces', EXPORT);
  await expect.poll(() => listOwnSpans(collector), { timeout: 30_000 }).toHaveLength(3);
  // Spans are counted before a request is answered, so that of the export would be here.
  const metrics = await readMetrics(collector);
  expect(metrics).toContain('spanledger_self_telemetry_spans_total{result="recorded"} 3');
  expect(metrics).toContain('spanledger_ingest_request_seconds_count{signal="traces",status="200"} 4');
});
