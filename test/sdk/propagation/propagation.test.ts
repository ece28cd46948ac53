import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { context, propagation, trace, type Span, type SpanContext } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { B3Propagator } from '@opentelemetry/propagator-b3';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import fc from 'fast-check';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { getIdentity, identify } from '../../../src/operations/identity.js';
import { extractContext, withRemoteParent } from '../../../src/propagation/extract.js';
import { captureContext, injectA2a, injectHeaders, injectMcp } from '../../../src/propagation/inject.js';
import { handoffFrom, retryOf } from '../../../src/propagation/span-links.js';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN_ID = '00f067aa0ba902b7';
const TRACEPARENT = `00-${TRACE_ID}-${SPAN_ID}-01`;
const WHO = {
  sessionId: 'session 1, ü',
  userId: 'ada',
  conversationId: 'thread',
  caseId: 'case;7',
  workflowId: 'run=3',
};
const WHO_ATTRIBUTES = {
  'session.id': 'session 1, ü',
  'user.id': 'ada',
  'gen_ai.conversation.id': 'thread',
  'spanledger.case.id': 'case;7',
  'spanledger.workflow.id': 'run=3',
};

const tracer = new BasicTracerProvider().getTracer('test');

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});

afterAll(() => {
  context.disable();
});

afterEach(() => {
  propagation.disable();
});

function within<R>(fn: (span: Span) => R): R {
  const span = tracer.startSpan('caller');
  return context.with(trace.setSpan(context.active(), span), fn, undefined, span);
}

function readParent(carrier: unknown): SpanContext | undefined {
  return withRemoteParent(carrier, () => trace.getSpanContext(context.active()));
}

test('an agent called over HTTP works in the trace of its caller and for the same people', async () => {
  let heard: { parent: SpanContext | undefined; who: unknown } | undefined;
  const server = createServer((request, response) => {
    heard = withRemoteParent(request.headers, () => ({
      parent: trace.getSpanContext(context.active()),
      who: getIdentity(context.active()),
    }));
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const caller = await identify(WHO, () =>
    within(async (span) => {
      await fetch(url, { headers: injectHeaders(new Headers({ accept: '*/*' })) });
      return span.spanContext();
    }),
  );
  await new Promise((resolve) => server.close(resolve));
  expect(heard?.parent).toMatchObject({ traceId: caller.traceId, spanId: caller.spanId, isRemote: true });
  expect(heard?.who).toEqual(WHO_ATTRIBUTES);
});

test('a tool called over MCP works in the trace of its caller', async () => {
  const server = new McpServer({ name: 'weather', version: '1.0.0' });
  let parent: SpanContext | undefined;
  server.registerTool('get_weather', { inputSchema: { city: z.string() } }, (_args, extra) => {
    parent = readParent(extra);
    return { content: [] };
  });
  const client = new Client({ name: 'planner', version: '1.0.0' });
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.connect(theirs), client.connect(ours)]);
  const params = { name: 'get_weather', arguments: { city: 'Graz' }, _meta: { progressToken: 7 } };
  const caller = await within(async (span) => {
    await client.callTool(injectMcp(params));
    return span.spanContext();
  });
  await client.close();
  expect(parent).toMatchObject({ traceId: caller.traceId, spanId: caller.spanId, isRemote: true });
  expect(params._meta).toEqual({ progressToken: 7 });
});

test('the keys in the _meta of MCP are those of the convention, beside what was there', () => {
  const params = within(() => injectMcp({ name: 'get_weather', _meta: { progressToken: 7 } }));
  expect(params._meta).toEqual({
    progressToken: 7,
    traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/) as string,
  });
});

test('an A2A message carries the trace in its metadata', () => {
  const message = { kind: 'message', messageId: '1', metadata: { tone: 'kind' } };
  const { sent, caller } = within((span) => ({ sent: injectA2a(message), caller: span.spanContext() }));
  expect(message.metadata).toEqual({ tone: 'kind' });
  expect(sent.metadata).toMatchObject({ tone: 'kind' });
  const request = { jsonrpc: '2.0', id: 1, method: 'message/send', params: { message: sent } };
  for (const carrier of [sent, { message: sent }, request]) {
    expect(readParent(carrier)).toMatchObject({ traceId: caller.traceId, spanId: caller.spanId });
  }
});

test.each([
  ['headers in capitals', { Traceparent: TRACEPARENT }],
  ['headers as lists', { traceparent: [TRACEPARENT] }],
  ['a Request', new Request('http://localhost/', { headers: { traceparent: TRACEPARENT } })],
  ['an extension of A2A', { metadata: { 'https://example.org/trace/v1': { traceparent: TRACEPARENT } } }],
  ['the params of an MCP request', { name: 'x', _meta: { traceparent: TRACEPARENT } }],
  [
    'an MCP request over HTTP',
    {
      _meta: { traceparent: TRACEPARENT },
      requestInfo: { headers: { traceparent: `00-${'1'.repeat(32)}-${'1'.repeat(16)}-01` } },
    },
  ],
  [
    'an MCP request whose HTTP request alone has it',
    { _meta: {}, requestInfo: { headers: { traceparent: TRACEPARENT } } },
  ],
])('the parent is found in %s', (_name, carrier) => {
  expect(readParent(carrier)).toMatchObject({ traceId: TRACE_ID, spanId: SPAN_ID, isRemote: true });
});

