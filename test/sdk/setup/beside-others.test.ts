import { trace, type TracerProvider } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { registerOTel } from '@vercel/otel';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { agent, init, spanledgerSpanProcessor } from '../../../src/index.js';
import { startOtlpServer, type OtlpServer } from '../../support/otlp-server.js';
import { disableOtel } from '../../support/disable-otel.js';

const QUIET = { pending: false, exitGuard: false };

let sink: OtlpServer;
let theirs: InMemorySpanExporter;
beforeEach(async () => {
  sink = await startOtlpServer();
  theirs = new InMemorySpanExporter();
});
afterEach(async () => {
  await init().shutdown();
  vi.restoreAllMocks();
  disableOtel();
  await sink.close();
});

const ours = () =>
  sink.received.flatMap(({ decoded }) => ('spans' in decoded ? decoded.spans.map(({ name }) => name) : []));
const names = (spans: readonly ReadableSpan[]) => spans.map(({ name }) => name);
const registered = () => {
  const proxy = trace.getTracerProvider() as { getDelegate?: () => TracerProvider };
  return proxy.getDelegate?.();
};

/** Their span around our agent. */
async function work(): Promise<void> {
  await trace.getTracer('theirs').startActiveSpan('request', async (span) => {
    await agent('a', () => Promise.resolve());
    span.end();
  });
}

const START: Record<string, () => { stop: () => Promise<void> }> = {
  'a provider that was registered by hand': () => {
    const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(theirs)] });
    trace.setGlobalTracerProvider(provider);
    return { stop: () => provider.shutdown() };
  },
  'a provider without processors': () => {
    const provider = new BasicTracerProvider();
    trace.setGlobalTracerProvider(provider);
    return { stop: () => provider.shutdown() };
  },
  NodeSDK: () => {
    const sdk = new NodeSDK({
      spanProcessors: [new SimpleSpanProcessor(theirs)],
      metricReaders: [],
      logRecordProcessors: [],
    });
    sdk.start();
    return { stop: () => sdk.shutdown() };
  },
  '@vercel/otel': () => {
    registerOTel({
      serviceName: 'web',
      spanProcessors: [new SimpleSpanProcessor(theirs)],
      instrumentations: [],
    });
    return { stop: () => Promise.resolve() };
  },
};

test.each(Object.keys(START))('beside %s both see all spans, and theirs stays', async (name) => {
  const other = START[name]?.();
  const before = registered();
  const handle = init({ ...QUIET, url: sink.url });
  expect(registered()).toBe(before);
  await work();
  await handle.flush({ throwOnError: true });
  expect(ours()).toEqual(['invoke_agent a', 'request']);
  if (!name.includes('without'))
    expect(names(theirs.getFinishedSpans())).toEqual(['invoke_agent a', 'request']);

  await handle.shutdown();
  expect(registered()).toBe(before);
  await work();
  expect(ours()).toEqual(['invoke_agent a', 'request']);
  if (!name.includes('without')) expect(names(theirs.getFinishedSpans()).at(-1)).toBe('request');
  await other?.stop();
});

test('a provider that takes no processor is named in a warning, and our operations are sent all the same', async () => {
  const inner = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(theirs)] });
  class ClosedProvider implements TracerProvider {
    readonly #inner = inner;
    getTracer(...given: Parameters<TracerProvider['getTracer']>) {
      return this.#inner.getTracer(...given);
    }
    shutdown() {
      return this.#inner.shutdown();
    }
  }
  trace.setGlobalTracerProvider(new ClosedProvider());
  const said = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  const handle = init({ ...QUIET, url: sink.url });
  expect(said.mock.calls[0]?.[0]).toMatch(/ClosedProvider[\s\S]*spanledgerSpanProcessor\(\)/);
  await work();
  await handle.flush({ throwOnError: true });
  expect(ours()).toEqual(['invoke_agent a']);
  expect(names(theirs.getFinishedSpans())).toEqual(['request']);
  expect(registered()).toBeInstanceOf(ClosedProvider);
});

test('a processor in the list of NodeSDK is all that is needed, and init finds it', async () => {
  const sdk = new NodeSDK({
    spanProcessors: [spanledgerSpanProcessor({ ...QUIET, url: sink.url }), new SimpleSpanProcessor(theirs)],
    metricReaders: [],
    logRecordProcessors: [],
  });
  const handle = init();
  sdk.start();
  await work();
  await handle.flush({ throwOnError: true });
  expect(ours()).toEqual(['invoke_agent a', 'request']);
  expect(names(theirs.getFinishedSpans())).toEqual(['invoke_agent a', 'request']);
  expect(handle.isActive).toBe(true);
  await sdk.shutdown();
  expect(agent('b', (run) => run.isRecording)).toBe(false);
});

test('a processor for another provider that can not be made says so, and does nothing', async () => {
  const said = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  // As untyped JavaScript may do it.
  const cost = JSON.parse('null') as Record<string, never>;
  const processor = spanledgerSpanProcessor({ ...QUIET, cost });
  expect(said.mock.calls[0]?.[0]).toContain('nothing is recorded');
  await processor.shutdown();
});
