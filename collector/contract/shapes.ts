// Longer than most files: these are the words of the API, and a reader wants them on one page.

import { z } from 'zod';

/** RFC 3339 with as many fraction digits as are known. */
export const Time = z.string().meta({ format: 'date-time' });
export const TraceId = z.string().regex(/^[0-9a-f]{32}$/);
export const SpanId = z.string().regex(/^[0-9a-f]{16}$/);

export const RunStatus = z.enum(['running', 'waiting', 'completed', 'failed', 'cancelled']);
export const CostSource = z.enum(['reported', 'computed', 'mixed', 'unknown']);
const Json = z.unknown();
const Tokens = z.int().nullable();

/** Token sums over distinct model calls; null where no call reported the class. */
const usage = {
  input_tokens: Tokens,
  output_tokens: Tokens,
  cached_input_tokens: Tokens,
  cache_write_tokens: Tokens,
  reasoning_tokens: Tokens,
  cost_usd: z.number().nullable(),
};

const ownUsage = {
  own_input_tokens: Tokens,
  own_output_tokens: Tokens,
  own_cached_input_tokens: Tokens,
  own_cache_write_tokens: Tokens,
  own_reasoning_tokens: Tokens,
  own_cost_usd: z.number().nullable(),
};

const sets = {
  agents: z.array(z.string()),
  models: z.array(z.string()),
  providers: z.array(z.string()),
  tools: z.array(z.string()),
  services: z.array(z.string()),
  dialects: z.array(z.string()),
  tags: z.array(z.string()),
};

const counts = {
  llm_calls: z.int(),
  failed_llm_calls: z.int(),
  tool_calls: z.int(),
  error_count: z.int(),
  failed_span_count: z.int(),
};

export const Trace = z
  .object({
    trace_id: TraceId,
    project_id: z.string(),
    session_id: z.string().nullable(),
    conversation_id: z.string().nullable(),
    user_id: z.string().nullable(),
    name: z.string(),
    status: RunStatus,
    started_at: Time,
    ended_at: Time,
    duration_ms: z.number(),
    span_count: z.int(),
    ...counts,
    ...usage,
    cost_source: CostSource,
    ...sets,
    environment: z.string().nullable(),
    input_preview: z.string().nullable(),
    output_preview: z.string().nullable(),
    complete: z.boolean(),
  })
  .meta({ id: 'Trace' });
export type Trace = z.infer<typeof Trace>;

export const Session = z
  .object({
    session_id: z.string(),
    project_id: z.string(),
    task: z.string().nullable(),
    status: RunStatus,
    started_at: Time,
    completed_at: Time.nullable(),
    last_seen_at: Time,
    duration_ms: z.number(),
    trace_count: z.int(),
    entry_count: z.int(),
    conversation_id: z.string().nullable(),
    user_id: z.string().nullable(),
    ...counts,
    ...usage,
    cost_source: CostSource,
    ...sets,
    environment: z.string().nullable(),
  })
  .meta({ id: 'Session' });
export type Session = z.infer<typeof Session>;

export const SpanType = z.enum([
  'agent',
  'llm',
  'tool',
  'handoff',
  'retrieval',
  'embedding',
  'rerank',
  'guardrail',
  'evaluation',
  'workflow',
  'step',
  'http',
  'db',
  'event',
  'span',
]);

export const SpanKind = z.enum(['unspecified', 'internal', 'server', 'client', 'producer', 'consumer']);

/** `attributes` here and below: plain JSON, or OTLP/JSON's list of key and value with `?attributes=typed`. */
const Attributes = Json;

export const Scope = z.object({
  name: z.string(),
  version: z.string(),
  attributes: Attributes,
  schema_url: z.string(),
});

export const Resource = z.object({ attributes: Attributes, schema_url: z.string() });

export const SpanEvent = z.object({
  name: z.string(),
  time: Time,
  time_unix_nano: z.string(),
  attributes: Attributes,
  dropped_attributes_count: z.int(),
});

export const SpanLink = z.object({
  trace_id: z.string(),
  span_id: z.string(),
  trace_state: z.string(),
  attributes: Attributes,
  dropped_attributes_count: z.int(),
  flags: z.int(),
});

/** What a list, a tree and a timeline say of each span: everything but bodies, attributes, events and links. */
const spanSummary = {
  trace_id: TraceId,
  span_id: SpanId,
  parent_span_id: SpanId.nullable(),
  name: z.string(),
  type: SpanType,
  kind: SpanKind,
  status: z.enum(['unset', 'ok', 'error']),
  outcome: RunStatus,
  status_message: z.string(),
  started_at: Time,
  ended_at: Time,
  start_time_unix_nano: z.string(),
  end_time_unix_nano: z.string(),
  duration_ms: z.number(),
  service_name: z.string().nullable(),
  dialect: z.string().nullable(),
  operation: z.string().nullable(),
  agent_name: z.string().nullable(),
  agent_id: z.string().nullable(),
  model: z.string().nullable(),
  request_model: z.string().nullable(),
  provider: z.string().nullable(),
  response_id: z.string().nullable(),
  finish_reasons: z.array(z.string()),
  tool_name: z.string().nullable(),
  tool_call_id: z.string().nullable(),
  ...usage,
  /** `reported` by the sender, `computed` from tokens and prices, or `unknown`. */
  cost_source: CostSource,
  /** Where a computed cost is from, `project:…`, `library:…` or `local`, or why there is none: `unpriced:…`. */
  price_ref: z.string().nullable(),
  /** Whether this span's usage enters the totals. */
  counted: z.boolean(),
  /** Why not, where it has usage that is not counted. */
  not_counted_because: z.string().nullable(),
  /** The rule of docs/counting.md by which that was decided. */
  counting_rule: z.string().nullable(),
  session_id: z.string().nullable(),
  conversation_id: z.string().nullable(),
  user_id: z.string().nullable(),
  error_type: z.string().nullable(),
  error_message: z.string().nullable(),
};

