import { afterAll, beforeAll, expect, test } from 'vitest';
import type pg from 'pg';
import { classifyDatabaseError, createPool } from '../../collector/storage/postgres/pool.js';
import { parseTimestamptz } from '../../collector/storage/postgres/type-parsers.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';

let database: TestDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.connection, { max: 2 });
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

test('values read as they are stored', async () => {
  const { rows } = await pool.query(
    `select timestamptz '2026-11-21 04:39:05.123456+02' as time, 9007199254740991 as safe, 9007199254740993 as large,
            1.10::numeric as money, '{"a": 1.0}'::json as json, '[1.0]'::jsonb as jsonb, '\\x00ff'::bytea as bytes,
            array['a', null] as texts`,
  );
  expect(rows[0]).toEqual({
    time: BigInt(Date.parse('2026-11-21T02:39:05.123Z')) * 1000n + 456n,
    safe: 9007199254740991,
    large: 9007199254740993n,
    money: '1.10',
    json: '{"a": 1.0}',
    jsonb: '[1.0]',
    bytes: Buffer.from([0, 255]),
    texts: ['a', null],
  });
});

test.each([
  ['1970-01-01 00:00:00+00', 0n],
  ['1969-12-31 23:59:59.999999+00', -1n],
  ['2554-07-21 23:34:33.709551+00', 18446744073709551n],
  ['2026-01-01 05:30:00.5+05:30', 1767225600500000n],
  ['0001-01-01 00:00:00+00', -62135596800000000n],
  ['0001-12-31 00:00:00+00 BC', -62135683200000000n],
])('the time %s is read to its microsecond', (text, micros) => {
  expect(parseTimestamptz(text)).toBe(micros);
});

test('sessions are in UTC without JIT, and a statement ends after 30 seconds', async () => {
  const { rows } = await pool.query(
    `select current_setting('TimeZone') as zone, current_setting('jit') as jit,
            current_setting('statement_timeout') as timeout`,
  );
  expect(rows).toEqual([{ zone: 'UTC', jit: 'off', timeout: '30s' }]);
});

test('transactions are read committed, whatever the default of the database', async () => {
  const other = await createTestDatabase();
  const first = createPool(other.connection);
  await first.query(`do $$ begin
    execute format('alter database %I set default_transaction_isolation = serializable', current_database());
  end $$`);
  await first.end();
  const second = createPool(other.connection);
  const { rows } = await second.query('show transaction_isolation');
  await second.end();
  await other.drop();
  expect(rows).toEqual([{ transaction_isolation: 'read committed' }]);
});

async function fail(run: () => Promise<unknown>): Promise<{ code: string; message: string }> {
  const error: unknown = await run().catch((caught: unknown) => caught);
  return classifyDatabaseError(error);
}

test.each([
  [`select 1/0`, 'STORAGE_REJECTED', 'The database refused a value (22012).'],
  [
    `insert into projects (id, name) select id, name from projects`,
    'STORAGE_REJECTED',
    'The database refused a value (23505).',
  ],
  [`select * from nowhere`, 'STORAGE_UNAVAILABLE', /has not been migrated \(42P01\)/],
  [`set statement_timeout = 1; select pg_sleep(1)`, 'STORAGE_UNAVAILABLE', /took too long \(57014\)/],
  [`begin read only; create table x (id integer); commit`, 'STORAGE_UNAVAILABLE', /read-only \(25006\)/],
  [`select pg_terminate_backend(pg_backend_pid())`, 'STORAGE_UNAVAILABLE', /shutting down/],
])('the failure of %s is told as %s', async (statement, code, message) => {
  const own = createPool(database.connection, { max: 1 });
  try {
    const failure = await fail(() => own.query(statement));
    expect(failure.code).toBe(code);
    expect(failure.message).toMatch(message);
  } finally {
    await own.end();
  }
});

test('waiting for a connection ends after two seconds with an error that may be retried', async () => {
  const own = createPool(database.connection, { max: 1 });
  const held = await own.connect();
  try {
    const failure = await fail(() => own.query('select 1'));
    expect(failure).toMatchObject({ code: 'STORAGE_UNAVAILABLE', retryAfterSeconds: 1 });
    expect(failure.message).toMatch(/became free in time/);
  } finally {
    held.release();
    await own.end();
  }
});

test('an idle connection that the server ends is reported and replaced', async () => {
  const reported: string[] = [];
  const own = createPool(database.connection, { max: 1, onError: (error) => reported.push(error.code) });
  try {
    const { rows } = await own.query<{ pid: number }>('select pg_backend_pid() as pid');
    const ended = new Promise((resolve) => own.once('remove', resolve));
    await pool.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
    await ended;
    expect((await own.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    expect(reported).toEqual(['STORAGE_UNAVAILABLE']);
  } finally {
    await own.end();
  }
});
