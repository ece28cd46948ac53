import { describe, expect, it } from 'vitest';
import { summarizeTrace } from '../../collector/api/trace-summary.js';
import { TraceSummary } from '../../collector/contract/answers.js';
import type { Trace } from '../../collector/contract/shapes.js';
import { NO_USAGE } from '../../collector/model/gen-ai.js';
import { sketchSpan, toSpanId, TRACE_ID } from './trace-spans.js';

const TRACE: Trace = {
  trace_id: TRACE_ID,
  project_id: 'p',
  session_id: null,
  conversation_id: null,
  user_id: null,
  name: 'answer',
  status: 'failed',
  started_at: '2026-01-01T00:00:00.000Z',
  ended_at: '2026-01-01T00:00:00.100Z',
  duration_ms: 100,
  span_count: 4,
  llm_calls: 1,
  failed_llm_calls: 0,
  tool_calls: 1,
  error_count: 1,
  failed_span_count: 2,
  input_tokens: 10,
  output_tokens: 5,
  cached_input_tokens: null,
  cache_write_tokens: null,
  reasoning_tokens: null,
  cost_usd: null,
  cost_source: 'unknown',
  agents: [],
  models: [],
  providers: [],
  tools: [],
  services: [],
  dialects: [],
  tags: [],
  environment: null,
  input_preview: null,
  output_preview: null,
  complete: true,
};

const SPANS = [
  sketchSpan({ id: 'a', from: 0, to: 100, facts: { type: 'agent', outcome: 'failed' } }),
  sketchSpan({ id: 'b', parent: 'a', from: 10, to: 40, facts: { type: 'llm' } }),
  sketchSpan({ id: 'c', parent: 'a', from: 45, to: 95, facts: { type: 'step' } }),
  sketchSpan({
    id: 'd',
    parent: 'c',
    from: 50,
    to: 90,
    facts: { type: 'tool', outcome: 'failed', errorType: 'TimeoutError', errorMessage: 'too slow' },
  }),
];

const MODELS = [
  {
    model: 'gpt-5',
    provider: 'openai',
    calls: 2,
    unpricedCalls: 1,
    totals: { ...NO_USAGE, inputTokens: 10, costUsd: '0.25' },
    costSource: 'computed' as const,
  },
];

describe('the summary of a trace', () => {
  const summary = summarizeTrace(TRACE, SPANS, MODELS);

  it('has the shape of the contract', () => {
    expect(TraceSummary.parse(summary)).toEqual(summary);
  });

  it('repeats the sums of the trace', () => {
    expect(summary).toMatchObject({ duration_ms: 100, input_tokens: 10, cost_usd: null, error_count: 1 });
  });

  it('names where a failure began and not what failed because of it', () => {
    expect(summary.errors).toMatchObject([
      { span_id: toSpanId('d'), error_type: 'TimeoutError', error_message: 'too slow' },
    ]);
  });

  it('puts the slowest spans first, with their own time', () => {
    expect(
      summary.slowest_spans.map(({ span_id, duration_ms, self_ms }) => [span_id, duration_ms, self_ms]),
    ).toEqual([
      [toSpanId('a'), 100, 20],
      [toSpanId('c'), 50, 10],
      [toSpanId('d'), 40, 40],
      [toSpanId('b'), 30, 30],
    ]);
  });

  it('splits the total time over the critical path', () => {
    const path = summary.critical_path.map(({ span_id, self_ms }) => [span_id, self_ms]);
    expect(path).toEqual([
      [toSpanId('a'), 20],
      [toSpanId('b'), 30],
      [toSpanId('c'), 10],
      [toSpanId('d'), 40],
    ]);
  });

  it('says what each model cost, and how many of its calls have no price', () => {
    expect(summary.models).toMatchObject([
      { model: 'gpt-5', calls: 2, unpriced_calls: 1, input_tokens: 10, output_tokens: null, cost_usd: 0.25 },
    ]);
  });

  it('counts steps by type', () => {
    expect(summary.steps).toContainEqual({ type: 'tool', count: 1, failed: 1, total_ms: 40 });
    expect(summary.steps).toHaveLength(4);
  });

  it('of a trace without spans has empty lists', () => {
    expect(summarizeTrace(TRACE, [], [])).toMatchObject({
      steps: [],
      errors: [],
      slowest_spans: [],
      critical_path: [],
    });
  });
});
