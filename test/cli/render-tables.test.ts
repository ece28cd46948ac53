import { expect, test } from 'vitest';
import { renderExecutionTable } from '../../collector/cli/render/execution-table.js';
import { renderExecutionTree } from '../../collector/cli/render/execution-tree.js';
import { renderExecutionHeader, renderTraceHeader } from '../../collector/cli/render/headers.js';
import { createPaint, wantsColour } from '../../collector/cli/render/paint.js';
import { renderSessionTable } from '../../collector/cli/render/session-table.js';
import { renderSummary } from '../../collector/cli/render/summary.js';
import { renderTraceLine } from '../../collector/cli/render/trace-line.js';
import { renderTraceTable } from '../../collector/cli/render/trace-table.js';
import type { TraceSummary } from '../../collector/contract/answers.js';
import type { TokenClasses } from '../../collector/contract/shapes.js';
import { makeCanvas, makeExecution, makeSession, makeTrace, NOW } from './samples.js';

const busy = makeTrace({
  agents: ['triage-lead', 'researcher'],
  models: ['claude-sonnet-4-5-20250929', 'gpt-5-mini-2025-08-07'],
  services: ['support-desk'],
  llm_calls: 7,
  tool_calls: 13,
  error_count: 1,
  input_tokens: 42_072,
  output_tokens: 1728,
  cached_input_tokens: 11_392,
  reasoning_tokens: 826,
  cost_usd: 0.0531,
  cost_source: 'reported',
  session_id: 'support-48213',
  user_id: 'user-ines',
  input_preview: 'Order 48213 arrived\nwith a cracked lid.',
});

test('traces are listed in aligned columns', () => {
  const failed = makeTrace({
    status: 'failed',
    name: 'nightly\u001b[2J report',
    duration_ms: 184_000,
    error_count: 3,
  });
  expect(renderTraceTable([busy, failed], makeCanvas(160))).toMatchInlineSnapshot(`
    "TRACE                             AGE  STATUS       NAME                      AGENTS                   ERR    TIME      IN / OUT     COST
    4bf92f3577b34da6a3ce929d0e0e4736  1m   ✓ completed  invoke_agent triage-lead  triage-lead, researcher    1   20.0s  42.1k / 1.7k  $0.0531
    4bf92f3577b34da6a3ce929d0e0e4736  1m   ✗ failed     nightly␛[2J report                                   3  3m 04s             –        –"
  `);
});

test('a narrow terminal drops columns, never the id or the name', () => {
  expect(renderTraceTable([busy], makeCanvas(80))).toMatchInlineSnapshot(`
    "TRACE                             AGE     NAME                 IN / OUT     COST
    4bf92f3577b34da6a3ce929d0e0e4736  1m   ✓  invoke_agent t…  42.1k / 1.7k  $0.0531"
  `);
});

test.each([80, 100, 120])('at %d columns all three lists show tokens and cost, and ids whole', (width) => {
  const usage = { input_tokens: 42_072, output_tokens: 1728, cost_usd: 0.0531 };
  const uuid = '01a1fbef-b668-74e1-b5ff-9fef6e49423a';
  const long = { agent_name: 'support-triage-lead', model_name: 'claude-sonnet-4-5-20250929' };
  const tables = [
    [renderTraceTable([busy], makeCanvas(width)), busy.trace_id],
    [renderExecutionTable([makeExecution({ ...usage, ...long, id: uuid })], makeCanvas(width)), uuid],
    [
      renderSessionTable(
        [makeSession({ ...usage, session_id: uuid, task: 'Order 48213 arrived with a cracked lid' })],
        makeCanvas(width),
      ),
      uuid,
    ],
  ] as const;
  for (const [table, id] of tables) {
    expect(table).toMatch(/42\.1k \/ 1\.7k +\$0\.0531$/);
    expect(table).toContain(`\n${id} `);
    expect(Math.max(...table.split('\n').map((line) => line.length))).toBeLessThanOrEqual(width);
  }
});

test('a trace on one line of a stream', () => {
  expect(renderTraceLine(busy, makeCanvas(120))).toMatchInlineSnapshot(
    `"11:58:30Z   ✓ completed  invoke_agent triage-…    20.0s   $0.0531  4bf92f3577b34da6a3ce929d0e0e4736  42.1k in / 1.7k out"`,
  );
});

