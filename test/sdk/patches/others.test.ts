import { trace } from '@opentelemetry/api';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import OpenAI from 'openai';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { getTracer } from '../../../src/setup/tracer.js';
import { patchOpenAI } from '../../../src/index.js';
import { startRecorder, type Recorder } from '../../support/sdk-recorder.js';
import { startModelServer, type ModelServer } from './model-server.js';

/** The instrumentations of the live runs, which are installed apart from the package. */
const live = new URL('../../live/package.json', import.meta.url);
const require = createRequire(live);
const isInstalled = existsSync(new URL('node_modules', live));

interface Instrumentation {
  setTracerProvider(provider: unknown): void;
  manuallyInstrument(module: unknown): void;
}

let recorder: Recorder;
let server: ModelServer;
beforeEach(async () => {
  recorder = startRecorder();
  server = await startModelServer(
    Array.from({ length: 4 }, () => ({ text: 'Hello', usage: { input: 9, output: 3 } })),
  );
});
afterEach(async () => {
  await server.close();
  await recorder.stop();
});

const createClient = () => new OpenAI({ apiKey: 'k', baseURL: `${server.url}/v1`, maxRetries: 0 });
const ask = (client: OpenAI) =>
  client.chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Hi' }] });
const listScopes = async () => (await recorder.spans()).map((span) => span.instrumentationScope.name);

/** As @opentelemetry/instrumentation 0.223 wraps a method (shimmer.ts), with a span as OpenTelemetry's would start. */
function wrapAsOthersDo(): () => void {
  const { prototype } = OpenAI.Chat.Completions;
  const original = Reflect.get(prototype, 'create') as (this: unknown, ...given: unknown[]) => unknown;
  const wrapped = function (this: unknown, ...given: unknown[]) {
    const span = getTracer().startSpan('others');
    try {
      return original.apply(this, given);
    } finally {
      span.end();
    }
  };
  Object.defineProperty(wrapped, '__wrapped', { value: true });
  Object.assign(prototype, { create: wrapped });
  return () => Object.assign(prototype, { create: original });
}

test('a client whose class another instrumentation wraps, before the patch or after it, is left to it', async () => {
  const early = createClient();
  patchOpenAI(early);
  const unwrap = wrapAsOthersDo();
  const late = createClient();
  patchOpenAI(late);
  await ask(early);
  await ask(late);
  expect((await recorder.spans()).map((span) => span.name)).toEqual(['others', 'others']);
  unwrap();
  await ask(early);
  expect((await recorder.spans()).map((span) => span.name)).toEqual(['others', 'others', 'chat gpt-4o']);
});

test('a patched class that another instrumentation wraps afterwards is left to it', async () => {
  const patch = patchOpenAI(OpenAI);
  const unwrap = wrapAsOthersDo();
  await ask(createClient());
  expect((await recorder.spans()).map((span) => span.name)).toEqual(['others']);
  unwrap();
  patch.unpatch();
});

test.skipIf(!isInstalled).each([
  ['@arizeai/openinference-instrumentation-openai', 'OpenAIInstrumentation'],
  ['@traceloop/instrumentation-openai', 'OpenAIInstrumentation'],
])('with %s there is one span of a call, and it is not ours', async (name, className) => {
  const exports = require(name) as Record<string, new () => Instrumentation>;
  const Class = exports[className];
  if (Class === undefined) throw new Error(`${name} has no ${className}`);
  const instrumentation = new Class();
  instrumentation.setTracerProvider(trace.getTracerProvider());
  instrumentation.manuallyInstrument(OpenAI);
  try {
    const client = createClient();
    patchOpenAI(client);
    await ask(client);
    expect(await listScopes()).toEqual([name]);
  } finally {
    for (const { prototype } of [OpenAI.Chat.Completions, OpenAI.Responses, OpenAI.Embeddings]) {
      (prototype.create as { __unwrap?: () => void }).__unwrap?.();
    }
  }
});

test.skipIf(!isInstalled)('a client that Langfuse observes is left to it', async () => {
  const { observeOpenAI } = require('@langfuse/openai') as { observeOpenAI: (client: OpenAI) => OpenAI };
  const observed = observeOpenAI(createClient());
  patchOpenAI(observed);
  await ask(observed);
  expect(await listScopes()).toEqual(['langfuse-sdk']);
});

test.skipIf(!isInstalled)('a client that LangSmith wraps is left to it', async () => {
  const { wrapOpenAI } = require('langsmith/wrappers') as {
    wrapOpenAI: (client: OpenAI, options: object) => OpenAI;
  };
  const wrapped = wrapOpenAI(createClient(), { tracingEnabled: false });
  patchOpenAI(wrapped);
  expect((await ask(wrapped)).choices[0]?.message.content).toBe('Hello');
  expect(await recorder.spans()).toEqual([]);
});

test('an active span of OpenInference for the same model is the call', async () => {
  const client = createClient();
  patchOpenAI(client);
  const attributes = { 'openinference.span.kind': 'LLM', 'llm.model_name': 'gpt-4o' };
  await getTracer().startActiveSpan('OpenAI Chat Completions', { attributes }, async (span) => {
    await ask(client);
    span.end();
  });
  expect((await recorder.spans()).map((span) => span.name)).toEqual(['OpenAI Chat Completions']);
});
