import type { ClientBase } from 'pg';
import type { SessionRow } from '../../../model/rows.js';
import type { Queryable } from '../rows/queryable.js';
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
  select session_id, ledger_from, ledger_to, trace_count, entry_count, stale_since is not null as is_stale
  from sessions where project_id = $1 and session_id = any($2::text[]) order by session_id collate "C" for update`;

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

/** What the row of a session said when it was locked. */
export interface LockedSession {
  /** The times from the first to the last record of its ledger; null where it has none. */
  ledger: TimeWindow | null;
  traceCount: number;
  /** Spans and reports. */
  entryCount: number;
  isStale: boolean;
}

/** Locks the rows of sessions until the transaction ends; answers with those that exist. */
export async function lockSessions(
  client: ClientBase,
  projectId: string,
  sessionIds: readonly string[],
): Promise<Map<string, LockedSession>> {
  if (sessionIds.length === 0) return new Map();
  const { rows } = await client.query<{
    session_id: string;
    ledger_from: bigint | null;
    ledger_to: bigint | null;
    trace_count: number;
    entry_count: number;
    is_stale: boolean;
  }>(LOCK, [projectId, sessionIds]);
  return new Map(
    rows.map(({ session_id, ledger_from: from, ledger_to: to, ...row }) => [
      session_id,
      {
        ledger: from === null || to === null ? null : { fromMicros: from, toMicros: to },
        traceCount: row.trace_count,
        entryCount: row.entry_count,
        isStale: row.is_stale,
      },
    ]),
  );
}

const STALE_COLUMNS = {
  session_id: 'text',
  ledger_from: 'timestamptz',
  ledger_to: 'timestamptz',
  seen_at: 'timestamptz',
} as const;

const MARK_STALE = `
  update sessions set stale_since = coalesce(stale_since, source.seen_at), ledger_from = source.ledger_from,
    ledger_to = source.ledger_to
  from ${selectRows(STALE_COLUMNS).source}
  where sessions.project_id = $1 and sessions.session_id = source.session_id`;

/** Marks the rows of locked sessions as stale, each with the times of its ledger's records. */
export async function markSessionsStale(
  client: ClientBase,
  projectId: string,
  ledgers: ReadonlyMap<string, TimeWindow | null>,
  nowMicros: bigint,
): Promise<void> {
  const rows = [...ledgers].map(([session_id, ledger]) => ({
    session_id,
    ledger_from: ledger === null ? null : renderTimestamp(ledger.fromMicros),
    ledger_to: ledger === null ? null : renderTimestamp(ledger.toMicros),
    seen_at: renderTimestamp(nowMicros),
  }));
  await sendRows(client, MARK_STALE, projectId, rows);
}

const CLEAR_STALE =
  'update sessions set stale_since = null where project_id = $1 and session_id = any($2::text[])';

/** Says of locked sessions that their rows are up to date. */
export async function clearStaleSessions(
  client: ClientBase,
  projectId: string,
  sessionIds: readonly string[],
): Promise<void> {
  if (sessionIds.length > 0) await client.query(CLEAR_STALE, [projectId, sessionIds]);
}

const LIST_MARKED = `
  select session_id, ledger_from is not null as has_ledger, xmin::text as version from sessions
  where project_id = $1 and session_id = any($2::text[]) and stale_since is not null`;

/** Those of these sessions that are stale, by id; `version` is another one after each write to the row. */
export async function listMarkedSessions(
  client: ClientBase,
  projectId: string,
  sessionIds: readonly string[],
): Promise<Map<string, { hasLedger: boolean; version: string }>> {
  const { rows } = await client.query<{ session_id: string; has_ledger: boolean; version: string }>(
    LIST_MARKED,
    [projectId, sessionIds],
  );
  return new Map(
    rows.map(({ session_id, has_ledger: hasLedger, version }) => [session_id, { hasLedger, version }]),
  );
}

const LIST_STALE = `
  select session_id, trace_count from sessions
  where project_id = $1 and stale_since is not null order by stale_since limit $2`;

/** The stale sessions of a project, those that have been so for the longest first. */
export async function listStaleSessions(
  database: Queryable,
  projectId: string,
  limit: number,
): Promise<{ sessionId: string; traceCount: number }[]> {
  const { rows } = await database.query(LIST_STALE, [projectId, limit]);
  return rows.map((row) => ({ sessionId: row.session_id as string, traceCount: Number(row.trace_count) }));
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
