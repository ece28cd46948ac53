import type { ClientBase } from 'pg';
import { ledgerTraceId } from '../../../model/ids.js';
import type { TraceRow, TraceRows, TraceSpan } from '../../../model/rows.js';
import { splitMicros } from '../../../model/time.js';
import type { TimeWindow } from '../rows/time-window.js';
import { findTraceWindow, widenForLogs } from '../rows/time-window.js';
import { orConcurrentChange } from './concurrent-change.js';
import { deriveTraces } from './derived-traces.js';
import type { Derivation, LockedTraces } from './derived-traces.js';
import { keepExpiredContent } from './expired-content.js';
import { deleteOtherLedgerExecutions, upsertExecutions } from './executions.js';
import { findLedgerWindow, listLedgerRecords, moveRecords } from './ledger-records.js';
import type { JoinedSpan, LedgerRecord } from './ledger-records.js';
import { listTraceRecords } from './logs.js';
import type { TraceRecords } from './logs.js';
import { createTouchedTrace } from './span-merge.js';
import type { TouchedTrace } from './span-merge.js';
import { listSessionCalls, listStoredVersions } from './spans.js';
import { listTraceSpans } from './trace-material.js';
import { deleteTraces, listWindowsOfSessions, lockTraces, sessionKey, upsertLedgers } from './traces.js';

/** The traces that a transaction has locked, and the rows that it has derived from them. */
export interface ChangedTraces {
  touched: ReadonlyMap<string, TouchedTrace>;
  locked: LockedTraces;
  rows: readonly TraceRows[];
  /** Traces whose joined records say something else than when the traces were last derived. */
  restated?: ReadonlySet<string>;
  /** Traces, and ledgers under their trace ids, of which stored records were read anew and came out differently. */
  reread?: ReadonlySet<string>;
}

export interface ReconciledLedgers {
  /** From the first to the last record of each ledger; null where none is left. */
  windows: ReadonlyMap<string, TimeWindow | null>;
  /** What was derived anew: ledgers, and traces that records came to or left. */
  derived: TraceRows[];
}

/**
 * Decides anew, for sessions with a ledger, to which span of the session each record without a trace belongs, and
 * derives anew the traces for which that makes a difference, and the ledgers from what is left. `sessions` are locked;
 * those with null have no ledger, and cost nothing.
 */
export async function reconcileLedgers(
  derivation: Derivation,
  changed: ChangedTraces,
  sessions: ReadonlyMap<string, TimeWindow | null>,
): Promise<ReconciledLedgers> {
  const { client, projectId } = derivation;
  const ledgers = new Map<string, TimeWindow>();
  for (const [key, window] of sessions) if (window !== null) ledgers.set(key, window);
  if (ledgers.size === 0) return { windows: new Map(), derived: [] };
  const records = await listLedgerRecords(client, projectId, ledgers);
  const traces = await listWindowsOfSessions(client, projectId, [...ledgers.keys()]);
  const calls = await listSessionCalls(client, projectId, traces);
  const affected = await assignRecords(derivation, records, traces, calls);
  for (const { trace } of changed.rows) affected.add(trace.traceId);
  for (const traceId of changed.restated ?? []) affected.add(traceId);
  const derived = await deriveJoined(derivation, changed, records, affected);
  const rest = await deriveLedgers(derivation, records, ledgers, changed.reread ?? new Set());
  const windows = [...records].map(([key, own]) => [key, findLedgerWindow(own)] as const);
  return { windows: new Map(windows), derived: [...derived, ...rest] };
}

/**
 * Derives changed traces of sessions that are derived later with the records that are joined with them so far; to derive
 * them alone has left these out. `ledgers` has the times of the records of each of these sessions.
 */
export async function deriveWithJoined(
  derivation: Derivation,
  changed: ChangedTraces,
  ledgers: ReadonlyMap<string, TimeWindow | null>,
): Promise<TraceRows[]> {
  const { client, projectId } = derivation;
  const ofLedgers = new Map(
    [...ledgers].flatMap(([key, window]) => (window === null ? [] : [[key, window]])),
  );
  const keys = new Map(changed.rows.map(({ trace }) => [trace.traceId, sessionKey(trace)]));
  const traceIds = [...keys].flatMap(([traceId, key]) => (ofLedgers.has(key) ? [traceId] : []));
  if (traceIds.length === 0) return [];
  const listed = await listLedgerRecords(client, projectId, ofLedgers, traceIds);
  // Those of a session that the trace has left stay joined with it until that session is looked at.
  const records = new Map(
    [...listed].map(([key, own]) => [
      key,
      own.filter(({ joined }) => keys.get(joined?.traceId ?? '') === key),
    ]),
  );
  return deriveJoined(derivation, changed, records, new Set(groupByTrace(records).keys()));
}

