import type { ClientBase } from 'pg';
import type { SessionRow } from '../../../model/rows.js';
import type { TimeWindow } from '../rows/time-window.js';
import { renderTimestamp } from '../rows/timestamp.js';
import { insertStatement, selectRows, sendRows } from './record-set.js';
import type { RecordOf } from './record-set.js';
import { SUMMARY_COLUMNS, cleanOrNull, renderSummary } from './summary-columns.js';

const COLUMNS = {
  session_id: 'text',
  ...SUMMARY_COLUMNS,
  trace_count: 'bigint',
  entry_count: 'bigint',
  task: 'text',
  ledger_from: 'timestamptz',
  ledger_to: 'timestamptz',
} as const;

const ORDER = 'source.session_id collate "C"';

const INSERT = insertStatement('sessions', COLUMNS, ORDER, 'on conflict do nothing returning session_id');

const UPDATE = `
  update sessions set ${Object.keys(COLUMNS)
    .filter((name) => name !== 'session_id')
    .map((name) => `${name} = source.${name}`)
    .join(', ')}
  from ${selectRows(COLUMNS).source}
  where sessions.project_id = $1 and sessions.session_id = source.session_id`;

const LOCK = `
  select session_id, ledger_from, ledger_to from sessions where project_id = $1 and session_id = any($2::text[])
  order by session_id collate "C" for update`;

const DELETE = 'delete from sessions where project_id = $1 and session_id = any($2::text[])';

/** Inserts, in key order, the sessions that have no row yet; answers with their ids. */
export async function insertSessions(
  client: ClientBase,
  projectId: string,
  sessions: readonly SessionRow[],
): Promise<Set<string>> {
  const given = sessions.map((session) => renderSession({ session, ledger: null }));
  const rows = await sendRows<{ session_id: string }>(client, INSERT, projectId, given);
  return new Set(rows.map((row) => row.session_id));
}

/**
 * Locks the rows of sessions until the transaction ends; answers with those that exist: with the times from the first
 * to the last record of the session's ledger, or null where it has none.
 */
export async function lockSessions(
  client: ClientBase,
  projectId: string,
  sessionIds: readonly string[],
): Promise<Map<string, TimeWindow | null>> {
  if (sessionIds.length === 0) return new Map();
  const { rows } = await client.query<{
    session_id: string;
    ledger_from: bigint | null;
    ledger_to: bigint | null;
  }>(LOCK, [projectId, sessionIds]);
  return new Map(
    rows.map(({ session_id, ledger_from, ledger_to }) => [
      session_id,
      ledger_from === null || ledger_to === null ? null : { fromMicros: ledger_from, toMicros: ledger_to },
    ]),
  );
}

/** A session with the times of its ledger's records; null where it has none. */
export interface LedgeredSession {
  session: SessionRow;
  ledger: TimeWindow | null;
}

/** Replaces the rows of locked sessions. */
export async function updateSessions(
  client: ClientBase,
  projectId: string,
  sessions: readonly LedgeredSession[],
): Promise<void> {
  await sendRows(client, UPDATE, projectId, sessions.map(renderSession));
}

export async function deleteSessions(
  client: ClientBase,
  projectId: string,
  sessionIds: readonly string[],
): Promise<void> {
  if (sessionIds.length > 0) await client.query(DELETE, [projectId, sessionIds]);
}

function renderSession({ session, ledger }: LedgeredSession): RecordOf<typeof COLUMNS> {
  return {
    session_id: session.sessionId,
    ...renderSummary(session),
    trace_count: session.traceCount,
    entry_count: session.entryCount,
    task: cleanOrNull(session.task),
    ledger_from: ledger === null ? null : renderTimestamp(ledger.fromMicros),
    ledger_to: ledger === null ? null : renderTimestamp(ledger.toMicros),
  };
}
