import type { NormalizedSpan } from './normalized-span.js';
import type { SessionRow, TraceMaterial, TraceRow, TraceRows } from './rows.js';
import type { LogRecordData, MetricPointData, Signal } from './span-data.js';

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
  /** 0 for the first of equal records in its request, 1 for the next … */
  ordinal: number;
}

export interface MetricPointRow {
  data: MetricPointData;
}

/** Something that was refused, repaired or not understood; listed at `/api/v1/ingest/issues`. */
export interface IngestIssue {
  /** Stable code, `UPPER_SNAKE`. */
  code: string;
  message: string;
  signal: Signal;
  serviceName: string | null;
  scopeName: string | null;
  traceId: string | null;
  spanId: string | null;
}

/** What became of a batch, in counts that add up to what was in it. */
export interface WriteReceipt {
  stored: number;
  updated: number;
  duplicate: number;
}

/** The pure functions by which storage computes derived rows inside its transaction. */
export interface Projector {
  projectTrace(projectId: string, material: TraceMaterial): TraceRows;
  projectSession(sessionId: string, traces: TraceRow[]): SessionRow;
}