/** The tokens of a call, each in one class only: the input classes add up to the input, the output ones to the output. */
export const TokenClasses = z
  .object({
    uncached_input: Tokens,
    cache_read: Tokens,
    /** Not said to be kept for 5 minutes or 1 hour. */
    cache_write: Tokens,
    cache_write_5m: Tokens,
    cache_write_1h: Tokens,
    input_audio: Tokens,
    input_image: Tokens,
    /** Without reasoning, audio and images. */
    output: Tokens,
    reasoning: Tokens,
    output_audio: Tokens,
    output_image: Tokens,
  })
  .meta({ id: 'TokenClasses' });
export type TokenClasses = z.infer<typeof TokenClasses>;

const Place = z.enum(['inside', 'apart']);

/** The counts as the sender wrote them, and how it counts. */
export const UsageAsSent = z
  .object({
    input_tokens: Tokens,
    output_tokens: Tokens,
    cached_input_tokens: Tokens,
    cache_write_tokens: Tokens,
    reasoning_tokens: Tokens,
    /** Whether cached tokens are inside the input tokens. */
    cache: Place,
    /** Whether reasoning tokens are inside the output tokens. */
    reasoning: Place,
    /** How that is known; null where the sender is taken to count like the conventions. */
    because: z.string().nullable(),
  })
  .meta({ id: 'UsageAsSent' });
export type UsageAsSent = z.infer<typeof UsageAsSent>;

export const SpanSummary = z.object(spanSummary).meta({ id: 'SpanSummary' });
export type SpanSummary = z.infer<typeof SpanSummary>;

export const Span = z
  .object({
    ...spanSummary,
    /** null where the span has no tokens. */
    token_classes: TokenClasses.nullable(),
    /** null where the span has no tokens, or its counts were in message bodies that are gone or not loaded. */
    usage_as_sent: UsageAsSent.nullable(),
    scope: Scope,
    resource: Resource,
    attributes: Attributes,
    events: z.array(SpanEvent),
    links: z.array(SpanLink),
    trace_state: z.string(),
    flags: z.int(),
    dropped_attributes_count: z.int(),
    dropped_events_count: z.int(),
    dropped_links_count: z.int(),
    input_messages: Json,
    output_messages: Json,
    system_instructions: Json,
    thinking: z.array(z.string()),
    tool_arguments: Json,
    tool_result: Json,
    /** Cut at 4,096 bytes in lists; whole at `/spans/{trace_id}/{span_id}`. */
    raw_input: z.string().nullable(),
    raw_output: z.string().nullable(),
    /** raw_input or raw_output was cut here. */
    truncated: z.boolean(),
    /** The bodies were deleted by payload retention. */
    payload_expired: z.boolean(),
  })
  .meta({ id: 'Span' });
export type Span = z.infer<typeof Span>;

export type SpanTree = SpanSummary & { children: SpanTree[] };
export const SpanTree: z.ZodType<SpanTree> = z
  .object({
    ...spanSummary,
    get children() {
      return z.array(SpanTree);
    },
  })
  .meta({ id: 'SpanTree' });

/** One thing that happened in a session: a span, or what a log record reports where no span says it. */
export const SessionEntry = z
  .object({
    ...spanSummary,
    kind: z.enum(['span', 'log']),
    span_kind: SpanKind,
    /** null for a log record that belongs to no trace. */
    trace_id: TraceId.nullable(),
    /** null for a log record. */
    span_id: SpanId.nullable(),
    /** The log record; null for a span. */
    record_id: z.string().nullable(),
    /** Name of the log record's event. */
    event_name: z.string().nullable(),
    /** The span that tells of the same thing, and whose figures have taken in what the record says. */
    joined_span_id: SpanId.nullable(),
    /** The trace of that span. */
    joined_trace_id: TraceId.nullable(),
  })
  .meta({ id: 'SessionEntry' });
export type SessionEntry = z.infer<typeof SessionEntry>;

export const ThinkingTrace = z.object({ span_id: SpanId, time: Time, content: z.string() });

export const ToolCalled = z.object({
  span_id: SpanId,
  name: z.string().nullable(),
  call_id: z.string().nullable(),
  arguments: Json,
  result: Json,
  error: z.string().nullable(),
  started_at: Time,
  duration_ms: z.number(),
});

