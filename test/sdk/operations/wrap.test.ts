import { readFileSync } from 'node:fs';
import { runInThisContext } from 'node:vm';
import ts from 'typescript';
import { afterEach, beforeEach, expect, expectTypeOf, test } from 'vitest';
import { agent, generation, traced, wrap, current } from '../../../src/index.js';
import type * as decorated from './decorated-class.js';
import { readJsonAttribute, startRecorder, type Recorder } from '../../support/sdk-recorder.js';

/** The class is compiled by TypeScript itself: the runner's compiler leaves decorators as they are, and Node 20 has none. */
function loadDecorated() {
  const source = readFileSync(new URL('decorated-class.ts', import.meta.url), 'utf8');
  const { outputText } = ts.transpileModule(source.replaceAll(/^import .*$/gm, ''), {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS },
  });
  const module = { exports: {} };
  const evaluate = runInThisContext(`(function (module, exports, traced, current) { ${outputText} })`) as (
    ...given: unknown[]
  ) => void;
  evaluate(module, module.exports, traced, current);
  return module.exports as typeof decorated;
}

let recorder: Recorder;
beforeEach(() => {
  recorder = startRecorder();
});
afterEach(() => recorder.stop());

test('a wrapped function keeps its types, name, length and this', async () => {
  function add(this: { base: number }, a: number, b: number): number {
    return this.base + a + b;
  }
  const wrapped = wrap(add, { as: 'tool', description: 'adds' });
  expectTypeOf(wrapped).toEqualTypeOf<(this: { base: number }, a: number, b: number) => number>();
  expect(wrapped.name).toBe('add');
  expect(wrapped.length).toBe(2);
  expect(wrapped.call({ base: 10 }, 1, 2)).toBe(13);
  expect((await recorder.span('execute_tool add')).attributes).toMatchObject({
    'gen_ai.tool.description': 'adds',
    'gen_ai.tool.call.arguments': '[1,2]',
    'gen_ai.tool.call.result': '13',
  });
});

test('promises keep their type', async () => {
  const wrapped = wrap((id: string) => Promise.resolve({ id }), { as: 'agent', name: 'finder' });
  expectTypeOf(wrapped).toEqualTypeOf<(this: unknown, id: string) => Promise<{ id: string }>>();
  expectTypeOf(agent('x', () => 1)).toEqualTypeOf<number>();
  expect(await wrapped('7')).toEqual({ id: '7' });
  expect(readJsonAttribute(await recorder.span('invoke_agent finder'), 'gen_ai.input.messages')).toEqual([
    { role: 'user', parts: [{ type: 'text', content: '7' }] },
  ]);
});

test('what of the arguments and the result is recorded can be chosen', async () => {
  const login = wrap((name: string, _password: string) => `welcome ${name}`, {
    as: 'tool',
    name: 'login',
    captureInput: (name) => ({ name }),
    captureOutput: false,
  });
  expect(login('ada', 'hunter2')).toBe('welcome ada');
  const { attributes } = await recorder.span('execute_tool login');
  expect(attributes['gen_ai.tool.call.arguments']).toBe('{"name":"ada"}');
  expect(attributes).not.toHaveProperty('gen_ai.tool.call.result');
  const silent = wrap((x: number) => x, { captureInput: false, name: 'silent' });
  silent(1);
  expect((await recorder.span('silent')).attributes).not.toHaveProperty('gen_ai.input.messages');
});

test('a choice that throws costs the input, and neither the span nor the call', async () => {
  const wrapped = wrap((x: number) => x, {
    name: 'odd',
    captureInput: () => {
      throw new Error('bad choice');
    },
  });
  expect(wrapped(3)).toBe(3);
  const span = await recorder.span('odd');
  expect(span.attributes).not.toHaveProperty(['gen_ai.input.messages']);
  expect(span.attributes).toHaveProperty(['gen_ai.output.messages']);
});

test('a wrapped generator stays lazy and is ended when it is drained', async () => {
  const talk = wrap(
    async function* talk(topic: string) {
      await Promise.resolve();
      yield `on ${topic}`;
    },
    { as: 'generation', model: 'm' },
  );
  const stream = talk('cats');
  expect(await recorder.spans()).toEqual([]);
  for await (const chunk of stream) expect(chunk).toBe('on cats');
  expect((await recorder.span('chat m')).attributes).toHaveProperty('gen_ai.response.time_to_first_chunk');
});

test('a decorator records methods of a class', async () => {
  const { createResearcher } = loadDecorated();
  const researcher = createResearcher('bees');
  expect(await researcher.research(2)).toBe('bees at depth 2');
  const run = await recorder.span('invoke_agent research');
  const note = await recorder.span('execute_tool take_note');
  expect(run.attributes['gen_ai.agent.version']).toBe('2');
  expect(note.parentSpanContext?.spanId).toBe(run.spanContext().spanId);
  expect(note.attributes['app.length']).toBe(15);
});

test('a thenable of another class stays what it is, as lazy as it was, and awaited once', async () => {
  let started = 0;
  class Query {
    readonly sql = 'select 1';
    then<A, B>(fulfilled?: ((rows: number[]) => A) | null, rejected?: ((error: unknown) => B) | null) {
      started += 1;
      return Promise.resolve([1]).then(fulfilled, rejected);
    }
  }
  const query = generation('m', () => new Query());
  expect(query).toBeInstanceOf(Query);
  expect(query.sql).toBe('select 1');
  expect(started).toBe(0);
  expect(await recorder.spans()).toEqual([]);
  expect(await query).toEqual([1]);
  expect(started).toBe(1);
  expect(await recorder.spans()).toHaveLength(1);
});

test('a promise of a subclass keeps its methods', async () => {
  class ApiPromise<T> extends Promise<T> {
    withResponse() {
      return 'response';
    }
  }
  const error = new Error('refused');
  const good = generation(
    'good',
    () =>
      new ApiPromise<string>((resolve) => {
        resolve('yes');
      }),
  );
  const bad = generation(
    'bad',
    () =>
      new ApiPromise<string>((_resolve, reject) => {
        reject(error);
      }),
  );
  expect(good.withResponse()).toBe('response');
  expect(await good).toBe('yes');
  await expect(bad.catch((reason: unknown) => Promise.reject(reason as Error))).rejects.toBe(error);
  const spans = await recorder.spans();
  expect(spans.map(({ name, status }) => [name, status.code])).toEqual([
    ['chat good', 0],
    ['chat bad', 2],
  ]);
});
