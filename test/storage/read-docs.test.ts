import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Pool } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPool } from '../../collector/storage/postgres/pool.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';

const document = path.join(import.meta.dirname, '../../docs/data-model.md');

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.connection);
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

test('every statement in the data model page runs', async () => {
  const text = await readFile(document, 'utf8');
  const statements = [...text.matchAll(/```sql\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
  expect(statements.length).toBeGreaterThan(5);
  for (const statement of statements) await expect(pool.query(statement)).resolves.toHaveProperty('rows');
});

test('every table is in the data model page', async () => {
  const text = await readFile(document, 'utf8');
  const { rows } = await pool.query<{ name: string }>(
    `select relname as name from pg_class
     where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition`,
  );
  expect(rows.length).toBeGreaterThan(10);
  for (const { name } of rows) expect(text).toContain(`\`${name}\``);
});
