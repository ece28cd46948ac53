import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { readErrorCode } from '../database-error.js';
import type { Cutoffs } from './cutoffs.js';
import { countExpired, deleteExpired, hasUnexpired } from './expired-rows.js';
import type { PartitionedTable } from './partitions.js';
import { PARTITION_LOCK, listDays, partitionName, readDayBounds } from './partitions.js';

export interface Deletion {
  partitions: number;
  rows: number;
  bytes: number;
}

interface Partition {
  name: string;
  bytes: number;
}

// Everybody who uses the table waits behind a drop that waits, so it gives up soon and tries again.
const DROP_LOCK_TIMEOUT = '2s';
const DROP_ATTEMPTS = 8;
const LOCK_NOT_AVAILABLE = '55P03';
const DEADLOCK_DETECTED = '40P01';

/**
 * Deletes the expired rows of a partitioned table, whole partitions where nothing in them must stay. The partitions
 * of yesterday and after stay even when empty. With `dryRun` it only counts.
 */
export async function expirePartitions(
  client: pg.ClientBase,
  { table, timeColumn, age = `greatest(t.${timeColumn}, t.received_at)` }: PartitionedTable,
  cutoffs: Cutoffs,
  dryRun: boolean,
): Promise<Deletion> {
  const sum: Deletion = { partitions: 0, rows: 0, bytes: 0 };
  if (cutoffs.latest === undefined) return sum;
  const [keptFrom = ''] = listDays(-1, -1);
  const newestDroppable = partitionName(table, keptFrom);
  for (const { name, bytes } of await listPartitions(client, table)) {
    if (startsAfter(table, name, cutoffs.latest)) continue;
    const rows = { relation: name, age };
    const mayDrop = name !== `${table}_default` && name < newestDroppable;
    if (mayDrop && !(await hasUnexpired(client, rows, cutoffs))) {
      const { expired } = await countExpired(client, rows, cutoffs);
      if (dryRun || (await dropPartition(client, table, rows, cutoffs))) {
        sum.partitions += 1;
        sum.rows += expired;
        sum.bytes += bytes;
        continue;
      }
    }
    const count = await countExpired(client, rows, cutoffs);
    sum.rows += dryRun || count.expired === 0 ? count.expired : await deleteExpired(client, rows, cutoffs);
    sum.bytes += count.bytes;
  }
  return sum;
}

/** The partitions of a table, in order of their names. */
export async function listPartitions(client: pg.ClientBase, table: string): Promise<Partition[]> {
  const { rows } = await client.query<Partition>(
    `select child.relname::text as name, pg_total_relation_size(child.oid) as bytes
       from pg_inherits join pg_class child on child.oid = inhrelid
      where inhparent = $1::regclass order by child.relname`,
    [table],
  );
  return rows;
}

/** A day that begins at the cutoff or later holds nothing that has expired. */
export function startsAfter(table: PartitionedTable['table'], name: string, latest: string): boolean {
  const digits = name.slice(table.length + 1);
  if (!/^\d{8}$/.test(digits)) return false;
  const day = `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}`;
  return readDayBounds(day).from.slice(1, -1) >= latest;
}

/**
 * Drops a partition, unless rows came that must stay; says whether it did. Not by `detach … concurrently`, which
 * Postgres refuses for a table that has a default partition (ALTER TABLE, DETACH PARTITION). Writers to this partition
 * are held off while its rows are looked at once more; everybody else waits only for the drop itself.
 */
async function dropPartition(
  client: pg.ClientBase,
  table: PartitionedTable['table'],
  rows: { relation: string; age: string },
  cutoffs: Cutoffs,
): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    try {
      await client.query(`begin; set local lock_timeout = '${DROP_LOCK_TIMEOUT}'`);
      await client.query(`select pg_advisory_xact_lock(${PARTITION_LOCK})`);
      await client.query(`lock table ${rows.relation} in share mode`);
      const mustStay = await hasUnexpired(client, rows, cutoffs);
      if (!mustStay) await client.query(`drop table ${rows.relation}`);
      await client.query('commit');
      return !mustStay;
    } catch (error) {
      await client.query('rollback').catch(() => undefined);
      const code = readErrorCode(error);
      const isBusy = code === LOCK_NOT_AVAILABLE || code === DEADLOCK_DETECTED;
      if (!isBusy || attempt === DROP_ATTEMPTS) {
        throw new Error(`could not drop a partition of ${table}`, { cause: error });
      }
      await delay(attempt * 250);
    }
  }
}
