import {
  normalizeSpan,
  readContent,
  readLog,
  readReportContent,
} from '../../collector/dialects/normalize.js';
import type { NormalizedSpan } from '../../collector/model/normalized-span.js';
import type { SessionRow, TraceReport, TraceRows, TraceSpan } from '../../collector/model/rows.js';
import type { LogRecordData, SpanData } from '../../collector/model/span-data.js';
import { createProjector } from '../../collector/projections/projector.js';
import { decodeCapture } from '../dialects/decoded-captures.js';

/** Spans and log records as they were received, each record with an id of its own. */
export interface Telemetry {
  spans: readonly SpanData[];
  records: readonly { id: string; log: LogRecordData }[];
}

export interface Projected {
  /** Of traces, by id. */
  traces: TraceRows[];
  /** Of what belongs to no trace, one for each session. */
  ledgers: TraceRows[];
  /** Of all traces and ledgers that name a session, by id. */
  sessions: SessionRow[];
}

/** The telemetry of a capture; ids of records are counted in order of arrival. */
export function loadTelemetry(capture: string): Telemetry {
  const { spans, logs } = decodeCapture(capture);
  return {
    spans,
    records: logs.map((log, index) => ({ id: `record-${index.toString().padStart(6, '0')}`, log })),
  };
}

/** What storage does with telemetry, in memory: rows of traces, of ledgers, and of sessions. */
export function projectTelemetry({ spans, records }: Telemetry): Projected {
  const projector = createProjector({ readContent, readReportContent });
  const normalized = spans.map(normalizeSpan);
  const logs = records.map(({ log }) => log);
  const reports = records.flatMap(readRecord);
  const traceIds = new Set([
    ...normalized.map(({ data }) => data.traceId),
    ...reports.flatMap(({ span }) => (span.traceId === '' ? [] : [span.traceId])),
  ]);
  const project = (traceId: string, assigned: readonly TraceReport[]): TraceRows =>
    projector.projectTrace('p', gatherMaterial({ traceId, normalized, logs, reports, assigned }));

  const alone = new Map([...traceIds].map((traceId) => [traceId, project(traceId, []).trace]));
  const withoutTrace = reports.filter(({ span }) => span.traceId === '');
  const sessionIds = new Set(withoutTrace.flatMap(({ sessionId }) => sessionId ?? []));
  const assigned = new Map<string, TraceReport[]>();
  const ledgers = [...sessionIds].map((sessionId) => {
    const ofSession = withoutTrace.filter((report) => report.sessionId === sessionId);
    const inSession = normalized.filter(({ data }) => alone.get(data.traceId)?.sessionId === sessionId);
    const assignments = projector.assignReports(
      inSession.map(toTraceSpan),
      ofSession.map(({ span }) => span),
    );
    for (const report of ofSession) {
      const traceId = assignments.get(report.span.spanId)?.traceId;
      if (traceId !== undefined) assigned.set(traceId, [...(assigned.get(traceId) ?? []), report]);
    }
    const left = ofSession.filter(({ span }) => !assignments.has(span.spanId));
    return left.length === 0 ? [] : [projector.projectLedger('p', sessionId, left)];
  });

  const traces = [...traceIds].sort().map((traceId) => project(traceId, assigned.get(traceId) ?? []));
  const rows = [...traces, ...ledgers.flat()].map(({ trace }) => trace);
  const named = [...new Set(rows.flatMap(({ sessionId }) => sessionId ?? []))].sort();
  const sessions = named.map((sessionId) =>
    projector.projectSession(
      sessionId,
      rows.filter((row) => row.sessionId === sessionId),
    ),
  );
  return { traces, ledgers: ledgers.flat(), sessions };
}

interface ReadRecord extends TraceReport {
  sessionId: string | null;
}

function readRecord({ id, log }: Telemetry['records'][number]): ReadRecord[] {
  const { report, sessionId } = readLog(log);
  if (report === null) return [];
  return [{ span: { ...toTraceSpan(report), spanId: id }, log, sessionId }];
}

function toTraceSpan({ data, facts }: NormalizedSpan): TraceSpan {
  return { ...data, facts };
}

function gatherMaterial(options: {
  traceId: string;
  normalized: readonly NormalizedSpan[];
  logs: readonly LogRecordData[];
  reports: readonly TraceReport[];
  assigned: readonly TraceReport[];
}) {
  const { traceId, logs, reports, assigned } = options;
  const inTrace = options.normalized.filter(({ data }) => data.traceId === traceId);
  return {
    traceId,
    spans: inTrace.map(toTraceSpan),
    bodies: new Map(inTrace.map(({ data }) => [data.spanId, data])),
    logs: logs.filter((log) => log.traceId === traceId),
    reports: [...reports.filter(({ span }) => span.traceId === traceId), ...assigned],
  };
}
