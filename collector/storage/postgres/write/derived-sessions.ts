import type { ClientBase } from 'pg';
import type { SessionRow, TraceRow } from '../../../model/rows.js';
import type { Projector } from '../../../model/write-batch.js';
import { ConcurrentChange } from './derived-traces.js';
import type { Derivation } from './derived-traces.js';
import { deleteSessions, insertSessions, lockSessions, updateSessions } from './sessions.js';
import { listTracesOfSessions, sessionKey } from './traces.js';
import type { LockedTrace } from './traces.js';

/**
 * Brings the rows of the sessions of changed traces up to date, those that the traces have left included.
 * The caller has written the traces' rows and holds their locks.
 */
export async function deriveSessions(
  derivation: Derivation,
  traces: readonly TraceRow[],
  older: ReadonlyMap<string, LockedTrace>,
): Promise<void> {
  const { client, projectId } = derivation;
  const byKey = groupBySession(traces);
  const keys = new Set(byKey.keys());
  for (const { traceId } of traces) {
    const oldKey = older.get(traceId)?.sessionKey;
    if (oldKey !== undefined) keys.add(oldKey);
  }
  const existing = await lockSessions(client, projectId, [...keys]);
  const missing = [...byKey].filter(([key]) => !existing.has(key));
  const rows = missing.map(([key, members]) => derivation.projector.projectSession(key, members));
  const inserted = await insertSessions(client, projectId, rows);
  const raced = missing.map(([key]) => key).filter((key) => !inserted.has(key));
  const lockedLate = await lockSessions(client, projectId, raced);
  if (lockedLate.size < raced.length)
    throw new ConcurrentChange('a session was deleted while it was written');
  await recompute(derivation, [...existing, ...raced]);
}

async function recompute(
  { client, projectId, projector }: Omit<Derivation, 'nowMicros'>,
  keys: readonly string[],
): Promise<void> {
  const updated: SessionRow[] = [];
  const left: string[] = [];
  for (const [key, members] of await listTracesOfSessions(client, projectId, keys)) {
    if (members.length === 0) left.push(key);
    else updated.push(projector.projectSession(key, members));
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
      await recompute({ client, projectId, projector }, [...existing]);
      await client.query('commit');
    } catch (error) {
      await client.query('rollback').catch(() => undefined);
      throw error;
    }
  }
}
