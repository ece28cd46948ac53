import type pg from 'pg';
import type { Cutoffs } from './cutoffs.js';
import type { Deletion } from './expired-partitions.js';
import { listPartitions, startsAfter } from './expired-partitions.js';

/** Blocks of a partition that one statement looks at: 4 MiB at most, and as many rows as fit there. */
const BATCH_BLOCKS = 512;

/** Those that expire as a whole are left to the retention of records, whose cutoffs are `$4` and `$5`. */
const EXPIRED = `
  left join unnest($1::uuid[], $2::timestamptz[], $4::timestamptz[]) as c (project_id, own, whole)
    on c.project_id = t.project_id
  where (t.is_content or t.report is not null) and (t.body is not null or t.attributes is not null)
    and greatest(t.time, t.received_at) < coalesce(c.own, $3::timestamptz)
    and greatest(t.time, t.received_at) >= coalesce(c.whole, $5::timestamptz)`;

/**
 * Removes the message bodies of log records whose payload retention has passed: body and attributes become null, and
 * the row stays with its identity and times, so that the record is still known when it is sent again, and with what it
 * reports. Some thousands of rows at a time, each time in a transaction of its own. With `dryRun` it only counts.
 */
export async function expireLogBodies(
  client: pg.ClientBase,
  { payloads, spans }: { payloads: Cutoffs; spans: Cutoffs },
  dryRun: boolean,
): Promise<Deletion> {
  const sum: Deletion = { partitions: 0, rows: 0, bytes: 0 };
  if (payloads.latest === undefined) return sum;
  const parameters = [payloads.projectIds, payloads.times, payloads.fallback, spans.times, spans.fallback];
  for (const { name } of await listPartitions(client, 'log_records')) {
    if (startsAfter('log_records', name, payloads.latest)) continue;
    const { rows, bytes } = await countBodies(client, name, parameters);
    sum.rows += dryRun || rows === 0 ? rows : await removeBodies(client, name, parameters);
    sum.bytes += bytes;
  }
  return sum;
}

async function countBodies(
  client: pg.ClientBase,
  partition: string,
  parameters: unknown[],
): Promise<{ rows: number; bytes: number }> {
  const { rows } = await client.query<{ rows: number; bytes: number }>(
    `select count(*) as rows,
            coalesce(sum(coalesce(pg_column_size(t.body), 0) + coalesce(pg_column_size(t.attributes), 0)), 0)::bigint
              as bytes
       from ${partition} t ${EXPIRED}`,
    parameters,
  );
  return rows[0] ?? { rows: 0, bytes: 0 };
}

/** Block by block, so that no row is looked at twice; the changed rows that land in later blocks have no bodies left. */
async function removeBodies(
  client: pg.ClientBase,
  partition: string,
  parameters: unknown[],
): Promise<number> {
  const size = await client.query<{ blocks: number }>(
    `select pg_relation_size($1::regclass) / current_setting('block_size')::bigint as blocks`,
    [partition],
  );
  const blocks = size.rows[0]?.blocks ?? 0;
  let changed = 0;
  for (let first = 0; first < blocks; first += BATCH_BLOCKS) {
    const { rowCount } = await client.query(
      `with expired as (
         select t.ctid as place from ${partition} t ${EXPIRED} and t.ctid >= $6::tid and t.ctid < $7::tid
       )
       update ${partition} u set body = null, attributes = null, report = report || '{"payload_expired": true}'
       from expired where u.ctid = expired.place`,
      [...parameters, `(${first},0)`, `(${first + BATCH_BLOCKS},0)`],
    );
    changed += rowCount ?? 0;
  }
  return changed;
}
