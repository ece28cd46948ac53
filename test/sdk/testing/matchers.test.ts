import { InMemorySpanExporter } from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { agent, generation, handoff, init, step, tool } from '../../../src/index.js';
import { emitRecord } from '../../../src/records/emit-record.js';
import { collectSpans, matchers, type SpanCollection, type SpanMatchers } from '../../../src/testing.js';

expect.extend(matchers);

let spans: SpanCollection;
beforeEach(() => {
  spans = collectSpans({ prices: { 'gpt-x': { input: 1, output: 10 } } });
});
afterEach(() => {
  spans.dispose();
});

const attempt = (fn: () => unknown) => {
  try {
    fn();
  } catch {
    // Recorded, which is all that counts here.
  }
};

/** A planner that asks a model, uses two tools of which one fails, and hands over to a writer. */
function work(): void {
  agent({ name: 'planner', input: 'a trip' }, () => {
    generation({ model: 'gpt-x', provider: 'openai' }, (call) => {
      call.setUsage({ inputTokens: 100, outputTokens: 20 }).setOutput('search first');
      spans.clock.advance(1_200);
    });
    tool({ name: 'search', input: { query: 'Lisbon', limit: 3 } }, () => ({ hits: [1, 2] }));
    emitRecord('plan.created', {
      id: 'p1',
      taskId: 't1',
      type: 'research',
      steps: [{ step: 1, action: 'go' }],
    });
    attempt(() =>
      tool({ name: 'book', input: { hotel: 'x' } }, () => {
        throw new RangeError('sold out');
      }),
    );
    handoff('writer', () => agent({ name: 'writer', model: 'm' }, () => '{"title":"Lisbon","days":3}'));
    return 'all set';
  });
}

type Check = (it: SpanMatchers<unknown>) => unknown;

