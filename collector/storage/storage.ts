import type {
  Execution,
  IngestIssue,
  Metric,
  RetentionRun,
  RetentionSettings,
  Session,
  Trace,
} from '../contract/shapes.js';
import type { SpanFacts } from '../model/normalized-span.js';
import type { TraceSpan } from '../model/rows.js';
import type { LogRecordData, MetricPointData, SpanData } from '../model/span-data.js';
import type { Projector, WriteBatch, WriteReceipt } from '../model/write-batch.js';

/**
 * What a store promises. Every implementation is held to this text by `test/contract/storage.contract.ts`.
 *
 * - **Durable**: `write` resolves after the transaction that holds the whole batch has committed, or rejects with
 *   nothing of the batch stored. A rejection is a `SpanledgerError` that says whether to retry.
 * - **Read your writes**: what a resolved `write` stored is seen by every read that begins afterwards, derived rows
 *   included.
 * - **Idempotent**: the same batch again changes nothing. A span is the same by (project, trace id, span id); of two
 *   versions the final one beats the pending one, then the later end time, then the greater content hash.
 *   A log record is the same by its whole content with resource and scope and its ordinal; a metric point by metric,
 *   resource, scope, attributes, start and time.
 * - **Order-free**: batches of the same records in any order, split and merged anyhow, leave the same rows.
 * - **Faithful**: what was written is read back as it was: 64-bit digits, NaN, -0, bytes, U+0000, lone surrogates,
 *   duplicate keys, `__proto__`, empty and deeply nested values. The order of attributes is not kept.
 * - **One project** sees only its own rows: every read takes the project.
 * - Absent things read as undefined, lists without rows as empty pages.
 */
export interface Storage extends StorageWriter, StorageReader, StorageMaintenance {
  /** Ends open statements' connections after the running ones are done. Idempotent. */
  close(): Promise<void>;
}

export interface StorageWriter {
  write(batch: WriteBatch): Promise<WriteReceipt>;
}

export type CreateStorage<Options> = (options: Options & { projector: Projector }) => Promise<Storage>;

export interface Page<Row> {
  rows: Row[];
  /** Opaque; null on the last page. */
  nextCursor: string | null;
}

export interface PageOptions {
  /** 1 to 500. */
  limit: number;
  /** A `nextCursor` of the same list and sort. Rejects with `API_BAD_CURSOR` where it is not one. */
  cursor?: string | undefined;
}

/** All given filters must hold. Times are RFC 3339, `from` inclusive and `to` exclusive, on the start time. */
export interface TraceFilter {
  from?: string | undefined;
  to?: string | undefined;
  session_id?: string | undefined;
  conversation_id?: string | undefined;
  user_id?: string | undefined;
  agent?: string | undefined;
  model?: string | undefined;
  provider?: string | undefined;
  tool?: string | undefined;
  service?: string | undefined;
  dialect?: string | undefined;
  tag?: string | undefined;
  environment?: string | undefined;
  name?: string | undefined;
  status?: string | undefined;
  has_error?: boolean | undefined;
  min_duration_ms?: number | undefined;
  max_duration_ms?: number | undefined;
  min_tokens?: number | undefined;
  max_tokens?: number | undefined;
  min_cost_usd?: number | undefined;
  max_cost_usd?: number | undefined;
}

export interface SessionFilter {
  from?: string | undefined;
  to?: string | undefined;
  user_id?: string | undefined;
  agent?: string | undefined;
  model?: string | undefined;
  service?: string | undefined;
  status?: string | undefined;
  has_error?: boolean | undefined;
}

export interface ExecutionFilter {
  from?: string | undefined;
  to?: string | undefined;
  trace_id?: string | undefined;
  case_id?: string | undefined;
  workflow_id?: string | undefined;
  agent_name?: string | undefined;
  agent_type?: string | undefined;
  model?: string | undefined;
  provider?: string | undefined;
  status?: string | undefined;
  session_id?: string | undefined;
  user_id?: string | undefined;
  parent_execution_id?: string | undefined;
  error_type?: string | undefined;
  min_cost_usd?: number | undefined;
  max_cost_usd?: number | undefined;
  min_duration_ms?: number | undefined;
  max_duration_ms?: number | undefined;
  min_tokens?: number | undefined;
  max_tokens?: number | undefined;
}