test('without a trace in the carrier the active span stays the parent', () => {
  const bad = [
    '',
    '00-0-0-01',
    `00-${'0'.repeat(32)}-${SPAN_ID}-01`,
    TRACEPARENT.toUpperCase(),
    7,
    null,
    [],
    {},
  ];
  within((span) => {
    for (const traceparent of bad) expect(readParent({ traceparent })).toBe(span.spanContext());
  });
});

test('garbage is taken for no trace, whatever it is', () => {
  const cyclic: Record<string, unknown> = {};
  cyclic.params = cyclic;
  const hostile = new Proxy(
    {},
    {
      get: () => {
        throw new Error('no');
      },
      ownKeys: () => {
        throw new Error('no');
      },
    },
  );
  for (const carrier of [cyclic, hostile, Object.create(null), () => 1, Symbol('x'), 1n]) {
    expect(readParent(carrier)).toBeUndefined();
    expect(retryOf(carrier as object)).toEqual([]);
  }
  fc.assert(
    fc.property(fc.anything(), (carrier) => {
      expect(extractContext(carrier)).toBe(context.active());
      const params = { _meta: carrier as Record<string, unknown> };
      expect(injectMcp(params)).toBe(params);
      expect(() => within(() => injectMcp(params))).not.toThrow();
    }),
  );
});

test('headers that cannot be written to are given back as they were', () => {
  const frozen = Object.freeze({ accept: '*/*' });
  expect(within(() => injectHeaders(frozen))).toBe(frozen);
  expect(injectHeaders({ accept: '*/*' })).toEqual({ accept: '*/*' });
});

test('which ids travel can be chosen on both sides', () => {
  identify(WHO, () => {
    within(() => {
      expect(captureContext({ identity: false })).not.toHaveProperty('baggage');
      expect(captureContext({ identity: ['sessionId'] }).baggage).toBe('session.id=session%201%2C%20%C3%BC');
    });
  });
  const carrier = identify(WHO, () => within(() => captureContext()));
  expect(getIdentity(extractContext(carrier, { identity: false }))).toEqual({});
  expect(getIdentity(extractContext(carrier, { identity: ['caseId'] }))).toEqual({
    'spanledger.case.id': 'case;7',
  });
  expect(getIdentity(extractContext(carrier))).toEqual(WHO_ATTRIBUTES);
});

test('an id that is longer than any is not taken over', () => {
  const baggage = `session.id=${'x'.repeat(201)},user.id=ada`;
  expect(getIdentity(extractContext({ traceparent: TRACEPARENT, baggage }))).toEqual({ 'user.id': 'ada' });
});

test("the application's baggage goes along and is not changed", () => {
  const own = propagation.createBaggage({ tier: { value: 'gold' } });
  context.with(propagation.setBaggage(context.active(), own), () => {
    identify({ caseId: '7' }, () => {
      within(() => {
        expect(captureContext().baggage).toBe('tier=gold,spanledger.case.id=7');
        expect(propagation.getBaggage(context.active())?.getAllEntries()).toHaveLength(1);
      });
    });
  });
});

test("the application's own propagators are used where it has any", () => {
  propagation.setGlobalPropagator(new B3Propagator());
  const carrier = within(() => captureContext());
  expect(Object.keys(carrier)).toEqual(['b3']);
  expect(readParent(carrier)?.traceId).toHaveLength(32);
  propagation.disable();
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  expect(Object.keys(identify(WHO, () => within(() => captureContext())))).toEqual(['traceparent']);
});

test('a retry and a hand-over link to the span before, however it is known', () => {
  const earlier = within((span) => ({ span, context: span.spanContext(), carrier: captureContext() }));
  const { traceId, spanId } = earlier.context;
  for (const target of [
    earlier.span,
    earlier.context,
    earlier.carrier,
    { headers: new Headers(earlier.carrier) },
  ]) {
    expect(retryOf(target)).toMatchObject([
      { context: { traceId, spanId }, attributes: { 'spanledger.link': 'retry_of' } },
    ]);
  }
  expect(handoffFrom(earlier.span)).toEqual([
    { context: earlier.context, attributes: { 'spanledger.link': 'handoff_from' } },
  ]);
  expect(
    retryOf(trace.wrapSpanContext({ traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 0 })),
  ).toEqual([]);
  expect(retryOf(undefined)).toEqual([]);
});

test("a function's own result and errors come through", () => {
  const error = new Error('mine');
  expect(withRemoteParent({}, () => 7)).toBe(7);
  expect(() =>
    withRemoteParent({ traceparent: TRACEPARENT }, () => {
      throw error;
    }),
  ).toThrow(error);
});
