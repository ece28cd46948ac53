import type { ClientBase } from 'pg';
import { limitIssues } from '../../../model/ingest-issue.js';
import type { TraceRows } from '../../../model/rows.js';
import { findTraceWindow } from '../rows/time-window.js';
import { deriveSessions, rederiveSessions } from '../write/derived-sessions.js';
import { deriveTraces } from '../write/derived-traces.js';
import type { Derivation } from '../write/derived-traces.js';
import { encodeIssue, insertIssues } from '../write/issues.js';
import { listTraceRecords } from '../write/logs.js';
import { createTouchedTrace } from '../write/span-merge.js';
import type { TouchedTrace } from '../write/span-merge.js';
import { listStoredVersions } from '../write/spans.js';
import { listTraceSpans } from '../write/trace-material.js';
import type { SizedTrace } from '../write/traces.js';
import { clearStaleTraces } from '../write/stale-traces.js';
import { listBystanders, lockTraces } from '../write/traces.js';

/**
 * Brings those of these traces that are still stale up to date, with their sessions: the rows become what a write that
 * defers nothing would have left. Within the client's open transaction, which takes locks in the order of `writeGroup`;
 * whoever waited for another that did the same finds nothing left to do.
 */
export async function refreshTraces(
  derivation: Derivation,
  traces: readonly { traceId: string; sessionKey: string }[],
): Promise<void> {
  const { client, projectId } = derivation;
  const wanted = traces.map(({ traceId }) => traceId);
  const keys = [...new Set(traces.map(({ sessionKey }) => sessionKey))];
  const bystanders = await listBystanders(client, projectId, keys, [], derivation.deferral);
  const all = await lockTraces(client, projectId, [...new Set([...wanted, ...bystanders])]);
  const older = new Map<string, SizedTrace>();
  for (const traceId of wanted) {
    const row = all.get(traceId);
    if (row?.isStale === true) older.set(traceId, row);
  }
  if (older.size === 0) return;
  const locked = {
    older,
    bystanders: new Map([...all].filter(([traceId]) => !older.has(traceId))),
    newRows: new Map<string, never>(),
  };
  const touched = await loadWhole(client, projectId, older);
  const records = await listTraceRecords(client, projectId, [...touched.values()]);
  const rows = await deriveTraces(derivation, [...touched.values()], locked, records);
  const derived = await deriveSessions(derivation, { touched, locked, rows }, new Map());
  await clearStaleTraces(client, projectId, [...older.keys()]);
  await noteIssues(derivation, [...rows, ...derived]);
}

/** The same for sessions, whatever their size, with the ledger and the traces that its records belong to. */
export async function refreshSessions(
  derivation: Derivation,
  sessions: readonly { sessionId: string }[],
): Promise<void> {
  const { client, projectId } = derivation;
  const keys = sessions.map(({ sessionId }) => sessionId);
  const bystanders = await lockTraces(client, projectId, await listBystanders(client, projectId, keys, []));
  const locked = { older: new Map<string, never>(), bystanders, newRows: new Map<string, never>() };
  await noteIssues(derivation, await rederiveSessions(derivation, locked, keys));
}

async function loadWhole(
  client: ClientBase,
  projectId: string,
  rows: ReadonlyMap<string, SizedTrace>,
): Promise<Map<string, TouchedTrace>> {
  const windows = [...rows.values()].map(({ window }) => window);
  const stored = await listStoredVersions(client, projectId, [...rows.keys()], windows);
  const touched = new Map<string, TouchedTrace>();
  for (const [traceId, { window }] of rows) {
    const trace = createTouchedTrace(traceId);
    trace.stored = stored.get(traceId) ?? trace.stored;
    trace.window = findTraceWindow(listTraceSpans(trace)) ?? window;
    touched.set(traceId, trace);
  }
  return touched;
}

async function noteIssues(
  { client, projectId, nowMicros }: Derivation,
  rows: readonly TraceRows[],
): Promise<void> {
  const found = limitIssues(rows.flatMap(({ issues = [] }) => issues));
  const encoded = found.map((issue) => encodeIssue(issue, projectId, nowMicros));
  await insertIssues(client, projectId, encoded);
}
