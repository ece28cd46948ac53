import { SpanStatusCode, context, type Tracer } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import { OpenTelemetry } from '@ai-sdk/otel';
import { generateText, jsonSchema, stepCountIs, tool } from 'ai';
import { MockLanguageModelV3 } from 'ai/test';
import {
  generateText as generateTextV5,
  jsonSchema as jsonSchemaV5,
  stepCountIs as stepCountIsV5,
  tool as toolV5,
} from 'ai-v5';
import { MockLanguageModelV2 } from 'ai-v5/test';
import {
  generateText as generateTextV7,
  tool as toolV7,
  jsonSchema as jsonSchemaV7,
  isStepCount,
} from 'ai-v7';
import { MockLanguageModelV4 } from 'ai-v7/test';
import { afterAll, beforeAll, beforeEach, afterEach, expect, test, vi } from 'vitest';
import type { Execution, Span, Trace } from '../../collector/contract/shapes.js';
import { startTestCollector, type TestCollector } from '../support/collector.js';

let collector: TestCollector;

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
afterAll(() => {
  context.disable();
});
beforeEach(async () => {
  collector = await startTestCollector({ grpcPort: 'free' });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await collector.close();
});

type Target = Pick<TestCollector, 'url' | 'grpcUrl'>;

const EXPORTERS: [string, (target: Target) => SpanExporter][] = [
  ['HTTP/JSON', ({ url }) => new JsonExporter({ url: `${url}/v1/traces` })],
  ['HTTP/protobuf', ({ url }) => new ProtobufExporter({ url: `${url}/v1/traces` })],
  ['gRPC', ({ grpcUrl }) => new GrpcExporter({ url: grpcUrl ?? '' })],
];
const COMPRESSIONS = ['none', 'gzip'];

/** Runs `work` with a tracer whose spans have all been answered for by the collector when this resolves. */
async function withTracer(
  exporter: SpanExporter,
  work: (tracer: Tracer) => Promise<void> | void,
): Promise<void> {
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'live-client' }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  await work(provider.getTracer('live', '1.0.0'));
  await provider.forceFlush();
  await provider.shutdown();
}

async function findOnlyTrace(): Promise<Trace> {
  const { data } = await collector.get<{ data: Trace[] }>('/api/v1/traces');
  expect(data).toHaveLength(1);
  return data[0] as Trace;
}

test.each(
  EXPORTERS.flatMap(([name, create]) => COMPRESSIONS.map((coding) => [name, coding, create] as const)),
)(
  '[9] spans of the OTel JS exporter over %s with compression %s come back as they were made',
  async (_name, coding, exporter) => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_COMPRESSION', coding);
    await withTracer(exporter(collector), (tracer) => {
      tracer.startActiveSpan('invoke_agent planner', (agent) => {
        agent.setAttributes({ 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'planner' });
        tracer.startActiveSpan('chat gpt-5', (chat) => {
          chat.setAttributes({
            'gen_ai.operation.name': 'chat',
            'gen_ai.provider.name': 'openai',
            'gen_ai.request.model': 'gpt-5',
            'gen_ai.response.model': 'gpt-5-2025-08-07',
            'gen_ai.usage.input_tokens': 120,
            'gen_ai.usage.output_tokens': 30,
            ratio: 0.5,
            flags: [true, false],
            names: ['a', 'b'],
          });
          chat.addEvent('first token', { at: 12 });
          chat.setStatus({ code: SpanStatusCode.OK });
          chat.end();
        });
        agent.end();
      });
    });
    const found = await findOnlyTrace();
    expect(found).toMatchObject({
      name: 'invoke_agent planner',
      status: 'completed',
      span_count: 2,
      llm_calls: 1,
      input_tokens: 120,
      output_tokens: 30,
      agents: ['planner'],
      models: ['gpt-5-2025-08-07'],
      providers: ['openai'],
      services: ['live-client'],
      complete: true,
    });
    const whole = await collector.get<{ spans: Span[] }>(`/api/v1/traces/${found.trace_id}`);
    const chat = whole.spans.find((span) => span.type === 'llm');
    expect(chat).toMatchObject({ status: 'ok', kind: 'internal', scope: { name: 'live', version: '1.0.0' } });
    expect(chat?.attributes).toMatchObject({ ratio: 0.5, flags: [true, false], names: ['a', 'b'] });
    expect(chat?.events).toMatchObject([{ name: 'first token', attributes: { at: 12 } }]);
  },
);

test('a failed span of a live client is failed, with its exception', async () => {
  await withTracer(new ProtobufExporter({ url: `${collector.url}/v1/traces` }), (tracer) => {
    const span = tracer.startSpan('execute_tool search', {
      attributes: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'search' },
    });
    span.recordException(new TypeError('no such index'));
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'no such index' });
    span.end();
  });
  const found = await findOnlyTrace();
  expect(found).toMatchObject({ status: 'failed', error_count: 1, tools: ['search'] });
});

/** What the stand-in of a model answers to the first call and to the second, as AI SDK 6 and 7 have it. */
function answerCall(call: number) {
  const usage = (input: number, output: number, cached: number) => ({
    inputTokens: { total: input, noCache: input - cached, cacheRead: cached, cacheWrite: undefined },
    outputTokens: { total: output, text: output, reasoning: undefined },
  });
  return call === 1
    ? {
        content: [
          { type: 'reasoning' as const, text: 'I need the weather.' },
          { type: 'tool-call' as const, toolCallId: 'call-1', toolName: 'weather', input: '{"city":"Oslo"}' },
        ],
        finishReason: { unified: 'tool-calls' as const, raw: 'tool_calls' },
        usage: usage(100, 20, 0),
        warnings: [],
      }
    : {
        content: [{ type: 'text' as const, text: 'It rains in Oslo.' }],
        finishReason: { unified: 'stop' as const, raw: 'stop' },
        usage: usage(150, 10, 64),
        warnings: [],
      };
}

