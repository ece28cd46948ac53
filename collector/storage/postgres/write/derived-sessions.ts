import type { ClientBase } from 'pg';
import type { TraceRow, TraceRows } from '../../../model/rows.js';
import type { Projector } from '../../../model/write-batch.js';
import type { TimeWindow } from '../rows/time-window.js';
import { joinWindows } from '../rows/time-window.js';
import { ConcurrentChange, lockRaced } from './concurrent-change.js';
import { NO_DEFERRAL } from './deferral.js';
import type { Derivation, LockedTraces } from './derived-traces.js';
import { deriveWithJoined, reconcileLedgers } from './ledgers.js';
import type { ChangedTraces } from './ledgers.js';
import {
  clearStaleSessions,
  deleteSessions,
  insertSessions,
  lockSessions,
  markSessionsStale,
  updateSessions,
} from './sessions.js';
import type { LedgeredSession, LockedSession } from './sessions.js';
import { markTracesForSession } from './stale-traces.js';
import { listTracesOfSessions, sessionKey } from './traces.js';

/**
 * Brings the rows of the sessions of changed traces up to date, those that the traces have left included, and with
 * them the ledgers of these sessions and of those in `arrivals`, which has the times of records that arrived for a
 * ledger. The caller has written the traces' rows and holds their locks. Answers with what was derived on the way.
 *
 * A ledger is only looked at with its session locked: of two writers that bring spans and records of one session, the
 * second sees what the first has committed, whatever each of them brought.
 */
export async function deriveSessions(
  derivation: Derivation,
  changed: ChangedTraces,
  arrivals: ReadonlyMap<string, TimeWindow>,
): Promise<TraceRows[]> {
  const { client, projectId } = derivation;
  const byKey = groupBySession(changed.rows.map(({ trace }) => trace));
  for (const key of arrivals.keys()) if (!byKey.has(key)) byKey.set(key, []);
  const keys = new Set(byKey.keys());
  for (const traceId of [...changed.rows.map(({ trace }) => trace.traceId), ...(changed.reread ?? [])]) {
    const oldKey = changed.locked.older.get(traceId)?.sessionKey;
    if (oldKey !== undefined) keys.add(oldKey);
  }
  const existing = await lockSessions(client, projectId, [...keys]);
  const locked = new Map(existing);
  const missing = [...byKey].filter(([key]) => !existing.has(key));
  const rows = missing.map(([key, members]) => derivation.projector.projectSession(key, members));
  const inserted = await insertSessions(client, projectId, rows);
  const raced = missing.map(([key]) => key).filter((key) => !inserted.has(key));
  if (raced.length > 0) {
    const lockedLate = await lockRaced(client, () => lockSessions(client, projectId, raced));
    if (lockedLate.size < raced.length)
      throw new ConcurrentChange('a session was deleted while it was written');
    for (const [key, session] of lockedLate) locked.set(key, session);
  }
  const ledgers = new Map<string, TimeWindow | null>();
  for (const [key, { ledger }] of locked) ledgers.set(key, ledger);
  for (const [key, window] of arrivals)
    ledgers.set(key, joinWindows(ledgers.get(key) ?? undefined, window) ?? null);
  const deferred = await deferSessions(derivation, changed, locked, ledgers);
  const { windows, derived } = await reconcileLedgers(derivation, changed, ledgers);
  for (const [key, window] of windows) ledgers.set(key, window);
  await recompute(derivation, ledgers);
  return [...deferred, ...derived];
}

/**
 * Takes the sessions that are derived later out of `ledgers`, marked as stale with the times of their ledgers. To which
 * traces their records belong is decided then: until then the traces that have changed keep what they have.
 */
async function deferSessions(
  derivation: Derivation,
  changed: ChangedTraces,
  locked: ReadonlyMap<string, LockedSession>,
  ledgers: Map<string, TimeWindow | null>,
): Promise<TraceRows[]> {
  const { client, projectId, nowMicros, deferral = NO_DEFERRAL } = derivation;
  const deferred = new Map<string, TimeWindow | null>();
  for (const [key, { traceCount, entryCount }] of locked) {
    const ledger = ledgers.get(key) ?? null;
    const isLarge =
      traceCount >= deferral.sessionTraces || (ledger !== null && entryCount >= deferral.ledgerEntries);
    if (!isLarge) continue;
    ledgers.delete(key);
    deferred.set(key, ledger);
  }
  if (deferred.size === 0) return [];
  derivation.onDeferred?.();
  await markSessionsStale(client, projectId, deferred, nowMicros);
  return deriveWithJoined(derivation, changed, deferred);
}