/** Assigns each record of the ledgers; answers with the traces that one came to or left. */
async function assignRecords(
  { client, projectId, projector }: Derivation,
  records: ReadonlyMap<string, LedgerRecord[]>,
  traces: ReadonlyMap<string, { sessionKey: string }>,
  calls: readonly TraceSpan[],
): Promise<Set<string>> {
  const affected = new Set<string>();
  const moved: LedgerRecord[] = [];
  for (const [key, own] of records) {
    const spans = calls.filter(({ traceId }) => traces.get(traceId)?.sessionKey === key);
    const reports = own.map(({ report }) => report.span);
    const assignment = projector.assignReports(spans, reports);
    for (const record of own) {
      const target = assignment.get(record.report.span.spanId) ?? null;
      if (isSameSpan(record.joined, target)) continue;
      if (record.joined !== null) affected.add(record.joined.traceId);
      if (target !== null) affected.add(target.traceId);
      record.joined = target;
      moved.push(record);
    }
  }
  await moveRecords(client, projectId, moved);
  return affected;
}

function isSameSpan(left: JoinedSpan | null, right: JoinedSpan | null): boolean {
  return left?.traceId === right?.traceId && left?.spanId === right?.spanId;
}

/**
 * Derives traces anew with the records that were joined with them. A trace that this transaction has derived before
 * was derived without any, so that it is left as it is where it has none.
 */
async function deriveJoined(
  derivation: Derivation,
  changed: ChangedTraces,
  records: ReadonlyMap<string, LedgerRecord[]>,
  affected: ReadonlySet<string>,
): Promise<TraceRows[]> {
  const joined = groupByTrace(records);
  const fresh = new Set(changed.rows.map(({ trace }) => trace.traceId));
  const wanted = [...affected].filter((traceId) => joined.has(traceId) || !fresh.has(traceId));
  if (wanted.length === 0) return [];
  const { traces, sessionKeys } = await loadTouched(derivation, changed, wanted);
  const own = await listTraceRecords(derivation.client, derivation.projectId, traces);
  const all = new Map(own);
  for (const { traceId } of traces) {
    const extra = joined.get(traceId);
    if (extra !== undefined) all.set(traceId, addRecords(own.get(traceId), extra));
  }
  for (const { trace } of changed.rows) sessionKeys.delete(trace.traceId);
  for (const [key, list] of records) {
    for (const record of list) if (record.joined !== null) sessionKeys.set(record.joined.traceId, key);
  }
  return deriveTraces(derivation, traces, changed.locked, all, sessionKeys);
}

/** Traces with what is stored of them, all locked; those that are gone are left out. */
async function loadTouched(
  { client, projectId }: Derivation,
  { touched, locked }: ChangedTraces,
  traceIds: readonly string[],
): Promise<{ traces: TouchedTrace[]; sessionKeys: Map<string, string> }> {
  const known = traceIds.flatMap((traceId) => touched.get(traceId) ?? []);
  const others = traceIds.filter((traceId) => !touched.has(traceId));
  const late = others.filter((traceId) => !locked.bystanders.has(traceId));
  for (const [traceId, trace] of await lockLate(client, projectId, late))
    locked.bystanders.set(traceId, trace);
  const rows = others.flatMap((traceId) => {
    const row = locked.bystanders.get(traceId);
    return row === undefined ? [] : [{ traceId, ...row }];
  });
  const stored = await listStoredVersions(
    client,
    projectId,
    rows.map(({ traceId }) => traceId),
    rows.map(({ window }) => window),
  );
  const loaded = rows.map(({ traceId, window }) => {
    const trace = createTouchedTrace(traceId);
    trace.stored = stored.get(traceId) ?? trace.stored;
    trace.window = findTraceWindow(listTraceSpans(trace)) ?? window;
    return trace;
  });
  const sessionKeys = new Map(rows.map(({ traceId, sessionKey }) => [traceId, sessionKey]));
  return { traces: [...known, ...loaded], sessionKeys };
}

/**
 * Locks traces that nobody expected when the others were locked, out of the order of keys. Whoever holds one may wait for
 * a session that is locked here, so that to wait for it would be a deadlock: the transaction is repeated instead.
 */
function lockLate(client: ClientBase, projectId: string, traceIds: readonly string[]) {
  return orConcurrentChange(() => lockTraces(client, projectId, traceIds, { noWait: true }));
}

