// Longer than most files: the whole contract of a store on one page.

import type { UnpricedModel } from '../contract/price-shapes.js';
import type { Rerun } from '../contract/rerun-shapes.js';
import type {
  Execution,
  IngestIssue,
  Metric,
  RetentionRun,
  RetentionSettings,
  Session,
  Trace,
} from '../contract/shapes.js';
import type { Whereabouts } from '../contract/whereabouts-shapes.js';
import type { SpanFacts } from '../model/normalized-span.js';
import type { PriceRow } from '../model/price.js';
import type { TraceReport, TraceSpan } from '../model/rows.js';
import type { LogRecordData, MetricPointData, SpanData } from '../model/span-data.js';
import type { LogRow, Projector, WriteBatch, WriteReceipt } from '../model/write-batch.js';

/**
 * What a store promises. Every implementation is held to this text by `test/contract/storage.contract.ts`.
 *
 * - **Durable**: `write` resolves after everything of the batch that can be stored has committed. Where it rejects, nothing
 *   or only a part is stored. A rejection is a `SpanledgerError` that says whether to retry.
 * - **Sparing**: a record that can't be stored, however often it comes, costs neither the others of its batch nor other
 *   batches: it is in the receipt, and listed as an ingest issue `ROW_REFUSED`; or `ROW_NOT_TRIED` where so many were
 *   refused that it was not looked at alone.
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
 * - **Reports**: what a log record reports belongs to the trace that it names. Where it names none it belongs to its
 *   session: to that trace of the session whose span says the same (`Projector.assignReports`), or else to the session's
 *   *ledger*, which is in the sums of the session and among the executions and in no list of traces. This holds whichever
 *   of spans and records came first. A report with neither trace nor session is stored and counts nowhere.
 * - Absent things read as undefined, lists without rows as empty pages.
 */
