import { expect, test } from 'vitest';
import { renderTimeline } from '../../collector/cli/render/timeline.js';
import { renderTree } from '../../collector/cli/render/tree.js';
import type { SessionEntry, SpanTree } from '../../collector/contract/shapes.js';
import { listEntries, makeCanvas, makeSpan } from './samples.js';

function makeSupportRun(): { roots: SpanTree[]; argumentPreviews: Map<string, string> } {
  const timeout = {
    outcome: 'failed',
    error_type: 'TimeoutError',
    error_message: 'no answer within 2000 ms',
  } as const;
  const failed = makeSpan({
    type: 'tool',
    tool_name: 'fetch_order',
    at: 1300,
    duration_ms: 2004,
    ...timeout,
  });
  const retried = makeSpan({ type: 'tool', tool_name: 'fetch_order', at: 3400, duration_ms: 318 }, [
    makeSpan({ type: 'http', name: 'GET /orders/{id}', at: 3410, duration_ms: 290 }),
  ]);
  const root = makeSpan({ type: 'agent', agent_name: 'triage-lead', duration_ms: 12_400 }, [
    makeSpan({
      type: 'llm',
      model: 'claude-sonnet-4-5',
      duration_ms: 1240,
      input_tokens: 4812,
      output_tokens: 412,
      cost_usd: 0.0237,
    }),
    failed,
    retried,
    makeSpan({ type: 'agent', agent_name: 'researcher', at: 3800, duration_ms: 8500 }, [
      makeSpan({
        type: 'llm',
        request_model: 'gpt-5-mini',
        at: 3810,
        duration_ms: 8000,
        input_tokens: 18_460,
        output_tokens: null,
        finish_reasons: ['length'],
      }),
    ]),
  ]);
  const argumentPreviews = new Map([
    [failed.span_id, '{"order_id":"48213"}'],
    [retried.span_id, '{"order_id":"48213"}'],
  ]);
  return { roots: [root], argumentPreviews };
}

test('a tree shows models, tokens, arguments, slow steps and failures with their message', () => {
  const { roots, argumentPreviews } = makeSupportRun();
  expect(renderTree(roots, makeCanvas(), { argumentPreviews })).toMatchInlineSnapshot(`
    "agent triage-lead                            12.4s
    ├─ llm claude-sonnet-4-5                      1.2s  4.8k in / 412 out  $0.0237
    ├─ ✗ tool fetch_order {"order_id":"48213"}    2.0s
    │     TimeoutError: no answer within 2000 ms
    ├─ tool fetch_order {"order_id":"48213"}     318ms
    │  └─ http GET /orders/{id}                  290ms
    └─ agent researcher                           8.5s
       └─ llm gpt-5-mini stopped: length        ▲ 8.0s   18.5k in / – out
    ▲ took a quarter of the trace or more"
  `);
});

test('a tree on a narrow terminal drops figures before names', () => {
  const { roots } = makeSupportRun();
  expect(renderTree(roots, makeCanvas(50))).toMatchInlineSnapshot(`
    "agent triage-lead                   12.4s
    ├─ llm claude-sonnet-4-5             1.2s  $0.0237
    ├─ ✗ tool fetch_order                2.0s
    │     TimeoutError: no answer within 2000 ms
    ├─ tool fetch_order                 318ms
    │  └─ http GET /orders/{id}         290ms
    └─ agent researcher                  8.5s
       └─ llm gpt-5-mini stopped: le…  ▲ 8.0s
    ▲ took a quarter of the trace or more"
  `);
});

test('a call without a price is unpriced, which is not $0, also where it is summed up', () => {
  const call = (sample: object) =>
    makeSpan({ type: 'llm', model: 'house-7b', input_tokens: 10, output_tokens: 1, ...sample });
  const free = { cost_usd: 0, cost_source: 'computed' as const, price_ref: 'local' };
  const unpriced = { price_ref: 'unpriced:unknown_model' };
  const roots = [
    makeSpan({ type: 'agent', agent_name: 'house' }, [
      call(free),
      call(unpriced),
      ...Array.from({ length: 4 }, () => call(unpriced)),
    ]),
    makeSpan({ type: 'agent', agent_name: 'city' }, [
      call(unpriced),
      call(unpriced),
      call(unpriced),
      ...Array.from({ length: 3 }, () => call({ ...free, cost_usd: 0.01 })),
    ]),
  ];
  expect(renderTree(roots, makeCanvas())).toMatchInlineSnapshot(`
    "agent house                               1.0s
    ├─ llm house-7b                         ▲ 1.0s  10 in / 1 out                  $0
    ├─ llm house-7b                         ▲ 1.0s  10 in / 1 out            unpriced
    └─ × 4 more house-7b, --all shows each    4.0s  40 in / 4 out            unpriced
    agent city                                1.0s
    ├─ llm house-7b                         ▲ 1.0s  10 in / 1 out            unpriced
    ├─ llm house-7b                         ▲ 1.0s  10 in / 1 out            unpriced
    └─ × 4 more house-7b, --all shows each    4.0s  40 in / 4 out  $0.0300 + unpriced
    ▲ took a quarter of the trace or more"
  `);
});

