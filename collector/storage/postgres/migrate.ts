import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { SpanledgerError } from '../../errors.js';
import { classifyDatabaseError } from './database-error.js';
import type { PostgresConnection } from './pool.js';
import { openClient } from './pool.js';

export interface MigrateOptions {
  /** Where the `NNNN_what.sql` files are; those of this package by default. */
  directory?: string;
  /** One line for each migration as it begins. */
  onProgress?: (line: string) => void;
}

export interface MigrationResult {
  /** Names of the migrations that this call applied, such as `0001_foundation`, in order. */
  applied: string[];
  /** Name of the last migration the database has; empty where there is none. */
  current: string;
}

export interface MigrationState {
  current: string;
  /** Names of migrations that the database lacks. */
  pending: string[];
  /** Nothing is pending, changed or unknown to this code. */
  isMigrated: boolean;
}

interface Migration {
  version: number;
  name: string;
  sql: string;
  checksum: string;
}

interface AppliedMigration {
  version: number;
  name: string;
  checksum: string;
}

type Queryable = Pick<pg.ClientBase, 'query'>;

const FILE_NAME = /^(\d{4})_[a-z0-9_]+\.sql$/;
const ADVISORY_LOCK = `hashtextextended('spanledger migrations', 0)`;

const CREATE_TABLE = `
create table if not exists schema_migrations (
  version integer not null,
  name text not null,
  checksum text not null,
  applied_at timestamptz not null default now(),
  applied_by text not null,
  constraint schema_migrations_pkey primary key (version)
)`;

/**
 * Brings a database to the schema of this code: applies the migrations it lacks, in order, each in a transaction of
 * its own. Of several callers one works and the others wait, then find nothing to do.
 * Rejects with `DATABASE_NEWER_THAN_CODE` where the database has migrations that this code does not know, with
 * `DATABASE_MIGRATION_CHANGED` where an applied file was edited, renamed or inserted before, and with
 * `STORAGE_UNAVAILABLE` where the database fails; what was applied before stays.
 */
export async function migrateDatabase(
  connection: PostgresConnection,
  options: MigrateOptions = {},
): Promise<MigrationResult> {
  const migrations = await listMigrations(options.directory ?? findMigrations());
  let client: pg.Client | undefined;
  try {
    client = await openClient(connection);
    await client.query(`select pg_advisory_lock(${ADVISORY_LOCK})`);
    await client.query(CREATE_TABLE);
    const applied = await listApplied(client);
    const pending = comparePending(migrations, applied);
    for (const migration of pending) {
      options.onProgress?.(`applying migration ${migration.name}`);
      await applyMigration(client, migration);
    }
    return {
      applied: pending.map((migration) => migration.name),
      current: migrations.at(-1)?.name ?? '',
    };
  } catch (error) {
    throw classifyDatabaseError(error);
  } finally {
    // Ends the lock too.
    await client?.end();
  }
}

/** Compares a database with the migrations of this code, changing nothing. Rejects where it cannot be read. */
export async function inspectMigrations(
  database: Queryable,
  options: { directory?: string } = {},
): Promise<MigrationState> {
  const migrations = await listMigrations(options.directory ?? findMigrations());
  const exists = await database.query(`select 1 where to_regclass('schema_migrations') is not null`);
  const applied = exists.rowCount === 0 ? [] : await listApplied(database);
  const versions = new Set(applied.map((migration) => migration.version));
  const pending = migrations.filter((migration) => !versions.has(migration.version));
  return {
    current: applied.at(-1)?.name ?? '',
    pending: pending.map((migration) => migration.name),
    isMigrated: pending.length === 0 && isConsistent(migrations, applied),
  };
}

/** The folder of this package's migrations, both from its TypeScript sources and from what is built of them. */
export function findMigrations(): string {
  let folder = path.dirname(fileURLToPath(import.meta.url));
  while (!existsSync(path.join(folder, 'package.json'))) {
    const parent = path.dirname(folder);
    if (parent === folder) throw new Error('the migrations folder is missing from this installation');
    folder = parent;
  }
  return path.join(folder, 'migrations');
}

async function listMigrations(directory: string): Promise<Migration[]> {
  const files = (await readdir(directory)).filter((file) => FILE_NAME.test(file)).sort();
  const migrations: Migration[] = [];
  for (const file of files) {
    // Line ends do not count, so that a checkout on Windows has the same checksums.
    const sql = (await readFile(path.join(directory, file), 'utf8')).replaceAll('\r\n', '\n');
    const version = Number(file.slice(0, 4));
    if (migrations.at(-1)?.version === version) {
      throw new Error(`two migrations have the number ${file.slice(0, 4)}`);
    }
    const checksum = createHash('sha256').update(sql).digest('hex');
    migrations.push({ version, name: file.slice(0, -'.sql'.length), sql, checksum });
  }
  return migrations;
}

async function listApplied(database: Queryable): Promise<AppliedMigration[]> {
  const { rows } = await database.query<AppliedMigration>(
    'select version, name, checksum from schema_migrations order by version',
  );
  return rows;
}

function isConsistent(migrations: Migration[], applied: AppliedMigration[]): boolean {
  try {
    comparePending(migrations, applied);
    return true;
  } catch {
    return false;
  }
}

function comparePending(migrations: Migration[], applied: AppliedMigration[]): Migration[] {
  const newestKnown = migrations.at(-1)?.version ?? 0;
  const newestApplied = applied.at(-1);
  if (newestApplied !== undefined && newestApplied.version > newestKnown) {
    throw new SpanledgerError(
      'DATABASE_NEWER_THAN_CODE',
      `The database has migration ${newestApplied.name}, which this version of Spanledger does not know. ` +
        'Run the version that made it, or a newer one.',
    );
  }
  const byVersion = new Map(migrations.map((migration) => [migration.version, migration]));
  for (const row of applied) {
    const file = byVersion.get(row.version);
    if (file?.name !== row.name || file.checksum !== row.checksum) {
      throw new SpanledgerError(
        'DATABASE_MIGRATION_CHANGED',
        `Migration ${row.name} differs from the one that was applied to this database. ` +
          'Restore the file as it was, and make changes in a new migration.',
      );
    }
  }
  const versions = new Set(applied.map((row) => row.version));
  const pending = migrations.filter((migration) => !versions.has(migration.version));
  const late = pending.find((migration) => migration.version < (newestApplied?.version ?? 0));
  if (late !== undefined) {
    throw new SpanledgerError(
      'DATABASE_MIGRATION_CHANGED',
      `Migration ${late.name} comes before ${newestApplied?.name ?? ''}, which the database already has. ` +
        'Give it a higher number.',
    );
  }
  return pending;
}

async function applyMigration(client: pg.Client, migration: Migration): Promise<void> {
  await client.query('begin');
  try {
    await client.query(migration.sql);
    await client.query(
      'insert into schema_migrations (version, name, checksum, applied_by) values ($1, $2, $3, $4)',
      [migration.version, migration.name, migration.checksum, await readPackageVersion()],
    );
    await client.query('commit');
  } catch (error) {
    // Where the connection itself broke, the server rolls back by itself.
    await client.query('rollback').catch(() => undefined);
    const said = error instanceof Error ? error.message : String(error);
    throw new SpanledgerError('STORAGE_UNAVAILABLE', `Migration ${migration.name} failed: ${said}`, {
      cause: error,
    });
  }
}

async function readPackageVersion(): Promise<string> {
  const file = path.join(path.dirname(findMigrations()), 'package.json');
  const manifest = JSON.parse(await readFile(file, 'utf8')) as { version?: string };
  return manifest.version ?? 'unknown';
}
