import { SpanStatusCode } from '@opentelemetry/api';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { agent, generation, tool } from '../../../src/index.js';
import { readJsonAttribute, startRecorder, type Recorder } from '../../support/sdk-recorder.js';

let recorder: Recorder;
beforeEach(() => {
  recorder = startRecorder();
});
afterEach(() => recorder.stop());

async function* tellWords(words: readonly string[]) {
  for (const word of words) {
    await Promise.resolve();
    yield word;
  }
}

/** As `Stream` of openai 6: an iterable with a controller, private state and other methods. */
class ModelStream implements AsyncIterable<{ delta: string }> {
  readonly #chunks: readonly string[];
  readonly controller = new AbortController();

  constructor(chunks: readonly string[]) {
    this.#chunks = chunks;
  }

  count(): number {
    return this.#chunks.length;
  }

  async *[Symbol.asyncIterator]() {
    for (const delta of this.#chunks) {
      await Promise.resolve();
      yield { delta };
    }
  }
}

/** Reads to the end, and counts. */
async function drain(stream: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const chunk of stream) if (chunk !== undefined) count += 1;
  return count;
}

const outputOf = async (name: string) =>
  readJsonAttribute(await recorder.span(name), 'gen_ai.output.messages');
const said = (content: string) => [{ role: 'assistant', parts: [{ type: 'text', content }] }];

test('the span of a generator ends when it is drained, and its texts are the output', async () => {
  const stream = generation('m', () => tellWords(['Hello', ' ', 'world']));
  expect(await recorder.spans()).toEqual([]);
  const words: string[] = [];
  for await (const word of stream) {
    expect(await recorder.spans()).toEqual([]);
    words.push(word);
  }
  expect(words).toEqual(['Hello', ' ', 'world']);
  const span = await recorder.span('chat m');
  expect(await outputOf('chat m')).toEqual(said('Hello world'));
  expect(span.attributes['gen_ai.request.stream']).toBe(true);
  const seconds = span.attributes['gen_ai.response.time_to_first_chunk'];
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThan(10);
});

test('the span ends when the reader breaks off, without an error', async () => {
  let isCleanedUp = false;
  async function* endless() {
    try {
      for (;;) {
        await Promise.resolve();
        yield 'x';
      }
    } finally {
      isCleanedUp = true;
    }
  }
  for await (const word of generation('m', endless)) if (word === 'x') break;
  expect(isCleanedUp).toBe(true);
  expect((await recorder.span('chat m')).status.code).toBe(SpanStatusCode.UNSET);
  expect(await outputOf('chat m')).toEqual(said('x'));
});

test('the span ends when the stream fails, and the reader gets the same error', async () => {
  const error = new TypeError('connection lost');
  async function* broken() {
    await Promise.resolve();
    yield 'a';
    throw error;
  }
  await expect(drain(generation('m', broken))).rejects.toBe(error);
  const span = await recorder.span('chat m');
  expect(span.status).toEqual({ code: SpanStatusCode.ERROR, message: 'connection lost' });
  expect(span.attributes['error.type']).toBe('TypeError');
});

test("a library's stream stays the same object with all that it can do", async () => {
  const made = new ModelStream(['a', 'b']);
  const parts: string[] = [];
  const stream = await generation(
    {
      model: 'm',
      onChunk: (chunk, call) => {
        parts.push((chunk as { delta: string }).delta);
        if (parts.length === 2) call.setOutput(parts.join('')).setUsage({ outputTokens: 2 });
      },
    },
    () => Promise.resolve(made),
  );
  expect(stream).toBe(made);
  expect(stream).toBeInstanceOf(ModelStream);
  expect(stream.controller.signal.aborted).toBe(false);
  expect(stream.count()).toBe(2);
  await drain(stream);
  const span = await recorder.span('chat m');
  expect(span.attributes['gen_ai.usage.output_tokens']).toBe(2);
  expect(await outputOf('chat m')).toEqual(said('ab'));
  // A second reading is plain.
  await drain(stream);
  expect(await recorder.spans()).toHaveLength(1);
});

test('what a stream does belongs to its operation, also when it is read elsewhere', async () => {
  async function* withTool() {
    yield await tool('search', () => Promise.resolve('found'));
  }
  const stream = agent('streamer', withTool);
  await agent('reader', async () => {
    await drain(stream);
  });
  const streamer = await recorder.span('invoke_agent streamer');
  expect((await recorder.span('execute_tool search')).parentSpanContext?.spanId).toBe(
    streamer.spanContext().spanId,
  );
});

test('a sync generator stays sync and lazy', async () => {
  let isStarted = false;
  function* count() {
    isStarted = true;
    yield 1;
    yield 2;
    return 'end';
  }
  const numbers = tool('count', count);
  expect(isStarted).toBe(false);
  expect(numbers.next()).toEqual({ done: false, value: 1 });
  expect([...numbers]).toEqual([2]);
  expect((await recorder.span('execute_tool count')).attributes['gen_ai.tool.call.result']).toBe('end');
});

test('an iterator without a way to end is known to have ended when its reader stops', async () => {
  const source = {
    [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: false as const, value: 1 }) }),
  };
  for await (const one of agent('a', () => source)) if (one === 1) break;
  expect((await recorder.span('invoke_agent a')).ended).toBe(true);
});

