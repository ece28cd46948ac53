import { trace } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterEach, expect, test, vi } from 'vitest';
import { agent, generation, init, injectHeaders, tool } from '../../../src/index.js';
import { emitRecord } from '../../../src/records/emit-record.js';
import { collectSpans, type CollectOptions, type SpanCollection } from '../../../src/testing.js';
import { startOtlpServer } from '../../support/otlp-server.js';
import { disableOtel } from '../../support/disable-otel.js';

const open: { dispose: () => void }[] = [];
const outside = trace.getTracer('application');

function collect(options?: CollectOptions): SpanCollection {
  const collection = collectSpans(options);
  open.push(collection);
  return collection;
}

afterEach(() => {
  for (const one of open.splice(0)) one.dispose();
  vi.restoreAllMocks();
  vi.useRealTimers();
  disableOtel();
});

test('a whole span compares literally: ids count up, and the clock stands still until it is moved', () => {
  const collection = collect();
  agent({ name: 'planner', input: 'go' }, () => {
    collection.clock.advance(250);
    return tool('search', () => 'found');
  });
  expect(collection.spans()).toEqual([
    {
      traceId: '00000000000000000000000000000001',
      spanId: '0000000000000001',
      name: 'invoke_agent planner',
      type: 'agent',
      kind: 'internal',
      status: 'unset',
      startMillis: Date.UTC(2025, 0, 1),
      durationMillis: 250,
      attributes: {
        'gen_ai.operation.name': 'invoke_agent',
        'gen_ai.agent.name': 'planner',
        'gen_ai.input.messages': '[{"role":"user","parts":[{"type":"text","content":"go"}]}]',
        'gen_ai.output.messages': '[{"role":"assistant","parts":[{"type":"text","content":"found"}]}]',
      },
      events: [],
      links: [],
      scope: 'spanledger',
    },
    {
      traceId: '00000000000000000000000000000001',
      spanId: '0000000000000002',
      parentSpanId: '0000000000000001',
      name: 'execute_tool search',
      type: 'tool',
      kind: 'internal',
      status: 'unset',
      startMillis: Date.UTC(2025, 0, 1) + 250,
      durationMillis: 0,
      attributes: {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': 'search',
        'gen_ai.tool.type': 'function',
        'gen_ai.tool.call.result': 'found',
      },
      events: [],
      links: [],
      scope: 'spanledger',
    },
  ]);
});

test('the same code has the same spans each time, and others with another seed', () => {
  const run = (options?: CollectOptions) => {
    const collection = collect(options);
    const headers = agent('a', () => injectHeaders({}));
    collection.dispose();
    return { spans: collection.spans(), headers };
  };
  const first = run();
  expect(run()).toEqual(first);
  expect(first.headers).toMatchObject({
    traceparent: '00-00000000000000000000000000000001-0000000000000001-01',
  });
  expect(run({ seed: 7 }).spans[0]).toMatchObject({
    traceId: '00000007000000000000000000000001',
    spanId: '0000000700000001',
  });
  expect(() => collectSpans({ seed: -1 })).toThrow(RangeError);
});

test('events, errors and the first chunk are timed by the clock', async () => {
  const collection = collect({ startTime: '2030-01-01T00:00:00Z' });
  expect(() =>
    tool('broken', ({ span }) => {
      collection.clock.advance(5);
      span.addEvent('halfway');
      collection.clock.advance(5);
      throw new TypeError('no');
    }),
  ).toThrow('no');
  async function* answer() {
    collection.clock.advance(1_500);
    await Promise.resolve();
    yield 'Hi';
    collection.clock.advance(500);
  }
  const chunks: string[] = [];
  for await (const chunk of generation('gpt-x', () => answer())) chunks.push(chunk);
  expect(chunks).toEqual(['Hi']);
  const start = Date.UTC(2030, 0, 1);
  const [broken, chat] = collection.spans();
  expect(broken).toMatchObject({
    durationMillis: 10,
    status: 'error',
    statusMessage: 'no',
    events: [
      { name: 'halfway', timeMillis: start + 5, attributes: {} },
      {
        name: 'exception',
        timeMillis: start + 10,
        attributes: { 'exception.type': 'TypeError', 'exception.message': 'no' },
      },
    ],
  });
  expect(broken?.events[1]?.attributes).not.toHaveProperty('exception.stacktrace');
  expect(chat).toMatchObject({
    durationMillis: 2_000,
    attributes: { 'gen_ai.response.time_to_first_chunk': 1.5 },
  });
});

