import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import OpenAI from 'openai';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { agent, generation, patchOpenAI } from '../../../src/index.js';
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

/** A client of a provider that answers so, without a patch. */
async function createClient(...answers: ScriptedAnswer[]): Promise<OpenAI> {
  const server = await startModelServer(answers);
  closings.push(() => server.close());
  return new OpenAI({ apiKey: 'k', baseURL: `${server.url}/v1`, maxRetries: 0 });
}

async function createPatched(...answers: ScriptedAnswer[]): Promise<OpenAI> {
  const client = await createClient(...answers);
  patchOpenAI(client);
  return client;
}

const USAGE = { input: 100, output: 20, cached: 40, reasoning: 5 };
const TOKENS = {
  'gen_ai.usage.input_tokens': 100,
  'gen_ai.usage.output_tokens': 20,
  'gen_ai.usage.cache_read.input_tokens': 40,
  'gen_ai.usage.reasoning.output_tokens': 5,
};
const ASK = { model: 'gpt-4o', messages: [{ role: 'user' as const, content: 'Weather?' }] };
const CHAT_CHUNK = {
  id: 'chatcmpl-9',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'gpt-4o-2024',
  choices: [{ index: 0, delta: { role: 'assistant', content: 'It ' }, finish_reason: null }],
};

const only = async () => {
  const spans = await recorder.spans();
  expect(spans).toHaveLength(1);
  const [span] = spans;
  if (span === undefined) throw new Error('no span');
  return span;
};

test('a chat completion is one generation with messages, tokens, tool calls and parameters', async () => {
  const client = await createPatched({
    text: 'Looking.',
    tool_calls: [{ name: 'get_weather', arguments: { city: 'Lisbon' } }],
    model: 'gpt-4o-2024-08-06',
    usage: USAGE,
  });
  const tools = [{ type: 'function' as const, function: { name: 'get_weather' } }];
  const answer = await client.chat.completions.create({
    ...ASK,
    tools,
    temperature: 0.5,
    max_completion_tokens: 99,
    stop: 'END',
  });
  expect(answer.choices[0]?.message.content).toBe('Looking.');
  expect(answer._request_id).toBe('req_1');
  const span = await only();
  expect(span).toMatchObject({ name: 'chat gpt-4o', kind: SpanKind.CLIENT });
  expect(span.status.code).toBe(SpanStatusCode.UNSET);
  expect(span.attributes).toMatchObject({
    ...TOKENS,
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4o',
    'gen_ai.request.temperature': 0.5,
    'gen_ai.request.max_tokens': 99,
    'gen_ai.request.stop_sequences': ['END'],
    'gen_ai.response.id': 'chatcmpl-1',
    'gen_ai.response.model': 'gpt-4o-2024-08-06',
    'gen_ai.response.finish_reasons': ['tool_calls'],
    'server.address': '127.0.0.1',
  });
  expect(readJsonAttribute(span, 'gen_ai.input.messages')).toEqual([
    { role: 'user', parts: [{ type: 'text', content: 'Weather?' }] },
  ]);
  expect(readJsonAttribute(span, 'gen_ai.output.messages')).toEqual([
    {
      role: 'assistant',
      parts: [
        { type: 'text', content: 'Looking.' },
        { type: 'tool_call', id: 'call_1_0', name: 'get_weather', arguments: { city: 'Lisbon' } },
      ],
      finish_reason: 'tool_calls',
    },
  ]);
  expect(readJsonAttribute(span, 'gen_ai.tool.definitions')).toEqual(tools);
});

