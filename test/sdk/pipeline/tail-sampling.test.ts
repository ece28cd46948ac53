import { ROOT_CONTEXT, SpanStatusCode, type Context } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  SamplingDecision,
  TraceIdRatioBasedSampler,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createPipeline } from '../../../src/pipeline/pipeline.js';
import type { SamplingOptions } from '../../../src/pipeline/tail-sampling.js';
import { contextOf, RecordingExporter, remoteParent } from '../../support/sdk-spans.js';
import { SeededRandom } from '../../support/random.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function start(sampling: SamplingOptions) {
  const exporter = new RecordingExporter();
  const dropped: string[] = [];
  const exported = () => exporter.names;
  const pipeline = createPipeline({
    exporter,
    sampling,
    pending: { delayMillis: 100 },
    watch: {
      onStart: () => undefined,
      onEnd: () => undefined,
      confirm: (spans: readonly ReadableSpan[]) => {
        for (const { name } of spans) if (!exported().includes(name)) dropped.push(name);
      },
    },
  });
  const provider = new BasicTracerProvider({ spanProcessors: [pipeline] });
  const tracer = provider.getTracer('test');
  const begin = (name: string, context: Context = ROOT_CONTEXT) => {
    const span = tracer.startSpan(name, { attributes: { 'gen_ai.operation.name': 'chat' } }, context);
    return { span, below: contextOf(span.spanContext()) };
  };
  return { begin, dropped, exported, provider };
}

test('a trace without an error is dropped whole when its last span has ended', async () => {
  const { begin, dropped, exported, provider } = start({ ratio: 0 });
  const root = begin('root');
  begin('child', root.below).span.end();
  root.span.end();
  await provider.forceFlush();
  expect(exported()).toEqual([]);
  expect(dropped).toEqual(['child', 'root']);
});

test.each([
  ['a status', { code: SpanStatusCode.ERROR } as const, undefined],
  ['an error type', undefined, 'timeout'],
])('%s anywhere in a trace keeps what ended before and what ends after', async (_name, status, type) => {
  const { begin, dropped, exported, provider } = start({ ratio: 0 });
  const root = begin('root');
  begin('before', root.below).span.end();
  const failed = begin('failed', root.below).span;
  if (status !== undefined) failed.setStatus(status);
  if (type !== undefined) failed.setAttribute('error.type', type);
  failed.end();
  begin('after', root.below).span.end();
  root.span.end();
  begin('late', root.below).span.end();
  await provider.forceFlush();
  expect(exported()).toEqual(['before', 'failed', 'after', 'root', 'late']);
  expect(dropped).toEqual([]);
});

test('an error is waited for in spans that outlive their root, for as long as was set', async () => {
  const { begin, dropped, exported, provider } = start({ ratio: 0, maxWaitMillis: 1_000 });
  const root = begin('root', contextOf(remoteParent('0af7651916cd43dd8448eb211c80319c')));
  const child = begin('child', root.below).span;
  root.span.end();
  await vi.advanceTimersByTimeAsync(900);
  child.recordException(new Error('late'));
  child.end();
  await provider.forceFlush();
  expect(exported()).toEqual(['root', 'child']);

  const other = begin('other root');
  begin('never ends', other.below);
  other.span.end();
  await vi.advanceTimersByTimeAsync(1_001);
  expect(dropped).toEqual(['other root']);
});

test('the ratio keeps the traces that the sampler of the OTel SDK keeps', async () => {
  const { begin, exported, provider } = start({ ratio: 0.3, keepErrors: false });
  const random = new SeededRandom(7);
  const hex = () => random.below(16).toString(16);
  const traceIds = Array.from({ length: 300 }, () => Array.from({ length: 32 }, hex).join(''));
  for (const traceId of traceIds) begin(traceId, contextOf(remoteParent(traceId))).span.end();
  await provider.forceFlush();
  const sampler = new TraceIdRatioBasedSampler(0.3);
  const expected = traceIds.filter(
    (id) => sampler.shouldSample(ROOT_CONTEXT, id).decision !== SamplingDecision.NOT_RECORD,
  );
  expect(exported()).toEqual(expected);
  expect(expected.length).toBeGreaterThan(60);
  expect(expected.length).toBeLessThan(120);
});

test('spans of a trace that may be dropped are not announced, until an error keeps it', async () => {
  const { begin, exported } = start({ ratio: 0 });
  const root = begin('root');
  await vi.advanceTimersByTimeAsync(200);
  expect(exported()).toEqual([]);
  const failed = begin('failed', root.below).span;
  failed.setStatus({ code: SpanStatusCode.ERROR });
  failed.end();
  await vi.advanceTimersByTimeAsync(30_000);
  expect(exported()).toContain('root');
});

test('what waits is bounded: the trace that waited longest goes first', async () => {
  const { begin, dropped, exported, provider } = start({ ratio: 0, maxWaitingSpans: 3 });
  const [first, second] = [begin('first'), begin('second')];
  for (const name of ['a', 'b', 'c']) begin(name, first.below).span.end();
  begin('d', second.below).span.end();
  expect(dropped).toEqual(['a', 'b', 'c']);
  first.span.setStatus({ code: SpanStatusCode.ERROR });
  first.span.end();
  await provider.forceFlush();
  expect(exported()).toEqual(['first']);
});

test('thousands of spans that an error keeps all arrive', async () => {
  const { begin, exported, provider } = start({ ratio: 0 });
  const root = begin('root');
  for (let index = 0; index < 5_000; index += 1) begin('child', root.below).span.end();
  root.span.setStatus({ code: SpanStatusCode.ERROR });
  root.span.end();
  await provider.forceFlush();
  expect(exported()).toHaveLength(5_001);
});

test('what was cut off by the end of the process is kept', async () => {
  const exporter = new RecordingExporter();
  const provider = new BasicTracerProvider({
    spanProcessors: [createPipeline({ exporter, sampling: { ratio: 0 } })],
  });
  const tracer = provider.getTracer('test');
  const root = tracer.startSpan('root');
  tracer.startSpan('child', {}, contextOf(root.spanContext())).end();
  await provider.shutdown();
  expect(exporter.names).toEqual(['child']);
});
