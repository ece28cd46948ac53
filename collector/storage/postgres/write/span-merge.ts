import { cutIdentifier } from '../../../model/ids.js';
import type { TraceSpan } from '../../../model/rows.js';
import type { WriteCounts } from '../../../model/write-batch.js';
import type { TimeWindow } from '../rows/time-window.js';
import { widenTo } from '../rows/time-window.js';
import type { PreparedBatch } from './prepared-batch.js';
import { beats } from './span-encoder.js';
import type { EncodedSpan, SpanVersion } from './span-encoder.js';
import type { StoredVersion } from './spans.js';

/** A trace that a group of batches touches. */
export interface TouchedTrace {
  traceId: string;
  /** Had no row in `traces` before. */
  isNew: boolean;
  /** It has so much that its rows are derived later, and only what arrives is compared with what is stored. */
  isDeferred: boolean;
  /**
   * Its spans in the database when its row had been locked, by span id; of a deferred trace only those of which a copy
   * has arrived.
   */
  stored: Map<string, StoredVersion>;
  /** The best arrived copy of each span, by span id. */
  arrived: Map<string, EncodedSpan>;
  /**
   * From its first start to its last end with what has arrived; of a trace without spans, from the first to the last of
   * the records that report something of it. Undefined before that is known, and where there is neither.
   */
  window: TimeWindow | undefined;
  /** Times of the reports that have arrived. */
  reportWindow: TimeWindow | undefined;
}

/** What to do to `spans`, and what to tell each batch's sender. */
export interface SpanChanges {
  inserted: EncodedSpan[];
  replaced: TraceSpan[];
  changedTraceIds: Set<string>;
  receipts: WriteCounts[];
}

/** The traces whose rows depend on a group: those of its spans, and of log records with content or a report. */
export function collectTouchedTraces(group: readonly PreparedBatch[]): Map<string, TouchedTrace> {
  const traces = new Map<string, TouchedTrace>();
  const touch = (traceId: string): TouchedTrace => {
    let trace = traces.get(traceId);
    if (trace === undefined) {
      trace = createTouchedTrace(traceId);
      traces.set(traceId, trace);
    }
    return trace;
  };
  for (const batch of group) {
    for (const encoded of batch.spans) {
      const { traceId, spanId } = encoded.span.data;
      const { arrived } = touch(traceId);
      const other = arrived.get(spanId);
      if (other === undefined || beats(encoded, other)) arrived.set(spanId, encoded);
    }
    for (const { derivedTraceId, isReport, timeMicros } of batch.logs) {
      if (derivedTraceId === null) continue;
      const trace = touch(derivedTraceId);
      if (isReport) trace.reportWindow = widenTo(trace.reportWindow, timeMicros);
    }
  }
  return traces;
}

export function createTouchedTrace(traceId: string): TouchedTrace {
  return {
    traceId,
    isNew: false,
    isDeferred: false,
    stored: new Map(),
    arrived: new Map(),
    window: undefined,
    reportWindow: undefined,
  };
}

/** The sessions whose ledgers records of a group are entered in, with the times of these records. */
export function collectLedgers(group: readonly PreparedBatch[]): Map<string, TimeWindow> {
  const windows = new Map<string, TimeWindow>();
  for (const batch of group) {
    for (const { ledgerKey, timeMicros } of batch.logs) {
      if (ledgerKey !== null) windows.set(ledgerKey, widenTo(windows.get(ledgerKey), timeMicros));
    }
  }
  return windows;
}

/** The keys of sessions that spans of a group name; their traces may turn out to belong to others. */
export function collectSessionKeys(group: readonly PreparedBatch[]): Set<string> {
  const keys = new Set<string>();
  for (const batch of group) {
    for (const { span } of batch.spans) {
      const { sessionId, conversationId } = span.facts;
      if (sessionId !== null) keys.add(cutIdentifier(sessionId));
      if (conversationId !== null) keys.add(cutIdentifier(conversationId));
    }
  }
  return keys;
}

/** Decides for each span whether it is new, a duplicate, or a better copy of one that is there. */
export function mergeSpans(
  group: readonly PreparedBatch[],
  traces: ReadonlyMap<string, TouchedTrace>,
): SpanChanges {
  const inserted: EncodedSpan[] = [];
  const replaced: TraceSpan[] = [];
  const changedTraceIds = new Set<string>();
  for (const { traceId, stored, arrived } of traces.values()) {
    for (const [spanId, encoded] of arrived) {
      const current = stored.get(spanId);
      if (current !== undefined && !beats(encoded, current)) continue;
      if (current !== undefined) replaced.push(current.traceSpan);
      inserted.push(encoded);
      changedTraceIds.add(traceId);
    }
  }
  return { inserted, replaced, changedTraceIds, receipts: countSpans(group, traces) };
}

function countSpans(
  group: readonly PreparedBatch[],
  traces: ReadonlyMap<string, TouchedTrace>,
): WriteCounts[] {
  const isEachOnce = countArrived(traces) === group.reduce((sum, { spans }) => sum + spans.length, 0);
  const current = new Map<string, SpanVersion>();
  return group.map((batch) => {
    const receipt = { stored: 0, updated: 0, duplicate: 0 };
    for (const encoded of batch.spans) {
      const { traceId, spanId } = encoded.span.data;
      // No span meets a copy of itself in most groups: then there is none to remember.
      const key = isEachOnce ? '' : `${traceId}/${spanId}`;
      const other = (isEachOnce ? undefined : current.get(key)) ?? traces.get(traceId)?.stored.get(spanId);
      if (other !== undefined && !beats(encoded, other)) {
        receipt.duplicate += 1;
        continue;
      }
      if (!isEachOnce) current.set(key, encoded);
      if (other === undefined) receipt.stored += 1;
      else receipt.updated += 1;
    }
    return receipt;
  });
}

function countArrived(traces: ReadonlyMap<string, TouchedTrace>): number {
  let count = 0;
  for (const { arrived } of traces.values()) count += arrived.size;
  return count;
}