test('the span of a stream ends when it is drained, with what its chunks say together', async () => {
  const client = await createPatched({
    text: 'It is sunny.',
    tool_calls: [{ name: 'get_weather', arguments: { city: 'Lisbon' } }],
    usage: USAGE,
  });
  const stream = await client.chat.completions.create({
    ...ASK,
    stream: true,
    stream_options: { include_usage: true },
  });
  expect(await recorder.spans()).toEqual([]);
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
  expect(text).toBe('It is sunny.');
  const span = await only();
  expect(span.attributes).toMatchObject({
    ...TOKENS,
    'gen_ai.request.stream': true,
    'gen_ai.response.finish_reasons': ['tool_calls'],
  });
  expect(span.attributes['gen_ai.response.time_to_first_chunk']).toBeGreaterThan(0);
  expect(readJsonAttribute(span, 'gen_ai.output.messages')).toEqual([
    {
      role: 'assistant',
      parts: [
        { type: 'text', content: 'It is sunny.' },
        { type: 'tool_call', id: 'call_1_0', name: 'get_weather', arguments: { city: 'Lisbon' } },
      ],
      finish_reason: 'tool_calls',
    },
  ]);
});

test('the request is sent as it was given: no usage is asked for that the user did not ask for', async () => {
  const client = await createPatched({ text: 'Hello', usage: USAGE });
  const stream = await client.chat.completions.create({ ...ASK, stream: true });
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  expect(chunks.some((chunk) => chunk.choices.length === 0)).toBe(false);
  expect((await only()).attributes).not.toHaveProperty('gen_ai.usage.input_tokens');
});

test('withResponse gives data, response and request id, and the generation is whole', async () => {
  const client = await createPatched({ text: 'Hello', usage: USAGE });
  const { data, response, request_id: requestId } = await client.chat.completions.create(ASK).withResponse();
  expect(data.choices[0]?.message.content).toBe('Hello');
  expect(response.status).toBe(200);
  expect(requestId).toBe('req_1');
  expect((await only()).attributes).toMatchObject(TOKENS);
});

test('asResponse gives the raw response with its body unread, and ends the span', async () => {
  const client = await createPatched({ text: 'Hello', usage: USAGE }, { text: 'Hello', usage: USAGE });
  const response = await client.chat.completions.create(ASK).asResponse();
  expect((await only()).attributes).not.toHaveProperty('gen_ai.usage.input_tokens');
  expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'Hello' } }] });
  const derived = await client.chat.completions.parse(ASK).asResponse();
  expect(derived.bodyUsed).toBe(false);
  expect(await recorder.spans()).toHaveLength(2);
});

test('the raw response beside the answer leaves the generation whole', async () => {
  const client = await createPatched({ text: 'Hello', usage: USAGE });
  const promise = client.chat.completions.create(ASK);
  const [response, answer] = await Promise.all([promise.asResponse(), promise]);
  expect(response.ok).toBe(true);
  expect(answer.choices[0]?.message.content).toBe('Hello');
  expect((await only()).attributes).toMatchObject(TOKENS);
});

test('catch and finally work, and failures are recorded once and are the same errors', async () => {
  const client = await createPatched({ status: 500, error: 'broken' }, { status: 429, error: 'slow down' });
  let finished = 0;
  const error = await client.chat.completions
    .create(ASK)
    .finally(() => (finished += 1))
    .catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(OpenAI.InternalServerError);
  expect(finished).toBe(1);
  await expect(client.chat.completions.create(ASK)).rejects.toBeInstanceOf(OpenAI.RateLimitError);
  const spans = await recorder.spans();
  expect(spans.map((span) => span.attributes['error.type'])).toEqual([
    'InternalServerError',
    'RateLimitError',
  ]);
  expect(spans[0]?.status).toEqual({ code: SpanStatusCode.ERROR, message: '500 broken' });
  expect(spans[0]?.events).toHaveLength(1);
});

test('parse, stream and runTools are generations once each', async () => {
  const client = await createPatched(
    { text: '{"a":1}', usage: USAGE },
    { text: 'Hello there', usage: USAGE },
    { tool_calls: [{ name: 'add', arguments: { a: 1 } }], usage: USAGE },
    { text: 'Two', usage: USAGE },
  );
  await client.chat.completions.parse(ASK);
  const stream = client.chat.completions.stream({ ...ASK, stream_options: { include_usage: true } });
  expect(await stream.finalContent()).toBe('Hello there');
  const runner = client.chat.completions.runTools({
    ...ASK,
    tools: [
      {
        type: 'function',
        function: {
          name: 'add',
          parameters: {},
          function: () => '2',
          description: 'adds',
          parse: JSON.parse,
        },
      },
    ],
  });
  expect(await runner.finalContent()).toBe('Two');
  const spans = await recorder.spans();
  expect(spans.map((span) => span.name)).toEqual(Array(4).fill('chat gpt-4o'));
  for (const span of spans) expect(span.attributes).toMatchObject(TOKENS);
});

