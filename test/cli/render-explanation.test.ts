import { expect, test } from 'vitest';
import { renderEntryTable } from '../../collector/cli/render/entry-table.js';
import { renderExplanation } from '../../collector/cli/render/explanation.js';
import { renderIssueSummary } from '../../collector/cli/render/issue-table.js';
import type { IssueGroup } from '../../collector/contract/answers.js';
import type { ReportExplanation, SpanExplanation } from '../../collector/contract/explanation-shapes.js';
import type { SessionEntry } from '../../collector/contract/shapes.js';
import { makeCanvas, makeSpan, NOW } from './samples.js';

const EXPLANATION: SpanExplanation = {
  trace_id: 'ab'.repeat(16),
  span_id: 'cd'.repeat(8),
  name: 'chat gpt-5',
  dialect: 'otel-genai',
  type: { value: 'llm', dialect: 'otel-genai', key: 'gen_ai.operation.name', about: null },
  fields: [
    {
      field: 'request_model',
      value: 'gpt-5',
      dialect: 'otel-genai',
      key: 'gen_ai.request.model',
      about: null,
      path: null,
    },
    { field: 'outcome', value: 'failed', dialect: null, key: null, about: 'the status', path: null },
    { field: 'cached_input_tokens', value: 8, dialect: 'x', key: 'usage', about: null, path: 'cache.read' },
  ],
  bodies: [{ field: 'input_messages', dialect: 'otel-genai', keys: ['gen_ai.input.messages'] }],
  passed_over: [
    {
      key: 'llm.model_name',
      field: 'request_model',
      dialect: 'openinference',
      because: 'gen_ai.* is believed',
    },
  ],
  unmapped: ['house.key\nof mine'],
  usage: {
    as_sent: {
      input_tokens: 2,
      output_tokens: 5,
      cached_input_tokens: 8,
      cache_write_tokens: null,
      reasoning_tokens: null,
      cache: 'apart',
      reasoning: 'inside',
      because: 'there are more cached tokens than input tokens',
    },
    input_tokens: 10,
    output_tokens: 5,
    cached_input_tokens: 8,
    cache_write_tokens: null,
    reasoning_tokens: null,
    token_classes: {
      uncached_input: 2,
      cache_read: 8,
      cache_write: null,
      cache_write_5m: null,
      cache_write_1h: null,
      input_audio: null,
      input_image: null,
      output: 5,
      reasoning: null,
      output_audio: null,
      output_image: null,
    },
    counted: false,
    counting_rule: 'same_response_id',
    because: 'It is the same call as another span.',
  },
  cost: {
    cost_usd: 0.001,
    cost_source: 'computed',
    price_ref: 'project:0c8a',
    steps: [],
    classes: [],
    today: {
      cost_usd: 0.002,
      price_ref: 'library:1:openai/gpt-5',
      steps: ['matched gpt-5'],
      classes: [],
      advice: null,
    },
    advice: null,
  },
  log_records: [],
  payload_expired: true,
};

test('an explanation leads from each value to the attribute, the rule and the price', () => {
  expect(renderExplanation(EXPLANATION, makeCanvas(120))).toMatchInlineSnapshot(`
    "chat gpt-5  otel-genai
    span cdcdcdcdcdcdcdcd of trace abababababababababababababababab

    Fields
    FIELD                VALUE   DIALECT     FROM
    type                 llm     otel-genai  gen_ai.operation.name
    request_model        gpt-5   otel-genai  gen_ai.request.model
    outcome              failed              the status
    cached_input_tokens  8       x           usage → cache.read
    input_messages               otel-genai  gen_ai.input.messages

    Not used
    KEY             FOR            DIALECT        BECAUSE
    llm.model_name  request_model  openinference  gen_ai.* is believed

    Not understood
      house.key of mine

    Tokens
      as sent     2 in / 5 out (cache read 8, cache write –, reasoning –)
      cache       apart from the input: there are more cached tokens than input tokens
      reasoning   inside the output
      understood  10 in / 5 out (cache read 8, cache write –, reasoning –)
      classes     uncached input 2, cache read 8, output 5
      counted     no (same_response_id): It is the same call as another span.

    Cost
      cost               $0.001 (computed)
      price              project:0c8a
      by today’s prices  $0.002, library:1:openai/gpt-5

      1. matched gpt-5

    The message bodies were deleted by retention: what was read from them stays."
  `);
});

test('of a plain span only its fields are shown', () => {
  const plain: SpanExplanation = {
    ...EXPLANATION,
    dialect: null,
    fields: [],
    bodies: [],
    passed_over: [],
    unmapped: [],
    usage: { ...EXPLANATION.usage, as_sent: null, token_classes: null },
    cost: {
      cost_usd: null,
      cost_source: 'unknown',
      price_ref: null,
      steps: [],
      classes: [],
      advice: null,
      today: null,
    },
    payload_expired: false,
  };
  expect(renderExplanation(plain, makeCanvas())).toMatchInlineSnapshot(`
    "chat gpt-5  no dialect
    span cdcdcdcdcdcdcdcd of trace abababababababababababababababab

    Fields
    FIELD  VALUE  DIALECT     FROM
    type   llm    otel-genai  gen_ai.operation.name"
  `);
});

