import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Span, Trace } from '../../collector/contract/shapes.js';
import { encodeMessage } from '../otlp/otlp-proto.js';
import type { LogRecord, MetricPoint, Page } from '../support/answers.js';
import { startTestCollector, type TestCollector } from '../support/collector.js';
import { createGrpcClient, GZIP } from '../support/grpc-client.js';

let collector: TestCollector;
beforeAll(async () => {
  collector = await startTestCollector({ grpcPort: 'free', apiKey: 'sl-key' });
});
afterAll(async () => {
  await collector.close();
});

const KEY = { authorization: 'Bearer sl-key' };
const TRACE_ID = Buffer.from('0102030405060708090a0b0c0d0e0f10', 'hex');
const SPAN_ID = Buffer.from('0102030405060708', 'hex');
const NOW = (BigInt(Date.now()) * 1_000_000n).toString();

const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'by hand' } }] };
const span = {
  traceId: TRACE_ID,
  spanId: SPAN_ID,
  name: 'chat gpt-5',
  kind: 3,
  startTimeUnixNano: NOW,
  endTimeUnixNano: NOW,
  attributes: [{ key: 'gen_ai.operation.name', value: { stringValue: 'chat' } }],
};
const TRACES = encodeMessage('ExportTraceServiceRequest', {
  resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }],
});
const logRecord = { timeUnixNano: NOW, body: { stringValue: 'said over gRPC' }, traceId: TRACE_ID };
const LOGS = encodeMessage('ExportLogsServiceRequest', {
  resourceLogs: [{ resource, scopeLogs: [{ logRecords: [logRecord] }] }],
});
const metric = { name: 'calls', gauge: { dataPoints: [{ timeUnixNano: NOW, asInt: '7' }] } };
const METRICS = encodeMessage('ExportMetricsServiceRequest', {
  resourceMetrics: [{ resource, scopeMetrics: [{ metrics: [metric] }] }],
});

function connect(options = {}): ReturnType<typeof createGrpcClient> {
  return createGrpcClient((collector.grpcUrl ?? '').replace('http://', ''), options);
}

async function get<Body>(path: string): Promise<Body> {
  return (await (await fetch(collector.url + path, { headers: KEY })).json()) as Body;
}

test('[55] [30] all three signals are stored once, however often grpc-js sends them', async () => {
  for (const options of [{}, GZIP]) {
    const client = connect(options);
    expect((await client.export('traces', TRACES, KEY)).code).toBe(0);
    expect((await client.export('logs', LOGS, KEY)).code).toBe(0);
    expect((await client.export('metrics', METRICS, { 'x-api-key': 'sl-key' })).code).toBe(0);
    client.close();
  }
  const traces = await get<Page<Trace>>('/api/v1/traces');
  expect(traces.data).toMatchObject([{ services: ['by hand'], span_count: 1, llm_calls: 1 }]);
  const whole = await get<{ spans: Span[] }>(`/api/v1/traces/${TRACE_ID.toString('hex')}`);
  expect(whole.spans).toMatchObject([{ name: 'chat gpt-5', kind: 'client', start_time_unix_nano: NOW }]);
  const logs = await get<Page<LogRecord>>('/api/v1/log-records');
  expect(logs.data).toMatchObject([{ body: 'said over gRPC', trace_id: TRACE_ID.toString('hex') }]);
  const points = await get<Page<MetricPoint>>('/api/v1/metrics/calls/points');
  expect(points.data).toHaveLength(1);
});

test('[58] without the key nothing is taken, and the health service answers', async () => {
  const client = connect();
  expect((await client.export('traces', TRACES)).code).toBe(16);
  expect((await client.export('traces', TRACES, { authorization: 'Bearer other' })).code).toBe(16);
  const { answer } = await client.call('/grpc.health.v1.Health/Check', Buffer.alloc(0));
  expect(answer).toEqual(encodeMessage('HealthCheckResponse', { status: 1 }));
  client.close();
});

test('the landing page says where gRPC is', async () => {
  const page = await (await fetch(`${collector.url}/`)).text();
  expect(page).toContain(
    `OTEL_EXPORTER_OTLP_ENDPOINT=${collector.grpcUrl ?? ''}\nOTEL_EXPORTER_OTLP_PROTOCOL=grpc`,
  );
});
