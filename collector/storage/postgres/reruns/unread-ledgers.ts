import type { ClientBase } from 'pg';
import { ledgerTraceId } from '../../../model/ids.js';
import { nowUnixNano, splitMicros } from '../../../model/time.js';
import type { Queryable } from '../rows/queryable.js';
import { createPlaceholder } from '../write/derived-traces.js';
import { insertTraces } from '../write/traces.js';

const LIST_SESSIONS = `
  select session_id, min(time) as from_time, max(time) as to_time from log_records
  where project_id = $1 and trace_id = ''::bytea and report is null and session_id is not null
    and ($2::timestamptz is null or time >= $2) and ($3::timestamptz is null or time < $3)
  group by session_id`;

// A writer that waits for nobody may enter a first record just now: its session is seen as it was, its ledger as it is.
const DELETE_UNREAD = `
  delete from traces
  where project_id = $1 and is_ledger and report_count = 0 and last_seen_at = created_at and not exists (
    select from sessions
    where sessions.project_id = traces.project_id and sessions.session_id = traces.session_key
      and ledger_from is not null
  )`;

/**
 * Gives an empty ledger to sessions with records that name no trace and were not understood to report anything, so that
 * a rerun comes by them. No reader sees it; the rerun drops it, or {@link deleteUnreadLedgers} does in the end. Answers
 * with the number of these.
 */
export async function insertUnreadLedgers(
  client: ClientBase,
  { projectId, since, until }: { projectId: string; since: string | null; until: string | null },
): Promise<number> {
  const { rows } = await client.query<{ session_id: string; from_time: bigint; to_time: bigint }>(
    LIST_SESSIONS,
    [projectId, since, until],
  );
  const ledgers = rows.map(({ session_id, from_time, to_time }) => ({
    ...createPlaceholder(ledgerTraceId(session_id)),
    isLedger: true,
    isComplete: true,
    status: 'completed' as const,
    sessionId: session_id,
    startTimeUnixNano: from_time * 1000n,
    endTimeUnixNano: to_time * 1000n,
  }));
  return (await insertTraces(client, projectId, ledgers, splitMicros(nowUnixNano()).micros)).size;
}

/** Drops the ledgers that turned out to have nothing in them. */
export async function deleteUnreadLedgers(database: Queryable, projectId: string): Promise<void> {
  await database.query(DELETE_UNREAD, [projectId]);
}
