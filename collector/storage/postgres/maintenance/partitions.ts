import type pg from 'pg';
import { classifyDatabaseError } from '../database-error.js';

export type PartitionedTableName =
  'spans' | 'span_payloads' | 'span_contents' | 'log_records' | 'metric_points';

export interface PartitionedTable {
  table: PartitionedTableName;
  timeColumn: 'start_time' | 'time';
  /** In SQL, of a row `t`: the time that its age counts from, where that is not the later of its time and its arrival. */
  age?: string;
}

/**
 * Contents stay as long as payloads of their day do, which may name them. Writers trust what they remember of the last
 * days (`ContentStore`), so that these stay in any case.
 */
const AGE_OF_CONTENTS = `
  case when exists (
    select 1 from span_payloads p where p.project_id = t.project_id
      and p.start_time >= t.start_time and p.start_time < t.start_time + interval '1 day')
  then 'infinity' else greatest(t.start_time + interval '3 days', t.received_at) end`;

/** The tables that have a partition for each UTC day, and the column whose day it is. */
export const PARTITIONED_TABLES: readonly PartitionedTable[] = [
  { table: 'spans', timeColumn: 'start_time' },
  { table: 'span_payloads', timeColumn: 'start_time' },
  { table: 'span_contents', timeColumn: 'start_time', age: AGE_OF_CONTENTS },
  { table: 'log_records', timeColumn: 'time' },
  { table: 'metric_points', timeColumn: 'time' },
];

/** Taken by whoever makes or drops partitions. */
export const PARTITION_LOCK = `hashtextextended('spanledger partitions', 0)`;

const DAY_MILLIS = 86_400_000;
const OLDEST_DAYS = 400;
const NEWEST_DAYS = 8;
const KNOWN_FOR_MILLIS = 10 * 60_000;
const LOCK_TIMEOUT = '10s';

/** The UTC day, such as `2026-11-21`, of microseconds since the Unix epoch. */
export function readDay(micros: bigint): string {
  return renderDay(Number(micros / 1000n));
}

/** Name of a table's partition for a UTC day such as `2026-11-21`. */
export function partitionName(table: PartitionedTableName, day: string): string {
  return `${table}_${day.replaceAll('-', '')}`;
}

/** The UTC days from `first` to `last` days from now, both included. */
export function listDays(first: number, last: number, now: number = Date.now()): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) =>
    renderDay(now + (first + index) * DAY_MILLIS),
  );
}

/** The days that each pool's database is known to have partitions for, and until when that is believed. */
const knownDays = new WeakMap<pg.Pool, Map<string, number>>();

/**
 * Makes the partitions that rows of these UTC days need, where they are missing. Rows of days more than 400 days ago
 * or 8 days ahead have none of their own: they go to the default partition. Days seen in the last ten minutes cost no
 * query. Rejects with `STORAGE_UNAVAILABLE` where they can't be made now.
 */
export async function ensureDaysForBatch(
  pool: pg.Pool,
  days: Iterable<string>,
  tables: readonly PartitionedTable[] = PARTITIONED_TABLES,
): Promise<void> {
  const known = knownDays.get(pool) ?? new Map<string, number>();
  knownDays.set(pool, known);
  const now = Date.now();
  const oldest = renderDay(now - OLDEST_DAYS * DAY_MILLIS);
  const newest = renderDay(now + NEWEST_DAYS * DAY_MILLIS);
  const unknown = [...new Set(days)].filter(
    (day) =>
      day >= oldest &&
      day <= newest &&
      tables.some(({ table }) => (known.get(partitionName(table, day)) ?? 0) < now),
  );
  if (unknown.length === 0) return;
  await ensurePartitions(pool, unknown, tables);
  for (const day of unknown) {
    for (const { table } of tables) known.set(partitionName(table, day), now + KNOWN_FOR_MILLIS);
  }
}

/**
 * Makes the partitions of these UTC days that are missing, and moves rows of theirs out of the default partition.
 * Idempotent; several collectors may do it at once. Rejects with `STORAGE_UNAVAILABLE` where it can't be done now.
 */