test('tee and toReadableStream still split and turn the stream', async () => {
  const client = await createPatched({ text: 'one two', usage: USAGE }, { text: 'one two', usage: USAGE });
  const [left, right] = (await client.chat.completions.create({ ...ASK, stream: true })).tee();
  const read = async (stream: AsyncIterable<OpenAI.ChatCompletionChunk>) => {
    let text = '';
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    return text;
  };
  expect(await Promise.all([read(left), read(right)])).toEqual(['one two', 'one two']);
  const other = await client.chat.completions.create({ ...ASK, stream: true });
  expect(await new Response(other.toReadableStream()).text()).toContain('two');
  const spans = await recorder.spans();
  expect(spans).toHaveLength(2);
  for (const span of spans) {
    expect(readJsonAttribute(span, 'gen_ai.output.messages')).toMatchObject([
      { parts: [{ type: 'text', content: 'one two' }], finish_reason: 'stop' },
    ]);
  }
});

test('a reader that breaks off ends the span without an error, with what had come', async () => {
  const server = await startHangingServer([CHAT_CHUNK]);
  closings.push(() => server.close());
  const client = new OpenAI({ apiKey: 'k', baseURL: server.url });
  patchOpenAI(client);
  for await (const chunk of await client.chat.completions.create({ ...ASK, stream: true })) {
    if (chunk.choices.length > 0) break;
  }
  const span = await only();
  expect(span.status.code).toBe(SpanStatusCode.UNSET);
  expect(readJsonAttribute(span, 'gen_ai.output.messages')).toMatchObject([
    { parts: [{ type: 'text', content: 'It ' }] },
  ]);
});

test.each(['controller', 'signal'] as const)('a stream aborted by its %s is cancelled', async (by) => {
  const server = await startHangingServer([CHAT_CHUNK]);
  closings.push(() => server.close());
  const client = new OpenAI({ apiKey: 'k', baseURL: server.url });
  patchOpenAI(client);
  const controller = new AbortController();
  const stream = await client.chat.completions.create(
    { ...ASK, stream: true },
    { signal: controller.signal },
  );
  for await (const chunk of stream) {
    expect(chunk.id).toBe('chatcmpl-9');
    (by === 'controller' ? stream.controller : controller).abort();
  }
  const span = await only();
  expect(span.attributes).toMatchObject({ 'error.type': 'cancelled', 'gen_ai.response.id': 'chatcmpl-9' });
  expect(span.status.code).toBe(SpanStatusCode.ERROR);
});

test('a stream that is aborted before anybody reads it ends its span', async () => {
  const server = await startHangingServer([CHAT_CHUNK]);
  closings.push(() => server.close());
  const client = new OpenAI({ apiKey: 'k', baseURL: server.url });
  patchOpenAI(client);
  (await client.chat.completions.create({ ...ASK, stream: true })).controller.abort();
  expect((await only()).attributes['error.type']).toBe('cancelled');
});

