import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readContent, readReportContent } from '../../collector/dialects/normalize.js';
import { DEFAULT_PROJECT_ID } from '../../collector/model/ids.js';
import { createProjector } from '../../collector/projections/projector.js';
import {
  findMigrations,
  inspectMigrations,
  migrateDatabase,
} from '../../collector/storage/postgres/migrate.js';
import { connectOrExplain, createPool, openClient } from '../../collector/storage/postgres/pool.js';
import { createPostgresStorage } from '../../collector/storage/postgres/postgres-storage.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';
import { dumpSchema } from '../support/dump-schema.js';
import { insertContentLog, insertDerived, insertSpan } from '../support/stored-days.js';

let database: TestDatabase;
let directory = '';

beforeEach(async () => {
  database = await createTestDatabase({ isEmpty: true });
  directory = mkdtempSync(path.join(os.tmpdir(), 'spanledger-migrations-'));
});

afterEach(async () => {
  await database.drop();
  rmSync(directory, { recursive: true, force: true });
});

function put(file: string, sql: string): void {
  writeFileSync(path.join(directory, file), sql);
}

async function query<Row>(text: string): Promise<Row[]> {
  const client = await openClient(database.connection);
  try {
    return (await client.query(text)).rows as Row[];
  } finally {
    await client.end();
  }
}

test('the migrations make the schema under review', async () => {
  await migrateDatabase(database.connection);
  const client = await openClient(database.connection);
  const dump = await dumpSchema(client).finally(() => client.end());
  const file = path.join(findMigrations(), 'schema.sql');
  if (process.env.UPDATE_GOLDEN === '1') await writeFile(file, dump);
  expect(dump).toBe(await readFile(file, 'utf8'));
});

test('migrations are applied once, in order, each with what it was and who applied it', async () => {
  put('0001_first.sql', 'create table first (id integer);');
  put('0002_second.sql', 'insert into first values (1); create table second (id integer);');
  const lines: string[] = [];
  const options = { directory, onProgress: (line: string) => lines.push(line) };
  const applied = ['0001_first', '0002_second'];
  expect(await migrateDatabase(database.connection, options)).toEqual({ applied, current: '0002_second' });
  expect(await migrateDatabase(database.connection, options)).toEqual({
    applied: [],
    current: '0002_second',
  });
  expect(lines).toEqual(['applying migration 0001_first', 'applying migration 0002_second']);
  expect(await query('select count(*) from first')).toEqual([{ count: 1 }]);
  expect(
    await query('select version, name, applied_by <> $$$$ as known from schema_migrations order by 1'),
  ).toEqual([
    { version: 1, name: '0001_first', known: true },
    { version: 2, name: '0002_second', known: true },
  ]);
});

test('of collectors that migrate at once each migration is applied by one', async () => {
  put('0001_first.sql', 'create table first (id integer); select pg_sleep(0.2);');
  const results = await Promise.all(
    Array.from({ length: 4 }, () => migrateDatabase(database.connection, { directory })),
  );
  expect(results.flatMap((result) => result.applied)).toEqual(['0001_first']);
});

test('a migration that fails leaves nothing of itself and everything before it', async () => {
  put('0001_first.sql', 'create table first (id integer);');
  put('0002_second.sql', 'create table second (id integer); select 1/0;');
  await expect(migrateDatabase(database.connection, { directory })).rejects.toMatchObject({
    code: 'STORAGE_UNAVAILABLE',
    message: 'Migration 0002_second failed: division by zero',
  });
  expect(await query(`select to_regclass('first') is null as a, to_regclass('second') is null as b`)).toEqual(
    [{ a: false, b: true }],
  );
  put('0002_second.sql', 'create table second (id integer);');
  expect((await migrateDatabase(database.connection, { directory })).applied).toEqual(['0002_second']);
});

test('an applied migration that was edited is refused, whatever its line ends', async () => {
  put('0001_first.sql', 'create table first (\n  id integer);\n');
  await migrateDatabase(database.connection, { directory });
  put('0001_first.sql', 'create table first (\r\n  id integer);\r\n');
  expect((await migrateDatabase(database.connection, { directory })).applied).toEqual([]);
  put('0001_first.sql', 'create table first (\n  id bigint);\n');
  await expect(migrateDatabase(database.connection, { directory })).rejects.toMatchObject({
    code: 'DATABASE_MIGRATION_CHANGED',
  });
});

