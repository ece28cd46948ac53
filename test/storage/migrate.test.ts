import { afterAll, expect, test } from 'vitest';
import pg from 'pg';
import { createTestDatabase } from '../support/database.js';

test('smoke', async () => {
  for (let i = 0; i < 3; i++) {
    const start = Date.now();
    const database = await createTestDatabase();
    const client = new pg.Client({ connectionString: database.connectionString });
    await client.connect();
    console.log((await client.query('select version(), (select count(*) from projects)')).rows, Date.now() - start);
    await client.end();
    await database.drop();
  }
  expect(1).toBe(1);
});