test('responses are generations, streamed or not, with reasoning and function calls', async () => {
  const answer = {
    thinking: 'The user wants weather.',
    text: 'It is sunny.',
    tool_calls: [{ name: 'get_weather', arguments: { city: 'Lisbon' } }],
    usage: USAGE,
  };
  const client = await createPatched(answer, answer, { text: 'ok', usage: USAGE });
  const request = {
    model: 'gpt-5',
    instructions: 'Be short.',
    input: [
      { role: 'user' as const, content: 'Weather?' },
      { type: 'function_call' as const, call_id: 'c1', name: 'f', arguments: '{"x":1}' },
      { type: 'function_call_output' as const, call_id: 'c1', output: 'done' },
    ],
  };
  const whole = await client.responses.create(request);
  expect(whole.output_text).toBe('It is sunny.');
  const events = [];
  for await (const event of await client.responses.create({ ...request, stream: true }))
    events.push(event.type);
  expect(events.at(-1)).toBe('response.completed');
  expect((await client.responses.stream({ model: 'gpt-5', input: 'Hi' }).finalResponse()).output_text).toBe(
    'ok',
  );
  const spans = await recorder.spans();
  expect(spans.map((span) => span.name)).toEqual(Array(3).fill('chat gpt-5'));
  for (const [index, span] of spans.slice(0, 2).entries()) {
    expect(span.attributes).toMatchObject({
      ...TOKENS,
      'gen_ai.response.id': `resp_${index + 1}`,
      'gen_ai.response.finish_reasons': ['tool_calls'],
    });
    expect(readJsonAttribute(span, 'gen_ai.system_instructions')).toEqual([
      { type: 'text', content: 'Be short.' },
    ]);
    expect(readJsonAttribute(span, 'gen_ai.input.messages')).toEqual([
      { role: 'user', parts: [{ type: 'text', content: 'Weather?' }] },
      { role: 'assistant', parts: [{ type: 'tool_call', id: 'c1', name: 'f', arguments: { x: 1 } }] },
      { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c1', response: 'done' }] },
    ]);
    expect(readJsonAttribute(span, 'gen_ai.output.messages')).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', content: 'The user wants weather.' },
          {
            type: 'tool_call',
            id: `call_${index + 1}_0`,
            name: 'get_weather',
            arguments: { city: 'Lisbon' },
          },
          { type: 'text', content: 'It is sunny.' },
        ],
        finish_reason: 'tool_calls',
      },
    ]);
  }
});

test('embeddings are embeddings, without their vectors', async () => {
  const client = await createPatched({ usage: { input: 7 } });
  const answer = await client.embeddings.create({ model: 'text-embedding-3-small', input: ['a', 'b'] });
  expect(answer.data[1]?.embedding).toHaveLength(3);
  const span = await only();
  expect(span.name).toBe('embeddings text-embedding-3-small');
  expect(span.attributes).toMatchObject({
    'gen_ai.operation.name': 'embeddings',
    'gen_ai.provider.name': 'openai',
    'gen_ai.usage.input_tokens': 7,
  });
  expect(JSON.stringify(span.attributes)).not.toContain('0.25');
});

test('a call belongs to the agent around it, and to whom that works for', async () => {
  const client = await createPatched({ text: 'Hello' });
  await agent({ name: 'helper', sessionId: 's-1' }, () => client.chat.completions.create(ASK));
  const outer = await recorder.span('invoke_agent helper');
  const inner = await recorder.span('chat gpt-4o');
  expect(inner.parentSpanContext?.spanId).toBe(outer.spanContext().spanId);
  expect(inner.attributes['session.id']).toBe('s-1');
});

test('a generation of the same model around the call is that call, and is filled in', async () => {
  const client = await createPatched({ text: 'Hello', usage: USAGE }, { text: 'Hello there', usage: USAGE });
  await generation({ model: 'gpt-4o', input: 'By hand.' }, () => client.chat.completions.create(ASK));
  const options = { stream: true as const, stream_options: { include_usage: true } };
  const stream = await generation('gpt-4o', () => client.chat.completions.create({ ...ASK, ...options }));
  expect(await recorder.spans()).toHaveLength(1);
  for await (const chunk of stream) expect(chunk.model).toBe('gpt-4o');
  const spans = await recorder.spans();
  expect(spans).toHaveLength(2);
  for (const span of spans) {
    expect(span.attributes).toMatchObject({ ...TOKENS, 'gen_ai.provider.name': 'openai' });
  }
  const [whole, streamed] = spans;
  if (whole === undefined || streamed === undefined) throw new Error('no spans');
  expect(whole.attributes['gen_ai.input.messages']).toContain('By hand.');
  expect(streamed.attributes['gen_ai.input.messages']).toContain('Weather?');
  expect(readJsonAttribute(streamed, 'gen_ai.output.messages')).toMatchObject([
    { parts: [{ type: 'text', content: 'Hello there' }] },
  ]);
});