test('the clock ticks, is set, and follows fake timers, as it is asked to', () => {
  const ticking = collect({ startTime: 1_000, tickMillis: 10 });
  agent('a', () => tool('t', () => 1));
  emitRecord('note', { text: 'x' });
  expect(ticking.spans().map(({ startMillis, durationMillis }) => [startMillis, durationMillis])).toEqual([
    [1_000, 30],
    [1_010, 10],
    [1_040, 0],
  ]);
  ticking.clock.set(new Date(500));
  expect(ticking.clock.nowMillis).toBe(500);
  ticking.dispose();

  vi.useFakeTimers({ now: 9_000 });
  const following = collect({ now: Date.now });
  agent('a', () => vi.advanceTimersByTime(30_000));
  expect(following.spans()).toMatchObject([{ startMillis: 9_000, durationMillis: 30_000 }]);
});

test('plain OTel spans are collected in every test, also by a tracer that was fetched before', () => {
  for (const name of ['first', 'second']) {
    const collection = collect();
    outside.startActiveSpan(name, (span) => {
      agent('inside', () => 1);
      span.end();
    });
    expect(collection.render()).toBe(`${name} (span, 0 ms)\n└─ invoke_agent inside (agent, 0 ms)`);
    collection.dispose();
    expect(outside.startSpan('between').isRecording()).toBe(false);
    expect(agent('between', (run) => run.isRecording)).toBe(false);
  }
});

test('spans that start in one collection and end in another are in neither', () => {
  const first = collect();
  const span = outside.startSpan('long');
  expect(first.openSpans()).toEqual(['long']);
  first.dispose();
  const second = collect();
  span.end();
  expect([first.spans(), second.spans(), second.openSpans()]).toEqual([[], [], []]);
});

test('clear forgets what was collected and what is open', () => {
  const collection = collect();
  agent('a', () => 1);
  const span = outside.startSpan('long');
  collection.clear();
  span.end();
  expect([collection.spans(), collection.openSpans()]).toEqual([[], []]);
  agent('b', () => 1);
  expect(collection.spans()[0]).toMatchObject({ name: 'invoke_agent b', spanId: '0000000000000003' });
});

test('a second collection is refused while one is open, and using closes it', () => {
  {
    using collection = collectSpans();
    expect(collection.isDisposed).toBe(false);
    expect(() => collectSpans()).toThrow('another collection is open');
  }
  const collection = collect();
  collection.dispose();
  collection.dispose();
  expect(collection.isDisposed).toBe(true);
});

test('nothing leaves the process, although the code under test calls init and shutdown', async () => {
  const sink = await startOtlpServer();
  const collection = collect();
  const handle = init({ url: sink.url });
  agent('a', () => 1);
  await handle.flush({ throwOnError: true });
  await handle.shutdown();
  init({ url: sink.url });
  agent('b', () => 1);
  expect(handle.isActive).toBe(true);
  expect(collection.spans().map(({ name }) => name)).toEqual(['invoke_agent a', 'invoke_agent b']);
  collection.dispose();
  expect(handle.isActive).toBe(false);
  expect(sink.received).toEqual([]);
  await sink.close();
});

test('what init started before goes on afterwards, and sees nothing in between', async () => {
  const exporter = new InMemorySpanExporter();
  const handle = init({ exporter, pending: false, exitGuard: false });
  const collection = collect();
  agent('collected', () => 1);
  trace.getTracer('theirs').startSpan('others').end();
  collection.dispose();
  agent('sent', () => 1);
  await handle.flush({ throwOnError: true });
  expect(collection.spans().map(({ name }) => name)).toEqual(['invoke_agent collected', 'others']);
  expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['others', 'invoke_agent sent']);
  await handle.shutdown();
});

