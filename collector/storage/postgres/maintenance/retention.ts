import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { RetentionRun } from '../../../contract/shapes.js';
import { renderTime } from '../../../model/time.js';
import { classifyDatabaseError } from '../database-error.js';
import { parseTimestamptz } from '../type-parsers.js';
import type { Cutoffs, RetentionClass } from './cutoffs.js';
import { readCutoffs } from './cutoffs.js';
import { expireLogBodies } from './expired-log-bodies.js';
import type { Deletion } from './expired-partitions.js';
import { expirePartitions } from './expired-partitions.js';
import type { ExpiringRows } from './expired-rows.js';
import { countExpired, deleteExpired } from './expired-rows.js';
import { PARTITIONED_TABLES } from './partitions.js';

/** A session some of whose traces were deleted. */
export interface SessionKey {
  projectId: string;
  sessionId: string;
}

export interface RetentionOptions {
  dryRun: boolean;
  /** Computes again the rows of sessions that lost traces and have others left. */
  refreshSessions?: (client: pg.ClientBase, sessions: SessionKey[]) => Promise<void>;
}

const RETENTION_LOCK = `hashtextextended('spanledger retention', 0)`;
const RUNS_KEPT_DAYS = 365;
const SESSIONS_AT_ONCE = 500;

/** A ledger has the records of its session that report something and name no trace. */
const OF_TRACE = (trace: string): string =>
  `(l.project_id = ${trace}.project_id and l.trace_id = ${trace}.trace_id)`;
const OF_LEDGER = (trace: string): string => `(${trace}.is_ledger and l.project_id = ${trace}.project_id
   and l.trace_id = ''::bytea and l.session_id = ${trace}.session_key and l.report is not null)`;

const HAS_SPAN = (trace: string): string => `(exists (
  select 1 from spans s
   where s.project_id = ${trace}.project_id and s.trace_id = ${trace}.trace_id)
 or exists (select 1 from log_records l where ${OF_TRACE(trace)})
 or exists (select 1 from log_records l where ${OF_LEDGER(trace)}))`;

const HAS_UNEXPIRED_SPAN = (trace: string): string => `(exists (
  select 1 from spans s
   where s.project_id = ${trace}.project_id and s.trace_id = ${trace}.trace_id
     and greatest(s.start_time, s.received_at) >= cutoff)
 or exists (
  select 1 from log_records l where ${OF_TRACE(trace)} and greatest(l.time, l.received_at) >= cutoff)
 or exists (
  select 1 from log_records l where ${OF_LEDGER(trace)} and greatest(l.time, l.received_at) >= cutoff))`;

/**
 * Where spans have been deleted, a trace stays as long as any is left: with 0 days, one that has expired may have been
 * committed since. A dry run has deleted none.
 */
function describeTraces(dryRun: boolean): ExpiringRows {
  return {
    relation: 'traces',
    age: 't.last_seen_at',
    unless: [(dryRun ? HAS_UNEXPIRED_SPAN : HAS_SPAN)('t')],
    returning: ['project_id', 'session_key'],
  };
}

function describeSessions(dryRun: boolean): ExpiringRows {
  return {
    relation: 'sessions',
    age: 't.ended_at',
    unless: [
      `exists (select 1 from traces r
        where r.project_id = t.project_id and r.session_key = t.session_id
          ${dryRun ? `and (r.last_seen_at >= cutoff or ${HAS_UNEXPIRED_SPAN('r')})` : ''})`,
      `exists (select 1 from log_records l
        where l.project_id = t.project_id and l.session_id = t.session_id
          and greatest(l.time, l.received_at) >= cutoff)`,
    ],
  };
}

/** What else goes row by row, with its class. Each condition says what is left, not what was deleted, so the order is free. */
const ROW_TABLES: readonly (ExpiringRows & { kind: RetentionClass })[] = [
  {
    kind: 'spans',
    relation: 'metrics',
    age: 't.last_time',
    unless: [
      `exists (select 1 from metric_points m
        where m.project_id = t.project_id and m.metric_name = t.name
          and greatest(m.time, m.received_at) >= cutoff)`,
    ],
  },
  { kind: 'spans', relation: 'ingest_issues', age: 't.time' },
  { kind: 'records', relation: 'agent_executions', age: 'greatest(t.started_at, t.created_at)' },
];

/**
 * Deletes what has expired for every project, once for all collectors on the database (others wait), and reports it in
 * `retention_runs`. With `dryRun` nothing is deleted and the report says what would be.
 * Rejects with `STORAGE_UNAVAILABLE`; what was deleted by then stays so, and the next run goes on.
 */
