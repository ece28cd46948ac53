import type { ClientBase } from 'pg';
import type { TimeWindow } from '../rows/time-window.js';
import { findTraceWindow, joinWindows } from '../rows/time-window.js';
import type { Derivation, LockedTraces } from './derived-traces.js';
import type { SpanChanges, TouchedTrace } from './span-merge.js';
import { listVersionsOfSpans } from './spans.js';
import { listTraceSpans } from './trace-material.js';
import { markTracesStale } from './stale-traces.js';
import type { LockedTrace } from './traces.js';

/** What is stored of the spans of deferred traces of which copies have arrived: one lookup each, whatever else is there. */
export async function loadArrivedVersions(
  client: ClientBase,
  projectId: string,
  traces: readonly TouchedTrace[],
  { older }: LockedTraces,
  expectsLeftovers: boolean,
): Promise<void> {
  for (const trace of traces) {
    const { traceId, arrived } = trace;
    const window = expectsLeftovers ? undefined : older.get(traceId)?.window;
    const spans = { traceId, spanIds: [...arrived.keys()], window };
    trace.stored = await listVersionsOfSpans(client, projectId, spans);
  }
}

/**
 * The times of a deferred trace: those of its row, and of what has arrived. They may be too wide where a span was replaced
 * by a shorter copy, until the trace is derived anew.
 */
export function widenDeferred(trace: TouchedTrace, row: LockedTrace | undefined): TimeWindow | undefined {
  return joinWindows(row?.window, findTraceWindow(listTraceSpans(trace)) ?? trace.reportWindow);
}

/** Marks the rows of those deferred traces that have changed. */
export async function deferTraces(
  { client, projectId, nowMicros, onDeferred }: Derivation,
  traces: readonly TouchedTrace[],
  { changedTraceIds }: SpanChanges,
): Promise<void> {
  const grown = traces.flatMap(({ traceId, window, arrived, stored }) => {
    if (window === undefined || !changedTraceIds.has(traceId)) return [];
    const addedSpans = [...arrived.keys()].filter((spanId) => !stored.has(spanId)).length;
    return [{ traceId, window, addedSpans }];
  });
  if (grown.length === 0) return;
  onDeferred?.();
  await markTracesStale(client, projectId, grown, nowMicros);
}

/** What the derivation of sessions may work with: deferred traces, not being loaded whole, count as bystanders. */
export function setDeferredAside(
  traces: ReadonlyMap<string, TouchedTrace>,
  { older, bystanders, newRows }: LockedTraces,
): { touched: Map<string, TouchedTrace>; locked: LockedTraces } {
  const touched = new Map<string, TouchedTrace>();
  const aside = new Map(bystanders);
  for (const [traceId, trace] of traces) {
    const row = older.get(traceId);
    if (!trace.isDeferred || row === undefined) touched.set(traceId, trace);
    else aside.set(traceId, { ...row, window: trace.window ?? row.window });
  }
  return { touched, locked: { older, bystanders: aside, newRows } };
}