test('a run of similar siblings is summed up, and shown in full on demand', () => {
  const pages = Array.from({ length: 38 }, (_, page) =>
    makeSpan({ type: 'tool', tool_name: 'fetchPage', at: page * 100, duration_ms: 100 }),
  );
  const roots = [makeSpan({ type: 'agent', agent_name: 'crawler', duration_ms: 3800 }, pages)];
  expect(renderTree(roots, makeCanvas())).toMatchInlineSnapshot(`
    "agent crawler                              3.8s
    ├─ tool fetchPage                         100ms
    ├─ tool fetchPage                         100ms
    └─ × 36 more fetchPage, --all shows each   3.6s"
  `);
  expect(renderTree(roots, makeCanvas(), { showsAll: true }).split('\n')).toHaveLength(39);
});

test('the rounds of a loop are summed up, up to the round in which something failed', () => {
  const round = (page: number) => [
    makeSpan({
      type: 'llm',
      model: 'gpt-5',
      duration_ms: 10,
      counted: true,
      input_tokens: 100,
      output_tokens: 5,
    }),
    makeSpan({
      type: 'tool',
      tool_name: 'fetchPage',
      duration_ms: 1,
      ...(page === 6 ? { outcome: 'failed' as const, error_message: 'gone' } : {}),
    }),
  ];
  const steps = Array.from({ length: 9 }, (_, page) => round(page)).flat();
  expect(renderTree(steps, makeCanvas())).toMatchInlineSnapshot(`
    "llm gpt-5                                     10ms   100 in / 5 out
    tool fetchPage                                 1ms
    × 5 more gpt-5 + fetchPage, --all shows each  55ms  500 in / 25 out
    llm gpt-5                                     10ms   100 in / 5 out
    ✗ tool fetchPage                               1ms
       gone
    llm gpt-5                                     10ms   100 in / 5 out
    tool fetchPage                                 1ms
    llm gpt-5                                     10ms   100 in / 5 out
    tool fetchPage                                 1ms"
  `);
});

test('a failure among similar siblings is never summed up', () => {
  const pages = Array.from({ length: 12 }, (_, page) =>
    makeSpan({
      type: 'tool',
      tool_name: 'fetchPage',
      duration_ms: 100,
      ...(page === 6 ? { outcome: 'failed' as const, error_message: 'gone' } : {}),
    }),
  );
  expect(renderTree(pages, makeCanvas())).toMatchInlineSnapshot(`
    "tool fetchPage                        100ms
    tool fetchPage                        100ms
    × 4 more fetchPage, --all shows each  400ms
    ✗ tool fetchPage                      100ms
       gone
    tool fetchPage                        100ms
    tool fetchPage                        100ms
    × 3 more fetchPage, --all shows each  300ms"
  `);
});

test('a parent that failed because its child did does not repeat the message', () => {
  const failure = { outcome: 'failed', error_message: 'rate limited' } as const;
  const roots = [
    makeSpan({ type: 'agent', agent_name: 'lead', ...failure }, [
      makeSpan({ type: 'llm', model: 'gpt-5', ...failure }),
    ]),
  ];
  expect(renderTree(roots, makeCanvas())).toMatchInlineSnapshot(`
    "✗ agent lead        1.0s
    └─ ✗ llm gpt-5    ▲ 1.0s
          rate limited
    ▲ took a quarter of the trace or more"
  `);
});

test('usage that is counted elsewhere is not shown twice', () => {
  const usage = { input_tokens: 100, output_tokens: 10 };
  const roots = [
    makeSpan({ type: 'agent', agent_name: 'lead', ...usage, counted: false }, [
      makeSpan({ type: 'llm', model: 'gpt-5', ...usage }),
    ]),
  ];
  expect(renderTree(roots, makeCanvas())).toMatchInlineSnapshot(`
    "agent lead          1.0s
    └─ llm gpt-5      ▲ 1.0s  100 in / 10 out
    ▲ took a quarter of the trace or more"
  `);
});

test('hostile names neither move the cursor nor break the lines', () => {
  const roots = [
    makeSpan({ name: '\u001b[2J\u001b[Hroot\r\nsecond\u0000line\u202etxt\u009b31m', type: 'workflow' }, [
      makeSpan({
        type: 'tool',
        tool_name: 'rm\u001b]0;owned\u0007',
        outcome: 'failed',
        error_message: 'first\nsecond\u001b[31m',
      }),
    ]),
  ];
  const drawn = renderTree(roots, makeCanvas());
  expect(drawn).toMatchInlineSnapshot(`
    "workflow ␛[2J␛[Hroot second␀line�txt�31m    1.0s
    └─ ✗ tool rm␛]0;owned␇                    ▲ 1.0s
          first second␛[31m
    ▲ took a quarter of the trace or more"
  `);
  expect(drawn).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
});

function makeInsides(count: number): SpanTree[] {
  return Array.from({ length: count }, (_, index) =>
    makeSpan({ name: `inside ${index % 7}`, counted: false, duration_ms: 1 }),
  );
}

