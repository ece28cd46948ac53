import { OpenTelemetry } from '@ai-sdk/otel';
import { SpanStatusCode } from '@opentelemetry/api';
import { embed, generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai';
import { convertArrayToReadableStream, MockEmbeddingModelV3, MockLanguageModelV3 } from 'ai/test';
import { generateText as generateTextV5 } from 'ai-v5';
import { MockLanguageModelV2 } from 'ai-v5/test';
import { generateText as generateTextV7 } from 'ai-v7';
import { MockLanguageModelV4 } from 'ai-v7/test';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { wrapModel } from '../../../src/index.js';
import { getTracer } from '../../../src/setup/tracer.js';
import { readJsonAttribute, startRecorder, type Recorder } from '../../support/sdk-recorder.js';

let recorder: Recorder;
beforeEach(() => {
  recorder = startRecorder();
});
afterEach(() => recorder.stop());

const USAGE = {
  inputTokens: { total: 100, noCache: 30, cacheRead: 40, cacheWrite: 30 },
  outputTokens: { total: 20, text: 15, reasoning: 5 },
};
const TOKENS = {
  'gen_ai.usage.input_tokens': 100,
  'gen_ai.usage.output_tokens': 20,
  'gen_ai.usage.cache_read.input_tokens': 40,
  'gen_ai.usage.cache_write.input_tokens': 30,
  'gen_ai.usage.reasoning.output_tokens': 5,
};
const STOP = { unified: 'stop' as const, raw: 'stop' };
const ABOUT = { provider: 'openai.responses', modelId: 'gpt-5' };

const createWeatherModel = () => {
  let step = 0;
  return new MockLanguageModelV3({
    ...ABOUT,
    doGenerate: () => {
      step += 1;
      const isFirst = step === 1;
      return Promise.resolve({
        content: isFirst
          ? [
              { type: 'reasoning' as const, text: 'Look it up.' },
              {
                type: 'tool-call' as const,
                toolCallId: 'c1',
                toolName: 'get_weather',
                input: '{"city":"Lisbon"}',
              },
            ]
          : [{ type: 'text' as const, text: 'It is sunny.' }],
        finishReason: isFirst ? { unified: 'tool-calls' as const, raw: 'tool_calls' } : STOP,
        usage: USAGE,
        warnings: [],
        response: { id: `resp_${step}`, modelId: 'gpt-5-2025' },
      });
    },
  });
};

const get_weather = tool({
  inputSchema: jsonSchema<{ city: string }>({ type: 'object', properties: { city: { type: 'string' } } }),
  execute: () => Promise.resolve({ sky: 'clear' }),
});

test('each call of a wrapped model is a generation with what was said and its tokens', async () => {
  const model = createWeatherModel();
  const { text } = await generateText({
    model: wrapModel(model),
    system: 'Be short.',
    prompt: 'Weather?',
    tools: { get_weather },
    stopWhen: stepCountIs(3),
    temperature: 0.5,
  });
  expect(text).toBe('It is sunny.');
  const spans = await recorder.spans();
  expect(spans.map((span) => span.name)).toEqual(['chat gpt-5', 'chat gpt-5']);
  expect(spans[0]?.attributes).toMatchObject({
    ...TOKENS,
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.temperature': 0.5,
    'gen_ai.response.id': 'resp_1',
    'gen_ai.response.model': 'gpt-5-2025',
    'gen_ai.response.finish_reasons': ['tool-calls'],
  });
  const [first, second] = spans;
  if (first === undefined || second === undefined) throw new Error('no spans');
  const called = [
    { type: 'reasoning', content: 'Look it up.' },
    { type: 'tool_call', id: 'c1', name: 'get_weather', arguments: { city: 'Lisbon' } },
  ];
  expect(readJsonAttribute(first, 'gen_ai.output.messages')).toEqual([
    { role: 'assistant', parts: called, finish_reason: 'tool-calls' },
  ]);
  expect(readJsonAttribute(second, 'gen_ai.input.messages')).toEqual([
    { role: 'system', parts: [{ type: 'text', content: 'Be short.' }] },
    { role: 'user', parts: [{ type: 'text', content: 'Weather?' }] },
    { role: 'assistant', parts: called },
    { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c1', response: { sky: 'clear' } }] },
  ]);
});

test("the AI SDK's own telemetry goes to the same provider, and the wrapped model steps aside", async () => {
  await generateText({
    model: wrapModel(createWeatherModel()),
    prompt: 'Weather?',
    experimental_telemetry: { isEnabled: true },
  });
  const names = (await recorder.spans()).map((span) => span.name);
  expect(names).toEqual(['ai.generateText.doGenerate', 'ai.generateText']);
});

test('a streamed answer ends its span when it is drained', async () => {
  const model = new MockLanguageModelV3({
    ...ABOUT,
    doStream: () =>
      Promise.resolve({
        stream: convertArrayToReadableStream([
          { type: 'stream-start' as const, warnings: [] },
          { type: 'response-metadata' as const, id: 'resp_9', modelId: 'gpt-5-2025' },
          { type: 'text-start' as const, id: 't' },
          { type: 'text-delta' as const, id: 't', delta: 'It is ' },
          { type: 'text-delta' as const, id: 't', delta: 'sunny.' },
          { type: 'text-end' as const, id: 't' },
          { type: 'finish' as const, usage: USAGE, finishReason: STOP },
        ]),
      }),
  });
  const result = streamText({ model: wrapModel(model), prompt: 'Weather?' });
  let text = '';
  for await (const word of result.textStream) text += word;
  expect(text).toBe('It is sunny.');
  const span = await recorder.span('chat gpt-5');
  expect(span.attributes).toMatchObject({
    ...TOKENS,
    'gen_ai.request.stream': true,
    'gen_ai.response.id': 'resp_9',
    'gen_ai.response.finish_reasons': ['stop'],
  });
  expect(span.attributes['gen_ai.response.time_to_first_chunk']).toBeGreaterThan(0);
  expect(readJsonAttribute(span, 'gen_ai.output.messages')).toEqual([
    { role: 'assistant', parts: [{ type: 'text', content: 'It is sunny.' }], finish_reason: 'stop' },
  ]);
});

test('an error of the model is recorded and is the same error', async () => {
  const error = new TypeError('broken');
  const model = new MockLanguageModelV3({ ...ABOUT, doGenerate: () => Promise.reject(error) });
  await expect(generateText({ model: wrapModel(model), prompt: 'Hi', maxRetries: 0 })).rejects.toBe(error);
  const span = await recorder.span('chat gpt-5');
  expect(span.attributes['error.type']).toBe('TypeError');
  expect(span.status.code).toBe(SpanStatusCode.ERROR);
});

test('an embedding model is recorded without its vectors', async () => {
  const model = new MockEmbeddingModelV3({
    provider: 'openai.embedding',
    modelId: 'text-embedding-3-small',
    doEmbed: { embeddings: [[0.25, 0.5]], usage: { tokens: 7 }, warnings: [] },
  });
  expect((await embed({ model: wrapModel(model), value: 'hello' })).embedding).toEqual([0.25, 0.5]);
  const span = await recorder.span('embeddings text-embedding-3-small');
  expect(span.attributes).toMatchObject({ 'gen_ai.provider.name': 'openai', 'gen_ai.usage.input_tokens': 7 });
});

test('models of the AI SDK 5 are understood', async () => {
  const model = new MockLanguageModelV2({
    ...ABOUT,
    doGenerate: () =>
      Promise.resolve({
        content: [{ type: 'text', text: 'Hello' }],
        finishReason: 'stop',
        usage: { inputTokens: 9, outputTokens: 3, totalTokens: 12, cachedInputTokens: 4, reasoningTokens: 1 },
        warnings: [],
      }),
  });
  await generateTextV5({ model: wrapModel(model), prompt: 'Hi' });
  expect((await recorder.span('chat gpt-5')).attributes).toMatchObject({
    'gen_ai.usage.input_tokens': 9,
    'gen_ai.usage.output_tokens': 3,
    'gen_ai.usage.cache_read.input_tokens': 4,
    'gen_ai.usage.reasoning.output_tokens': 1,
    'gen_ai.response.finish_reasons': ['stop'],
  });
});

test('models of the AI SDK 7 are understood, and left to its integration where there is one', async () => {
  const model = new MockLanguageModelV4({
    ...ABOUT,
    doGenerate: () =>
      Promise.resolve({
        content: [{ type: 'text', text: 'Hello' }],
        finishReason: STOP,
        usage: USAGE,
        warnings: [],
      }),
  });
  await generateTextV7({ model: wrapModel(model), prompt: 'Hi' });
  const [span] = await recorder.spans();
  expect(span?.attributes).toMatchObject(TOKENS);
  await generateTextV7({
    model: wrapModel(model),
    prompt: 'Hi',
    telemetry: { integrations: [new OpenTelemetry({ tracer: getTracer() })] },
  });
  const calls = (await recorder.spans()).filter(
    ({ attributes }) => attributes['gen_ai.operation.name'] === 'chat',
  );
  expect(calls).toHaveLength(2);
});

test('a model with private fields keeps its methods, and a frozen one works unrecorded', async () => {
  class PrivateModel {
    readonly modelId = 'm';
    readonly #answer = 'yes';
    doGenerate() {
      return Promise.resolve(this.#answer);
    }
    supports() {
      return this.#answer;
    }
  }
  const wrapped = wrapModel(new PrivateModel());
  expect(wrapped.supports()).toBe('yes');
  expect(await wrapped.doGenerate()).toBe('yes');
  expect(wrapped.constructor).toBe(PrivateModel);
  expect(await recorder.spans()).toHaveLength(1);
  const frozen = wrapModel(Object.freeze({ modelId: 'm', doGenerate: () => Promise.resolve('no') }));
  expect(await frozen.doGenerate()).toBe('no');
  expect(await recorder.spans()).toHaveLength(1);
});