test('a migration put before applied ones is refused', async () => {
  put('0002_second.sql', 'create table second (id integer);');
  await migrateDatabase(database.connection, { directory });
  put('0001_first.sql', 'create table first (id integer);');
  await expect(migrateDatabase(database.connection, { directory })).rejects.toMatchObject({
    code: 'DATABASE_MIGRATION_CHANGED',
  });
});

test('a database that is newer than the code is refused and left as it is', async () => {
  put('0001_first.sql', 'create table first (id integer);');
  put('0002_second.sql', 'create table second (id integer);');
  await migrateDatabase(database.connection, { directory });
  rmSync(path.join(directory, '0002_second.sql'));
  await expect(migrateDatabase(database.connection, { directory })).rejects.toMatchObject({
    code: 'DATABASE_NEWER_THAN_CODE',
    message: expect.stringContaining('0002_second') as string,
  });
});

test('inspection tells what is pending without changing anything', async () => {
  put('0001_first.sql', 'create table first (id integer);');
  const client = await openClient(database.connection);
  try {
    expect(await inspectMigrations(client, { directory })).toEqual({
      current: '',
      pending: ['0001_first'],
      isMigrated: false,
    });
    expect(await query(`select 1 from pg_class where relname = 'schema_migrations'`)).toEqual([]);
    await migrateDatabase(database.connection, { directory });
    expect(await inspectMigrations(client, { directory })).toEqual({
      current: '0001_first',
      pending: [],
      isMigrated: true,
    });
  } finally {
    await client.end();
  }
});

test('two migrations with one number are refused', async () => {
  put('0001_first.sql', 'select 1;');
  put('0001_other.sql', 'select 1;');
  await expect(migrateDatabase(database.connection, { directory })).rejects.toThrow(/0001/);
});

test('a database that cannot be reached is explained without the password', async () => {
  const connectionString = 'postgresql://someone:secret@127.0.0.1:1/ledger';
  const refusal = await connectOrExplain({ connectionString }).catch((error: unknown) => error);
  expect(refusal).toMatchObject({
    code: 'DATABASE_UNREACHABLE',
    message:
      'Cannot use the database at 127.0.0.1:1/ledger: nothing listens there. Start Postgres, or correct DATABASE_URL, or unset it to use the built-in database.',
  });
});

test('a database that is not there is named', async () => {
  const connectionString = database.connectionString.replace(/[^/]+$/, 'no_such_database');
  await expect(connectOrExplain({ connectionString })).rejects.toMatchObject({
    code: 'DATABASE_UNREACHABLE',
    message: expect.stringContaining('database "no_such_database" does not exist') as string,
  });
});

test('a database that the first version has filled gets what later ones add, with defaults', async () => {
  const first = '0001_foundation.sql';
  put(first, await readFile(path.join(findMigrations(), first), 'utf8'));
  await migrateDatabase(database.connection, { directory });
  const pool = createPool(database.connection, { max: 1 });
  const age = { trace: 'sixteen byte key', span: 'byte key', daysAgo: 1, session: 'a session' };
  await insertSpan(pool, age);
  await insertDerived(pool, age);
  await insertContentLog(pool, age);
  const { applied } = await migrateDatabase(database.connection);
  expect(applied).not.toContain('0001_foundation');
  const { rows } = await pool.query(
    `select computed_cost_usd, price_ref, report, joined_trace_id, traces.is_ledger, report_count, ledger_from,
       agent_executions.is_ledger as is_of_ledger, is_reported
     from spans join traces using (project_id, trace_id) join log_records using (project_id, trace_id)
     join agent_executions using (project_id, trace_id)
     join sessions on sessions.session_id = traces.session_key`,
  );
  expect(rows).toEqual([
    {
      computed_cost_usd: null,
      price_ref: null,
      report: null,
      joined_trace_id: null,
      is_ledger: false,
      report_count: 0,
      ledger_from: null,
      is_of_ledger: false,
      is_reported: false,
    },
  ]);
  const storage = await createPostgresStorage({
    pool,
    projector: createProjector({ readContent, readReportContent }),
  });
  expect((await storage.listTraces(DEFAULT_PROJECT_ID, {}, { limit: 5 })).rows).toHaveLength(1);
  expect(await storage.findSession(DEFAULT_PROJECT_ID, 'a session')).toMatchObject({ trace_count: 1 });
  await storage.close();
});