test('many plain spans are summed up beside the steps of a run, and shown on demand', () => {
  const call = makeSpan({ type: 'llm', model: 'gpt-5', duration_ms: 10 }, makeInsides(1));
  const broken = makeSpan({ name: 'flush', counted: false, outcome: 'failed', error_message: 'disk full' });
  const roots = [makeSpan({ type: 'agent', agent_name: 'coder' }, [...makeInsides(45), call, broken])];
  expect(renderTree(roots, makeCanvas())).toMatchInlineSnapshot(`
    "agent coder            1.0s
    ├─ llm gpt-5           10ms
    │  └─ inside 0          1ms
    ├─ ✗ flush           ▲ 1.0s
    │     disk full
    └─ × 45 plain spans
    ▲ took a quarter of the trace or more
    plain spans say nothing of agents, models and tools: --all shows each"
  `);
  expect(renderTree(roots, makeCanvas(), { showsAll: true })).toContain('inside 6');
});

test('a trace that is made of plain spans alone is drawn', () => {
  const roots = [makeSpan({ name: 'GET /', counted: false }, makeInsides(60))];
  expect(renderTree(roots, makeCanvas(), { showsAll: true }).split('\n')).toHaveLength(61);
  expect(renderTree(roots, makeCanvas())).not.toContain('plain');
});

test('calls known from log records stand below the span that they name, with their tokens and ids', () => {
  const { children, ...summary } = makeSpan({
    type: 'llm',
    model: 'gpt-5-codex',
    input_tokens: 5200,
    output_tokens: 140,
    cost_usd: 0.0033,
    at: 100,
    duration_ms: 0,
  });
  expect(children).toEqual([]);
  const turn = makeSpan({ name: 'turn', counted: false, duration_ms: 300 }, [
    makeSpan({ type: 'tool', tool_name: 'shell', at: 200, counted: false, duration_ms: 40 }),
  ]);
  const report: SessionEntry = {
    ...summary,
    kind: 'log',
    span_kind: 'unspecified',
    span_id: null,
    parent_span_id: turn.span_id,
    record_id: 'cd'.repeat(16),
    event_name: 'codex.sse_event',
    joined_span_id: null,
    joined_trace_id: null,
  };
  const lost = { ...report, parent_span_id: 'ee'.repeat(8), record_id: 'ce'.repeat(16) };
  const drawn = renderTree([turn], makeCanvas(), { reports: [report, lost], showsIds: true });
  expect(drawn.replaceAll(/0{8}[0-9a-f]{8}/g, 'SPAN')).toMatchInlineSnapshot(`
    "turn                                  300ms                              SPAN
    ├─ llm gpt-5-codex from a log record    0ms  5.2k in / 140 out  $0.0033  cdcdcdcdcdcdcdcd
    └─ tool shell                          40ms                              SPAN
    llm gpt-5-codex from a log record       0ms  5.2k in / 140 out  $0.0033  cececececececece"
  `);
  expect(turn.children).toHaveLength(1);
});

test('wide characters keep the columns aligned', () => {
  const roots = [
    makeSpan({ type: 'tool', tool_name: '検索🔎', duration_ms: 5 }),
    makeSpan({ type: 'tool', tool_name: 'cafe\u0301', duration_ms: 5 }),
    makeSpan({ type: 'tool', tool_name: '👩‍👩‍👧', duration_ms: 5 }),
  ];
  expect(renderTree(roots, makeCanvas())).toMatchInlineSnapshot(`
    "tool 検索🔎       5ms
    tool café         5ms
    tool 👩‍👩‍👧           5ms"
  `);
});

test('a chain of 20,000 spans is drawn without exhausting the stack', () => {
  let chain = makeSpan({ name: 'leaf' });
  for (let depth = 0; depth < 20_000; depth += 1) chain = makeSpan({ name: 'link' }, [chain]);
  const lines = renderTree([chain], makeCanvas()).split('\n');
  expect(lines).toHaveLength(20_001 + 1);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
});

test('a timeline places each step on the scale of the trace', () => {
  expect(renderTimeline(listEntries(makeSupportRun().roots), makeCanvas(80))).toMatchInlineSnapshot(`
    "                           0                                        12.4s
    agent triage-lead          ██████████████████████████████████████████████  12.4s
      llm claude-sonnet-4-5    █████                                            1.2s
      ✗ tool fetch_order           ████████                                     2.0s
                               TimeoutError: no answer within 2000 ms
      tool fetch_order                     ██                                  318ms
        http GET /orders/{id}              ██                                  290ms
      agent researcher                       ████████████████████████████████   8.5s
        llm gpt-5-mini                       ██████████████████████████████     8.0s"
  `);
});

test('a timeline of moments shows marks', () => {
  const entries = listEntries([makeSpan({ name: 'now', duration_ms: 0 })]);
  expect(renderTimeline(entries, makeCanvas(40))).toMatchInlineSnapshot(`
    "     0                          0ms
    now  ▏                               0ms"
  `);
  expect(renderTimeline([], makeCanvas())).toBe('');
});
