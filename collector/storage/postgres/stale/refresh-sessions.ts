import type { SessionRow } from '../../../model/rows.js';
import { rederiveSessions } from '../write/derived-sessions.js';
import type { Derivation } from '../write/derived-traces.js';
import { clearStaleSessions, listMarkedSessions, lockSessions, updateSessions } from '../write/sessions.js';
import { listBystanders, listTracesOfSessions, lockTraces } from '../write/traces.js';
import { noteIssues } from './note-issues.js';

/** Stale sessions: those without a ledger with what derives from their traces, and the others. */
export interface ReadSessions {
  plain: ReadonlyMap<string, { version: string; session: SessionRow }>;
  ledgered: readonly string[];
}

/** Derives those of these sessions that are still stale and have no ledger, without locking anything. */
export async function readSessions(
  { client, projectId, projector }: Derivation,
  sessionIds: readonly string[],
): Promise<ReadSessions> {
  const marked = await listMarkedSessions(client, projectId, sessionIds);
  const wanted = [...marked].flatMap(([key, { hasLedger }]) => (hasLedger ? [] : [key]));
  const plain = new Map<string, { version: string; session: SessionRow }>();
  const ledgered = [...marked.keys()].filter((key) => !wanted.includes(key));
  for (const [key, traces] of await listTracesOfSessions(client, projectId, wanted)) {
    const version = marked.get(key)?.version ?? '';
    // What has no traces left is deleted under the lock, where nobody can be adding one.
    if (traces.length === 0) ledgered.push(key);
    else plain.set(key, { version, session: projector.projectSession(key, traces) });
  }
  return { plain, ledgered };
}

/**
 * Stores what was derived; those that were written to since then stay marked. The ledgers of the others, and the traces
 * that their records belong to, are brought up to date under their locks.
 */
export async function saveSessions(derivation: Derivation, { plain, ledgered }: ReadSessions): Promise<void> {
  const { client, projectId } = derivation;
  const bystanders = await lockTraces(
    client,
    projectId,
    await listBystanders(client, projectId, ledgered, []),
  );
  const locked = await lockSessions(client, projectId, [...plain.keys(), ...ledgered]);
  const now = await listMarkedSessions(client, projectId, [...plain.keys()]);
  const kept = [...plain].filter(([key]) => now.has(key));
  const sessions = kept.map(([key, { session }]) => ({ session, ledger: locked.get(key)?.ledger ?? null }));
  const same = kept.filter(([key, { version }]) => now.get(key)?.version === version);
  await updateSessions(client, projectId, sessions);
  await clearStaleSessions(
    client,
    projectId,
    same.map(([key]) => key),
  );
  const traces = { older: new Map<string, never>(), bystanders, newRows: new Map<string, never>() };
  await noteIssues(derivation, await rederiveSessions(derivation, traces, ledgered));
}