export interface Storage
  extends StorageWriter, StorageReader, StoragePrices, StorageReruns, StorageMaintenance, StorageFreshness {
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

/** One thing that happened in a session. */
export interface StoredSessionEntry {
  /** The span, or what the record reports read as a span: then `traceId` is empty where the record names no trace. */
  span: TraceSpanWithKind;
  /** null for a span. */
  record: {
    id: string;
    eventName: string;
    /** The span of the session that says the same; null where none does, and for a record that names its trace. */
    joinedSpanId: string | null;
    /** The trace of that span. */
    joinedTraceId: string | null;
  } | null;
}

/** What one log record reports, as stored. */
export interface StoredReport extends TraceReport {
  recordId: string;
  /** The span that the record belongs to though it names no trace; null for a record that names this trace. */
  joinedSpanId: string | null;
  /** Payload retention has deleted the body and the attributes of the record. */
  payloadExpired: boolean;
}

/** All given filters must hold. `from` inclusive and `to` exclusive, RFC 3339, on the time of the issue. */
export interface IssueFilter {
  code?: string | undefined;
  service?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

/** What one sender was told of one kind. */
export interface IssueSummary {
  code: string;
  service_name: string | null;
  scope_name: string | null;
  count: number;
  first_at: string;
  last_at: string;
  /** The last one. */
  example: IngestIssue;
}

/** What is stored of a trace, and of a span of it where one was asked for. At most 20 issues. */
export type StoredWhereabouts = Pick<Whereabouts, 'trace' | 'span' | 'child_count' | 'log_records'> & {
  issues: IngestIssue[];
};

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
  /**
   * What log records report of a trace, by time: those that name it, and those that were joined with its spans.
   * At most 100,000.
   */
  listTraceReports(projectId: string, traceId: string): Promise<StoredReport[]>;
  /** What the session's ledger is made of, by time: reports that belong to no trace. At most 100,000. */
  listLedgerReports(projectId: string, sessionId: string): Promise<StoredReport[]>;
  /**
   * Spans of the session's traces, and what log records report: all of those without a trace and those of its traces.
   * By start time; a record's start is that of what it reports.
   */
  listSessionEntries(
    projectId: string,
    sessionId: string,
    options: PageOptions,
  ): Promise<Page<StoredSessionEntry>>;
  /** Newest first. An issue of a trace, span or record is listed once however often it was met. */
  listIngestIssues(projectId: string, filter: IssueFilter, options: PageOptions): Promise<Page<IngestIssue>>;
  /** By code, service and scope, the most frequent first; at most 1,000. */
  summarizeIngestIssues(projectId: string, filter: IssueFilter): Promise<IssueSummary[]>;
  /** What there is of a trace, or of one of its spans; for an unknown one nothing. Ids in hex. */
  findWhereabouts(projectId: string, traceId: string, spanId: string | null): Promise<StoredWhereabouts>;
}

/** Times are RFC 3339. */
export interface UnpricedFilter {
  from?: string | undefined;
  to?: string | undefined;
}

export interface UnpricedDoubts {
  traceIds: string[];
  sessionIds: string[];
}

/** Calls by trace and span, and by the id that a report has as a span (see `TraceReport`). */
export interface LeftOutCalls {
  spans: readonly { traceId: string; spanId: string }[];
  reportSpanIds: readonly string[];
}

export interface StoragePrices {
  /**
   * The project's own prices by pattern, then id. With `maxAgeMillis`, what was read at most so long ago may be answered:
   * the same array as long as nothing changed. A change made through this storage is seen at once in any case.
   */
  listPrices(projectId: string, options?: { maxAgeMillis: number }): Promise<readonly PriceRow[]>;
  /** Adds the price, or replaces the one with its id. */
  putPrice(projectId: string, price: PriceRow): Promise<PriceRow>;
  /** Whether there was such a price. Prices of spans that are stored stay as they are. */
  deletePrice(projectId: string, priceId: string): Promise<boolean>;
  /**
   * Models and providers whose calls have no price, by reason, the most calls first: model calls and embeddings, and log
   * records that report them, without those of `leaveOut`. `from` inclusive and `to` exclusive on the start time; the
   * last 30 days by default. No row has advice: it is the reader's to give.
   */
  listUnpriced(
    projectId: string,
    filter: UnpricedFilter,
    options: PageOptions & { leaveOut?: LeftOutCalls },
  ): Promise<Page<Omit<UnpricedModel, 'advice'>>>;
  /**
   * Where some of the calls that `listUnpriced` has may be the same as others, so that they do not count: traces that
   * have more spans and records of calls than distinct calls, and sessions with such records in their ledger. The newest
   * of them, at most `limit` of each.
   */
  listUnpricedDoubts(projectId: string, filter: UnpricedFilter, limit: number): Promise<UnpricedDoubts>;
}

/** Understands stored records anew; pure. */
export interface Reunderstanding {
  /** Facts as understood and priced now; the rest of what a normalized span has is not taken. */
  readSpan(data: SpanData): { facts: SpanFacts };
  /** Its report, if any, priced. */
  readLog(data: LogRecordData): Pick<LogRow, 'isContent' | 'sessionId' | 'report'>;
}

export interface StorageFreshness {
  /**
   * Derives what writes have left for later, of all projects. Reads do so for themselves; it is for what nobody reads and
   * no process is at. Idempotent.
   */
  refreshDerived(): Promise<void>;
}

/** Runs over what is stored, in steps that each collector on the database may take. */
export interface StorageReruns {
  /** As `pending`, with the number of traces it will look at. */
  createRerun(projectId: string, rerun: Pick<Rerun, 'kind' | 'dry_run' | 'since' | 'until'>): Promise<Rerun>;
  findRerun(projectId: string, id: string): Promise<Rerun | undefined>;
  /** Newest first. */
  listReruns(projectId: string, options: PageOptions): Promise<Page<Rerun>>;
  /** What is pending or running becomes cancelled, from its next step on; what has ended stays as it is. */
  cancelRerun(projectId: string, id: string): Promise<Rerun | undefined>;
  /** Of each project the oldest rerun that is pending or running. */
  listOpenReruns(): Promise<{ projectId: string; id: string; kind: Rerun['kind'] }[]>;
  /**
   * One step: the next traces, ledgers included, by start time and trace id, understood anew in one transaction with all
   * that derives from them and the rerun's progress. Of kind `prices` only `computedCostUsd` and `priceRef` are taken from
   * what is read. Spans and records whose message bodies payload retention has deleted are skipped by `reproject`.
   * `reproject` also comes by sessions whose records were not understood to report anything so far, and adds these to
   * `traces_total`. With `dry_run` nothing but the progress is kept. Answers with the rerun as it is then: `completed` once nothing is
   * left, `failed` where understanding threw. `undefined` where it is unknown, has ended, or another collector is at it.
   */
  rerunTraces(
    projectId: string,
    id: string,
    options: { limit: number; understanding: Reunderstanding },
  ): Promise<Rerun | undefined>;
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
  /**
   * Lists an issue `TRACE_PARENT_MISSING` for each trace that lacks parents of its spans and has been quiet for so long
   * (and, at the first call, for a day at most). Idempotent. Answers with the number of traces that lack some.
   */
  noteMissingParents(options: { quietSeconds: number }): Promise<number>;
  /** Makes the daily partitions from yesterday to `daysAhead` days from now. Idempotent. */
  ensurePartitions(daysAhead: number): Promise<void>;
}
