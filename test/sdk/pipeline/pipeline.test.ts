import { SpanStatusCode } from '@opentelemetry/api';
import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { BasicTracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { expect, test, vi } from 'vitest';
import { createPipeline, type PipelineOptions } from '../../../src/pipeline/pipeline.js';
import { createSpanTransform } from '../../../src/pipeline/span-transform.js';
import { TransformingExporter } from '../../../src/pipeline/transforming-exporter.js';
import { startTestCollector } from '../../support/collector.js';
import { startOtlpServer } from '../../support/otlp-server.js';
import { contextOf, RecordingExporter } from '../../support/sdk-spans.js';

function createProvider(options: PipelineOptions) {
  const provider = new BasicTracerProvider({ spanProcessors: [createPipeline(options)] });
  return { provider, tracer: provider.getTracer('test') };
}

const CALL = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-4o',
};
const USAGE = { 'gen_ai.usage.input_tokens': 1_000, 'gen_ai.usage.output_tokens': 100 };
const SECRET = ['ghp', '_16C7e42F292c6912E7710c838347Ae178B4a'].join('');

test('what arrives over OTLP has the same ids, its cost, and no secret', async () => {
  const sink = await startOtlpServer();
  const { provider, tracer } = createProvider({
    exporter: new OTLPTraceExporter({ url: `${sink.url}/v1/traces` }),
    transform: createSpanTransform({ cost: { library: true }, truncation: { maxValueBytes: 100 } }),
  });
  const parent = tracer.startSpan('agent', { attributes: { 'gen_ai.operation.name': 'invoke_agent' } });
  const attributes = { ...CALL, ...USAGE, 'gen_ai.input.messages': 'x'.repeat(500) };
  const call = tracer.startSpan('chat', { attributes }, contextOf(parent.spanContext()));
  call.setStatus({ code: SpanStatusCode.ERROR, message: `rejected ${SECRET}` });
  call.end();
  parent.end();
  await provider.forceFlush();
  const spans = sink.received.flatMap(({ decoded }) => decoded.spans);
  const sent = spans.find(({ name }) => name === 'chat');
  expect(sent).toMatchObject({
    traceId: call.spanContext().traceId,
    spanId: call.spanContext().spanId,
    parentSpanId: parent.spanContext().spanId,
    statusMessage: 'rejected [REDACTED:github-token]',
  });
  const found = Object.fromEntries((sent?.attributes ?? []).map(({ key, value }) => [key, value]));
  expect(found).toMatchObject({ 'spanledger.cost.usd': 0.0035, 'gen_ai.request.model': 'gpt-4o' });
  expect(found['gen_ai.input.messages']).toMatch(/^x+…\[\d+ bytes cut\]$/);
  await provider.shutdown();
  await sink.close();
});

interface StoredSpan {
  name: string;
  outcome: string;
  cost_usd: number | null;
  cost_source: string;
  agent_name: string | null;
}

test('the collector shows a span that runs, puts the real one in its place, and tells computed costs from reported ones', async () => {
  const collector = await startTestCollector();
  const { provider, tracer } = createProvider({
    exporter: new OTLPTraceExporter({ url: `${collector.url}/v1/traces` }),
    transform: createSpanTransform({ cost: { prices: { mine: { input: 1, output: 1 } }, library: true } }),
    pending: { delayMillis: 1, heartbeatMillis: 20 },
  });
  const agent = tracer.startSpan('agent', { attributes: { 'gen_ai.operation.name': 'invoke_agent' } });
  agent.setAttribute('gen_ai.agent.name', 'planner');
  const { traceId, spanId } = agent.spanContext();
  const read = (id: string) => collector.get<StoredSpan>(`/api/v1/spans/${traceId}/${id}`);
  await vi.waitFor(
    async () => {
      expect(await read(spanId)).toMatchObject({ outcome: 'running', agent_name: 'planner' });
    },
    { timeout: 20_000 },
  );
  const parent = contextOf(agent.spanContext());
  const own = tracer.startSpan(
    'own',
    { attributes: { ...CALL, ...USAGE, 'gen_ai.request.model': 'mine' } },
    parent,
  );
  own.end();
  const listed = tracer.startSpan('listed', { attributes: { ...CALL, ...USAGE } }, parent);
  listed.end();
  agent.end();
  await provider.forceFlush();
  expect(await read(spanId)).toMatchObject({ outcome: 'completed' });
  expect(await read(own.spanContext().spanId)).toMatchObject({ cost_usd: 0.0011, cost_source: 'reported' });
  expect(await read(listed.spanContext().spanId)).toMatchObject({
    cost_usd: 0.0035,
    cost_source: 'computed',
  });
  await provider.shutdown();
  await collector.close();
});

