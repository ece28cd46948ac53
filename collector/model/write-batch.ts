import type { IngestIssue } from './ingest-issue.js';
import type { NormalizedSpan } from './normalized-span.js';
import type { SessionRow, TraceMaterial, TraceReport, TraceRow, TraceRows, TraceSpan } from './rows.js';
import type { LogRecordData, MetricPointData } from './span-data.js';

export type { IngestIssue } from './ingest-issue.js';

/** What one export request adds. Batches may be merged, repeated and reordered: the tables come out the same. */
export interface WriteBatch {
  projectId: string;
  spans: NormalizedSpan[];
  logRecords: LogRow[];
  metricPoints: MetricPointRow[];
  issues: IngestIssue[];
}

/** A log record with its identity: equal content in one request is told apart by its place among equals. */
export interface LogRow {
  data: LogRecordData;
  /** It holds message bodies or reports a call, so its trace's rows depend on it. */
  isContent: boolean;
  sessionId: string | null;
  /** What it reports, read as a span; null where it reports nothing. */
  report: NormalizedSpan | null;
  /** 0 for the first of equal records in its request, 1 for the next … */
  ordinal: number;
}

export interface MetricPointRow {
  data: MetricPointData;
}

/** What became of the records of a batch that were taken, in counts. */
export interface WriteCounts {
  stored: number;
  updated: number;
  duplicate: number;
}

/** What became of a batch. The counts and the rejected add up to the records that were in it. */
export interface WriteReceipt extends WriteCounts {
  /**
   * Records that can't be stored however often they come, one issue each that says why. The issues are stored as well,
   * as far as so many of a kind are listed.
   */
  rejected: IngestIssue[];
}

/** The pure functions by which storage computes derived rows inside its transaction. */
export interface Projector {
  projectTrace(projectId: string, material: TraceMaterial): TraceRows;
  /**
   * What the log records of a session report that name no trace: each belongs to the trace of the same session whose
   * span it repeats (answered by its own span id), or to none. At most one record of a kind belongs to a span.
   */
  assignReports(
    spans: readonly TraceSpan[],
    reports: readonly TraceSpan[],
  ): ReadonlyMap<string, { traceId: string; spanId: string }>;
  /** The row of what is left: the reports of a session that belong to no trace. */
  projectLedger(projectId: string, sessionId: string, reports: readonly TraceReport[]): TraceRows;
  projectSession(sessionId: string, traces: TraceRow[]): SessionRow;
}
