import type { ClientBase } from 'pg';
import { NO_USAGE } from '../../../model/gen-ai.js';
import type { ExecutionRow, TraceRow, TraceRows } from '../../../model/rows.js';
import type { Projector } from '../../../model/write-batch.js';
import { ConcurrentChange, lockRaced } from './concurrent-change.js';
import { NO_DEFERRAL } from './deferral.js';
import type { DeferralLimits } from './deferral.js';
import { keepExpiredContent } from './expired-content.js';
import type { LoadedTrace } from './expired-content.js';
import { copyExecutions, deleteOtherExecutions, upsertExecutions } from './executions.js';
import type { TraceRecords } from './logs.js';
import type { TouchedTrace } from './span-merge.js';
import { gatherNewTrace, loadMaterials } from './trace-material.js';
import { deleteTraces, insertTraces, lockTraces, sessionKey, updateTraces } from './traces.js';
import type { LockedTrace } from './traces.js';

/** The rows of touched traces, locked until the transaction ends. */
export interface LockedTraces {
  /** Touched traces that had a row. */
  older: Map<string, LockedTrace>;
  /** Others that were locked with them, since records of their session may have to go from one to another. */
  bystanders: Map<string, LockedTrace>;
  /** What was computed for traces that had no row, from the spans at hand. */
  newRows: Map<string, TraceRows>;
}

/** Everything that computing derived rows needs within one transaction. */
export interface Derivation {
  client: ClientBase;
  projectId: string;
  projector: Projector;
  nowMicros: bigint;
  /** Nothing has arrived, only the understanding of it has changed, or comes late: `last_seen_at` stays. */
  isRerun: boolean;
  /** Rows may be there that should not: see `TransactionOptions`. */
  expectsLeftovers?: boolean;
  /** What is left for later; nothing by default. */
  deferral?: DeferralLimits;
  /** Told when something is. */
  onDeferred?: () => void;
}

/**
 * Locks the rows of all touched traces and of `bystanders`, and notes which had none and which are deferred. The row of a new trace is
 * computed and inserted at once: that is the common case, and its only write.
 */
export async function claimTraces(
  derivation: Derivation,
  traces: ReadonlyMap<string, TouchedTrace>,
  bystanders: readonly string[],
): Promise<LockedTraces> {
  const { client, projectId, nowMicros, deferral = NO_DEFERRAL } = derivation;
  const locked = await lockTraces(client, projectId, [...new Set([...traces.keys(), ...bystanders])]);
  const older = new Map([...locked].filter(([traceId]) => traces.has(traceId)));
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
  if (raced.length > 0) {
    const lockedLate = await lockRaced(client, () => lockTraces(client, projectId, raced));
    if (lockedLate.size < raced.length)
      throw new ConcurrentChange('a trace was deleted while it was written');
    for (const [traceId, trace] of lockedLate) older.set(traceId, trace);
  }
  for (const trace of traces.values()) {
    trace.isDeferred = (older.get(trace.traceId)?.recordCount ?? 0) >= deferral.traceRecords;
  }
  return {
    older,
    bystanders: new Map([...locked].filter(([traceId]) => !traces.has(traceId))),
    newRows,
  };
}

/**
 * Brings the rows of changed traces up to date, with their executions; answers with the rows that changed.
 * A trace that turns out to have neither spans nor reports (only other log records are known) gets no row.
 * `sessionKeys` names the sessions of traces that may not leave them: the records of a session that are joined with a
 * trace move no trace to another session.
 */
export async function deriveTraces(
  derivation: Derivation,
  changed: readonly TouchedTrace[],
  locked: LockedTraces,
  records: ReadonlyMap<string, TraceRecords>,
  sessionKeys?: ReadonlyMap<string, string>,
): Promise<TraceRows[]> {
  const { client, projectId, projector } = derivation;
  const isEmpty = ({ arrived, stored, traceId }: TouchedTrace): boolean =>
    arrived.size === 0 && stored.size === 0 && (records.get(traceId)?.reports.length ?? 0) === 0;
  const placeholders = changed.filter((trace) => trace.isNew && isEmpty(trace));
  await deleteTraces(
    client,
    projectId,
    placeholders.map((trace) => trace.traceId),
  );
  const isSettled = (trace: TouchedTrace): boolean =>
    trace.isNew && trace.stored.size === 0 && !records.has(trace.traceId);
  const known = changed.filter((trace) => !isEmpty(trace));
  const settled = known.filter(isSettled).flatMap((trace) => locked.newRows.get(trace.traceId) ?? []);
  const unsettled = known.filter((trace) => !isSettled(trace));
  const loaded = await loadMaterials(client, projectId, unsettled, records);
  const projected = loaded.map(({ material }) =>
    keepSession(projector.projectTrace(projectId, material), sessionKeys),
  );
  return storeTraces(derivation, unsettled, { loaded, projected, settled });
}

/** What was derived of traces. */
export interface DerivedTraces {
  loaded: readonly LoadedTrace[];
  /** From each of `loaded`, in their order. */
  projected: readonly TraceRows[];
  /** Of other traces, whose rows are there already. */
  settled: readonly TraceRows[];
}

/** Replaces the rows of `traces`, which are locked, and stores all executions; answers with the rows. */
export async function storeTraces(
  { client, projectId, nowMicros, isRerun, expectsLeftovers }: Derivation,
  traces: readonly TouchedTrace[],
  { loaded, projected, settled }: DerivedTraces,
): Promise<TraceRows[]> {
  const updated = await keepExpiredContent(client, projectId, loaded, projected);
  await updateTraces(
    client,
    projectId,
    updated.map((rows) => rows.trace),
    { nowMicros, isRerun },
  );
  const executions = updated.flatMap((rows) => rows.executions);
  await deleteOtherExecutions(client, projectId, traces, executions);
  const spanless = new Map(traces.map((trace) => [trace.traceId, trace]));
  const isReported = ({ traceId, spanId }: ExecutionRow): boolean => {
    const trace = spanless.get(traceId);
    return trace !== undefined && !trace.arrived.has(spanId) && !trace.stored.has(spanId);
  };
  const options = { nowMicros, isLedger: false, isReported };
  await upsertExecutions(client, projectId, executions, options);
  const fresh = settled.flatMap((rows) => rows.executions);
  if (expectsLeftovers === true) await upsertExecutions(client, projectId, fresh, options);
  else await copyExecutions(client, projectId, fresh, nowMicros);
  return [...settled, ...updated];
}

function keepSession(rows: TraceRows, sessionKeys: ReadonlyMap<string, string> | undefined): TraceRows {
  const { trace } = rows;
  const key = sessionKeys?.get(trace.traceId);
  if (key === undefined || sessionKey(trace) === key) return rows;
  return { ...rows, trace: { ...trace, sessionId: key === trace.traceId ? null : key } };
}

function projectNew({ projector, projectId }: Derivation, trace: TouchedTrace): TraceRows {
  if (trace.arrived.size === 0) return { trace: createPlaceholder(trace.traceId), executions: [] };
  return projector.projectTrace(projectId, gatherNewTrace(trace));
}

/** A row that says nothing yet: it holds the lock of a trace of which only log records are known. */
export function createPlaceholder(traceId: string): TraceRow {
  return {
    traceId,
    isLedger: false,
    reportCount: 0,
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
