import type pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createPool } from '../../collector/storage/postgres/pool.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
let pool: pg.Pool;
let lost: string[];

beforeEach(async () => {
  database = await createTestDatabase({ isEmpty: true });
  lost = [];
  pool = createPool(database.connection, { max: 1, onError: ({ message }) => lost.push(message) });
});

afterEach(async () => {
  await pool.end();
  await database.drop();
});

// What a server that hangs does is in test/e2e/database-trouble.test.ts.

test('a statement that takes its time is not ended', async () => {
  const { rows } = await pool.query<{ done: boolean }>('select pg_sleep(3) is not null as done');
  expect(rows).toEqual([{ done: true }]);
  expect(lost).toEqual([]);
});

test('an event loop that is busy for long is not taken for a server that hangs', async () => {
  await pool.query('select 1');
  const answer = pool.query<{ pid: number }>('select pg_backend_pid() as pid from pg_sleep(0.5)');
  for (let round = 0; round < 3; round += 1) {
    const end = performance.now() + 1_500;
    while (performance.now() < end);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const first = (await answer).rows[0]?.pid;
  const second = (await pool.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid;
  expect(second).toBe(first);
  expect(lost).toEqual([]);
});