test('the header of a trace says what it was and leaves out what is unknown', () => {
  expect(renderTraceHeader(busy, makeCanvas())).toMatchInlineSnapshot(`
    "invoke_agent triage-lead  ✓ completed  20.0s  1m ago
      trace    4bf92f3577b34da6a3ce929d0e0e4736
      work     3 spans, 7 model calls, 13 tool calls, 1 error
      tokens   42.1k in / 1.7k out (11.4k cached, 826 reasoning)
      cost     $0.0531 (reported)
      agents   triage-lead, researcher
      models   claude-sonnet-4-5-20250929, gpt-5-mini-2025-08-07
      session  support-48213
      user     user-ines
      service  support-desk
      input    Order 48213 arrived with a cracked lid."
  `);
  expect(renderTraceHeader(makeTrace({ status: 'running' }), makeCanvas())).toMatchInlineSnapshot(`
    "invoke_agent triage-lead  … running  20.0s  1m ago
      trace  4bf92f3577b34da6a3ce929d0e0e4736
      work   3 spans"
  `);
});

test('sessions are listed in aligned columns', () => {
  const sessions = [
    makeSession({ task: 'Fix order 48213', cost_usd: 1.5 }),
    makeSession({ session_id: '会話-1' }),
  ];
  expect(renderSessionTable(sessions, makeCanvas())).toMatchInlineSnapshot(`
    "SESSION        AGE  STATUS       TASK             TRACES    TIME  IN / OUT   COST
    support-48213  1m   ✓ completed  Fix order 48213       2  8m 50s         –  $1.50
    会話-1         1m   ✓ completed                        2  8m 50s         –      –"
  `);
});

test('executions are listed and drawn under the ones that started them', () => {
  const implicit = makeExecution({
    agent_name: null,
    agent_type: 'implicit',
    status: 'running',
    duration_ms: null,
  });
  expect(renderExecutionTable([makeExecution({ model_name: 'gpt-5-mini' }), implicit], makeCanvas(120)))
    .toMatchInlineSnapshot(`
      "EXECUTION                             AGE  STATUS       AGENT       MODEL       TIME  IN / OUT  COST
      3f2f4b7e-8a51-8c6e-9d0a-1b2c3d4e5f60  1m   ✓ completed  researcher  gpt-5-mini  8.0s         –     –
      3f2f4b7e-8a51-8c6e-9d0a-1b2c3d4e5f60  1m   … running    (implicit)                 –         –     –"
    `);
  const child = { ...makeExecution({ input_tokens: 10, output_tokens: 2 }), children: [] };
  const root = { ...makeExecution({ agent_name: 'lead', tool_calls: 2 }), children: [child] };
  expect(renderExecutionTree([root], makeCanvas(120))).toMatchInlineSnapshot(`
    "AGENT          STATUS       TOOLS  TIME         TOKENS  COST  EXECUTION
    lead           ✓ completed      2  8.0s              –     –  3f2f4b7e-8a51-8c6e-9d0a-1b2c3d4e5f60
    └─ researcher  ✓ completed      0  8.0s  10 in / 2 out     –  3f2f4b7e-8a51-8c6e-9d0a-1b2c3d4e5f60"
  `);
});

test('an execution shows its tools, its first thought and its error', () => {
  const execution = makeExecution({
    status: 'failed',
    error_type: 'TimeoutError',
    error_message: 'orders.internal did not answer',
    attempt: 2,
    input_data: { order: '48213' },
    thinking_traces: [
      { span_id: '00000000000000ab', time: new Date(NOW).toISOString(), content: 'Two matters.' },
    ],
    tools_called: [
      {
        span_id: '00000000000000ac',
        name: 'fetch_order',
        call_id: null,
        arguments: {},
        result: null,
        error: 'timeout',
        started_at: new Date(NOW).toISOString(),
        duration_ms: 2000,
      },
    ],
  });
  expect(renderExecutionHeader(execution, makeCanvas())).toMatchInlineSnapshot(`
    "researcher  ✗ failed  8.0s  1m ago
      execution  3f2f4b7e-8a51-8c6e-9d0a-1b2c3d4e5f60
      trace      4bf92f3577b34da6a3ce929d0e0e4736
      error      TimeoutError: orders.internal did not answer
      attempt    2
      tools      fetch_order ✗
      thinking   Two matters.
      input      {"order":"48213"}"
  `);
});

