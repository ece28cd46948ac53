import type pg from 'pg';
import type { Cutoffs } from './cutoffs.js';

/** Rows that expire one by one. In SQL, `t` is the row and `cutoff` its project's. */
export interface ExpiringRows {
  /** Table or partition. */
  relation: string;
  /** The time that a row's age counts from. */
  age: string;
  /** Conditions each of which keeps an old row. */
  unless?: readonly string[];
  /** Columns of deleted rows to hand back. */
  returning?: readonly string[];
}

/** A relation as it is now. */
export interface ExpiredCount {
  total: number;
  expired: number;
  /** Bytes that the expired rows take, by their share of the relation. */
  bytes: number;
}

const BATCH_ROWS = 5_000;

/** Counts the expired rows of a relation, and, if there are any, all its rows. */
export async function countExpired(
  client: pg.ClientBase,
  rows: ExpiringRows,
  cutoffs: Cutoffs,
): Promise<ExpiredCount> {
  const found = await client.query<{ expired: number }>(
    `select count(*) as expired ${selectExpired(rows)}`,
    readParameters(cutoffs),
  );
  const expired = found.rows[0]?.expired ?? 0;
  if (expired === 0) return { total: 0, expired: 0, bytes: 0 };
  const whole = await client.query<{ total: number; bytes: number }>(
    `select (select count(*) from ${rows.relation}) as total, pg_total_relation_size($1) as bytes`,
    [rows.relation],
  );
  const { total, bytes } = whole.rows[0] ?? { total: expired, bytes: 0 };
  return { total, expired, bytes: Math.round((bytes * expired) / Math.max(total, expired)) };
}

/**
 * Deletes the expired rows of a relation, some thousands at a time, each time in a transaction of its own.
 * A row that is changed in the meantime stays. Calls `onDeleted` with the returned columns of each batch.
 */
export async function deleteExpired(
  client: pg.ClientBase,
  rows: ExpiringRows,
  cutoffs: Cutoffs,
  onDeleted: (deleted: Record<string, unknown>[]) => void = () => undefined,
): Promise<number> {
  const returning = (rows.returning ?? []).map((column) => `d.${column}`).join(', ');
  const statement = `with doomed as (select t.ctid as place ${selectExpired(rows)} limit ${BATCH_ROWS})
    delete from ${rows.relation} d using doomed where d.ctid = doomed.place
    ${returning === '' ? '' : `returning ${returning}`}`;
  let deleted = 0;
  for (;;) {
    const batch = await client.query<Record<string, unknown>>(statement, readParameters(cutoffs));
    deleted += batch.rowCount ?? 0;
    onDeleted(batch.rows);
    if ((batch.rowCount ?? 0) < BATCH_ROWS) return deleted;
  }
}

/** Whether a relation has a row that has not expired. */
export async function hasUnexpired(
  client: pg.ClientBase,
  rows: Pick<ExpiringRows, 'relation' | 'age'>,
  cutoffs: Cutoffs,
): Promise<boolean> {
  const { projectIds, times, fallback } = cutoffs;
  const found = await client.query(
    `select 1 from ${rows.relation} t
       left join unnest($1::uuid[], $2::timestamptz[]) as c (project_id, own) on c.project_id = t.project_id
      where ${rows.age} >= coalesce(c.own, $3::timestamptz) limit 1`,
    [projectIds, times, fallback],
  );
  return found.rowCount !== 0;
}

function selectExpired({ relation, age, unless = [] }: ExpiringRows): string {
  return `from ${relation} t
    left join unnest($1::uuid[], $2::timestamptz[]) as c (project_id, own) on c.project_id = t.project_id
    cross join lateral (select coalesce(c.own, $3::timestamptz) as cutoff) as expiry
    where ${age} < $4::timestamptz and ${age} < cutoff
    ${unless.map((condition) => `and not ${condition}`).join('\n    ')}`;
}

/** `$4`, the latest cutoff of all, adds nothing but a bound that an index can serve. */
function readParameters({ projectIds, times, fallback, latest }: Cutoffs): unknown[] {
  return [projectIds, times, fallback, latest ?? '-infinity'];
}
