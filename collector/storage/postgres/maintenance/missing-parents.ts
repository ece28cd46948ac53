import type pg from 'pg';
import { splitMicros } from '../../../model/time.js';
import { classifyDatabaseError } from '../database-error.js';
import { renderWindows } from '../rows/time-window.js';
import { renderTimestamp } from '../rows/timestamp.js';
import { encodeIssue, insertIssues } from '../write/issues.js';

/** Traces looked at in one statement. */
const BATCH_TRACES = 500;

const LIST_QUIET = `
  select project_id, trace_id, started_at, ended_at, last_seen_at from traces
  where not is_complete and not is_ledger and span_count > 0
    and (last_seen_at, trace_id) > ($1::timestamptz, $2::bytea) and last_seen_at <= $3::timestamptz
  order by last_seen_at, trace_id limit ${BATCH_TRACES}`;

/** Bits 8 and 9 of the flags say that the parent is remote (trace.proto, SpanFlags): another sender may keep it. */
const listMissingStatement = (timeCondition: string): string => `
  select child.project_id, child.trace_id, count(*) as count, min(child.service_name) as service_name
  from spans child
  where (child.project_id, child.trace_id) in (select * from unnest($1::uuid[], $2::bytea[]))
    and child.trace_id = any($2::bytea[]) and child.parent_span_id is not null and child.flags & 768 <> 768
    and ${timeCondition}
    and not exists (
      select from spans parent
      where parent.project_id = child.project_id and parent.trace_id = child.trace_id
        and parent.span_id = child.parent_span_id
    )
  group by child.project_id, child.trace_id`;

interface QuietTrace {
  project_id: string;
  trace_id: Buffer;
  started_at: bigint;
  ended_at: bigint;
  last_seen_at: bigint;
}

/**
 * Lists an issue for each trace that was last seen in this time (from exclusive, to inclusive, in microseconds) and lacks
 * parents of its spans. Idempotent. Answers with the number of such traces.
 */
export async function noteMissingParents(
  pool: pg.Pool,
  { fromMicros, toMicros }: { fromMicros: bigint; toMicros: bigint },
): Promise<number> {
  let noted = 0;
  let after: [bigint, Buffer] = [fromMicros, LAST_TRACE_ID];
  try {
    for (;;) {
      const { rows } = await pool.query<QuietTrace>(LIST_QUIET, [
        renderTimestamp(after[0]),
        after[1],
        renderTimestamp(toMicros),
      ]);
      noted += await noteTraces(pool, rows);
      const last = rows.at(-1);
      if (last === undefined || rows.length < BATCH_TRACES) return noted;
      after = [last.last_seen_at, last.trace_id];
    }
  } catch (error) {
    throw classifyDatabaseError(error);
  }
}

const LAST_TRACE_ID = Buffer.alloc(16, 0xff);

async function noteTraces(pool: pg.Pool, traces: readonly QuietTrace[]): Promise<number> {
  if (traces.length === 0) return 0;
  const values: unknown[] = [traces.map((trace) => trace.project_id), traces.map((trace) => trace.trace_id)];
  const windows = traces.map(({ started_at, ended_at }) => ({ fromMicros: started_at, toMicros: ended_at }));
  const condition = renderWindows('child.start_time', windows, values);
  const { rows } = await pool.query<{
    project_id: string;
    trace_id: Buffer;
    count: number;
    service_name: string | null;
  }>(listMissingStatement(condition), values);
  const nowMicros = splitMicros(BigInt(Date.now()) * 1_000_000n).micros;
  const client = await pool.connect();
  try {
    for (const { project_id, trace_id, count, service_name } of rows) {
      const issue = {
        code: 'TRACE_PARENT_MISSING',
        message: `the parents of ${count} ${count === 1 ? 'span' : 'spans'} never came`,
        signal: 'traces' as const,
        serviceName: service_name,
        scopeName: null,
        traceId: trace_id.toString('hex'),
        spanId: null,
        key: null,
      };
      await insertIssues(client, project_id, [encodeIssue(issue, project_id, nowMicros)]);
    }
  } finally {
    client.release();
  }
  return rows.length;
}
