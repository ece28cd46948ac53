import { SpanStatusCode, context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { ZipkinExporter } from '@opentelemetry/exporter-zipkin';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Span, Trace } from '../../collector/contract/shapes.js';
import { startTestCollector, type TestCollector } from '../support/collector.js';

let collector: TestCollector;

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
afterAll(() => {
  context.disable();
});
beforeEach(async () => {
  collector = await startTestCollector();
});
afterEach(async () => {
  await collector.close();
});

async function findOnlyTrace(): Promise<Trace & { spans: Span[] }> {
  const { data } = await collector.get<{ data: Trace[] }>('/api/v1/traces');
  expect(data).toHaveLength(1);
  return collector.get(`/api/v1/traces/${data[0]?.trace_id ?? ''}`);
}

function sendSpans(spans: object[]): Promise<Response> {
  return fetch(`${collector.url}/api/v2/spans`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(spans),
  });
}

test('an agent that reports by the Zipkin exporter of OTel JS is understood as over OTLP', async () => {
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'live-client', 'service.version': '2.0.0' }),
    spanProcessors: [new BatchSpanProcessor(new ZipkinExporter({ url: `${collector.url}/api/v2/spans` }))],
  });
  const tracer = provider.getTracer('live', '1.0.0');
  tracer.startActiveSpan('invoke_agent planner', (agent) => {
    agent.setAttributes({ 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'planner' });
    const chat = tracer.startSpan('chat gpt-5', {
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openai',
        'gen_ai.response.model': 'gpt-5-2025-08-07',
        'gen_ai.usage.input_tokens': 120,
        'gen_ai.usage.output_tokens': 30,
      },
    });
    chat.addEvent('first token');
    chat.setStatus({ code: SpanStatusCode.OK });
    chat.end();
    const search = tracer.startSpan('execute_tool search', {
      attributes: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'search' },
    });
    search.setStatus({ code: SpanStatusCode.ERROR, message: 'no such index' });
    search.end();
    agent.end();
  });
  await provider.forceFlush();
  await provider.shutdown();

  const found = await findOnlyTrace();
  // Zipkin's tags are texts, which token counts may be; which scope made a span, the exporter does not tell.
  expect(found).toMatchObject({
    name: 'invoke_agent planner',
    span_count: 3,
    llm_calls: 1,
    input_tokens: 120,
    output_tokens: 30,
    agents: ['planner'],
    models: ['gpt-5-2025-08-07'],
    tools: ['search'],
    services: ['live-client'],
    complete: true,
  });
  const chat = found.spans.find((span) => span.type === 'llm');
  expect(chat).toMatchObject({ status: 'ok', kind: 'internal', events: [{ name: 'first token' }] });
  expect(chat?.resource.attributes).toMatchObject({ 'service.version': '2.0.0' });
  const search = found.spans.find((span) => span.type === 'tool');
  expect(search).toMatchObject({ status: 'error', status_message: 'no such index' });
});

test('both halves of a shared span are stored, the server below the client, and once if sent twice', async () => {
  const timestamp = (Date.now() - 60_000) * 1000;
  const ids = { traceId: '4e441824ec2b6a44', id: 'ffdc9bb9a6453df3', name: 'get' };
  const client = { ...ids, kind: 'CLIENT', timestamp, duration: 900, localEndpoint: { serviceName: 'web' } };
  const server = {
    ...client,
    kind: 'SERVER',
    shared: true,
    timestamp: timestamp + 10,
    localEndpoint: { serviceName: 'api' },
  };
  for (const spans of [[client, server], [server], [client]])
    expect((await sendSpans(spans)).status).toBe(202);
  const { spans, services } = await findOnlyTrace();
  expect(services.toSorted()).toEqual(['api', 'web']);
  expect(spans.map((span) => [span.service_name, span.kind, span.parent_span_id])).toEqual([
    ['web', 'client', null],
    ['api', 'server', ids.id],
  ]);
});

test('a refused span is listed among the ingest issues, with what to change', async () => {
  const timestamp = (Date.now() - 60_000) * 1000;
  const good = { traceId: 'aa', id: 'bb', timestamp, duration: 5, localEndpoint: { serviceName: 'web' } };
  expect((await sendSpans([{ ...good, id: 'not hex' }, good])).status).toBe(202);
  expect((await findOnlyTrace()).spans).toHaveLength(1);
  const { data } = await collector.get<{ data: object[] }>('/api/v1/ingest/issues');
  expect(data).toMatchObject([
    {
      code: 'ZIPKIN_INVALID_SPAN',
      service_name: 'web',
      span_id: 'not hex',
      message: 'a Zipkin span is none: id must be 1 to 16 hexadecimal digits',
    },
  ]);
});
