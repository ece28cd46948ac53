import { context, propagation } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { InitOptions } from '../../../src/config/options.js';
import { agent, generation, init, tool } from '../../../src/index.js';
import { startOtlpGrpcServer } from '../../support/otlp-grpc-server.js';
import { startOtlpServer, type OtlpServer } from '../../support/otlp-server.js';
import { disableOtel } from '../../support/disable-otel.js';

const QUIET: InitOptions = { pending: false, exitGuard: false };

let sink: OtlpServer;
beforeEach(async () => {
  sink = await startOtlpServer();
});
afterEach(async () => {
  await init().shutdown();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  disableOtel();
  await sink.close();
});

const receivedSpans = () => sink.received.flatMap(({ decoded }) => ('spans' in decoded ? decoded.spans : []));

test.each(['http/protobuf', 'http/json'] as const)('one line sends spans as %s', async (protocol) => {
  const handle = init({ ...QUIET, url: sink.url, protocol, serviceName: 'planner', apiKey: 'k' });
  agent('a', () => tool('t', () => 1));
  await handle.flush({ throwOnError: true });
  const spans = receivedSpans();
  expect(spans.map(({ name }) => name)).toEqual(['execute_tool t', 'invoke_agent a']);
  expect(spans[0]?.scope).toMatchObject({ name: 'spanledger' });
  expect(spans[0]?.parentSpanId).toBe(spans[1]?.spanId);
  expect(spans[0]?.resource.attributes).toContainEqual({ key: 'service.name', value: 'planner' });
  expect(spans[0]?.resource.attributes).toContainEqual({ key: 'telemetry.sdk.language', value: 'nodejs' });
});

test('the environment alone is enough', async () => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', sink.url);
  vi.stubEnv('OTEL_SERVICE_NAME', 'from-environment');
  vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', 'team=r%26d');
  const handle = init(QUIET);
  agent('a', () => 1);
  await handle.flush({ throwOnError: true });
  const [span] = receivedSpans();
  expect(span?.resource.attributes).toContainEqual({ key: 'service.name', value: 'from-environment' });
  expect(span?.resource.attributes).toContainEqual({ key: 'team', value: 'r&d' });
});

test('a second call gives the same handle, and after shutdown another one', async () => {
  const first = init({ ...QUIET, url: sink.url });
  expect(init()).toBe(first);
  await first.shutdown();
  expect(first.isActive).toBe(false);
  const second = init({ ...QUIET, url: sink.url });
  expect(second).not.toBe(first);
  agent('again', () => 1);
  await second.flush({ throwOnError: true });
  expect(receivedSpans().map(({ name }) => name)).toEqual(['invoke_agent again']);
});

test.each([
  ['OTEL_SDK_DISABLED', 'true'],
  ['OTEL_TRACES_EXPORTER', 'none'],
])('with %s=%s nothing is recorded and nothing is registered', async (name, value) => {
  vi.stubEnv(name, value);
  const handle = init({ ...QUIET, url: sink.url });
  expect(handle.isActive).toBe(false);
  expect(handle.spanProcessors).toEqual([]);
  expect(agent('a', (run) => run.isRecording)).toBe(false);
  await handle.flush({ throwOnError: true });
  await handle.shutdown();
  expect(sink.received).toEqual([]);
});

test('propagators and a context manager are registered where there are none', () => {
  vi.stubEnv('OTEL_PROPAGATORS', 'b3,baggage');
  init({ ...QUIET, url: sink.url });
  const headers: Record<string, string> = {};
  agent('a', () => {
    propagation.inject(context.active(), headers);
  });
  expect(Object.keys(headers)).toEqual(['b3']);
});

test('what is wrong in the environment is said in one warning, and the rest works', async () => {
  vi.stubEnv('OTEL_BSP_MAX_QUEUE_SIZE', 'many');
  vi.stubEnv('OTEL_TRACES_SAMPLER', 'sometimes');
  const said = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  const handle = init({ ...QUIET, url: sink.url });
  expect(said).toHaveBeenCalledTimes(1);
  expect(said.mock.calls[0]?.[0]).toMatch(/OTEL_TRACES_SAMPLER=sometimes[\s\S]*OTEL_BSP_MAX_QUEUE_SIZE=many/);
  agent('a', () => 1);
  await handle.flush({ throwOnError: true });
  expect(receivedSpans()).toHaveLength(1);
});

test('a flush that can not send resolves, and rejects only where that was asked for', async () => {
  const { port } = sink;
  await sink.close();
  const said = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  const handle = init({ ...QUIET, url: `http://user:word@127.0.0.1:${port}/there`, timeoutMillis: 200 });
  agent('a', () => 1);
  await handle.flush({ timeoutMillis: 2_000 });
  const warning = String(said.mock.calls[0]?.[0]);
  expect(warning).toContain(`flush failed (http://127.0.0.1:${port}/there/v1/traces)`);
  expect(warning).not.toContain('word');
  agent('b', () => 1);
  await expect(handle.flush({ throwOnError: true, timeoutMillis: 2_000 })).rejects.toThrow('flush failed');
  sink = await startOtlpServer();
});

test("another vendor's processor stands beside ours", async () => {
  const theirs = new InMemorySpanExporter();
  const handle = init({ ...QUIET, url: sink.url, spanProcessors: [new SimpleSpanProcessor(theirs)] });
  agent('a', () => 1);
  await handle.flush({ throwOnError: true });
  expect(theirs.getFinishedSpans().map(({ name }) => name)).toEqual(['invoke_agent a']);
  expect(receivedSpans()).toHaveLength(1);
});

test('gRPC is spoken where its exporter is installed', async () => {
  const grpc = await startOtlpGrpcServer();
  const handle = init({ ...QUIET, url: `http://${grpc.address}`, protocol: 'grpc' });
  agent('a', () => 1);
  await handle.flush({ throwOnError: true });
  expect(grpc.received.length).toBe(1);
  await handle.shutdown();
  await grpc.close();
});

test('a span with too many attributes keeps those that were set last and identify it', async () => {
  const handle = init({ ...QUIET, url: sink.url, spanLimits: { attributeCountLimit: 20 } });
  generation('m', (call) => {
    for (let index = 0; index < 100; index += 1) call.setAttributes({ [`note.${index}`]: 'text' });
    call.setUsage({ inputTokens: 5 });
  });
  await handle.flush({ throwOnError: true });
  const [span] = receivedSpans();
  expect(span?.attributes).toHaveLength(20);
  expect(span?.attributes).toContainEqual({ key: 'gen_ai.usage.input_tokens', value: 5n });
  expect(span?.droppedAttributesCount).toBe(83);
});
