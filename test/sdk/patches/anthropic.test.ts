import Anthropic from '@anthropic-ai/sdk';
import { SpanStatusCode } from '@opentelemetry/api';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { patchAnthropic } from '../../../src/index.js';
import { readJsonAttribute, startRecorder, type Recorder } from '../../support/sdk-recorder.js';
import { startHangingServer, startModelServer, type ScriptedAnswer } from './model-server.js';

let recorder: Recorder;
let closings: (() => Promise<void>)[] = [];
beforeEach(() => {
  recorder = startRecorder();
});
afterEach(async () => {
  await Promise.all(closings.map((close) => close()));
  closings = [];
  await recorder.stop();
});

async function createPatched(...answers: ScriptedAnswer[]): Promise<Anthropic> {
  const server = await startModelServer(answers);
  closings.push(() => server.close());
  const client = new Anthropic({ apiKey: 'k', baseURL: server.url, maxRetries: 0, openTelemetry: false });
  patchAnthropic(client);
  return client;
}

const ASK = {
  model: 'claude-sonnet-4-6',
  max_tokens: 200,
  system: 'Be short.',
  messages: [{ role: 'user' as const, content: 'Weather?' }],
};
const ANSWER = {
  thinking: 'Look it up.',
  text: 'One moment.',
  tool_calls: [{ name: 'get_weather', arguments: { city: 'Lisbon' } }],
  usage: { input: 100, output: 20, cached: 40, cache_write: 30, cache_write_1h: 10 },
};
/** What the conventions count: cached tokens are inside. */
const FACTS = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'anthropic',
  'gen_ai.request.model': 'claude-sonnet-4-6',
  'gen_ai.request.max_tokens': 200,
  'gen_ai.usage.input_tokens': 100,
  'gen_ai.usage.output_tokens': 20,
  'gen_ai.usage.cache_read.input_tokens': 40,
  'gen_ai.usage.cache_write.input_tokens': 30,
  'gen_ai.response.finish_reasons': ['tool_use'],
  'anthropic.usage.cache_creation.ephemeral_5m_input_tokens': 20,
  'anthropic.usage.cache_creation.ephemeral_1h_input_tokens': 10,
  'anthropic.response.service_tier': 'standard',
};
const sayAnswer = (id: string) => [
  {
    role: 'assistant',
    parts: [
      { type: 'reasoning', content: 'Look it up.' },
      { type: 'text', content: 'One moment.' },
      { type: 'tool_call', id, name: 'get_weather', arguments: { city: 'Lisbon' } },
    ],
    finish_reason: 'tool_use',
  },
];

const only = async () => {
  const spans = await recorder.spans();
  expect(spans).toHaveLength(1);
  const [span] = spans;
  if (span === undefined) throw new Error('no span');
  return span;
};

test('a message is one generation, whole or streamed, by create or by stream', async () => {
  const client = await createPatched(ANSWER, ANSWER, ANSWER, ANSWER);
  const whole = await client.messages.create(ASK);
  expect(whole.stop_reason).toBe('tool_use');
  const types = [];
  for await (const event of await client.messages.create({ ...ASK, stream: true })) types.push(event.type);
  expect(types.at(-1)).toBe('message_stop');
  expect(await client.messages.stream(ASK).finalMessage()).toMatchObject({ stop_reason: 'tool_use' });
  await client.beta.messages.create(ASK);
  const spans = await recorder.spans();
  expect(spans.map((span) => span.name)).toEqual(Array(4).fill('chat claude-sonnet-4-6'));
  for (const [index, span] of spans.entries()) {
    expect(span.attributes).toMatchObject({ ...FACTS, 'gen_ai.response.id': `msg_${index + 1}` });
    expect(readJsonAttribute(span, 'gen_ai.system_instructions')).toEqual([
      { type: 'text', content: 'Be short.' },
    ]);
    expect(readJsonAttribute(span, 'gen_ai.output.messages')).toEqual(sayAnswer(`toolu_${index + 1}_0`));
    const isStreamed = index === 1 || index === 2;
    expect(span.attributes['gen_ai.request.stream']).toBe(isStreamed ? true : undefined);
    expect('gen_ai.response.time_to_first_chunk' in span.attributes).toBe(isStreamed);
  }
});

test('withResponse and asResponse work as before', async () => {
  const client = await createPatched(ANSWER, ANSWER);
  const { data, request_id: requestId } = await client.messages.create(ASK).withResponse();
  expect([data.id, requestId]).toEqual(['msg_1', 'req_1']);
  expect((await only()).attributes).toMatchObject(FACTS);
  const response = await client.messages.create(ASK).asResponse();
  expect(await response.json()).toMatchObject({ id: 'msg_2' });
  expect(await recorder.spans()).toHaveLength(2);
});

test('an error is recorded and is the same error', async () => {
  const client = await createPatched({ status: 429, error: 'slow down' });
  await expect(client.messages.create(ASK)).rejects.toBeInstanceOf(Anthropic.RateLimitError);
  const span = await only();
  expect(span.attributes['error.type']).toBe('RateLimitError');
  expect(span.status.code).toBe(SpanStatusCode.ERROR);
});

test('a message stream that is aborted is cancelled, and keeps what had come', async () => {
  const message = {
    id: 'msg_9',
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-6',
    content: [],
  };
  const usage = { input_tokens: 12, output_tokens: 1 };
  const server = await startHangingServer([
    { type: 'message_start', message: { ...message, usage, stop_reason: null } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'It ' } },
  ]);
  closings.push(() => server.close());
  const client = new Anthropic({ apiKey: 'k', baseURL: server.url, openTelemetry: false });
  patchAnthropic(client);
  const stream = client.messages.stream(ASK);
  stream.on('text', () => {
    stream.abort();
  });
  await expect(stream.finalMessage()).rejects.toBeInstanceOf(Anthropic.APIUserAbortError);
  const span = await only();
  expect(span.attributes).toMatchObject({
    'error.type': 'cancelled',
    'gen_ai.response.id': 'msg_9',
    'gen_ai.usage.input_tokens': 12,
  });
  expect(readJsonAttribute(span, 'gen_ai.output.messages')).toMatchObject([
    { parts: [{ type: 'text', content: 'It ' }] },
  ]);
});

test('a client that records itself, as those of 1.x do, is left to it', async () => {
  const server = await startModelServer([ANSWER, ANSWER]);
  closings.push(() => server.close());
  const client = new Anthropic({ apiKey: 'k', baseURL: server.url });
  patchAnthropic(client);
  await client.messages.create(ASK);
  await client.messages.stream(ASK).finalMessage();
  const spans = await recorder.spans();
  expect(spans.map((span) => span.instrumentationScope.name)).toEqual(
    Array(2).fill('com.anthropic.sdk.typescript'),
  );
});

test('the class patches clients that are made later', async () => {
  const server = await startModelServer([ANSWER, ANSWER]);
  closings.push(() => server.close());
  const patch = patchAnthropic(Anthropic);
  const client = new Anthropic({ apiKey: 'k', baseURL: server.url, openTelemetry: false });
  await client.messages.create(ASK);
  patch.unpatch();
  await client.messages.create(ASK);
  expect((await only()).attributes).toMatchObject(FACTS);
});
