import { hrTimeToMilliseconds } from '@opentelemetry/core';
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createPipeline, type PipelineOptions } from '../../../src/pipeline/pipeline.js';
import { RecordingExporter } from '../../support/sdk-spans.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function start(pending: NonNullable<PipelineOptions['pending']>, options: Partial<PipelineOptions> = {}) {
  const exporter = new RecordingExporter();
  const others = new RecordingExporter();
  const pipeline = createPipeline({ exporter, pending, ...options });
  const provider = new BasicTracerProvider({
    spanProcessors: [pipeline, new SimpleSpanProcessor(others)],
  });
  return { exporter, others, provider, tracer: provider.getTracer('test') };
}

const AGENT = { attributes: { 'gen_ai.operation.name': 'invoke_agent' } };

test('a span that runs is announced with its ids and what it has by then', async () => {
  const { exporter, others, tracer, provider } = start(true);
  const span = tracer.startSpan('agent', AGENT);
  span.setAttribute('gen_ai.agent.name', 'planner');
  await vi.advanceTimersByTimeAsync(200);
  const [copy] = exporter.spans;
  expect(copy?.spanContext()).toEqual(span.spanContext());
  expect(copy?.attributes).toEqual({
    ...AGENT.attributes,
    'gen_ai.agent.name': 'planner',
    'spanledger.pending': true,
  });
  expect(copy?.endTime).toEqual(copy?.startTime);
  span.end();
  await provider.forceFlush();
  const [, real] = exporter.spans;
  expect(real?.attributes['spanledger.pending']).toBeUndefined();
  expect(others.spans.map(({ attributes }) => attributes)).toEqual([real?.attributes]);
});

test('a span that ends soon is not announced', async () => {
  const { exporter, tracer, provider } = start(true);
  const span = tracer.startSpan('agent', AGENT);
  await vi.advanceTimersByTimeAsync(199);
  span.end();
  await vi.advanceTimersByTimeAsync(1_000);
  await provider.forceFlush();
  expect(exporter.spans).toHaveLength(1);
});

test('spans that start at about the same time leave together', async () => {
  const { exporter, tracer } = start(true);
  for (let index = 0; index < 5; index += 1) tracer.startSpan('agent', AGENT);
  await vi.advanceTimersByTimeAsync(300);
  expect(exporter.batches.map(({ length }) => length)).toEqual([5]);
});

test('a long span is announced at each heartbeat, later each time, and no more when it has ended', async () => {
  const { exporter, tracer, provider } = start({ heartbeatMillis: 1_000 });
  const span = tracer.startSpan('agent', AGENT);
  await vi.advanceTimersByTimeAsync(1_000);
  span.setAttribute('gen_ai.usage.input_tokens', 5);
  await vi.advanceTimersByTimeAsync(1_500);
  const copies = exporter.spans;
  expect(copies).toHaveLength(3);
  expect(copies[1]?.attributes).toMatchObject({ 'gen_ai.usage.input_tokens': 5, 'spanledger.pending': true });
  const lengths = copies.map(({ duration }) => hrTimeToMilliseconds(duration));
  expect(lengths[0]).toBe(0);
  expect(lengths[1]).toBeGreaterThanOrEqual(1_199);
  expect(lengths[2]).toBeGreaterThanOrEqual(2_199);
  span.end();
  await vi.advanceTimersByTimeAsync(10_000);
  await provider.forceFlush();
  expect(exporter.spans).toHaveLength(4);
  expect(vi.getTimerCount()).toBe(0);
});

test('without a heartbeat a span is announced once', async () => {
  const { exporter, tracer } = start({ heartbeatMillis: 0, delayMillis: 10 });
  tracer.startSpan('agent', AGENT);
  await vi.advanceTimersByTimeAsync(100_000);
  expect(exporter.spans).toHaveLength(1);
});

test('only operations are announced, or what a filter says, or nothing', async () => {
  const names = async (pending: NonNullable<PipelineOptions['pending']>) => {
    const { exporter, tracer } = start(pending);
    tracer.startSpan('http');
    tracer.startSpan('agent', AGENT);
    tracer.startSpan('ours', { attributes: { 'spanledger.agent.type': 'supervisor' } });
    tracer.startSpan('record', { attributes: { 'spanledger.record': 'plan.created' } });
    await vi.advanceTimersByTimeAsync(300);
    return exporter.names;
  };
  expect(await names(true)).toEqual(['agent', 'ours']);
  expect(await names(({ name }) => name === 'http')).toEqual(['http']);
  expect(
    await names(() => {
      throw new Error('no');
    }),
  ).toEqual([]);
  expect(await names(false)).toEqual([]);
});

test('while an announcement is under way no other one is made, and copies don’t hold up real spans', async () => {
  const announcements: (() => void)[] = [];
  const exporter = new RecordingExporter();
  const send = exporter.export.bind(exporter);
  exporter.export = (spans, done) => {
    if (spans.some(({ attributes }) => attributes['spanledger.pending'] === true)) {
      announcements.push(() => {
        send(spans, done);
      });
    } else send(spans, done);
  };
  const { tracer } = start({ heartbeatMillis: 500 }, { exporter });
  const agent = tracer.startSpan('agent', AGENT);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(announcements).toHaveLength(1);
  agent.end();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(exporter.names).toEqual(['agent']);
  tracer.startSpan('next', AGENT);
  announcements[0]?.();
  await vi.advanceTimersByTimeAsync(300);
  expect(announcements).toHaveLength(2);
});

test('copies go through the transform, too', async () => {
  const { exporter, tracer } = start(true, {
    transform: (span) => ({ ...span, spanContext: () => span.spanContext(), name: 'seen' }),
  });
  tracer.startSpan('agent', AGENT);
  await vi.advanceTimersByTimeAsync(300);
  expect(exporter.names).toEqual(['seen']);
});
