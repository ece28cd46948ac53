import { afterEach, beforeEach, expect, test } from 'vitest';
import { decodeMessage, encodeMessage } from '../otlp/otlp-proto.js';
import { startTestCollector, type TestCollector } from '../support/collector.js';
import { createGrpcClient, type GrpcClient } from '../support/grpc-client.js';
import { frame, RawHttp2, readGrpcStatus, readRawAnswer } from '../support/raw-http2.js';

const MAX_IN_FLIGHT_BYTES = 100_000;

let collector: TestCollector;
let grpc: GrpcClient;
let raw: RawHttp2;
beforeEach(async () => {
  collector = await startTestCollector({ grpcPort: 'free', maxInFlightBytes: String(MAX_IN_FLIGHT_BYTES) });
  const address = (collector.grpcUrl ?? '').replace('http://', '');
  grpc = createGrpcClient(address);
  raw = await RawHttp2.open(address);
});
afterEach(async () => {
  grpc.close();
  raw.destroy();
  await collector.close();
});

function createBody(spanNumber: number, nameBytes: number): Buffer {
  const span = {
    traceId: Buffer.alloc(16, 1),
    spanId: Buffer.from(spanNumber.toString(16).padStart(16, '0'), 'hex'),
    name: 'n'.repeat(nameBytes),
    startTimeUnixNano: (BigInt(Date.now()) * 1_000_000n).toString(),
  };
  return encodeMessage('ExportTraceServiceRequest', { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
}

function post(body: Buffer): Promise<Response> {
  const headers = { 'content-type': 'application/x-protobuf' };
  return fetch(`${collector.url}/v1/traces`, { method: 'POST', headers, body: new Uint8Array(body) });
}

async function readBytesInFlight(): Promise<number> {
  const text = await (await fetch(`${collector.url}/metrics`)).text();
  return Number(/^spanledger_ingest_in_flight_bytes (\d+)$/m.exec(text)?.[1]);
}

async function isServing(): Promise<boolean> {
  const { answer } = await grpc.call('/grpc.health.v1.Health/Check', Buffer.alloc(0));
  return decodeMessage('HealthCheckResponse', answer ?? Buffer.alloc(0))['status'] === 1;
}

test('[26] [27] what one door holds leaves less for the other; what does not fit is refused at once', async () => {
  const held = createBody(1, 95_000);
  const call = raw.begin();
  call.write(frame(held).subarray(0, 95_000));
  await expect.poll(readBytesInFlight).toBe(95_000);

  const refused = await post(createBody(2, 10_000));
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
  expect((await grpc.export('traces', createBody(2, 10_000))).code).toBe(14);
  expect((await post(createBody(3, 10))).status).toBe(200);
  const readiness = await fetch(`${collector.url}/readyz`);
  expect([readiness.status, await readiness.json()]).toMatchObject([
    503,
    { status: 'unready', reasons: ['nearly as many request bodies are held as may be'] },
  ]);
  expect(await isServing()).toBe(false);

  call.end(frame(held).subarray(95_000));
  expect(readGrpcStatus(await readRawAnswer(call))).toBe(0);
  expect(await readBytesInFlight()).toBe(0);
  expect((await post(createBody(2, 10_000))).status).toBe(200);
  expect((await fetch(`${collector.url}/readyz`)).status).toBe(200);
  expect(await isServing()).toBe(true);
});

test('of a flood through both doors each request is stored or refused for now, and nothing stays held', async () => {
  const bodies = Array.from({ length: 60 }, (_, index) => createBody(index + 1, 30_000));
  const answers = await Promise.all(
    bodies.map(async (body, index) => {
      if (index % 2 === 0) return (await post(body)).status === 200;
      return (await grpc.export('traces', body)).code === 0;
    }),
  );
  const stored = answers.filter(Boolean).length;
  expect(stored).toBeGreaterThan(0);
  expect(stored).toBeLessThan(bodies.length);
  const { span_count: spanCount } = await collector.get<{ span_count: number }>(
    `/api/v1/traces/${'01'.repeat(16)}`,
  );
  expect(spanCount).toBe(stored);
  expect(await readBytesInFlight()).toBe(0);
});
