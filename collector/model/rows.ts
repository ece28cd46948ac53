import type { Usage } from './gen-ai.js';
import type { IngestIssue } from './ingest-issue.js';
import type { JsonValue } from './json.js';
import type { SpanFacts } from './normalized-span.js';
import type { LogRecordData, SpanData } from './span-data.js';

/**
 * The part of a stored span that rules over a whole trace need. `content` is set for spans whose bodies were loaded:
 * always for agents, model calls, embeddings, tools and handoffs, and for the root.
 */
export interface TraceSpan {
  traceId: string;
  spanId: string;
  parentSpanId: string | null;
  name: string;
  flags: number;
  startTimeUnixNano: bigint;
  endTimeUnixNano: bigint;
  statusCode: number;
  statusMessage: string;
  facts: SpanFacts;
  links: { traceId: string; spanId: string }[];
}

/** Everything that is stored of one trace, as it must be known to compute the rows derived from it. */
export interface TraceMaterial {
  traceId: string;
  spans: TraceSpan[];
  /** The whole span, for those whose bodies matter to a derived row; keyed by span id. */
  bodies: ReadonlyMap<string, SpanData>;
  /** Log records of the trace that carry message bodies, in order of time. */
  logs: LogRecordData[];
  /** What log records report of this trace, in order of time. */
  reports: TraceReport[];
}

/** What one log record reports, read as a span; its span id is the record's own, which no span has. */
export interface TraceReport {
  span: TraceSpan;
  log: LogRecordData;
}

/** The rows computed from one trace; they replace whatever was computed from it before. */
export interface TraceRows {
  trace: TraceRow;
  executions: ExecutionRow[];
  /** What the sender should change, seen in the trace as a whole, such as clocks that disagree. */
  issues?: readonly IngestIssue[];
}

export type RunStatus = 'running' | 'waiting' | 'completed' | 'failed' | 'cancelled';
export type CostSource = 'reported' | 'computed' | 'mixed' | 'unknown';

/** Sums over distinct model calls. Money is decimal text in US dollars. */
export interface UsageTotals extends Usage {
  costUsd: string | null;
}

/** What the counted calls of one model in a trace come to. */
export interface ModelUsage {
  model: string | null;
  provider: string | null;
  /** Answered ones. */
  calls: number;
  /** Those without a cost, reported or computed. */
  unpricedCalls: number;
  totals: UsageTotals;
  costSource: CostSource;
}

export interface TraceRow {
  traceId: string;
  /** Not a trace: what log records without a trace report of one session (see `ledgerTraceId`). */
  isLedger: boolean;
  /** Log records that report something of it. */
  reportCount: number;
  /** `session.id`, or the conversation id; null where the trace is its own session. */
  sessionId: string | null;
  conversationId: string | null;
  userId: string | null;
  name: string;
  /** From the spans alone. Where `isComplete` is false, readers show `running` while the trace is young. */
  status: RunStatus;
  startTimeUnixNano: bigint;
  endTimeUnixNano: bigint;
  /** The root is here, and no span misses a parent that should come. */
  isComplete: boolean;
  spanCount: number;
  llmCalls: number;
  failedLlmCalls: number;
  toolCalls: number;
  errorCount: number;
  failedSpanCount: number;
  totals: UsageTotals;
  costSource: CostSource;
  agents: string[];
  models: string[];
  providers: string[];
  tools: string[];
  services: string[];
  dialects: string[];
  tags: string[];
  environment: string | null;
  inputPreview: string | null;
  outputPreview: string | null;
}

export interface ThinkingTrace {
  span_id: string;
  time: string;
  content: string;
}

export interface ToolCalled {
  span_id: string;
  name: string | null;
  call_id: string | null;
  arguments: JsonValue;
  result: JsonValue;
  error: string | null;
  started_at: string;
  duration_ms: number;
}

export interface ExecutionRow {
  /** UUID derived from project, trace id and span id. */
  id: string;
  traceId: string;
  spanId: string;
  parentExecutionId: string | null;
  caseId: string | null;
  workflowId: string | null;
  sessionId: string | null;
  conversationId: string | null;
  userId: string | null;
  agentId: string | null;
  agentName: string | null;
  agentVersion: string | null;
  /** `implicit` for the one execution of a trace that has model calls but no agent span. */
  agentType: string | null;
  modelName: string | null;
  models: string[];
  provider: string | null;
  serviceName: string | null;
  environment: string | null;
  status: RunStatus;
  attempt: number;
  inputData: JsonValue;
  outputData: JsonValue;
  thinkingTraces: ThinkingTrace[];
  toolsCalled: ToolCalled[];
  errorType: string | null;
  errorMessage: string | null;
  /** The three counts are like `total`: those of nested agents are in. */
  llmCalls: number;
  failedLlmCalls: number;
  toolCalls: number;
  /** Nested agents' left out; summed over a trace's executions it is the trace's total. */
  own: UsageTotals;
  total: UsageTotals;
  costSource: CostSource;
  startTimeUnixNano: bigint;
  /** null while it runs. */
  endTimeUnixNano: bigint | null;
}

export interface SessionRow {
  sessionId: string;
  task: string | null;
  status: RunStatus;
  startTimeUnixNano: bigint;
  endTimeUnixNano: bigint;
  traceCount: number;
  entryCount: number;
  userId: string | null;
  conversationId: string | null;
  llmCalls: number;
  failedLlmCalls: number;
  toolCalls: number;
  errorCount: number;
  failedSpanCount: number;
  totals: UsageTotals;
  costSource: CostSource;
  agents: string[];
  models: string[];
  providers: string[];
  tools: string[];
  services: string[];
  dialects: string[];
  tags: string[];
  environment: string | null;
}

/** Rules of docs/counting.md by which usage does not enter the totals. */
export type UsageRule =
  | 'pending'
  | 'not_a_call'
  | 'sum_of_children'
  | 'not_complete'
  | 'same_response_id'
  | 'same_counts'
  | 'same_embedding'
  | 'wrapper_without_usage'
  | 'only_answer_inside'
  | 'same_call_in_log'
  | 'replaced_by_log';

/** Whether a span's own usage enters the totals, and under which rule of docs/counting.md. */
export interface UsageVerdict {
  counted: boolean;
  /** Why not, by its name; null where it is counted or there is nothing to count. */
  rule: UsageRule | null;
  /** Why not, in words for a reader; null where it is counted or there is nothing to count. */
  because: string | null;
}
