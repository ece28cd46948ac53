import { z } from 'zod';
import {
  CostSource,
  ExecutionTree,
  IngestIssue,
  RunStatus,
  SessionEntry,
  Span,
  SpanId,
  SpanSummary,
  SpanTree,
  SpanType,
  Time,
  TokenClasses,
  Trace,
  TraceId,
} from './shapes.js';

/** The answer of every list. */
export function pageOf<Row extends z.ZodType>(row: Row) {
  return z.object({ data: z.array(row), next_cursor: z.string().nullable() });
}

export const TraceDetail = z
  .object({
    ...Trace.shape,
    /** In start order, at most 1,000. */
    spans: z.array(Span),
    /** For `/traces/{trace_id}/spans`, which goes on where `spans` ends. */
    spans_next_cursor: z.string().nullable(),
  })
  .meta({ id: 'TraceDetail' });
export type TraceDetail = z.infer<typeof TraceDetail>;

export const TraceTree = z
  .object({
    /** Spans without a parent in the trace; children in start order. */
    roots: z.array(SpanTree),
    span_count: z.int(),
    /** Some spans, the deepest, are left out. */
    truncated: z.boolean(),
    /**
     * Log records whose usage is counted, each once, by time; `parent_span_id` is the span that it names, or that says
     * the same. At most 10,000.
     */
    reports: z.array(SessionEntry),
  })
  .meta({ id: 'TraceTree' });
export type TraceTree = z.infer<typeof TraceTree>;

export const TimelineEntry = z
  .object({
    ...SpanSummary.shape,
    /** 0 for a span without a parent in the trace. */
    depth: z.int(),
    /** Milliseconds since the first span of the trace started. */
    offset_ms: z.number(),
  })
  .meta({ id: 'TimelineEntry' });
export type TimelineEntry = z.infer<typeof TimelineEntry>;

const step = {
  span_id: SpanId,
  name: z.string(),
  type: SpanType,
  started_at: Time,
  offset_ms: z.number(),
  duration_ms: z.number(),
};

const ModelUsage = z.object({
  model: z.string().nullable(),
  provider: z.string().nullable(),
  /** Answered ones. */
  calls: z.int(),
  /** Those without a cost, reported or computed. */
  unpriced_calls: z.int(),
  input_tokens: Trace.shape.input_tokens,
  output_tokens: Trace.shape.output_tokens,
  cached_input_tokens: Trace.shape.cached_input_tokens,
  cache_write_tokens: Trace.shape.cache_write_tokens,
  reasoning_tokens: Trace.shape.reasoning_tokens,
  cost_usd: Trace.shape.cost_usd,
  cost_source: CostSource,
});

export const TraceSummary = z
  .object({
    trace_id: TraceId,
    name: z.string(),
    status: RunStatus,
    started_at: Time,
    ended_at: Time,
    duration_ms: z.number(),
    span_count: z.int(),
    llm_calls: z.int(),
    failed_llm_calls: z.int(),
    tool_calls: z.int(),
    error_count: z.int(),
    failed_span_count: z.int(),
    input_tokens: Trace.shape.input_tokens,
    output_tokens: Trace.shape.output_tokens,
    cached_input_tokens: Trace.shape.cached_input_tokens,
    cache_write_tokens: Trace.shape.cache_write_tokens,
    reasoning_tokens: Trace.shape.reasoning_tokens,
    cost_usd: Trace.shape.cost_usd,
    cost_source: CostSource,
    token_classes: TokenClasses,
    /** What the counted calls of each model come to, most tokens first; together they are the sums above. */
    models: z.array(ModelUsage),
    /** How many spans there are of each type, most first. `total_ms` adds up their durations, overlaps included. */
    steps: z.array(z.object({ type: SpanType, count: z.int(), failed: z.int(), total_ms: z.number() })),
    /** Where failures began, in start order: failed spans below which none failed, each attempt of a call. At most 100. */
    errors: z.array(
      z.object({ ...step, error_type: z.string().nullable(), error_message: z.string().nullable() }),
    ),
    /** The ten longest spans. `self_ms` leaves out the time in which a child ran. */
    slowest_spans: z.array(z.object({ ...step, self_ms: z.number() })),
    /** What the total time was spent on, in start order: shortening any of these shortens the trace. At most 200. */
    critical_path: z.array(z.object({ ...step, self_ms: z.number() })),
  })
  .meta({ id: 'TraceSummary' });
export type TraceSummary = z.infer<typeof TraceSummary>;

export const ExecutionForest = z.object({ roots: z.array(ExecutionTree) }).meta({ id: 'ExecutionForest' });
export type ExecutionForest = z.infer<typeof ExecutionForest>;

const advice = {
  /** What the code means, in a few words. */
  title: z.string(),
  /** What to change at the sender. */
  advice: z.string(),
};

export const AdvisedIssue = z.object({ ...IngestIssue.shape, ...advice }).meta({ id: 'AdvisedIssue' });
export type AdvisedIssue = z.infer<typeof AdvisedIssue>;

/** The issues of one code and one sender. */
export const IssueGroup = z
  .object({
    code: z.string(),
    ...advice,
    service_name: z.string().nullable(),
    scope_name: z.string().nullable(),
    count: z.int(),
    first_at: Time,
    last_at: Time,
    /** The newest of them. */
    example: IngestIssue,
  })
  .meta({ id: 'IssueGroup' });
export type IssueGroup = z.infer<typeof IssueGroup>;

/** Every error answer (RFC 9457), as `application/problem+json`. */
export const Problem = z
  .object({
    /** A URL reference to what the code means and what to do about it. */
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    /** Stable; clients decide by it. */
    code: z.string(),
    /** The path that was asked for. */
    instance: z.string(),
    /**
     * Each fault of the request. `pointer` is a JSON pointer into `{params, query, body}`: `/params/trace_id`,
     * `/query/limit`, `/body/spans_days`.
     */
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof Problem>;