export async function ensurePartitions(
  pool: pg.Pool,
  days: Iterable<string>,
  tables: readonly PartitionedTable[] = PARTITIONED_TABLES,
): Promise<void> {
  try {
    const wanted = [...new Set(days)].sort();
    const attached = await listAttached(pool);
    const missing = wanted.flatMap((day) =>
      tables
        .filter(({ table }) => !attached.has(partitionName(table, day)))
        .map((table) => ({ ...table, day })),
    );
    if (missing.length === 0) return;
    const client = await pool.connect();
    try {
      for (const { day, ...table } of missing) await makePartition(client, table, day);
    } finally {
      client.release();
    }
  } catch (error) {
    throw classifyDatabaseError(error);
  }
}

/** Bounds of a UTC day as `timestamptz` literals. */
export function readDayBounds(day: string): { from: string; to: string } {
  const next = renderDay(Date.parse(`${day}T00:00:00Z`) + DAY_MILLIS);
  return { from: `'${day} 00:00:00+00'`, to: `'${next} 00:00:00+00'` };
}

async function listAttached(pool: pg.Pool): Promise<Set<string>> {
  const { rows } = await pool.query<{ name: string }>(
    `select child.relname::text as name
       from pg_inherits
       join pg_class child on child.oid = inhrelid
      where inhparent = any ($1::text[]::regclass[]) and not inhdetachpending`,
    [PARTITIONED_TABLES.map(({ table }) => table)],
  );
  return new Set(rows.map((row) => row.name));
}

/** In one transaction: others see a partition with all its rows or none. One that was detached comes back. */
async function makePartition(client: pg.ClientBase, table: PartitionedTable, day: string): Promise<void> {
  await client.query(`begin; set local lock_timeout = '${LOCK_TIMEOUT}'; set local statement_timeout = 0`);
  try {
    await client.query(`select pg_advisory_xact_lock(${PARTITION_LOCK})`);
    const state = await readState(client, table.table, partitionName(table.table, day));
    if (state !== 'attached') await attachPartition(client, table, day, state);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}

/** `detaching` is one whose detachment was interrupted, `loose` one that has been detached. */
type PartitionState = 'attached' | 'detaching' | 'loose' | 'missing';

async function readState(
  client: pg.ClientBase,
  table: PartitionedTableName,
  name: string,
): Promise<PartitionState> {
  const { rows } = await client.query<{ parent: string | null; detaching: boolean | null }>(
    `select inhparent::regclass::text as parent, inhdetachpending as detaching
       from pg_class child left join pg_inherits on inhrelid = child.oid
      where child.oid = to_regclass($1)`,
    [name],
  );
  const row = rows[0];
  if (row === undefined) return 'missing';
  if (row.parent !== table) return 'loose';
  return row.detaching === true ? 'detaching' : 'attached';
}

/**
 * Attaching, unlike creating in place, lets reads and writes of other partitions go on. The default partition is
 * locked first, so that no row of the day gets into it between the move and the attachment. A partition that was
 * detached comes back with its rows.
 */
async function attachPartition(
  client: pg.ClientBase,
  { table, timeColumn }: PartitionedTable,
  day: string,
  state: PartitionState,
): Promise<void> {
  const name = partitionName(table, day);
  const { from, to } = readDayBounds(day);
  if (state === 'detaching') await client.query(`alter table ${table} detach partition ${name} finalize`);
  if (state === 'missing') {
    await client.query(`create table ${name} (like ${table} including all) with (toast_tuple_target = 8160)`);
  }
  await client.query(`lock table only ${table} in share update exclusive mode`);
  await client.query(`lock table ${table}_default in access exclusive mode`);
  // A row that is there already came by another way and is the same one.
  await client.query(
    `with moved as (
       delete from ${table}_default where ${timeColumn} >= ${from} and ${timeColumn} < ${to} returning *
     )
     insert into ${name} select * from moved on conflict do nothing`,
  );
  await client.query(`alter table ${table} attach partition ${name} for values from (${from}) to (${to})`);
}

function renderDay(millis: number): string {
  return new Date(millis).toISOString().slice(0, 10);
}
