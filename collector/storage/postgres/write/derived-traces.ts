import type { ClientBase } from 'pg';
import { NO_USAGE } from '../../../model/gen-ai.js';
import type { TraceRow, TraceRows } from '../../../model/rows.js';
import type { LogRecordData } from '../../../model/span-data.js';
import type { Projector } from '../../../model/write-batch.js';
import { keepExpiredContent } from './expired-content.js';
import { deleteOtherExecutions, upsertExecutions } from './executions.js';
import type { TouchedTrace } from './span-merge.js';
import { gatherNewTrace, loadMaterials } from './trace-material.js';
import { deleteTraces, insertTraces, lockTraces, updateTraces } from './traces.js';
import type { LockedTrace } from './traces.js';

/** Something that was there a moment ago is gone; the transaction is worth repeating. */
export class ConcurrentChange extends Error {}

/** The rows of touched traces, locked until the transaction ends. */
export interface LockedTraces {
  /** Traces that had a row. */
  older: Map<string, LockedTrace>;
  /** What was computed for traces that had no row, from the spans at hand. */
  newRows: Map<string, TraceRows>;
}

/** Everything that computing derived rows needs within one transaction. */
export interface Derivation {
  client: ClientBase;
  projectId: string;
  projector: Projector;
  nowMicros: bigint;
}

/**
 * Locks the rows of all touched traces, and marks those that had none. The row of a new trace is computed and
 * inserted at once: that is the common case, and its only write.
 */
export async function claimTraces(
  derivation: Derivation,
  traces: ReadonlyMap<string, TouchedTrace>,
): Promise<LockedTraces> {
  const { client, projectId, nowMicros } = derivation;
  const older = await lockTraces(client, projectId, [...traces.keys()]);
  const missing = [...traces.values()].filter(({ traceId }) => !older.has(traceId));
  const newRows = new Map<string, TraceRows>();
  for (const trace of missing) newRows.set(trace.traceId, projectNew(derivation, trace));
  const rows = [...newRows.values()].map(({ trace }) => trace);
  const inserted = await insertTraces(client, projectId, rows, nowMicros);
  const raced: string[] = [];
  for (const trace of missing) {
    trace.isNew = inserted.has(trace.traceId);
    if (trace.isNew) continue;
    raced.push(trace.traceId);
    newRows.delete(trace.traceId);
  }
  const lockedLate = await lockTraces(client, projectId, raced);
  if (lockedLate.size < raced.length) throw new ConcurrentChange('a trace was deleted while it was written');
  for (const [traceId, trace] of lockedLate) older.set(traceId, trace);
  return { older, newRows };
}

/**
 * Brings the rows of changed traces up to date, with their executions; answers with the rows that changed.
 * A trace that turns out to have no spans (only its log records are known) gets no row.
 */
export async function deriveTraces(
  derivation: Derivation,
  changed: readonly TouchedTrace[],
  locked: LockedTraces,
  contentLogs: ReadonlyMap<string, LogRecordData[]>,
): Promise<TraceRow[]> {
  const { client, projectId, projector, nowMicros } = derivation;
  const isEmpty = (trace: TouchedTrace): boolean => trace.arrived.size === 0 && trace.stored.size === 0;
  const placeholders = changed.filter((trace) => trace.isNew && isEmpty(trace));
  await deleteTraces(
    client,
    projectId,
    placeholders.map((trace) => trace.traceId),
  );
  const isSettled = (trace: TouchedTrace): boolean =>
    trace.isNew && trace.stored.size === 0 && !contentLogs.has(trace.traceId);
  const withSpans = changed.filter((trace) => !isEmpty(trace));
  const settled = withSpans.filter(isSettled).flatMap((trace) => locked.newRows.get(trace.traceId) ?? []);
  const unsettled = withSpans.filter((trace) => !isSettled(trace));
  const loaded = await loadMaterials(client, projectId, unsettled, contentLogs);
  const projected = loaded.map(({ material }) => projector.projectTrace(projectId, material));
  const updated = await keepExpiredContent(client, projectId, loaded, projected);
  await updateTraces(
    client,
    projectId,
    updated.map((rows) => rows.trace),
    nowMicros,
  );
  const all = [...settled, ...updated];
  const executions = all.flatMap((rows) => rows.executions);
  await deleteOtherExecutions(client, projectId, unsettled, executions);
  await upsertExecutions(client, projectId, executions, nowMicros);
  return all.map((rows) => rows.trace);
}

function projectNew({ projector, projectId }: Derivation, trace: TouchedTrace): TraceRows {
  if (trace.arrived.size === 0) return { trace: createPlaceholder(trace.traceId), executions: [] };
  return projector.projectTrace(projectId, gatherNewTrace(trace));
}

/** Holds the lock of a trace of which only log records are known; never committed. */
function createPlaceholder(traceId: string): TraceRow {
  return {
    traceId,
    sessionId: null,
    conversationId: null,
    userId: null,
    name: '',
    status: 'running',
    startTimeUnixNano: 0n,
    endTimeUnixNano: 0n,
    isComplete: false,
    spanCount: 0,
    llmCalls: 0,
    failedLlmCalls: 0,
    toolCalls: 0,
    errorCount: 0,
    failedSpanCount: 0,
    totals: { ...NO_USAGE, costUsd: null },
    costSource: 'unknown',
    agents: [],
    models: [],
    providers: [],
    tools: [],
    services: [],
    dialects: [],
    tags: [],
    environment: null,
    inputPreview: null,
    outputPreview: null,
  };
}
