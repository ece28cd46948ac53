import type { SessionEntry } from '../contract/shapes.js';
import type { StoredSessionEntry } from '../storage/storage.js';
import { presentUncounted } from './present-span.js';

/** A span of a session, or what a log record reports of it. Nothing is said of counting: that takes the whole trace. */
export function presentSessionEntry({ span, record }: StoredSessionEntry): SessionEntry {
  const { kind, ...summary } = presentUncounted(span, undefined);
  return {
    ...summary,
    kind: record === null ? 'span' : 'log',
    span_kind: kind,
    trace_id: span.traceId === '' ? null : span.traceId,
    span_id: record === null ? span.spanId : null,
    record_id: record?.id ?? null,
    event_name: record === null ? null : record.eventName || span.name,
    joined_span_id: record?.joinedSpanId ?? null,
  };
}