function createWatch() {
  const told = { started: [] as string[], ended: [] as string[], confirmed: [] as ReadableSpan[] };
  return {
    told,
    watch: {
      onStart: ({ name }: ReadableSpan) => void told.started.push(name),
      onEnd: ({ name }: ReadableSpan) => void told.ended.push(name),
      confirm: (spans: readonly ReadableSpan[]) => void told.confirmed.push(...spans),
    },
  };
}

test('the watch is told what has arrived, as the spans that it knows and not as their copies', async () => {
  const exporter = new RecordingExporter();
  const { watch, told } = createWatch();
  const { provider, tracer } = createProvider({
    exporter,
    watch,
    transform: (span) => ({ ...span, spanContext: () => span.spanContext(), name: 'copy' }),
  });
  tracer.startSpan('open');
  const span = tracer.startSpan('ended');
  span.end();
  expect(told).toEqual({ started: ['open', 'ended'], ended: ['ended'], confirmed: [] });
  await provider.forceFlush();
  expect(told.confirmed).toEqual([span]);
  expect(exporter.names).toEqual(['copy']);
});

test('what was not delivered stays unconfirmed', async () => {
  const { watch, told } = createWatch();
  const exporter = new RecordingExporter();
  exporter.export = (_spans, done) => {
    done({ code: ExportResultCode.FAILED, error: new Error('no route') });
  };
  const { provider, tracer } = createProvider({ exporter, watch });
  tracer.startSpan('lost').end();
  await expect(provider.forceFlush()).rejects.toBeDefined();
  expect(told.confirmed).toEqual([]);
});

test('a flush waits for batches that were already on their way', async () => {
  const exporter = new RecordingExporter();
  const answers: ((result: ExportResult) => void)[] = [];
  exporter.export = (_spans, done) => void answers.push(done);
  const { watch, told } = createWatch();
  const { provider, tracer } = createProvider({ exporter, watch, batch: { maxExportBatchSize: 1 } });
  tracer.startSpan('a').end();
  const flushed = provider.forceFlush();
  let isFlushed = false;
  void flushed.then(() => (isFlushed = true));
  await new Promise(setImmediate);
  expect([answers.length, isFlushed]).toEqual([1, false]);
  answers[0]?.({ code: ExportResultCode.SUCCESS });
  await flushed;
  expect(told.confirmed).toHaveLength(1);
});

test('a transform or an exporter that throws costs details, never the program', async () => {
  const exporter = new RecordingExporter();
  const { provider, tracer } = createProvider({
    exporter,
    transform: () => {
      throw new Error('no');
    },
  });
  tracer.startSpan('span', { attributes: { secret: 'x' } }).end();
  await provider.forceFlush();
  expect(exporter.spans.map(({ name, attributes }) => [name, attributes])).toEqual([['span', {}]]);
  exporter.export = () => {
    throw new Error('no');
  };
  tracer.startSpan('next').end();
  await expect(provider.forceFlush()).rejects.toBeDefined();
});

test('a flush waits for what is on its way, and not for what follows', async () => {
  let startedCount = 0;
  let hasFlushed = false;
  const exporter = new TransformingExporter({
    exporter: {
      export: (_spans, confirm) =>
        setImmediate(() =>
          setImmediate(() => {
            confirm({ code: ExportResultCode.SUCCESS });
          }),
        ),
      shutdown: () => Promise.resolve(),
    },
    transform: undefined,
    watch: undefined,
  });
  const proceed = () => {
    if (hasFlushed || startedCount === 1_000) return;
    startedCount += 1;
    exporter.export([], () => undefined);
    setImmediate(proceed);
  };
  proceed();
  await exporter.settled();
  hasFlushed = true;
  expect(startedCount).toBeLessThan(100);
});