function groupByTrace(records: ReadonlyMap<string, LedgerRecord[]>): Map<string, LedgerRecord[]> {
  const byTrace = new Map<string, LedgerRecord[]>();
  for (const record of [...records.values()].flat()) {
    if (record.joined === null) continue;
    const list = byTrace.get(record.joined.traceId);
    if (list === undefined) byTrace.set(record.joined.traceId, [record]);
    else list.push(record);
  }
  return byTrace;
}

function addRecords(own: TraceRecords | undefined, joined: readonly LedgerRecord[]): TraceRecords {
  const reports = [...(own?.reports ?? []), ...joined.map(({ report }) => report)];
  return {
    logs: own?.logs ?? [],
    reports: reports.sort((a, b) => compareTimes(a.span, b.span)),
    expiredReportIds: [
      ...(own?.expiredReportIds ?? []),
      ...joined.flatMap(({ isExpired, report }) => (isExpired ? [report.span.spanId] : [])),
    ],
  };
}

function compareTimes(a: TraceSpan, b: TraceSpan): number {
  if (a.endTimeUnixNano !== b.endTimeUnixNano) return a.endTimeUnixNano < b.endTimeUnixNano ? -1 : 1;
  return a.spanId < b.spanId ? -1 : a.spanId > b.spanId ? 1 : 0;
}

/** Where nothing is left to belong to no trace, the times are those of all records, so that reruns find them. */
function placeLedger(ledger: TraceRow, records: readonly LedgerRecord[]): TraceRow {
  const window = findLedgerWindow(records);
  if (ledger.reportCount > 0 || window === null) return ledger;
  return {
    ...ledger,
    startTimeUnixNano: window.fromMicros * 1000n,
    endTimeUnixNano: window.toMicros * 1000n,
  };
}

/** When the first call or tool run began that these records report: before the record of it was written. */
function findFirstStart(records: readonly LedgerRecord[]): bigint {
  const starts = records.map(({ report }) => splitMicros(startOf(report.span)).micros);
  const known = starts.filter((micros) => micros > 0n);
  return known.reduce((first, micros) => (micros < first ? micros : first), known[0] ?? 0n);
}

function startOf({ startTimeUnixNano, endTimeUnixNano }: TraceSpan): bigint {
  return startTimeUnixNano === 0n ? endTimeUnixNano : startTimeUnixNano;
}

/**
 * The rows of ledgers; one that has no records left goes, and its executions stay, since their records have expired:
 * unless it is in `reread`, where they have come to report nothing. `windows` has the times of the records of before.
 */
async function deriveLedgers(
  { client, projectId, projector, nowMicros, isRerun }: Derivation,
  records: ReadonlyMap<string, LedgerRecord[]>,
  windows: ReadonlyMap<string, TimeWindow>,
  reread: ReadonlySet<string>,
): Promise<TraceRows[]> {
  const kept = [...records].filter(([, own]) => own.length > 0);
  const loaded = kept.map(([key, own]) => {
    const rest = own.filter(({ joined }) => joined === null);
    const material = {
      traceId: ledgerTraceId(key),
      spans: [],
      bodies: new Map<string, never>(),
      logs: [],
      reports: rest.map(({ report }) => report),
    };
    const expired = rest.filter(({ isExpired }) => isExpired);
    return { material, expiredSpanIds: new Set(expired.map(({ report }) => report.span.spanId)) };
  });
  const projected = kept.map(([key], index) =>
    projector.projectLedger(projectId, key, loaded[index]?.material.reports ?? []),
  );
  const rows = await keepExpiredContent(client, projectId, loaded, projected);
  const ledgers = rows.map(({ trace }, index) => placeLedger(trace, kept[index]?.[1] ?? []));
  await upsertLedgers(client, projectId, ledgers, { nowMicros, isRerun });
  const executions = rows.flatMap((row) => row.executions);
  const froms = [...records].flatMap(([key, own]) => {
    const [traceId, window] = [ledgerTraceId(key), windows.get(key)];
    if (window !== undefined && reread.has(traceId))
      return [[traceId, widenForLogs(window).fromMicros] as const];
    return own.length === 0 ? [] : [[traceId, findFirstStart(own)] as const];
  });
  await deleteOtherLedgerExecutions(client, projectId, new Map(froms), executions);
  await upsertExecutions(client, projectId, executions, {
    nowMicros,
    isLedger: true,
    isReported: () => true,
  });
  const gone = [...records].filter(([, own]) => own.length === 0);
  await deleteTraces(
    client,
    projectId,
    gone.map(([key]) => ledgerTraceId(key)),
  );
  return rows;
}