const execution = {
  id: z.uuid(),
  project_id: z.string(),
  case_id: z.string().nullable(),
  workflow_id: z.string().nullable(),
  /** null where only log records that name no trace tell of it. */
  trace_id: TraceId.nullable(),
  /** null where only log records tell of it. */
  span_id: SpanId.nullable(),
  parent_execution_id: z.uuid().nullable(),
  session_id: z.string().nullable(),
  conversation_id: z.string().nullable(),
  user_id: z.string().nullable(),
  agent_id: z.string().nullable(),
  agent_name: z.string().nullable(),
  agent_version: z.string().nullable(),
  agent_type: z.string().nullable(),
  model_name: z.string().nullable(),
  models: z.array(z.string()),
  provider: z.string().nullable(),
  service_name: z.string().nullable(),
  environment: z.string().nullable(),
  status: RunStatus,
  attempt: z.int(),
  input_data: Json,
  output_data: Json,
  thinking_traces: z.array(ThinkingTrace),
  tools_called: z.array(ToolCalled),
  error_type: z.string().nullable(),
  error_message: z.string().nullable(),
  llm_calls: z.int(),
  failed_llm_calls: z.int(),
  tool_calls: z.int(),
  ...usage,
  ...ownUsage,
  cost_source: CostSource,
  started_at: Time,
  completed_at: Time.nullable(),
  duration_ms: z.number().nullable(),
  created_at: Time,
  updated_at: Time,
};

export const Execution = z.object(execution).meta({ id: 'Execution' });
export type Execution = z.infer<typeof Execution>;

export type ExecutionTree = Execution & { children: ExecutionTree[] };
export const ExecutionTree: z.ZodType<ExecutionTree> = z
  .object({
    ...execution,
    get children() {
      return z.array(ExecutionTree);
    },
  })
  .meta({ id: 'ExecutionTree' });

const Days = z.int().min(0).max(36_500);

export const RetentionSettings = z
  .object({
    /** Days that spans, log records and metric points are kept; null = for ever. */
    spans_days: Days.nullable(),
    /** Days that message bodies are kept. */
    payloads_days: Days.nullable(),
    /** Days that executions are kept. */
    records_days: Days.nullable(),
  })
  .meta({ id: 'RetentionSettings' });
export type RetentionSettings = z.infer<typeof RetentionSettings>;

export const RetentionRun = z
  .object({
    started_at: Time,
    ended_at: Time,
    dry_run: z.boolean(),
    /** What was, or with dry_run would be, deleted. */
    deleted: z.array(
      z.object({ what: z.string(), before: Time, partitions: z.int(), rows: z.int(), bytes: z.int() }),
    ),
  })
  .meta({ id: 'RetentionRun' });
export type RetentionRun = z.infer<typeof RetentionRun>;

export const IngestIssue = z
  .object({
    id: z.string(),
    time: Time,
    code: z.string(),
    message: z.string(),
    signal: z.enum(['traces', 'logs', 'metrics']),
    service_name: z.string().nullable(),
    scope_name: z.string().nullable(),
    trace_id: z.string().nullable(),
    span_id: z.string().nullable(),
    /** The attribute that it is about. */
    key: z.string().nullable(),
  })
  .meta({ id: 'IngestIssue' });
export type IngestIssue = z.infer<typeof IngestIssue>;

export const LogRecord = z
  .object({
    id: z.string(),
    time: Time,
    time_unix_nano: z.string(),
    observed_time_unix_nano: z.string(),
    severity_number: z.int(),
    severity_text: z.string(),
    event_name: z.string(),
    body: Json,
    attributes: Attributes,
    dropped_attributes_count: z.int(),
    flags: z.int(),
    trace_id: TraceId.nullable(),
    span_id: SpanId.nullable(),
    session_id: z.string().nullable(),
    service_name: z.string().nullable(),
    scope: Scope,
    resource: Resource,
  })
  .meta({ id: 'LogRecord' });
export type LogRecord = z.infer<typeof LogRecord>;

export const Metric = z
  .object({
    name: z.string(),
    type: z.string(),
    unit: z.string(),
    description: z.string(),
    first_at: Time,
    last_at: Time,
  })
  .meta({ id: 'Metric' });
export type Metric = z.infer<typeof Metric>;

export const MetricPoint = z
  .object({
    id: z.string(),
    metric_name: z.string(),
    type: z.string(),
    unit: z.string(),
    aggregation_temporality: z.enum(['unspecified', 'delta', 'cumulative']),
    is_monotonic: z.boolean(),
    metadata: Attributes,
    attributes: Attributes,
    start_time_unix_nano: z.string(),
    time: Time,
    time_unix_nano: z.string(),
    flags: z.int(),
    /** A number for gauges and sums, an object for histograms and summaries; 64-bit integers beyond 2^53 as text. */
    value: Json,
    exemplars: Json,
    service_name: z.string().nullable(),
    scope: Scope,
    resource: Resource,
  })
  .meta({ id: 'MetricPoint' });
export type MetricPoint = z.infer<typeof MetricPoint>;
