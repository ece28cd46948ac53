import { afterEach, expect, test } from 'vitest';
import { describeRequest } from '../../collector/self-telemetry/request-span.js';
import {
  createSelfTelemetry,
  type SelfTelemetry,
  type SelfTelemetryOptions,
} from '../../collector/self-telemetry/self-telemetry.js';
import type { AnsweredExport } from '../../collector/model/answered-export.js';
import { decodeRequest } from '../../collector/otlp/decode-request.js';
import type { SpanData } from '../../collector/model/span-data.js';
import { createTelemetry, type Telemetry } from '../../collector/telemetry.js';
import { TargetServer } from '../support/target-server.js';

const ANSWERED: AnsweredExport = {
  signal: 'traces',
  protocol: 'http',
  route: '/v1/traces',
  path: '/otel/v1/traces',
  method: 'POST',
  scheme: 'http',
  status: 200,
  grpcCode: 0,
  errorCode: null,
  startTimeUnixNano: 1_767_225_600_000_000_000n,
  durationNanos: 2_500_000n,
  bodyBytes: 100,
  counts: { received: 4, stored: 1, updated: 1, duplicate: 1, rejected: 1, truncated: 0, repaired: 0 },
  isSelfTelemetry: false,
};

let target: TargetServer | undefined;
let selfTelemetry: SelfTelemetry | undefined;
let telemetry: Telemetry;

afterEach(async () => {
  await selfTelemetry?.close();
  await target?.close();
});

async function start(options: Partial<SelfTelemetryOptions> = {}): Promise<TargetServer> {
  const server = await TargetServer.start();
  target = server;
  telemetry = createTelemetry({ logLevel: 'silent' });
  selfTelemetry = createSelfTelemetry({
    endpoint: server.url,
    headers: { 'x-api-key': 'key' },
    collectorId: 'me',
    version: '1.2.3',
    telemetry,
    intervalMillis: 5,
    ...options,
  });
  return server;
}

function readSpans(server: TargetServer): SpanData[] {
  return server.bodies.flatMap(
    (body) => decodeRequest('traces', 'protobuf', Buffer.from(body, 'latin1')).spans,
  );
}

async function countSpans(result: string): Promise<number> {
  const metric = await telemetry.registry.getSingleMetric('spanledger_self_telemetry_spans_total')?.get();
  return metric?.values.find(({ labels }) => labels.result === result)?.value ?? 0;
}

test('a request is a server span with what became of its records', async () => {
  const server = await start();
  selfTelemetry?.recordRequest(ANSWERED);
  await server.waitFor(1);
  const [span] = readSpans(server);
  expect(span).toMatchObject({
    parentSpanId: null,
    name: 'POST /v1/traces',
    kind: 2,
    startTimeUnixNano: 1_767_225_600_000_000_000n,
    endTimeUnixNano: 1_767_225_600_002_500_000n,
    statusCode: 0,
    scope: { name: 'spanledger', version: '1.2.3' },
    resource: {
      attributes: [
        { key: 'service.name', value: 'spanledger' },
        { key: 'service.version', value: '1.2.3' },
        { key: 'service.instance.id', value: 'me' },
      ],
    },
  });
  expect(Object.fromEntries(span?.attributes.map(({ key, value }) => [key, value]) ?? [])).toEqual({
    'http.request.method': 'POST',
    'http.route': '/v1/traces',
    'http.response.status_code': 200n,
    'url.path': '/otel/v1/traces',
    'url.scheme': 'http',
    'spanledger.signal': 'traces',
    'spanledger.body_bytes': 100n,
    'spanledger.received': 4n,
    'spanledger.stored': 1n,
    'spanledger.updated': 1n,
    'spanledger.duplicate': 1n,
    'spanledger.rejected': 1n,
    'spanledger.truncated': 0n,
    'spanledger.repaired': 0n,
  });
  expect(server.requests[0]).toMatchObject({
    path: '/v1/traces',
    headers: { 'x-spanledger-self-telemetry': 'me', 'x-api-key': 'key' },
  });
});

test('an export of own spans makes none', async () => {
  const server = await start();
  selfTelemetry?.recordRequest({ ...ANSWERED, isSelfTelemetry: true });
  await selfTelemetry?.close();
  expect(server.requests).toEqual([]);
});

test('only a failure of the collector is one of the span', () => {
  const refused = { ...ANSWERED, status: 400, errorCode: 'OTLP_MALFORMED_BODY', counts: null };
  expect(describeRequest(refused)).toMatchObject({
    failure: null,
    attributes: { 'spanledger.error_code': 'OTLP_MALFORMED_BODY', 'http.response.status_code': 400n },
  });
  const failed = describeRequest({
    ...ANSWERED,
    status: 503,
    errorCode: 'STORAGE_UNAVAILABLE',
    counts: null,
  });
  expect(failed).toMatchObject({ failure: 'STORAGE_UNAVAILABLE', attributes: { 'error.type': '503' } });
});

test('a call over gRPC is described in its own words, and a method that nobody knows is another', () => {
  const route = 'opentelemetry.proto.collector.trace.v1.TraceService/Export';
  expect(describeRequest({ ...ANSWERED, protocol: 'grpc', route, status: 503, grpcCode: 14 })).toMatchObject({
    name: route,
    attributes: { 'rpc.system.name': 'grpc', 'rpc.method': route, 'rpc.response.status_code': 'UNAVAILABLE' },
  });
  expect(describeRequest({ ...ANSWERED, method: 'BREW', status: 405 })).toMatchObject({
    name: 'HTTP /v1/traces',
    attributes: { 'http.request.method': '_OTHER' },
  });
});

test('beyond a hundred a second spans are left out and counted', async () => {
  await start();
  for (let index = 0; index < 1000; index++) selfTelemetry?.recordRequest(ANSWERED);
  const recorded = await countSpans('recorded');
  // The loop may run across the end of a second.
  expect([100, 200]).toContain(recorded);
  expect(await countSpans('sampled_out')).toBe(1000 - recorded);
});

test('spans that could not be sent come with the next export, and what is refused is dropped', async () => {
  const server = await start();
  server.answers.push(503, 400);
  selfTelemetry?.recordRequest(ANSWERED);
  await server.waitFor(2);
  const [first, second] = readSpans(server);
  expect(second).toEqual(first);
  await selfTelemetry?.close();
  expect(server.requests).toHaveLength(2);
  expect([await countSpans('refused'), await countSpans('sent')]).toEqual([1, 0]);
});

test('what the endpoint never took is dropped at the end', async () => {
  const server = await start();
  await server.close();
  selfTelemetry?.recordRequest(ANSWERED);
  await selfTelemetry?.close();
  expect(await countSpans('dropped')).toBe(1);
});

test('a job is a span, and what it fails with is passed on', async () => {
  const server = await start();
  await expect(
    selfTelemetry?.observeJob(
      'retention',
      () => Promise.resolve(7),
      (rows) => ({ rows: BigInt(rows) }),
    ),
  ).resolves.toBe(7);
  await expect(
    selfTelemetry?.observeJob(
      'retention',
      () => Promise.reject(new Error('no database')),
      () => ({}),
    ),
  ).rejects.toThrow('no database');
  await selfTelemetry?.close();
  expect(readSpans(server)).toMatchObject([
    { name: 'retention', kind: 1, attributes: [{ key: 'rows', value: 7n }], statusCode: 0 },
    { name: 'retention', kind: 1, attributes: [], statusCode: 2, statusMessage: 'no database' },
  ]);
});