test('a generation whose first call fails and whose second one answers has not failed', async () => {
  const client = await createPatched({ status: 500, error: 'broken' }, { text: 'Hello', usage: USAGE });
  await generation('gpt-4o', () =>
    client.chat.completions.create(ASK).catch(() => client.chat.completions.create(ASK)),
  );
  const span = await only();
  expect(span.status.code).toBe(SpanStatusCode.UNSET);
  expect(span.attributes).toMatchObject(TOKENS);
  expect(span.attributes).not.toHaveProperty('error.type');
});

test('a call of another model, or after the answer, is not the generation around it', async () => {
  const client = await createPatched({ text: '1' }, { text: '2' }, { text: '3' });
  await generation('o3', () => client.chat.completions.create(ASK));
  await generation('gpt-4o', async () => {
    await client.chat.completions.create(ASK);
    await client.chat.completions.create(ASK);
  });
  const spans = await recorder.spans();
  expect(spans.map(({ attributes }) => attributes['gen_ai.response.id'])).toEqual([
    'chatcmpl-1',
    undefined,
    'chatcmpl-3',
    'chatcmpl-2',
  ]);
});

test('the class patches all its clients, a client patched beside it is counted once, and unpatch takes it back', async () => {
  const server = await startModelServer([{ text: '1' }, { text: '2' }, { text: '3' }, { text: '4' }]);
  closings.push(() => server.close());
  const create = Object.getOwnPropertyDescriptor(OpenAI.Chat.Completions.prototype, 'create');
  const client = new OpenAI({ apiKey: 'k', baseURL: server.url });
  const first = patchOpenAI(client);
  const all = patchOpenAI(OpenAI);
  await client.chat.completions.create(ASK);
  await new OpenAI({ apiKey: 'k', baseURL: server.url }).chat.completions.create(ASK);
  expect(await recorder.spans()).toHaveLength(2);
  first.unpatch();
  expect(Object.hasOwn(client.chat.completions, 'create')).toBe(false);
  await client.chat.completions.create(ASK);
  expect(await recorder.spans()).toHaveLength(3);
  all.unpatch();
  all.unpatch();
  await client.chat.completions.create(ASK);
  expect(await recorder.spans()).toHaveLength(3);
  expect(Object.getOwnPropertyDescriptor(OpenAI.Chat.Completions.prototype, 'create')).toEqual(create);
});

test('a patched client is the plain one before init and after shutdown', async () => {
  const client = await createPatched({ text: 'Hello' });
  await recorder.stop();
  const promise = client.chat.completions.create(ASK);
  expect(Object.hasOwn(promise, 'asResponse')).toBe(false);
  expect((await promise).choices[0]?.message.content).toBe('Hello');
});

test('the provider is told by the address, unless it is said', async () => {
  const server = await startModelServer([{ text: '1' }, { text: '2' }]);
  closings.push(() => server.close());
  const options = {
    apiKey: 'k',
    fetch: (_url: unknown, init?: RequestInit) => fetch(`${server.url}/chat/completions`, init),
  };
  const groq = new OpenAI({ ...options, baseURL: 'https://api.groq.com/openai/v1' });
  patchOpenAI(groq);
  await groq.chat.completions.create(ASK);
  const local = new OpenAI({ ...options, baseURL: 'http://localhost:1234/v1' });
  patchOpenAI(local, { provider: 'vllm' });
  await local.chat.completions.create(ASK);
  const spans = await recorder.spans();
  expect(spans.map((span) => span.attributes['gen_ai.provider.name'])).toEqual(['groq', 'vllm']);
  expect(spans[0]?.attributes).toMatchObject({ 'server.address': 'api.groq.com', 'server.port': 443 });
});