export async function runRetention(pool: pg.Pool, options: RetentionOptions): Promise<RetentionRun> {
  const client = await pool.connect().catch((error: unknown) => {
    throw classifyDatabaseError(error);
  });
  try {
    await client.query('set statement_timeout = 0; set idle_in_transaction_session_timeout = 0');
    await client.query(`select pg_advisory_lock(${RETENTION_LOCK})`);
    return await expireAll(client, options);
  } catch (error) {
    throw classifyDatabaseError(error);
  } finally {
    // Closed rather than handed on, which ends the lock and the settings with it.
    client.release(true);
  }
}

async function expireAll(client: pg.ClientBase, options: RetentionOptions): Promise<RetentionRun> {
  const { dryRun } = options;
  const startedAt = await readClock(client);
  const cutoffs = await readCutoffs(client);
  const deleted: RetentionRun['deleted'] = [];
  const add = (what: string, { latest }: Cutoffs, deletion: Deletion): void => {
    if (latest === undefined || (deletion.rows === 0 && deletion.partitions === 0)) return;
    deleted.push({ what, before: renderTime(parseTimestamptz(latest) * 1000n), ...deletion });
  };
  for (const table of PARTITIONED_TABLES) {
    const isBody = table.table === 'span_payloads' || table.table === 'span_contents';
    const own = cutoffs[isBody ? 'payloads' : 'spans'];
    add(table.table, own, await expirePartitions(client, table, own, dryRun));
  }
  add('log bodies', cutoffs.payloads, await expireLogBodies(client, cutoffs, dryRun));
  add('traces', cutoffs.spans, await expireTraces(client, cutoffs.spans, options));
  for (const { kind, ...rows } of [{ kind: 'spans' as const, ...describeSessions(dryRun) }, ...ROW_TABLES]) {
    add(rows.relation, cutoffs[kind], await expireRows(client, rows, cutoffs[kind], dryRun));
  }
  const endedAt = await readClock(client);
  await client.query(
    `insert into retention_runs (id, started_at, ended_at, dry_run, deleted) values ($1, $2, $3, $4, $5)`,
    [randomUUID(), renderTime(startedAt), renderTime(endedAt), dryRun, JSON.stringify(deleted)],
  );
  await client.query(`delete from retention_runs where started_at < now() - make_interval(days => $1)`, [
    RUNS_KEPT_DAYS,
  ]);
  return { started_at: renderTime(startedAt), ended_at: renderTime(endedAt), dry_run: dryRun, deleted };
}

async function expireTraces(
  client: pg.ClientBase,
  cutoffs: Cutoffs,
  { dryRun, refreshSessions }: RetentionOptions,
): Promise<Deletion> {
  const touched = new Map<string, SessionKey>();
  const deletion = await expireRows(client, describeTraces(dryRun), cutoffs, dryRun, (rows) => {
    for (const { project_id, session_key } of rows as { project_id: string; session_key: string }[]) {
      touched.set(`${project_id}/${session_key}`, { projectId: project_id, sessionId: session_key });
    }
  });
  const sessions = [...touched.values()];
  for (let first = 0; refreshSessions !== undefined && first < sessions.length; first += SESSIONS_AT_ONCE) {
    const left = await listWithTraces(client, sessions.slice(first, first + SESSIONS_AT_ONCE));
    if (left.length > 0) await refreshSessions(client, left);
  }
  return deletion;
}

async function listWithTraces(client: pg.ClientBase, sessions: SessionKey[]): Promise<SessionKey[]> {
  const { rows } = await client.query<{ project_id: string; session_key: string }>(
    `select distinct project_id, session_key
       from unnest($1::uuid[], $2::text[]) as touched (project_id, session_key)
       join traces using (project_id, session_key)`,
    [sessions.map((session) => session.projectId), sessions.map((session) => session.sessionId)],
  );
  return rows.map((row) => ({ projectId: row.project_id, sessionId: row.session_key }));
}

async function expireRows(
  client: pg.ClientBase,
  rows: ExpiringRows,
  cutoffs: Cutoffs,
  dryRun: boolean,
  onDeleted?: (deleted: Record<string, unknown>[]) => void,
): Promise<Deletion> {
  if (cutoffs.latest === undefined) return { partitions: 0, rows: 0, bytes: 0 };
  const { expired, bytes } = await countExpired(client, rows, cutoffs);
  if (dryRun || expired === 0) return { partitions: 0, rows: expired, bytes };
  return { partitions: 0, rows: await deleteExpired(client, rows, cutoffs, onDeleted), bytes };
}

/** Nanoseconds since the epoch by the database's clock. */
async function readClock(client: pg.ClientBase): Promise<bigint> {
  const { rows } = await client.query<{ now: bigint }>('select clock_timestamp() as now');
  return (rows[0]?.now ?? 0n) * 1000n;
}
