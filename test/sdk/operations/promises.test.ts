import { SpanStatusCode } from '@opentelemetry/api';
import OpenAI, { APIError } from 'openai';
import { ReadableStream } from 'node:stream/web';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { generation, tool } from '../../../src/index.js';
import { startModelServer, type ModelServer, type ScriptedAnswer } from '../patches/model-server.js';
import { startRecorder, type Recorder } from '../../support/sdk-recorder.js';

let recorder: Recorder;
let server: ModelServer | undefined;
beforeEach(() => {
  recorder = startRecorder();
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  await recorder.stop();
});

/** Without a patch: the promise of its calls is followed for what it is alone. */
async function createClient(answer: ScriptedAnswer): Promise<OpenAI> {
  server = await startModelServer([answer]);
  return new OpenAI({ apiKey: 'k', baseURL: `${server.url}/v1`, maxRetries: 0 });
}

const ASK = { model: 'm', messages: [{ role: 'user' as const, content: 'Weather?' }] };

test('an API promise ends the span when its answer is taken together with the response', async () => {
  const client = await createClient({ text: 'Sunny.' });
  const { data, response, request_id } = await generation('m', () =>
    client.chat.completions.create(ASK),
  ).withResponse();
  expect(data.choices[0]?.message.content).toBe('Sunny.');
  expect(response.status).toBe(200);
  expect(request_id).toBe('req_1');
  expect(await recorder.span('chat m')).toMatchObject({ status: { code: SpanStatusCode.UNSET } });
});

test('an API promise ends the span when the raw response alone is taken, with the body unread', async () => {
  const client = await createClient({ text: 'Sunny.' });
  const response = await generation('m', () => client.chat.completions.create(ASK)).asResponse();
  expect(response.bodyUsed).toBe(false);
  await recorder.span('chat m');
});

test.each(['catch', 'finally', 'withResponse'] as const)(
  'an API promise that is rejected ends the span as failed, by way of %s',
  async (way) => {
    const client = await createClient({ status: 400, error: 'no such model' });
    const promise = generation('m', () => client.chat.completions.create(ASK));
    const outcome: unknown = await (
      way === 'catch'
        ? promise.catch((error: unknown) => error)
        : way === 'finally'
          ? promise.finally(() => undefined)
          : promise.withResponse()
    ).catch((error: unknown) => error);
    expect(outcome).toBeInstanceOf(APIError);
    const span = await recorder.span('chat m');
    expect(span.status.code).toBe(SpanStatusCode.ERROR);
    expect(span.events).toHaveLength(1);
  },
);

test('a stream of an API promise keeps the span open until it is drained, also by tee', async () => {
  const client = await createClient({ text: 'It is sunny.' });
  const stream = await generation('m', () => client.chat.completions.create({ ...ASK, stream: true }));
  expect(await recorder.spans()).toEqual([]);
  for (const half of stream.tee()) for await (const chunk of half) expect(chunk).toBeDefined();
  expect((await recorder.span('chat m')).attributes).toHaveProperty(['gen_ai.response.time_to_first_chunk']);
});

test('an event stream that ends well has not failed', async () => {
  const client = await createClient({ text: 'Sunny.' });
  const stream = generation('m', () => client.chat.completions.stream(ASK));
  expect((await stream.finalMessage()).content).toBe('Sunny.');
  const span = await recorder.span('chat m');
  expect(span.status.code).toBe(SpanStatusCode.UNSET);
  expect(span.attributes).not.toHaveProperty(['error.type']);
});

test('an event stream that fails ends the span as failed', async () => {
  const client = await createClient({ status: 400, error: 'no such model' });
  const stream = generation('m', () => client.chat.completions.stream(ASK));
  await expect(stream.finalMessage()).rejects.toBeInstanceOf(APIError);
  await expect.poll(async () => (await recorder.spans())[0]?.status.code).toBe(SpanStatusCode.ERROR);
});

test('an event stream that is aborted is cancelled', async () => {
  const client = await createClient({ text: 'Sunny.' });
  const stream = generation('m', () => client.chat.completions.stream(ASK));
  stream.abort();
  await stream.done().catch(() => undefined);
  expect((await recorder.span('chat m')).attributes['error.type']).toBe('cancelled');
});

test('what a promise has beside its value is kept', async () => {
  let hasKilled = false;
  const make = () => Object.assign(Promise.resolve('done'), { pid: 7, kill: () => (hasKilled = true) });
  const promise = tool('child', make);
  expect(promise.pid).toBe(7);
  promise.kill();
  expect(hasKilled).toBe(true);
  expect(await promise).toBe('done');
  await recorder.span('execute_tool child');
});

test('a thenable that is awaited twice gives the same stream both times', async () => {
  class Lazy {
    readonly #stream = new ReadableStream<string>({
      start(controller) {
        controller.enqueue('word');
        controller.close();
      },
    });

    then(fulfilled: (value: ReadableStream<string>) => unknown): unknown {
      return Promise.resolve(this.#stream).then(fulfilled);
    }
  }
  const thenable = generation('m', () => new Lazy());
  const first = await thenable;
  const second = await thenable;
  expect(second).toBe(first);
  expect(await recorder.spans()).toEqual([]);
  expect(second.locked).toBe(false);
  const words: string[] = [];
  for await (const word of second) words.push(word);
  expect(words).toEqual(['word']);
  await recorder.span('chat m');
});

test('an iterator whose steps are thenables of another class ends its span when it is drained', async () => {
  const steps = [
    { done: false, value: 'a' },
    { done: true, value: undefined },
  ];
  const later = (value: unknown) => ({
    then: (fulfilled: (value: unknown) => unknown) => Promise.resolve(value).then(fulfilled),
  });
  const stream = generation('m', () => ({
    next: () => later(steps.shift()) as Promise<IteratorResult<string, undefined>>,
    [Symbol.asyncIterator]() {
      return this;
    },
  }));
  const words: string[] = [];
  for await (const word of stream) words.push(word);
  expect(words).toEqual(['a']);
  await recorder.span('chat m');
});
