import { trace } from '@opentelemetry/api';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { agent, embedding, generation, handoff, tool, type Usage } from '../../../src/index.js';
import { emitRecord } from '../../../src/records/emit-record.js';
import { collectSpans, renderTree, type SpanCollection } from '../../../src/testing.js';

let spans: SpanCollection;
beforeEach(() => {
  spans = collectSpans();
});
afterEach(() => {
  spans.dispose();
});

const call = (usage: Usage, facts: { id?: string; cost?: number; inside?: () => unknown } = {}) => {
  generation({ model: 'gpt-x', provider: 'openai' }, (one) => {
    facts.inside?.();
    one.setUsage(usage);
    if (facts.id !== undefined) one.setResponse({ id: facts.id, model: 'gpt-x-2026' });
    if (facts.cost !== undefined) one.setCost(facts.cost);
  });
};

test('executions have input, output, tools and totals of their own run', async () => {
  await agent(
    { name: 'outer', id: 'o1', type: 'supervisor', attempt: 2, input: { city: 'Lisbon' } },
    async () => {
      tool({ name: 'search', callId: 'c1', input: 'q' }, () => 'r');
      await agent('inner', async () => {
        await Promise.resolve();
        call({ inputTokens: 5, outputTokens: 1 }, { cost: 0.2 });
        tool('count', () => 1);
        throw new TypeError('lost');
      }).catch(() => undefined);
      return { days: 3 };
    },
  );
  const [outer, inner] = spans.executions();
  expect(outer).toMatchObject({
    agent: 'outer',
    agentId: 'o1',
    agentType: 'supervisor',
    attempt: 2,
    outcome: 'completed',
    input: { city: 'Lisbon' },
    output: { days: 3 },
    tools: [
      { name: 'search', callId: 'c1', agent: 'outer', arguments: 'q', result: 'r', outcome: 'completed' },
    ],
    totals: {
      agentRuns: 2,
      toolCalls: 2,
      llmCalls: 1,
      inputTokens: 5,
      outputTokens: 1,
      costUsd: 0.2,
      errors: 1,
    },
  });
  expect(outer).not.toHaveProperty('parentAgent');
  expect(inner).toMatchObject({
    agent: 'inner',
    parentAgent: 'outer',
    attempt: 1,
    outcome: 'failed',
    failure: { type: 'TypeError', message: 'lost' },
    tools: [{ name: 'count', agent: 'inner' }],
    totals: { agentRuns: 1, toolCalls: 1, llmCalls: 1 },
  });
});

test('a call that several spans report counts once, at the innermost', () => {
  agent('a', (run) => {
    call(
      { inputTokens: 10, outputTokens: 2 },
      {
        inside: () => {
          call({ inputTokens: 10, outputTokens: 2 });
        },
      },
    );
    run.setAttributes({ 'gen_ai.usage.input_tokens': 10, 'gen_ai.usage.output_tokens': 2 });
  });
  expect(spans.totals()).toMatchObject({
    spans: 3,
    llmCalls: 1,
    inputTokens: 10,
    outputTokens: 2,
    unpricedCalls: 1,
  });
  expect(spans.modelCalls()).toHaveLength(1);
});

test('a wrapper gives the tokens that the call inside does not report', () => {
  call(
    { inputTokens: 10, outputTokens: 2 },
    {
      inside: () => {
        generation('gpt-x', () => undefined);
      },
      cost: 1,
    },
  );
  expect(spans.totals()).toMatchObject({
    llmCalls: 1,
    inputTokens: 10,
    outputTokens: 2,
    costUsd: 1,
    unpricedCalls: 0,
  });
});

test('a call inside a tool inside a call is one of its own, and a response id counts once', () => {
  call(
    { inputTokens: 10, outputTokens: 1 },
    {
      inside: () => {
        tool('ask', () => {
          call({ inputTokens: 7, outputTokens: 1 }, { id: 'r1' });
        });
      },
    },
  );
  call({ inputTokens: 7, outputTokens: 1 }, { id: 'r1' });
  expect(spans.totals()).toMatchObject({ llmCalls: 2, inputTokens: 17, outputTokens: 2 });
});

