import type { SessionEntry } from '../contract/shapes.js';
import type { UsageVerdict } from '../model/rows.js';
import type { StoredReport, StoredSessionEntry } from '../storage/storage.js';
import { presentUncounted, presentVerdict } from './present-span.js';

/** A span of a session, or what a log record reports of it. */
export function presentSessionEntry(
  { span, record }: StoredSessionEntry,
  verdict: UsageVerdict | undefined,
): SessionEntry {
  const { kind, ...summary } = presentUncounted(span, undefined);
  return {
    ...summary,
    ...presentVerdict(verdict),
    kind: record === null ? 'span' : 'log',
    span_kind: kind,
    trace_id: span.traceId === '' ? null : span.traceId,
    span_id: record === null ? span.spanId : null,
    record_id: record?.id ?? null,
    event_name: record === null ? null : record.eventName || span.name,
    joined_span_id: record?.joinedSpanId ?? null,
    joined_trace_id: record?.joinedTraceId ?? null,
  };
}

/** What a log record reports of a trace, as an entry of it. */
export function presentReport(
  { span, log, recordId, joinedSpanId }: StoredReport,
  traceId: string,
  verdict: UsageVerdict | undefined,
): SessionEntry {
  const joinedTraceId = joinedSpanId === null ? null : traceId;
  const record = { id: recordId, eventName: log.eventName, joinedSpanId, joinedTraceId };
  const entry = presentSessionEntry({ span: { ...span, kind: 0 }, record }, verdict);
  return { ...entry, parent_span_id: entry.parent_span_id ?? joinedSpanId };
}