/**
 * Brings those of these sessions that are stale up to date, with their ledgers and the traces that their records belong
 * to. The caller holds the locks of the traces in `traces`; the others are locked as they are needed. Answers with what
 * was derived on the way. A trace that such a record has left after it went to another session is marked as stale, so
 * that this one is brought up to date as well.
 */
export async function rederiveSessions(
  derivation: Derivation,
  traces: LockedTraces,
  keys: readonly string[],
): Promise<TraceRows[]> {
  const { client, projectId, nowMicros } = derivation;
  const ledgers = new Map<string, TimeWindow | null>();
  for (const [key, { isStale, ledger }] of await lockSessions(client, projectId, keys)) {
    if (isStale) ledgers.set(key, ledger);
  }
  const changed = { touched: new Map<string, never>(), locked: traces, rows: [] };
  const { windows, derived } = await reconcileLedgers(derivation, changed, ledgers);
  for (const [key, window] of windows) ledgers.set(key, window);
  await recompute(derivation, ledgers);
  await clearStaleSessions(client, projectId, [...ledgers.keys()]);
  const gone = derived.filter(({ trace }) => !trace.isLedger && !ledgers.has(sessionKey(trace)));
  if (gone.length === 0) return derived;
  derivation.onDeferred?.();
  const goneIds = gone.map(({ trace }) => trace.traceId);
  await markTracesForSession(client, projectId, goneIds, nowMicros);
  return derived;
}

/** `sessions` has the times of each one's ledger. One in `waiting` has records that no row is derived from yet. */
async function recompute(
  { client, projectId, projector }: Pick<Derivation, 'client' | 'projectId' | 'projector'>,
  sessions: ReadonlyMap<string, TimeWindow | null>,
  waiting: ReadonlySet<string> = new Set(),
): Promise<void> {
  const updated: LedgeredSession[] = [];
  const left: string[] = [];
  for (const [key, members] of await listTracesOfSessions(client, projectId, [...sessions.keys()])) {
    const hasLedger = members.some((trace) => trace.isLedger);
    const ledger = hasLedger || waiting.has(key) ? (sessions.get(key) ?? null) : null;
    // A ledger all of whose records belong to traces has nothing to say.
    const telling = members.filter((trace) => !trace.isLedger || trace.reportCount > 0);
    if (telling.length > 0) updated.push({ session: projector.projectSession(key, telling), ledger });
    else if (ledger === null) left.push(key);
  }
  await updateSessions(client, projectId, updated);
  await deleteSessions(client, projectId, left);
}

function groupBySession(traces: readonly TraceRow[]): Map<string, TraceRow[]> {
  const byKey = new Map<string, TraceRow[]>();
  for (const trace of traces) {
    const key = sessionKey(trace);
    const members = byKey.get(key);
    if (members === undefined) byKey.set(key, [trace]);
    else members.push(trace);
  }
  return byKey;
}

/**
 * Computes the rows of sessions again from what is left of their traces, in a transaction for each project.
 * Idempotent. The client must not be in a transaction.
 */
export async function refreshSessions(
  client: ClientBase,
  projector: Projector,
  sessions: readonly { projectId: string; sessionId: string }[],
): Promise<void> {
  for (const projectId of new Set(sessions.map((session) => session.projectId))) {
    const keys = sessions.flatMap((session) => (session.projectId === projectId ? [session.sessionId] : []));
    await client.query('begin');
    try {
      const existing = await lockSessions(client, projectId, keys);
      const ledgers = [...existing].map(([key, { ledger }]) => [key, ledger] as const);
      const waiting = [...existing].flatMap(([key, { isStale }]) => (isStale ? [key] : []));
      await recompute({ client, projectId, projector }, new Map(ledgers), new Set(waiting));
      await client.query('commit');
    } catch (error) {
      await client.query('rollback').catch(() => undefined);
      throw error;
    }
  }
}