/** The message of a matcher that did not hold. */
function messageOf(it: SpanMatchers<unknown>, check: Check): string {
  try {
    check(it);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('the matcher held');
}

const TREE = `The spans:
invoke_agent planner (agent, 1.2 s, → all set)
├─ chat gpt-x (llm, openai, 100 in 20 out, $0.0003, 1.2 s, → search first)
├─ execute_tool search (tool, 0 ms, {"query":"Lisbon","limit":3} → {"hits":[1,2]})
├─ plan.created (record)
├─ execute_tool book (tool, 0 ms, FAILED RangeError: sold out, {"hotel":"x"})
└─ execute_tool transfer_to_writer (handoff, 0 ms, → {"title":"Lisbon","days":3})
   └─ invoke_agent writer (agent, 0 ms, → {"title":"Lisbon","days":3})`;

test('a message says what was expected, what there was instead, and shows the tree', () => {
  work();
  expect(
    messageOf(expect(spans), (it) => it.toHaveTool('search', { times: 2, arguments: { query: 'Porto' } })),
  ).toBe(
    `expected a call (exactly 2 times) of the tool search with {"arguments":{"query":"Porto"}}

search was called by planner with {"query":"Lisbon","limit":3}, gave {"hits":[1,2]} and completed

${TREE}`,
  );
  expect(messageOf(expect(spans).not, (it) => it.toHaveTool('search'))).toBe(
    `expected not a call of the tool search

search was called by planner with {"query":"Lisbon","limit":3}, gave {"hits":[1,2]} and completed

${TREE}`,
  );
});

const HOLDS: [string, Check][] = [
  ['a tool', (it) => it.toHaveTool('search')],
  ['a tool by a pattern', (it) => it.toHaveTool(/^sea/, { agent: 'planner', outcome: 'completed' })],
  [
    'a tool by arguments and result',
    (it) => it.toHaveTool('search', { arguments: { query: /lis/i }, result: { hits: [1, 2] }, times: 1 }),
  ],
  [
    'a tool by asymmetric matchers and functions',
    (it) =>
      it.toHaveTool('search', {
        arguments: expect.objectContaining({ limit: expect.any(Number) as number }) as object,
        result: ({ hits }: { hits: number[] }) => hits.length === 2,
      }),
  ],
  ['no call of a tool', (it) => it.toHaveTool('fly', { times: 0 })],
  ['a tool order', (it) => it.toHaveToolOrder(['search', /^transfer/])],
  [
    'an exact tool order',
    (it) => it.toHaveToolOrder(['search', 'book', 'transfer_to_writer'], { exactly: true }),
  ],
  ['an agent', (it) => it.toHaveAgent('planner', { input: 'a trip', output: /set/, times: 1 })],
  ['an agent inside another', (it) => it.toHaveAgent('writer', { parent: 'planner', output: { days: 3 } })],
  ['a hand-over', (it) => it.toHaveHandoff('writer', { from: 'planner' })],
  ['any model call', (it) => it.toHaveModelCall()],
  [
    'a model call',
    (it) =>
      it.toHaveModelCall({
        model: 'gpt-x',
        provider: 'openai',
        agent: 'planner',
        output: /first/,
        times: 1,
      }),
  ],
  ['what was spent', (it) => it.toHaveSpentLessThan({ costUsd: 0.00031, tokens: 121, inputTokens: 101 })],
  ['a failure', (it) => it.toHaveFailed()],
  [
    'a certain failure',
    (it) => it.toHaveFailed({ tool: 'book', agent: 'planner', errorType: 'RangeError', message: /sold/ }),
  ],
  ['a record', (it) => it.toHaveRecord('plan.created')],
  [
    'a record by its fields',
    (it) => it.toHaveRecord('plan.created', { taskId: 't1', 'plan.id': 'p1', steps: [{ action: 'go' }] }),
  ],
  ['a record by its attributes', (it) => it.toHaveRecord('plan.created', { 'spanledger.plan.id': 'p1' })],
  ['the outermost output', (it) => it.toHaveOutput('all set')],
  ["an agent's output", (it) => it.toHaveOutput({ title: 'Lisbon' }, { agent: 'writer' })],
  ["an agent's output as text", (it) => it.toHaveOutput('{"title":"Lisbon","days":3}', { agent: 'writer' })],
  ['no open spans', (it) => it.toHaveNoOpenSpans()],
  ['a shape by a name', (it) => it.toMatchTrace('invoke_agent planner')],
  [
    'a shape with spans inside',
    (it) =>
      it.toMatchTrace({
        agent: 'planner',
        children: [
          { type: 'llm', model: 'gpt-x' },
          { tool: 'book', outcome: 'failed' },
          { type: 'handoff', exactly: true, children: [{ type: 'agent', agent: 'writer' }] },
        ],
      }),
  ],
  [
    'a shape by attributes',
    (it) => it.toMatchTrace([{ children: [{ attributes: { 'gen_ai.usage.input_tokens': 100 } }] }]),
  ],
];

test.each(HOLDS)('%s is found, and not in an empty collection', (name, check) => {
  work();
  check(expect(spans));
  spans.clear();
  if (!['no call', 'what was spent', 'no open'].some((word) => name.startsWith(word))) {
    expect(messageOf(expect(spans), check)).toContain('No span has ended.');
  }
});

const FAILS: [string, Check, RegExp][] = [
  ['another tool', (it) => it.toHaveTool('fly'), /a call of the tool fly\n\nThe spans/],
  ['another result', (it) => it.toHaveTool('search', { result: { hits: [1] } }), /gave \{"hits":\[1,2\]\}/],
  ["another agent's tool", (it) => it.toHaveTool('search', { agent: 'writer' }), /called by planner/],
  ['another outcome', (it) => it.toHaveTool('book', { outcome: 'completed' }), /and failed/],
  [
    'another order',
    (it) => it.toHaveToolOrder(['book', 'search']),
    /order book, search\n\nThey were called in the order search, book, transfer_to_writer/,
  ],
  ['too few tools', (it) => it.toHaveToolOrder(['search'], { exactly: true }), /and no others/],
  [
    'another number of runs',
    (it) => it.toHaveAgent('planner', { times: 2 }),
    /planner ran in no other agent/,
  ],
  ['another parent', (it) => it.toHaveAgent('planner', { parent: 'writer' }), /with \{"parent":"writer"\}/],
  ['another output of an agent', (it) => it.toHaveAgent('writer', { output: 'x' }), /writer ran in planner/],
  ['a hand-over back', (it) => it.toHaveHandoff('planner'), /planner handed over to writer/],
  ['another model', (it) => it.toHaveModelCall({ model: /claude/ }), /\/claude\//],
  [
    'another provider',
    (it) => it.toHaveModelCall({ provider: 'anthropic' }),
    /gpt-x of openai was called by planner/,
  ],
  [
    'a cost',
    (it) => it.toHaveSpentLessThan({ costUsd: 0.0003 }),
    /costUsd is 0.0003, and should be less than 0.0003/,
  ],
  [
    'tokens',
    (it) => it.toHaveSpentLessThan({ tokens: 120, outputTokens: 1 }),
    /tokens is 120[\s\S]*outputTokens is 20/,
  ],
  ['errors', (it) => it.toHaveNoErrors(), /execute_tool book failed: RangeError: sold out/],
  [
    'another failure',
    (it) => it.toHaveFailed({ message: 'no' }),
    /a span to have failed with \{"message":"no"\}/,
  ],
  ['another record', (it) => it.toHaveRecord('log.added'), /a record log\.added\n\nThe spans/],
  [
    'other fields',
    (it) => it.toHaveRecord('plan.created', { taskId: 't2' }),
    /plan\.created has .*"plan\.task_id":"t1"/,
  ],
  [
    'another output',
    (it) => it.toHaveOutput('done'),
    /the work to give "done"\n\ninvoke_agent planner gave all set/,
  ],
  [
    "another agent's output",
    (it) => it.toHaveOutput('all set', { agent: 'writer' }),
    /the agent writer to give/,
  ],
  [
    'a shape that goes too deep',
    (it) =>
      it.toMatchTrace({
        agent: 'planner',
        children: [{ tool: 'transfer_to_writer', children: ['x'] }],
      }),
    /But inside invoke_agent planner > execute_tool transfer_to_writer there is no span x\./,
  ],
  [
    'a shape in another order',
    (it) => it.toMatchTrace({ children: [{ tool: 'book' }, { tool: 'search' }] }),
    /But inside invoke_agent planner there is no span \{"tool":"search"\}, behind span \{"tool":"book"\}\./,
  ],
  [
    'a shape with more inside',
    (it) => it.toMatchTrace({ exactly: true, children: [{ type: 'llm' }, { tool: 'book' }] }),
    /But inside invoke_agent planner there is also execute_tool search\./,
  ],
];

test.each(FAILS)('%s is told from what there was', (_name, check, message) => {
  work();
  expect(messageOf(expect(spans), check)).toMatch(message);
});

test('not turns each around', () => {
  work();
  expect(spans).not.toHaveTool('fly');
  expect(spans).not.toHaveNoErrors();
  expect(spans).not.toHaveSpentLessThan({ tokens: 10 });
  expect(spans).not.toMatchTrace('nothing');
  expect(messageOf(expect(spans).not, (it) => it.toHaveSpentLessThan({ tokens: 1_000 }))).toContain(
    'Spent: {"costUsd":0.0003,"tokens":120,"inputTokens":100,"outputTokens":20,"llmCalls":1}',
  );
});

test('what was cancelled is no error and no failure', () => {
  attempt(() =>
    step('patient', () => {
      throw new DOMException('enough', 'AbortError');
    }),
  );
  expect(spans).toHaveNoErrors();
  expect(spans).not.toHaveFailed();
  expect(spans.find({ outcome: 'cancelled' })?.name).toBe('patient');
  expect(spans.render()).toBe('patient (step, 0 ms, cancelled)');
});

test('a budget in dollars is not kept where a cost is not known', () => {
  generation('unknown', (call) => call.setUsage({ inputTokens: 1, outputTokens: 1 }));
  expect(messageOf(expect(spans), (it) => it.toHaveSpentLessThan({ costUsd: 100 }))).toContain(
    'The cost of 1 model calls is not known: give prices to collectSpans(), or call setCost()',
  );
  expect(spans).toHaveSpentLessThan({ tokens: 3 });
});

test('spans that never end are told', () => {
  agent('forgetful', (run) => {
    run.keepOpen();
  });
  expect(messageOf(expect(spans), (it) => it.toHaveNoOpenSpans())).toBe(
    'expected every span to have ended\n\nNo span has ended.\nStill open: invoke_agent forgetful',
  );
  expect(() => {
    expect(spans.spans()).toHaveNoOpenSpans();
  }).toThrow('needs a collection');
});

test('jest calls them as plain functions, without anything of its own', () => {
  work();
  const { toHaveTool, toHaveNoErrors } = matchers;
  expect(toHaveTool.call(undefined, spans, 'search').pass).toBe(true);
  const { pass, message } = toHaveNoErrors.call({}, spans);
  expect(pass).toBe(false);
  expect(message()).toContain('sold out');
});

test('lists of spans, and ended spans of the OTel SDK, are taken as well', async () => {
  work();
  expect(spans.findAll({ agent: 'writer' })).toHaveAgent('writer');
  expect(spans.findAll({ agent: 'writer' })).not.toHaveTool('search');
  spans.dispose();
  const exporter = new InMemorySpanExporter();
  const handle = init({ exporter, pending: false, exitGuard: false });
  tool('search', () => 1);
  await handle.flush({ throwOnError: true });
  expect(exporter.getFinishedSpans()).toHaveTool('search', { result: 1 });
  await handle.shutdown();
});

test.each([undefined, null, 'text', {}, { spans: () => [] }, [1], [null]])('%j is refused', (given) => {
  expect(() => {
    expect(given).toHaveNoErrors();
  }).toThrow(TypeError);
});
