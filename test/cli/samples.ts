import type { TimelineEntry } from '../../collector/contract/answers.js';
import type { Execution, Session, SpanSummary, SpanTree, Trace } from '../../collector/contract/shapes.js';
import { createPaint, type Canvas } from '../../collector/cli/render/paint.js';

export const NOW = Date.parse('2026-03-01T12:00:00.000Z');
const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';

/** A terminal without colours. */
export function makeCanvas(width = 100): Canvas {
  return { width, paint: createPaint(false), nowMillis: NOW };
}

const NO_USAGE = {
  input_tokens: null,
  output_tokens: null,
  cached_input_tokens: null,
  cache_write_tokens: null,
  reasoning_tokens: null,
  cost_usd: null,
};

let lastSpanNumber = 0;

export interface SpanSample extends Partial<Omit<SpanSummary, 'started_at' | 'ended_at'>> {
  /** Milliseconds from the start of the trace. */
  at?: number;
}

/** A completed step of one second, unless the sample says otherwise. */
export function makeSpan({ at = 0, ...given }: SpanSample, children: SpanTree[] = []): SpanTree {
  lastSpanNumber += 1;
  const durationMillis = given.duration_ms ?? 1000;
  const start = NOW + at;
  return {
    trace_id: TRACE_ID,
    span_id: lastSpanNumber.toString(16).padStart(16, '0'),
    parent_span_id: null,
    name: 'step',
    type: 'span',
    kind: 'internal',
    status: given.outcome === 'failed' ? 'error' : 'unset',
    outcome: 'completed',
    status_message: '',
    started_at: new Date(start).toISOString(),
    ended_at: new Date(start + durationMillis).toISOString(),
    start_time_unix_nano: `${start}000000`,
    end_time_unix_nano: `${start + durationMillis}000000`,
    duration_ms: durationMillis,
    service_name: 'support-desk',
    dialect: null,
    operation: null,
    agent_name: null,
    agent_id: null,
    model: null,
    request_model: null,
    provider: null,
    response_id: null,
    finish_reasons: [],
    tool_name: null,
    tool_call_id: null,
    ...NO_USAGE,
    cost_source: 'unknown',
    price_ref: null,
    counted: true,
    not_counted_because: null,
    counting_rule: null,
    session_id: null,
    conversation_id: null,
    user_id: null,
    error_type: null,
    error_message: null,
    ...given,
    children,
  };
}

/** The spans of trees as a timeline lists them. */
export function listEntries(roots: SpanTree[], depth = 0): TimelineEntry[] {
  return roots.flatMap(({ children, ...span }) => [
    { ...span, depth, offset_ms: Date.parse(span.started_at) - NOW },
    ...listEntries(children, depth + 1),
  ]);
}

const SETS = { agents: [], models: [], providers: [], tools: [], services: [], dialects: [], tags: [] };

export function makeTrace(given: Partial<Trace>): Trace {
  return {
    trace_id: TRACE_ID,
    project_id: 'project',
    session_id: null,
    conversation_id: null,
    user_id: null,
    name: 'invoke_agent triage-lead',
    status: 'completed',
    started_at: new Date(NOW - 90_000).toISOString(),
    ended_at: new Date(NOW - 70_000).toISOString(),
    duration_ms: 20_000,
    span_count: 3,
    llm_calls: 0,
    failed_llm_calls: 0,
    tool_calls: 0,
    error_count: 0,
    failed_span_count: 0,
    ...NO_USAGE,
    cost_source: 'unknown',
    ...SETS,
    environment: null,
    input_preview: null,
    output_preview: null,
    complete: true,
    ...given,
  };
}

export function makeSession(given: Partial<Session>): Session {
  return {
    session_id: 'support-48213',
    project_id: 'project',
    task: null,
    status: 'completed',
    started_at: new Date(NOW - 600_000).toISOString(),
    completed_at: new Date(NOW - 70_000).toISOString(),
    last_seen_at: new Date(NOW - 70_000).toISOString(),
    duration_ms: 530_000,
    trace_count: 2,
    entry_count: 40,
    conversation_id: null,
    user_id: null,
    llm_calls: 0,
    failed_llm_calls: 0,
    tool_calls: 0,
    error_count: 0,
    failed_span_count: 0,
    ...NO_USAGE,
    cost_source: 'unknown',
    ...SETS,
    environment: null,
    ...given,
  };
}

export function makeExecution(given: Partial<Execution>): Execution {
  return {
    id: '3f2f4b7e-8a51-8c6e-9d0a-1b2c3d4e5f60',
    project_id: 'project',
    case_id: null,
    workflow_id: null,
    trace_id: TRACE_ID,
    span_id: '00000000000000aa',
    parent_execution_id: null,
    session_id: null,
    conversation_id: null,
    user_id: null,
    agent_id: null,
    agent_name: 'researcher',
    agent_version: null,
    agent_type: null,
    model_name: null,
    models: [],
    provider: null,
    service_name: null,
    environment: null,
    status: 'completed',
    attempt: 1,
    input_data: null,
    output_data: null,
    thinking_traces: [],
    tools_called: [],
    error_type: null,
    error_message: null,
    llm_calls: 0,
    failed_llm_calls: 0,
    tool_calls: 0,
    ...NO_USAGE,
    own_input_tokens: null,
    own_output_tokens: null,
    own_cached_input_tokens: null,
    own_cache_write_tokens: null,
    own_reasoning_tokens: null,
    own_cost_usd: null,
    cost_source: 'unknown',
    started_at: new Date(NOW - 90_000).toISOString(),
    completed_at: new Date(NOW - 82_000).toISOString(),
    duration_ms: 8000,
    created_at: new Date(NOW).toISOString(),
    updated_at: new Date(NOW).toISOString(),
    ...given,
  };
}