function makeEntry(given: Partial<SessionEntry>): SessionEntry {
  const { children, ...span } = makeSpan({});
  expect(children).toEqual([]);
  return {
    ...span,
    kind: 'span',
    span_kind: 'internal',
    record_id: null,
    event_name: null,
    joined_span_id: null,
    joined_trace_id: null,
    ...given,
  };
}

test('entries of a session show spans and log records alike', () => {
  const entries = [
    makeEntry({ type: 'agent', agent_name: 'coder', started_at: new Date(NOW).toISOString() }),
    makeEntry({
      kind: 'log',
      trace_id: null,
      span_id: null,
      type: 'llm',
      model: 'house-7b',
      started_at: new Date(NOW + 2000).toISOString(),
      input_tokens: 1200,
      output_tokens: 34,
      price_ref: 'unpriced:unknown_model',
    }),
    makeEntry({
      kind: 'log',
      type: 'tool',
      tool_name: 'Bash',
      outcome: 'failed',
      error_message: 'exit 1',
      started_at: new Date(NOW + 4000).toISOString(),
    }),
  ];
  expect(renderEntryTable(entries, makeCanvas())).toMatchInlineSnapshot(`
    "   AT  FROM  STEP                 TIME            TOKENS      COST
     +0ms  span  agent coder          1.0s
    +2.0s  log   llm house-7b         1.0s  1.2k in / 34 out  unpriced
    +4.0s  log   ✗ tool Bash: exit 1  1.0s"
  `);
});

test('tokens and cost of an entry that is counted elsewhere are not shown again, and ids on demand', () => {
  const usage = { type: 'llm', model: 'gpt-5', input_tokens: 10, output_tokens: 2, cost_usd: 0.5 } as const;
  const at = { started_at: new Date(NOW).toISOString() };
  const entries = [
    makeEntry({ ...at, ...usage, span_id: 'ab'.repeat(8), counted: false, counting_rule: 'replaced_by_log' }),
    makeEntry({ ...at, ...usage, kind: 'log', span_id: null, record_id: 'cd'.repeat(16) }),
  ];
  expect(renderEntryTable(entries, makeCanvas(), { showsIds: true })).toMatchInlineSnapshot(`
    "  AT  FROM  STEP       TIME         TOKENS     COST  ID
    +0ms  span  llm gpt-5  1.0s                          abababababababab
    +0ms  log   llm gpt-5  1.0s  10 in / 2 out  $0.5000  cdcdcdcdcdcdcdcd"
  `);
});

test('on a narrow terminal nothing of a number or a reason is cut', () => {
  const usage = {
    ...EXPLANATION.usage,
    because: 'It is the same call as another span, which says more of its tokens.',
  };
  const passedOver = EXPLANATION.passed_over.map((entry) => ({
    ...entry,
    because: '`gen_ai.request.model` is asked first, and what it says is believed',
  }));
  const narrow = renderExplanation(
    { ...EXPLANATION, usage, passed_over: passedOver, payload_expired: false },
    makeCanvas(64),
  );
  expect(narrow).not.toContain('…');
  expect(Math.max(...narrow.split('\n').map((line) => line.length))).toBeLessThanOrEqual(64);
  expect(narrow.replace(/\s+/g, ' ')).toContain('which says more of its tokens.');
});

test('an explanation of a log record names the record', () => {
  const { trace_id: traceId, span_id: spanId, log_records: records, ...rest } = EXPLANATION;
  expect([traceId.length, spanId.length, records]).toEqual([32, 16, []]);
  const report: ReportExplanation = {
    ...rest,
    trace_id: null,
    record_id: 'ef'.repeat(16),
    event_name: 'api_request',
    joined_span_id: null,
  };
  expect(renderExplanation(report, makeCanvas()).split('\n')[1]).toBe(`log record ${'ef'.repeat(16)}`);
});

test('issues are summed up by sender, with what to change once a code', () => {
  const group = (service: string, count: number): IssueGroup => ({
    code: 'ATTRIBUTES_DROPPED',
    title: 'Attributes dropped by the sender',
    advice: 'Raise `OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT`.',
    service_name: service,
    scope_name: 'ai',
    count,
    first_at: new Date(NOW - 90_000).toISOString(),
    last_at: new Date(NOW - 60_000).toISOString(),
    example: {
      id: '1',
      time: new Date(NOW - 60_000).toISOString(),
      code: 'ATTRIBUTES_DROPPED',
      message: '3 attributes were dropped',
      signal: 'traces',
      service_name: service,
      scope_name: 'ai',
      trace_id: null,
      span_id: null,
      key: null,
    },
  });
  expect(renderIssueSummary([group('desk', 12), group('crawler', 1)], makeCanvas())).toMatchInlineSnapshot(`
    "CODE                SERVICE  SCOPE  COUNT  LAST  EXAMPLE
    ATTRIBUTES_DROPPED  desk     ai        12  1m    3 attributes were dropped
    ATTRIBUTES_DROPPED  crawler  ai         1  1m    3 attributes were dropped

    ATTRIBUTES_DROPPED: Attributes dropped by the sender.
      Raise OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT."
  `);
});