test('lists, maps and strings are results, not streams', async () => {
  const list = [1, 2];
  expect(tool('list', () => list)).toBe(list);
  tool('map', () => new Map([['a', 1]]));
  expect((await recorder.span('execute_tool list')).attributes['gen_ai.tool.call.result']).toBe('[1,2]');
  expect((await recorder.span('execute_tool map')).attributes['gen_ai.tool.call.result']).toBe('[["a",1]]');
});

test('a web stream ends its span when it is drained, by whatever way it is read', async () => {
  const make = () => ReadableStream.from<string>(['a', 'b']);
  const read: Record<string, (stream: ReadableStream<string>) => Promise<unknown>> = {
    iterate: drain,
    pipe: (stream) => stream.pipeTo(new WritableStream()),
    tee: async (stream) => {
      const [one, two] = stream.tee();
      await Promise.all([text(one), text(two)]);
    },
  };
  for (const [name, way] of Object.entries(read)) {
    const stream = generation(name, make);
    expect((await recorder.spans()).map((span) => span.name)).not.toContain(`chat ${name}`);
    await way(stream);
    expect(await outputOf(`chat ${name}`)).toEqual(said('ab'));
  }
});

test('a web stream that is cancelled or fails ends its span, and the source hears of it', async () => {
  let reason: unknown;
  const cancelled = generation(
    'cancelled',
    () => new ReadableStream({ cancel: (why) => void (reason = why) }),
  );
  await cancelled.cancel('enough');
  expect(reason).toBe('enough');
  expect((await recorder.span('chat cancelled')).status.code).toBe(SpanStatusCode.UNSET);

  const error = new Error('broken');
  const failing = generation('failing', () => new ReadableStream({ pull: () => Promise.reject(error) }));
  await expect(failing.getReader().read()).rejects.toBe(error);
  expect((await recorder.span('chat failing')).status.code).toBe(SpanStatusCode.ERROR);
});

test('a stream of bytes stays one, nothing is read ahead and added properties are kept', async () => {
  let pulls = 0;
  const source = new ReadableStream({
    type: 'bytes',
    pull(controller) {
      pulls += 1;
      if (pulls <= 2) controller.enqueue(new Uint8Array([pulls, pulls]));
      else {
        controller.close();
        controller.byobRequest?.respond(0);
      }
    },
  });
  const stream = tool('bytes', () => Object.assign(source, { mediaType: 'audio/mp3' }));
  expect(stream.mediaType).toBe('audio/mp3');
  await Promise.resolve();
  expect(pulls).toBe(0);
  const reader = stream.getReader({ mode: 'byob' });
  const first = await reader.read(new Uint8Array(4));
  expect([...(first.value ?? [])]).toEqual([1, 1]);
  expect((await reader.read(new Uint8Array(4))).done).toBe(false);
  expect((await reader.read(new Uint8Array(4))).done).toBe(true);
  expect((await recorder.span('execute_tool bytes')).ended).toBe(true);
});

test("a stream of Node's ends its span when it closes, and is not set flowing", async () => {
  const readable = tool('read', () => Readable.from(['a', 'b']));
  expect(readable.readableFlowing).toBeNull();
  expect(await text(readable)).toBe('ab');
  expect((await recorder.span('execute_tool read')).status.code).toBe(SpanStatusCode.UNSET);

  const broken = tool('broken', () => new PassThrough());
  const closed = new Promise<unknown>((resolve) =>
    broken.once('error', () => undefined).once('close', resolve),
  );
  broken.destroy(new Error('gone'));
  await closed;
  expect((await recorder.span('execute_tool broken')).status.message).toBe('gone');
});

test('a frozen stream is given on as it is', async () => {
  const frozen = Object.freeze({ [Symbol.asyncIterator]: () => tellWords(['a']) });
  expect(agent('a', () => frozen)).toBe(frozen);
  expect((await recorder.span('invoke_agent a')).ended).toBe(true);
});

test('a stream that passes through two operations ends both', async () => {
  const stream = agent('outer', () => generation('m', () => tellWords(['a', 'b'])));
  await drain(stream);
  expect((await recorder.spans()).map(({ name }) => name)).toEqual(['chat m', 'invoke_agent outer']);
  expect(await outputOf('invoke_agent outer')).toEqual(said('ab'));
});

test('an iterable that is given again and again is not wrapped deeper each time', async () => {
  const depths: number[] = [];
  const limit = Error.stackTraceLimit;
  const documents = {
    [Symbol.asyncIterator]() {
      Error.stackTraceLimit = 1_000;
      depths.push(new Error('here').stack?.split('\n').length ?? 0);
      Error.stackTraceLimit = limit;
      return tellWords(['one', 'two']);
    },
  };
  for (let call = 0; call < 20; call += 1) {
    const given = agent('a', () => tool('list', () => documents));
    expect(given).toBe(documents);
    expect(await drain(given)).toBe(2);
  }
  expect(await recorder.spans()).toHaveLength(40);
  expect(depths.at(-1)).toBe(depths[1]);
});