test('all kinds of tokens and calls are added up, and an unknown cost is left out', () => {
  call({ inputTokens: 10, outputTokens: 4, cachedInputTokens: 6, cacheWriteTokens: 1, reasoningTokens: 3 });
  embedding('embed', (one) => one.setUsage({ inputTokens: 8 }));
  expect(() =>
    generation('gpt-x', () => {
      throw new Error('overloaded');
    }),
  ).toThrow();
  expect(spans.totals()).toEqual({
    spans: 3,
    agentRuns: 0,
    llmCalls: 2,
    failedLlmCalls: 1,
    toolCalls: 0,
    errors: 1,
    inputTokens: 18,
    outputTokens: 4,
    cachedInputTokens: 6,
    cacheWriteTokens: 1,
    reasoningTokens: 3,
    unpricedCalls: 2,
  });
  call({ inputTokens: 1 }, { cost: 0.1 });
  call({ inputTokens: 1 }, { cost: 0.2 });
  expect(spans.totals().costUsd).toBe(0.3);
});

test('spans are found by name, type, tool, agent, model and attributes', () => {
  agent('a', () => {
    tool('t', () => agent('b', () => tool('t', () => 1)));
    call({ inputTokens: 1 }, { id: 'r1' });
  });
  const ids = (criteria: Parameters<SpanCollection['findAll']>[0]) =>
    spans.findAll(criteria).map(({ spanId }) => Number(spanId));
  expect(ids({})).toEqual([1, 2, 3, 4, 5]);
  expect(ids({ type: 'tool' })).toEqual([2, 4]);
  expect(ids({ tool: 't', agent: 'b' })).toEqual([4]);
  expect(ids({ agent: 'a' })).toEqual([1, 2, 5]);
  expect(ids({ name: /^invoke/ })).toEqual([1, 3]);
  expect(ids({ model: 'gpt-x-2026' })).toEqual([5]);
  expect(ids({ attributes: { 'gen_ai.response.id': /^r/ } })).toEqual([5]);
  expect(spans.find({ type: 'tool' })?.spanId).toBe('0000000000000002');
  expect(spans.find({ type: 'evaluation' })).toBeUndefined();
});

test('records have their fields as values, and the agent that made them', () => {
  agent('a', () => {
    emitRecord('plan.created', { id: '42', type: 'research', steps: [{ step: 1, action: 'go' }] });
    emitRecord('log.added', { planId: '42', actionType: 'note', confidence: 0.5 });
  });
  expect(spans.records()).toMatchObject([
    {
      type: 'plan.created',
      agent: 'a',
      fields: { 'plan.id': '42', 'plan.type': 'research', 'plan.steps': [{ step: 1, action: 'go' }] },
    },
    { type: 'log.added', fields: { 'log.plan_id': '42', 'log.confidence': 0.5 } },
  ]);
  expect(spans.records('log.added')).toHaveLength(1);
});

test('a tree is plain data, and spans whose parent is still open stand at its top', () => {
  const tree = agent('a', () => {
    tool('t', () => handoff('b', () => 1));
    return spans.tree();
  });
  expect(tree).toMatchObject([
    { span: { name: 'execute_tool t' }, children: [{ span: { type: 'handoff' }, children: [] }] },
  ]);
  expect(JSON.parse(JSON.stringify(spans.tree()))).toMatchObject([{ span: { name: 'invoke_agent a' } }]);
});

test('a rendered tree is stable, and shows starts and content where they are asked for', () => {
  agent('a', () => {
    spans.clock.advance(1_500);
    tool({ name: 't', input: { text: 'x'.repeat(200) } }, () => {
      spans.clock.advance(61_250.5);
    });
    call({ inputTokens: 10, outputTokens: 2, cachedInputTokens: 4 }, { id: 'r1', cost: 0.00001 });
  });
  trace.getTracer('http').startSpan('GET /').end();
  expect(spans.render()).toMatchInlineSnapshot(`
    "invoke_agent a (agent, 1 min 2.751 s)
    ├─ execute_tool t (tool, 1 min 1.25 s)
    └─ chat gpt-x (llm, openai gpt-x-2026, 10 in (4 cached) 2 out, $0.00001, 0 ms)
    GET / (span, 0 ms)"
  `);
  expect(renderTree(spans.findAll({ type: 'tool' }), { starts: true, content: true })).toMatchInlineSnapshot(
    `"execute_tool t (tool, at 0 ms, 1 min 1.25 s, {"text":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…)"`,
  );
  expect(renderTree([])).toBe('');
});
