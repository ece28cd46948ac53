import { afterEach, beforeEach, expect, test } from 'vitest';
import type pg from 'pg';
import { createMaintenance } from '../../collector/storage/postgres/maintenance/maintenance.js';
import {
  ensureDaysForBatch,
  ensurePartitions,
  listDays,
  readDay,
} from '../../collector/storage/postgres/maintenance/partitions.js';
import { classifyDatabaseError, createPool } from '../../collector/storage/postgres/pool.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';
import { insertSpan } from '../support/stored-days.js';

let database: TestDatabase;
let pool: pg.Pool;

beforeEach(async () => {
  database = await createTestDatabase();
  pool = createPool(database.connection);
});

afterEach(async () => {
  await pool.end();
  await database.drop();
});

async function listPartitions(table: string): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `select inhrelid::regclass::text as name from pg_inherits where inhparent = $1::regclass order by 1`,
    [table],
  );
  return rows.map((row) => row.name);
}

async function findPlace(): Promise<string[]> {
  const { rows } = await pool.query<{ place: string }>('select tableoid::regclass::text as place from spans');
  return rows.map((row) => row.place);
}

function countQueries(): () => number {
  const { totalCount } = pool;
  let count = 0;
  pool.on('acquire', () => count++);
  return () => count + pool.totalCount - Math.max(totalCount, pool.totalCount);
}

test('days are those of UTC', () => {
  const micros = BigInt(Date.parse('2026-11-21T23:59:59.999Z')) * 1000n + 999n;
  expect([readDay(micros), readDay(micros + 1n)]).toEqual(['2026-11-21', '2026-11-22']);
  expect(listDays(-1, 1, Date.parse('2026-03-01T00:00:00Z'))).toEqual([
    '2026-02-28',
    '2026-03-01',
    '2026-03-02',
  ]);
});

test('each table gets a partition a day beside its default one, made once', async () => {
  await ensurePartitions(pool, ['2026-11-21', '2026-11-20', '2026-11-21']);
  await ensurePartitions(pool, ['2026-11-21']);
  for (const table of ['spans', 'span_payloads', 'log_records', 'metric_points']) {
    expect(await listPartitions(table)).toEqual([
      `${table}_20261120`,
      `${table}_20261121`,
      `${table}_default`,
    ]);
  }
  const { rows } = await pool.query(`select reloptions from pg_class where relname = 'spans_20261121'`);
  expect(rows).toEqual([{ reloptions: ['toast_tuple_target=8160'] }]);
});

test('a partition has every index of its table', async () => {
  await ensurePartitions(pool, ['2026-11-21']);
  const { rows } = await pool.query<{ parent: number; child: number; valid: boolean }>(
    `select (select count(*) from pg_index where indrelid = 'log_records'::regclass) as parent,
            (select count(*) from pg_index where indrelid = 'log_records_20261121'::regclass) as child,
            (select bool_and(indisvalid) from pg_index where indrelid = 'log_records'::regclass) as valid`,
  );
  expect(rows[0]?.child).toBe(rows[0]?.parent);
  expect(rows[0]?.valid).toBe(true);
});

test('collectors that make the same partitions at once do not disturb each other', async () => {
  const pools = Array.from({ length: 4 }, () => createPool(database.connection, { max: 1 }));
  try {
    await Promise.all(pools.map((own) => ensurePartitions(own, listDays(0, 2))));
    expect(await listPartitions('spans')).toHaveLength(4);
  } finally {
    await Promise.all(pools.map((own) => own.end()));
  }
});

test('rows that came before their partition move into it', async () => {
  await insertSpan(pool, { trace: 'a', daysAgo: 0 });
  await insertSpan(pool, { trace: 'b', daysAgo: 3 });
  expect(await findPlace()).toEqual(['spans_default', 'spans_default']);
  const [today = ''] = listDays(0, 0);
  await ensurePartitions(pool, [today]);
  expect((await findPlace()).sort()).toEqual([`spans_${today.replaceAll('-', '')}`, 'spans_default']);
});

test('a partition that was detached comes back with its rows', async () => {
  const [today = ''] = listDays(0, 0);
  const name = `spans_${today.replaceAll('-', '')}`;
  await ensurePartitions(pool, [today]);
  await insertSpan(pool, { trace: 'a', daysAgo: 0 });
  await pool.query(`alter table spans detach partition ${name}`);
  await insertSpan(pool, { trace: 'b', daysAgo: 0 }).catch(() => undefined);
  await ensurePartitions(pool, [today]);
  expect(await findPlace()).toEqual([name, name]);
});

test('a batch makes the days it needs once, and leaves absurd ones to the default partition', async () => {
  const days = [...listDays(-2, 0), '1970-01-01', '2999-01-01'];
  await ensureDaysForBatch(pool, days);
  expect(await listPartitions('spans')).toHaveLength(4);
  const count = countQueries();
  await ensureDaysForBatch(pool, days);
  expect(count()).toBe(0);
});

test('rows are written while their partitions are made, after another try at most', async () => {
  const days = listDays(-10, 0);
  const write = async (number: number): Promise<void> => {
    const span = { trace: `t${String(number)}`, daysAgo: number % 10 };
    await insertSpan(pool, span).catch(async (error: unknown) => {
      expect(classifyDatabaseError(error).code).toBe('STORAGE_UNAVAILABLE');
      await insertSpan(pool, span);
    });
  };
  const made = ensurePartitions(pool, days);
  await Promise.all(Array.from({ length: 200 }, (_, number) => write(number)));
  await made;
  expect((await pool.query('select count(*) from spans')).rows).toEqual([{ count: 200 }]);
  expect(await findPlace()).not.toContain('spans_default');
});

test('the upkeep makes partitions from yesterday to the days ahead', async () => {
  await createMaintenance(pool).ensurePartitions(7);
  const expected = listDays(-1, 7).map((day) => `spans_${day.replaceAll('-', '')}`);
  expect(await listPartitions('spans')).toEqual([...expected, 'spans_default']);
});
