import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  agent,
  current,
  embedding,
  evaluation,
  generation,
  guardrail,
  handoff,
  identify,
  retrieval,
  step,
  tool,
  workflow,
} from '../../../src/index.js';
import { readJsonAttribute, startRecorder, type Recorder } from '../../support/sdk-recorder.js';

let recorder: Recorder;
beforeEach(() => {
  recorder = startRecorder();
});
afterEach(() => recorder.stop());

test('a sync function stays sync and its result is the output of the agent', async () => {
  const result: number = agent('adder', () => 42);
  expect(result).toBe(42);
  const span = await recorder.span('invoke_agent adder');
  expect(span.kind).toBe(SpanKind.INTERNAL);
  expect(span.attributes).toMatchObject({
    'gen_ai.operation.name': 'invoke_agent',
    'gen_ai.agent.name': 'adder',
  });
  expect(readJsonAttribute(span, 'gen_ai.output.messages')).toEqual([
    { role: 'assistant', parts: [{ type: 'text', content: '42' }] },
  ]);
  expect(span.status.code).toBe(SpanStatusCode.UNSET);
});

test('a promise ends the span when it is kept, and what runs inside is its child', async () => {
  const answer = await agent({ name: 'planner', input: 'plan a trip' }, async () => {
    await Promise.resolve();
    return tool({ name: 'search', callId: 'call_1', input: { query: 'Lisbon' } }, async () => {
      await Promise.resolve();
      return { hits: 3 };
    });
  });
  expect(answer).toEqual({ hits: 3 });
  const planner = await recorder.span('invoke_agent planner');
  const search = await recorder.span('execute_tool search');
  expect(search.parentSpanContext?.spanId).toBe(planner.spanContext().spanId);
  expect(search.attributes).toMatchObject({
    'gen_ai.tool.name': 'search',
    'gen_ai.tool.type': 'function',
    'gen_ai.tool.call.id': 'call_1',
    'gen_ai.tool.call.arguments': '{"query":"Lisbon"}',
    'gen_ai.tool.call.result': '{"hits":3}',
  });
  expect(readJsonAttribute(planner, 'gen_ai.input.messages')).toEqual([
    { role: 'user', parts: [{ type: 'text', content: 'plan a trip' }] },
  ]);
});

test('a generation carries its request, its answer, its tokens and its cost', async () => {
  generation(
    {
      model: 'gpt-x',
      provider: 'openai',
      system: 'Be brief.',
      input: [{ role: 'user', content: 'Hello' }],
      parameters: { temperature: 0.2, maxTokens: 100, stopSequences: ['END'] },
      tools: [{ type: 'function', name: 'search' }],
    },
    (call) => {
      call
        .setOutput('Hi')
        .setUsage({
          inputTokens: 10,
          outputTokens: 2,
          cachedInputTokens: 4,
          reasoningTokens: 1,
          cacheWriteTokens: 0,
        })
        .setResponse({ id: 'resp_1', model: 'gpt-x-2026', finishReasons: ['stop'] })
        .setCost(0.001);
      return { provider: 'answer', choices: [] };
    },
  );
  const span = await recorder.span('chat gpt-x');
  expect(span.kind).toBe(SpanKind.CLIENT);
  expect(span.attributes).toMatchObject({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-x',
    'gen_ai.request.temperature': 0.2,
    'gen_ai.request.max_tokens': 100,
    'gen_ai.request.stop_sequences': ['END'],
    'gen_ai.response.id': 'resp_1',
    'gen_ai.response.model': 'gpt-x-2026',
    'gen_ai.response.finish_reasons': ['stop'],
    'gen_ai.usage.input_tokens': 10,
    'gen_ai.usage.output_tokens': 2,
    'gen_ai.usage.cache_read.input_tokens': 4,
    'gen_ai.usage.cache_write.input_tokens': 0,
    'gen_ai.usage.reasoning.output_tokens': 1,
    'gen_ai.usage.cost': 0.001,
  });
  expect(readJsonAttribute(span, 'gen_ai.output.messages')).toEqual([
    { role: 'assistant', parts: [{ type: 'text', content: 'Hi' }] },
  ]);
  expect(readJsonAttribute(span, 'gen_ai.system_instructions')).toEqual([
    { type: 'text', content: 'Be brief.' },
  ]);
  expect(span.attributes).not.toHaveProperty('gen_ai.request.stream');
});