export type TraceSort = 'started_at' | 'duration_ms' | 'cost_usd' | 'tokens';
export type SortOrder = 'asc' | 'desc';

/** A whole span as stored; bodies are absent once payload retention has deleted them. */
export interface StoredSpan {
  data: SpanData;
  facts: SpanFacts;
  payloadExpired: boolean;
  /** Log records of this span that carry message bodies. */
  logs: LogRecordData[];
}

export interface StoredLogRecord {
  id: string;
  data: LogRecordData;
  sessionId: string | null;
  receivedAtUnixNano: bigint;
}

export interface StoredMetricPoint {
  id: string;
  data: MetricPointData;
}

export interface LogFilter {
  trace_id?: string | undefined;
  span_id?: string | undefined;
  session_id?: string | undefined;
  event_name?: string | undefined;
  /** Least severity number. */
  severity?: number | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

export interface StorageReader {
  /** Newest first, or by `sort`. Ties break by trace id, so pages neither repeat nor skip. */
  listTraces(
    projectId: string,
    filter: TraceFilter,
    options: PageOptions & { sort?: TraceSort | undefined; order?: SortOrder | undefined },
  ): Promise<Page<Trace>>;
  findTrace(projectId: string, traceId: string): Promise<Trace | undefined>;
  /** Every span of a trace by start time then span id, without bodies. At most 100,000. */
  listTraceSpans(projectId: string, traceId: string): Promise<TraceSpanWithKind[]>;
  /** Whole spans in the same order. `payloads: false` leaves out message bodies and counts them as not loaded. */
  listSpans(
    projectId: string,
    traceId: string,
    options: PageOptions & { payloads: boolean },
  ): Promise<Page<StoredSpan>>;
  findSpan(projectId: string, traceId: string, spanId: string): Promise<StoredSpan | undefined>;
  /** Last seen first. */
  listSessions(projectId: string, filter: SessionFilter, options: PageOptions): Promise<Page<Session>>;
  findSession(projectId: string, sessionId: string): Promise<Session | undefined>;
  listExecutions(
    projectId: string,
    filter: ExecutionFilter,
    options: PageOptions & { sort?: TraceSort | undefined; order?: SortOrder | undefined },
  ): Promise<Page<Execution>>;
  findExecution(projectId: string, id: string): Promise<Execution | undefined>;
  /** The execution and all its descendants, parents before children; empty where the id is unknown. */
  listExecutionTree(projectId: string, id: string): Promise<Execution[]>;
  /** Newest first. */
  listLogRecords(projectId: string, filter: LogFilter, options: PageOptions): Promise<Page<StoredLogRecord>>;
  listMetrics(projectId: string, options: PageOptions): Promise<Page<Metric>>;
  /** Newest first. */
  listMetricPoints(
    projectId: string,
    name: string,
    filter: { from?: string | undefined; to?: string | undefined },
    options: PageOptions,
  ): Promise<Page<StoredMetricPoint>>;
  listIngestIssues(projectId: string, options: PageOptions): Promise<Page<IngestIssue>>;
}

/** A span without bodies, attributes and events, as lists, trees and timelines show it. */
export interface TraceSpanWithKind extends TraceSpan {
  kind: number;
}

export interface StorageHealth {
  reachable: boolean;
  migrated: boolean;
  serverVersion: string | null;
  /** Bytes of the database on disk. */
  sizeBytes: number | null;
}

export interface StorageMaintenance {
  /** Answers within two seconds whatever the state of the database. */
  checkHealth(): Promise<StorageHealth>;
  findRetention(projectId: string): Promise<RetentionSettings>;
  setRetention(projectId: string, settings: RetentionSettings): Promise<RetentionSettings>;
  /**
   * Deletes what has expired for every project, once for all collectors on the database (others wait). Age counts
   * from the later of a record's time and its arrival. Whole partitions are dropped where nothing in them must stay.
   * With `dryRun` nothing is deleted and the answer says what would be.
   */
  runRetention(options: { dryRun: boolean }): Promise<RetentionRun>;
  listRetentionRuns(options: PageOptions): Promise<Page<RetentionRun>>;
  /** Makes the daily partitions from yesterday to `daysAhead` days from now. Idempotent. */
  ensurePartitions(daysAhead: number): Promise<void>;
}