const NO_CLASSES: TokenClasses = {
  uncached_input: null,
  cache_read: null,
  cache_write: null,
  cache_write_5m: null,
  cache_write_1h: null,
  input_audio: null,
  input_image: null,
  output: null,
  reasoning: null,
  output_audio: null,
  output_image: null,
};

const MODEL: TraceSummary['models'][number] = {
  model: null,
  provider: 'openai',
  calls: 0,
  unpriced_calls: 0,
  input_tokens: null,
  output_tokens: null,
  cached_input_tokens: null,
  cache_write_tokens: null,
  reasoning_tokens: null,
  cost_usd: null,
  cost_source: 'computed',
};

test('a summary says where the time went and where failures began', () => {
  const step = { span_id: '00000000000000ad', started_at: new Date(NOW).toISOString() };
  const summary: TraceSummary = {
    ...makeTrace({ duration_ms: 10_000 }),
    token_classes: NO_CLASSES,
    models: [
      { ...MODEL, model: 'gpt-5', calls: 4, input_tokens: 12_400, output_tokens: 488, cost_usd: 0.0204 },
      { ...MODEL, model: 'house-7b', calls: 1, unpriced_calls: 1, input_tokens: 900, output_tokens: 20 },
    ],
    steps: [
      { type: 'llm', count: 5, failed: 0, total_ms: 9000 },
      { type: 'tool', count: 2, failed: 1, total_ms: 2300 },
    ],
    errors: [
      {
        ...step,
        name: 'execute_tool fetch_order',
        type: 'tool',
        offset_ms: 3400,
        duration_ms: 2004,
        error_type: 'TimeoutError',
        error_message: 'no answer',
      },
    ],
    slowest_spans: [
      { ...step, name: 'chat gpt-5', type: 'llm', offset_ms: 5500, duration_ms: 4000, self_ms: 4000 },
    ],
    critical_path: [],
  };
  expect(renderSummary(summary, makeCanvas())).toMatchInlineSnapshot(`
    "Models
    MODEL     PROVIDER  CALLS     IN / OUT      COST
    gpt-5     openai        4  12.4k / 488   $0.0204
    house-7b  openai        1     900 / 20  unpriced

    Steps
    TYPE  COUNT  FAILED  TIME
    llm       5          9.0s
    tool      2       1  2.3s

    Slowest
       AT  STEP            TIME   OWN  SHARE
    +5.5s  llm chat gpt-5  4.0s  4.0s    40%

    Errors (1)
       AT  STEP                           ERROR
    +3.4s  tool execute_tool fetch_order  TimeoutError: no answer"
  `);
});

test('colour needs a terminal and no NO_COLOR, or FORCE_COLOR', () => {
  expect(wantsColour(true, {})).toBe(true);
  expect(wantsColour(false, {})).toBe(false);
  expect(wantsColour(true, { NO_COLOR: '1' })).toBe(false);
  expect(wantsColour(true, { NO_COLOR: '' })).toBe(true);
  expect(wantsColour(true, { TERM: 'dumb' })).toBe(false);
  expect(wantsColour(false, { FORCE_COLOR: '1' })).toBe(true);
  expect(wantsColour(true, { FORCE_COLOR: '0' })).toBe(false);
  expect(createPaint(true).red('no')).toBe('\u001b[31mno\u001b[39m');
  expect(createPaint(false).red('no')).toBe('no');
});

test('colours do not move the columns', () => {
  const plain = renderTraceTable([busy], makeCanvas(120));
  const coloured = renderTraceTable([busy], { ...makeCanvas(120), paint: createPaint(true) });
  expect(coloured).not.toBe(plain);
  // eslint-disable-next-line no-control-regex -- what is being removed is a control sequence
  expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(plain);
});
