import type { ClientBase } from 'pg';
import type { Queryable } from '../rows/queryable.js';
import type { TimeWindow } from '../rows/time-window.js';
import { renderTimestamp } from '../rows/timestamp.js';
import { hexBytes, selectRows, sendRows } from './record-set.js';

const STALE_COLUMNS = {
  trace_id: 'bytea',
  started_at: 'timestamptz',
  ended_at: 'timestamptz',
  seen_at: 'timestamptz',
  added: 'bigint',
} as const;

const MARK_STALE = `
  update traces set stale_since = coalesce(stale_since, source.seen_at), last_seen_at = source.seen_at,
    started_at = source.started_at, ended_at = source.ended_at, span_count = span_count + source.added
  from ${selectRows(STALE_COLUMNS).source}
  where traces.project_id = $1 and traces.trace_id = source.trace_id`;

/** A trace that was written to without deriving it anew. */
export interface GrownTrace {
  traceId: string;
  /** Of all its spans. */
  window: TimeWindow;
  addedSpans: number;
}

/** Marks the rows of locked traces as stale, seen now. */
export async function markTracesStale(
  client: ClientBase,
  projectId: string,
  traces: readonly GrownTrace[],
  nowMicros: bigint,
): Promise<void> {
  const rows = traces.map(({ traceId, window, addedSpans }) => ({
    trace_id: hexBytes(traceId),
    started_at: renderTimestamp(window.fromMicros),
    ended_at: renderTimestamp(window.toMicros),
    seen_at: renderTimestamp(nowMicros),
    added: addedSpans,
  }));
  await sendRows(client, MARK_STALE, projectId, rows);
}

const MARK_FOR_SESSION = `
  update traces set stale_since = coalesce(stale_since, $3) where project_id = $1 and trace_id = any($2::bytea[])`;

/** Marks locked traces whose rows are right, so that what depends on these is brought up to date. */
export async function markTracesForSession(
  client: ClientBase,
  projectId: string,
  traceIds: readonly string[],
  nowMicros: bigint,
): Promise<void> {
  await client.query(MARK_FOR_SESSION, [projectId, traceIds.map(hexBytes), renderTimestamp(nowMicros)]);
}

const CLEAR_STALE =
  'update traces set stale_since = null where project_id = $1 and trace_id = any($2::bytea[])';

/** Says of locked traces that their rows are up to date. */
export async function clearStaleTraces(
  client: ClientBase,
  projectId: string,
  traceIds: readonly string[],
): Promise<void> {
  if (traceIds.length > 0) await client.query(CLEAR_STALE, [projectId, traceIds.map(hexBytes)]);
}

const LIST_STALE = `
  select trace_id, session_key, span_count + report_count as record_count from traces
  where project_id = $1 and stale_since is not null order by stale_since limit $2`;

/** The stale traces of a project, those that have been so for the longest first. */
export async function listStaleTraces(
  database: Queryable,
  projectId: string,
  limit: number,
): Promise<{ traceId: string; sessionKey: string; recordCount: number }[]> {
  const { rows } = await database.query(LIST_STALE, [projectId, limit]);
  return rows.map((row) => ({
    traceId: (row.trace_id as Buffer).toString('hex'),
    sessionKey: row.session_key as string,
    recordCount: Number(row.record_count),
  }));
}

/** A stale trace as it is now. */
export interface MarkedTrace {
  sessionKey: string;
  window: TimeWindow;
  /** Another one after each write to the row. */
  version: string;
}

const LIST_MARKED = `
  select trace_id, session_key, started_at, ended_at, xmin::text as version from traces
  where project_id = $1 and trace_id = any($2::bytea[]) and stale_since is not null`;

/** Those of these traces that are stale, by trace id. */
export async function listMarkedTraces(
  client: ClientBase,
  projectId: string,
  traceIds: readonly string[],
): Promise<Map<string, MarkedTrace>> {
  const { rows } = await client.query<{
    trace_id: Buffer;
    session_key: string;
    started_at: bigint;
    ended_at: bigint;
    version: string;
  }>(LIST_MARKED, [projectId, traceIds.map(hexBytes)]);
  return new Map(
    rows.map(({ trace_id, session_key: sessionKey, started_at, ended_at, version }) => {
      const window = { fromMicros: started_at, toMicros: ended_at };
      return [trace_id.toString('hex'), { sessionKey, window, version }];
    }),
  );
}

const WINDOW_COLUMNS = { trace_id: 'bytea', started_at: 'timestamptz', ended_at: 'timestamptz' } as const;

const RESTORE_WINDOWS = `
  update traces set started_at = source.started_at, ended_at = source.ended_at
  from ${selectRows(WINDOW_COLUMNS).source}
  where traces.project_id = $1 and traces.trace_id = source.trace_id`;

/** Gives locked traces their times back, between which all their spans lie, after storing what derives from some of these. */
export async function restoreWindows(
  client: ClientBase,
  projectId: string,
  traces: ReadonlyMap<string, { window: TimeWindow }>,
): Promise<void> {
  const rows = [...traces].map(([traceId, { window }]) => ({
    trace_id: hexBytes(traceId),
    started_at: renderTimestamp(window.fromMicros),
    ended_at: renderTimestamp(window.toMicros),
  }));
  await sendRows(client, RESTORE_WINDOWS, projectId, rows);
}
