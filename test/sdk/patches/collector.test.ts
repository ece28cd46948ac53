import Anthropic from '@anthropic-ai/sdk';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { generateText } from 'ai';
import { MockLanguageModelV3 } from 'ai/test';
import OpenAI from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Span, Trace } from '../../../collector/contract/shapes.js';
import { agent, init, patchAnthropic, patchMcp, patchOpenAI, wrapModel } from '../../../src/index.js';
import { startTestCollector, type TestCollector } from '../../support/collector.js';
import { startModelServer, type ModelServer } from './model-server.js';
import { disableOtel } from '../../support/disable-otel.js';

let collector: TestCollector;
let models: ModelServer;
beforeAll(async () => {
  collector = await startTestCollector();
  models = await startModelServer(
    Array.from({ length: 6 }, (_, index) => ({
      text: `Answer ${index}`,
      usage: { input: 100, output: 10, cached: 40, reasoning: index < 3 ? 4 : 0 },
    })),
  );
});
afterAll(async () => {
  disableOtel();
  await models.close();
  await collector.close();
});

const MESSAGES = [{ role: 'user' as const, content: 'Hello?' }];

async function callOpenAI(): Promise<void> {
  const client = new OpenAI({ apiKey: 'k', baseURL: `${models.url}/v1` });
  patchOpenAI(client);
  await client.chat.completions.create({ model: 'gpt-4o', messages: MESSAGES });
  const options = { stream: true as const, stream_options: { include_usage: true } };
  const stream = await client.chat.completions.create({ model: 'gpt-4o', messages: MESSAGES, ...options });
  for await (const chunk of stream) expect(chunk.model).toBe('gpt-4o');
  await client.responses.create({ model: 'gpt-4o', input: 'Hello?' });
}

/** One call each of a client that we record, and of one that records itself, which is patched all the same. */
async function callAnthropic(): Promise<void> {
  for (const options of [{ openTelemetry: false as const }, {}]) {
    const client = new Anthropic({ apiKey: 'k', baseURL: models.url, ...options });
    patchAnthropic(client);
    await client.messages.create({ model: 'claude-sonnet-4-6', max_tokens: 99, messages: MESSAGES });
  }
}

async function callAiSdk(): Promise<void> {
  const model = new MockLanguageModelV3({
    provider: 'openai.responses',
    modelId: 'gpt-4o',
    doGenerate: () =>
      Promise.resolve({
        content: [{ type: 'text', text: 'Hi' }],
        finishReason: { unified: 'stop', raw: 'stop' },
        usage: {
          inputTokens: { total: 100, noCache: 60, cacheRead: 40, cacheWrite: 0 },
          outputTokens: { total: 10, text: 10, reasoning: 0 },
        },
        warnings: [],
      }),
  });
  const experimental_telemetry = { isEnabled: true };
  await generateText({ model: wrapModel(model), prompt: 'Hello?' });
  await generateText({ model: wrapModel(model), prompt: 'Hello?', experimental_telemetry });
}

async function callMcp(): Promise<void> {
  const server = new McpServer({ name: 'weather', version: '1.0.0' });
  server.registerTool('get_weather', {}, () => ({ content: [{ type: 'text', text: 'Sunny' }] }));
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  await server.connect(theirs);
  const client = new Client({ name: 'agent', version: '1.0.0' });
  patchMcp(client);
  await client.connect(ours);
  await client.callTool({ name: 'get_weather' });
  await client.close();
}

test('each call counts once in the collector, with its tokens, whoever records it', async () => {
  const handle = init({ url: collector.url, serviceName: 'patched', exitGuard: false });
  await agent('helper', async () => {
    await callOpenAI();
    await callAnthropic();
    await callAiSdk();
    await callMcp();
  });
  await handle.shutdown({ throwOnError: true });
  const { data } = await collector.get<{ data: Trace[] }>('/api/v1/traces');
  expect(data).toHaveLength(1);
  expect(data[0]).toMatchObject({
    llm_calls: 7,
    failed_llm_calls: 0,
    tool_calls: 1,
    input_tokens: 700,
    output_tokens: 70,
    cached_input_tokens: 280,
    tools: ['get_weather'],
  });
  expect(data[0]?.providers.toSorted()).toEqual(['anthropic', 'openai']);
});

test('a patched call says to the collector what was asked and answered', async () => {
  const { data } = await collector.get<{ data: Trace[] }>('/api/v1/traces');
  const found = await collector.get<{ spans: Span[] }>(`/api/v1/traces/${data[0]?.trace_id ?? ''}`);
  const read = (name: string) => {
    const { trace_id: of, span_id: id } = found.spans.find((span) => span.name === name) ?? {};
    return collector.get<Span>(`/api/v1/spans/${of ?? ''}/${id ?? ''}`);
  };
  expect(await read('chat gpt-4o')).toMatchObject({
    type: 'llm',
    provider: 'openai',
    request_model: 'gpt-4o',
    response_id: 'chatcmpl-1',
    finish_reasons: ['stop'],
    reasoning_tokens: 4,
    input_messages: [{ role: 'user', parts: [{ type: 'text', content: 'Hello?' }] }],
    output_messages: [{ role: 'assistant', parts: [{ type: 'text', content: 'Answer 0' }] }],
  });
  expect(await read('tools/call get_weather')).toMatchObject({
    type: 'tool',
    tool_name: 'get_weather',
    tool_result: [{ type: 'text', text: 'Sunny' }],
  });
});