test('an answer that is no text and no message is not taken for output', async () => {
  generation('gpt-x', () => ({ id: 'x', choices: [{ message: { role: 'assistant', content: 'Hi' } }] }));
  const span = await recorder.span('chat gpt-x');
  expect(span.attributes).not.toHaveProperty('gen_ai.output.messages');
});

test('counts that are no counts are left out', async () => {
  generation('gpt-x', (call) => {
    call.setUsage({ inputTokens: -1, outputTokens: 1.5, reasoningTokens: Number.NaN }).setCost(Number.NaN);
  });
  const { attributes } = await recorder.span('chat gpt-x');
  expect(Object.keys(attributes).filter((key) => key.startsWith('gen_ai.usage.'))).toEqual([]);
});

test('each kind of operation has its name and its attributes', async () => {
  workflow('research', () => {
    embedding({ model: 'embed-x', dimensions: 8 }, () => [[0.1]]);
    retrieval({ name: 'wiki', input: 'cats' }, () => [{ id: 'doc_1', score: 0.9 }]);
    guardrail('no secrets', () => true);
    evaluation('relevance', () => 0.75);
    evaluation('tone', () => ({ label: 'pass', explanation: 'polite' }));
    step('tidy up', () => undefined);
    handoff({ name: 'writer', callId: 'call_9', input: { topic: 'cats' } }, () =>
      agent('writer', () => 'done'),
    );
  });
  const spans = await recorder.spans();
  expect(spans.map(({ name }) => name)).toEqual([
    'embeddings embed-x',
    'retrieval wiki',
    'guardrail no secrets',
    'evaluate relevance',
    'evaluate tone',
    'tidy up',
    'invoke_agent writer',
    'execute_tool transfer_to_writer',
    'invoke_workflow research',
  ]);
  const of = (name: string) => spans.find((span) => span.name === name)?.attributes;
  expect(of('embeddings embed-x')).toMatchObject({
    'gen_ai.operation.name': 'embeddings',
    'gen_ai.embeddings.dimension.count': 8,
  });
  expect(of('retrieval wiki')).toMatchObject({
    'gen_ai.retrieval.query.text': 'cats',
    'gen_ai.retrieval.documents': '[{"id":"doc_1","score":0.9}]',
    'gen_ai.data_source.id': 'wiki',
  });
  expect(of('evaluate relevance')).toMatchObject({
    'gen_ai.evaluation.name': 'relevance',
    'gen_ai.evaluation.score.value': 0.75,
  });
  expect(of('evaluate tone')).toMatchObject({
    'gen_ai.evaluation.score.label': 'pass',
    'gen_ai.evaluation.explanation': 'polite',
  });
  expect(of('invoke_workflow research')).toMatchObject({ 'gen_ai.workflow.name': 'research' });
  expect(of('execute_tool transfer_to_writer')).toMatchObject({ 'gen_ai.tool.name': 'transfer_to_writer' });
});

test('who the work is for is carried by all that happens inside', async () => {
  identify({ sessionId: 's1', userId: 'u1' }, () => {
    agent({ name: 'outer', caseId: 'case 7' }, () => {
      generation({ model: 'm', conversationId: 'c1' }, () => 'x');
    });
  });
  expect((await recorder.span('chat m')).attributes).toMatchObject({
    'session.id': 's1',
    'user.id': 'u1',
    'spanledger.case.id': 'case 7',
    'gen_ai.conversation.id': 'c1',
  });
  expect((await recorder.span('invoke_agent outer')).attributes).not.toHaveProperty('gen_ai.conversation.id');
});