test('what was shut down in between does not come back, and init starts anew', async () => {
  const options = { exporter: new InMemorySpanExporter(), pending: false, exitGuard: false };
  const handle = init(options);
  const collection = collect();
  await handle.shutdown();
  agent('collected', () => 1);
  expect(collection.spans()).toHaveLength(1);
  collection.dispose();
  expect(agent('nowhere', (run) => run.isRecording)).toBe(false);
  const again = init(options);
  expect(again.isActive).toBe(true);
  await again.shutdown();
});

test("beside somebody's provider, its spans are collected with ids and times of the collection", async () => {
  const theirs = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(theirs)] });
  trace.setGlobalTracerProvider(provider);
  const collection = collect();
  trace.getTracer('http').startActiveSpan('request', (span) => {
    agent('a', () => {
      trace.getTracer('db').startSpan('query').end();
      collection.clock.advance(100);
    });
    span.addEvent('sent');
    span.end();
  });
  expect(collection.render({ starts: true })).toBe(
    [
      'request (span, at 0 ms, 100 ms)',
      '└─ invoke_agent a (agent, at 0 ms, 100 ms)',
      '   └─ query (span, at 0 ms, 0 ms)',
    ].join('\n'),
  );
  const start = Date.UTC(2025, 0, 1);
  expect(collection.spans()).toMatchObject([
    {
      traceId: '00000000000000000000000000000001',
      spanId: '0000000000000001',
      startMillis: start,
      events: [{ name: 'sent', timeMillis: start + 100 }],
    },
    { spanId: '0000000000000002', parentSpanId: '0000000000000001' },
    { spanId: '0000000000000003', parentSpanId: '0000000000000002' },
  ]);
  expect(collection.spans().every(({ traceId }) => traceId === collection.spans()[0]?.traceId)).toBe(true);
  collection.dispose();
  trace.getTracer('http').startSpan('later').end();
  expect(collection.spans()).toHaveLength(3);
  expect(theirs.getFinishedSpans().map(({ name }) => name)).toEqual(['query', 'request', 'later']);
  await provider.shutdown();
});

test('a provider that is made later takes the processor of the collection', async () => {
  const collection = collect();
  const provider = new BasicTracerProvider({ spanProcessors: [collection.spanProcessor] });
  provider.getTracer('own').startSpan('own').end();
  expect(collection.spans()).toMatchObject([{ name: 'own', spanId: '0000000000000001' }]);
  await provider.shutdown();
});

test('a provider that nothing can be added to is named, and operations are collected all the same', () => {
  class ClosedProvider {
    readonly #inner = new BasicTracerProvider();
    getTracer(name: string) {
      return this.#inner.getTracer(name);
    }
    shutdown() {
      return this.#inner.shutdown();
    }
  }
  trace.setGlobalTracerProvider(new ClosedProvider());
  const said = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  const collection = collect();
  agent('a', () => 1);
  expect(said.mock.calls[0]?.[0]).toContain('ClosedProvider');
  expect(collection.spans()).toHaveLength(1);
});

test('secrets are unreadable as they would be when sent, and metadata alone is kept where that is asked for', () => {
  const secret = 'sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789';
  const collection = collect();
  tool({ name: 't', input: { key: secret } }, () => 1);
  expect(JSON.stringify(collection.spans())).not.toContain(secret);
  collection.dispose();
  const bare = collect({ capture: 'metadata' });
  tool({ name: 't', input: { key: 'open' } }, () => 'result');
  expect(bare.toolCalls()).toMatchObject([{ name: 't' }]);
  expect(bare.toolCalls()[0]).not.toHaveProperty('arguments');
  bare.dispose();
  const open = collect({ redaction: false });
  tool({ name: 't', input: { key: secret } }, () => 1);
  expect(open.toolCalls()).toMatchObject([{ arguments: { key: secret }, result: 1 }]);
});

test('running spans are announced only where that is asked for', async () => {
  const collection = collect({ pending: { delayMillis: 1 } });
  await agent('slow', async () => {
    await vi.waitFor(() => {
      expect(collection.pendingSpans()).toHaveLength(1);
    });
  });
  expect(collection.pendingSpans()).toMatchObject([
    { name: 'invoke_agent slow', attributes: { 'spanledger.pending': true } },
  ]);
  expect(collection.spans()).toHaveLength(1);
});