const WEATHER_SCHEMA = {
  type: 'object' as const,
  properties: { city: { type: 'string' as const } },
  required: ['city'],
};

test('an agent of the AI SDK 6 with a tool is one execution whose tokens are counted once', async () => {
  let step = 0;
  const model = new MockLanguageModelV3({
    modelId: 'mock-model',
    provider: 'mock.chat',
    doGenerate: () => Promise.resolve(answerCall(++step)),
  });
  await withTracer(new JsonExporter({ url: `${collector.url}/v1/traces` }), async (tracer) => {
    const result = await generateText({
      model,
      prompt: 'What is the weather in Oslo?',
      stopWhen: stepCountIs(4),
      tools: {
        weather: tool({
          inputSchema: jsonSchema<{ city: string }>(WEATHER_SCHEMA),
          execute: ({ city }) => Promise.resolve(`rain in ${city}`),
        }),
      },
      experimental_telemetry: {
        isEnabled: true,
        tracer,
        functionId: 'forecaster',
        metadata: { sessionId: 'session-1', userId: 'user-1' },
      },
    });
    expect(result.text).toBe('It rains in Oslo.');
  });
  await expectForecaster('forecaster');
  expect(await findOnlyTrace()).toMatchObject({ session_id: 'session-1', user_id: 'user-1' });
});

test('an agent of the AI SDK 5, which tells neither cached tokens nor reasoning, is understood alike', async () => {
  let step = 0;
  const model = new MockLanguageModelV2({
    modelId: 'mock-model',
    provider: 'mock.chat',
    doGenerate: () => {
      step += 1;
      return Promise.resolve(
        step === 1
          ? {
              content: [
                { type: 'reasoning' as const, text: 'I need the weather.' },
                {
                  type: 'tool-call' as const,
                  toolCallId: 'call-1',
                  toolName: 'weather',
                  input: '{"city":"Oslo"}',
                },
              ],
              finishReason: 'tool-calls' as const,
              usage: { inputTokens: 100, outputTokens: 20, totalTokens: 120 },
              warnings: [],
            }
          : {
              content: [{ type: 'text' as const, text: 'It rains in Oslo.' }],
              finishReason: 'stop' as const,
              usage: { inputTokens: 150, outputTokens: 10, totalTokens: 160, cachedInputTokens: 64 },
              warnings: [],
            },
      );
    },
  });
  await withTracer(new ProtobufExporter({ url: `${collector.url}/v1/traces` }), async (tracer) => {
    await generateTextV5({
      model,
      prompt: 'What is the weather in Oslo?',
      stopWhen: stepCountIsV5(4),
      tools: {
        weather: toolV5({
          inputSchema: jsonSchemaV5<{ city: string }>(WEATHER_SCHEMA),
          execute: ({ city }) => Promise.resolve(`rain in ${city}`),
        }),
      },
      experimental_telemetry: { isEnabled: true, tracer, functionId: 'forecaster' },
    });
  });
  await expectForecaster('forecaster', { cachedInputTokens: null, thinking: [] });
});

test('an agent of the AI SDK 7 with its OpenTelemetry integration is understood alike', async () => {
  let step = 0;
  const model = new MockLanguageModelV4({
    modelId: 'mock-model',
    provider: 'mock.chat',
    doGenerate: () => Promise.resolve(answerCall(++step)),
  });
  await withTracer(new ProtobufExporter({ url: `${collector.url}/v1/traces` }), async (tracer) => {
    await generateTextV7({
      model,
      prompt: 'What is the weather in Oslo?',
      stopWhen: isStepCount(4),
      tools: {
        weather: toolV7({
          inputSchema: jsonSchemaV7<{ city: string }>(WEATHER_SCHEMA),
          execute: ({ city }: { city: string }) => Promise.resolve(`rain in ${city}`),
        }),
      },
      telemetry: { functionId: 'forecaster', integrations: [new OpenTelemetry({ tracer })] },
    });
  });
  await expectForecaster('forecaster');
});

async function expectForecaster(
  agent: string,
  said: { cachedInputTokens: number | null; thinking: string[] } = {
    cachedInputTokens: 64,
    thinking: ['I need the weather.'],
  },
): Promise<void> {
  const found = await findOnlyTrace();
  expect(found).toMatchObject({
    status: 'completed',
    llm_calls: 2,
    failed_llm_calls: 0,
    tool_calls: 1,
    input_tokens: 250,
    output_tokens: 30,
    cached_input_tokens: said.cachedInputTokens,
    agents: [agent],
    models: ['mock-model'],
    tools: ['weather'],
    error_count: 0,
  });
  const { data } = await collector.get<{ data: Execution[] }>('/api/v1/executions');
  expect(data).toHaveLength(1);
  expect(data[0]).toMatchObject({
    agent_name: agent,
    status: 'completed',
    own_input_tokens: 250,
    tools_called: [
      { name: 'weather', call_id: 'call-1', arguments: { city: 'Oslo' }, result: 'rain in Oslo' },
    ],
    thinking_traces: said.thinking.map((content) => ({ content })),
  });
  expect(JSON.stringify(data[0]?.output_data)).toContain('It rains in Oslo.');
}