test('the active operation is found from anywhere inside, and outside none does anything', async () => {
  const deepInside = async () => {
    await Promise.resolve();
    current().setAttributes({ 'app.tag': 'blue' }).setCost(0.5);
  };
  await generation('m', () => deepInside());
  current().setAttributes({ lost: true }).setOutput('nothing').end();
  expect(current().isRecording).toBe(false);
  expect((await recorder.span('chat m')).attributes).toMatchObject({
    'app.tag': 'blue',
    'gen_ai.usage.cost': 0.5,
  });
});

test('a span that is kept open ends when it is said', async () => {
  const held = agent('background', (run) => run.keepOpen());
  expect(await recorder.spans()).toEqual([]);
  expect(held.isRecording).toBe(true);
  held.end('finished');
  held.end('again');
  held.setAttributes({ late: true });
  const span = await recorder.span('invoke_agent background');
  expect(span.attributes).not.toHaveProperty('late');
  expect(readJsonAttribute(span, 'gen_ai.output.messages')).toEqual([
    { role: 'assistant', parts: [{ type: 'text', content: 'finished' }] },
  ]);
});

test('a given parent and links are taken', async () => {
  const parent = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1, isRemote: true };
  const earlier = { traceId: 'c'.repeat(32), spanId: 'd'.repeat(16), traceFlags: 1 };
  agent(
    {
      name: 'a',
      parent: trace.setSpanContext(context.active(), parent),
      links: [{ context: earlier, attributes: { 'spanledger.link': 'retry_of' } }],
    },
    (run) => run.addLink(parent),
  );
  const span = await recorder.span('invoke_agent a');
  expect(span.spanContext().traceId).toBe(parent.traceId);
  expect(span.links.map(({ context: { spanId } }) => spanId)).toEqual([earlier.spanId, parent.spanId]);
});

test('values that JSON can not say, getters that throw and strange names harm nobody', async () => {
  const circle: Record<string, unknown> = { big: 2n ** 64n };
  circle['self'] = circle;
  const trap = {
    get inside(): string {
      throw new Error('do not look');
    },
  };
  expect(tool({ name: '', input: circle }, () => trap)).toBe(trap);
  expect(tool({ name: 'symbol', input: Symbol('x') }, () => null)).toBeNull();
  // A user without types may give anything.
  expect(agent(undefined as unknown as string, () => 1)).toBe(1);
  const nothing = null as unknown as object;
  agent('a', (run) => run.setUsage(nothing).setResponse(nothing).setScore(nothing).omitOutput());
  const [first] = await recorder.spans();
  expect(first?.attributes['gen_ai.tool.call.arguments']).toBe(
    '{"big":"18446744073709551616","self":"[circular]"}',
  );
  expect(first?.attributes['gen_ai.tool.call.result']).toBe('"[unserializable]"');
});

test('without init functions just run, and nothing is started', async () => {
  await recorder.stop();
  let wasRecording: boolean | undefined;
  const result = agent({ name: 'a', input: 'x' }, (run) => {
    wasRecording = run.isRecording;
    expect(trace.getActiveSpan()).toBeUndefined();
    run.setOutput('y').setUsage({ inputTokens: 1 }).recordError(new Error('no'));
    return Promise.resolve('plain');
  });
  expect(await result).toBe('plain');
  expect(wasRecording).toBe(false);
});

test('with no content captured, facts stay and messages do not', async () => {
  await recorder.stop();
  recorder = startRecorder({ capture: 'metadata' });
  agent({ name: 'a', input: 'secret', system: 'secret' }, () =>
    generation({ model: 'm', input: 'secret', tools: ['secret'] }, (call) => {
      call.setUsage({ inputTokens: 3 });
      return 'secret';
    }),
  );
  const spans = await recorder.spans();
  expect(spans).toHaveLength(2);
  expect(JSON.stringify(spans.map(({ attributes }) => attributes))).not.toContain('secret');
  expect(spans[0]?.attributes['gen_ai.usage.input_tokens']).toBe(3);
});
