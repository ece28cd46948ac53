import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../collector/storage/postgres/embedded.js';
import { migrateDatabase } from '../../collector/storage/postgres/migrate.js';
import type { PostgresConnection } from '../../collector/storage/postgres/pool.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** A server for tests, and the migrated database that `createTestDatabase` clones. */
    testServer: { connection: TestServerConnection; template: string };
  }
}

/** Serialisable, because it goes to the test workers. */
export type TestServerConnection =
  { connectionString: string } | { host: string; port: number; user: string; database: string };

interface TestServer {
  connection: TestServerConnection;
  stop(): Promise<void>;
}

/** One Postgres for a whole run: that of `TEST_DATABASE_URL`, else the embedded one in a temporary directory. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const url = process.env.TEST_DATABASE_URL ?? '';
  const server = url === '' ? await startTemporaryServer() : useServer(url);
  const template = `spanledger_template_${process.pid}`;
  const teardown = async (): Promise<void> => {
    if (url !== '') await runStatement(server.connection, `drop database if exists ${template} with (force)`);
    await server.stop();
  };
  try {
    await runStatement(server.connection, `create database ${template}`);
    await migrateDatabase(pointAt(server.connection, template));
  } catch (error) {
    await teardown();
    throw error;
  }
  project.provide('testServer', { connection: server.connection, template });
  return teardown;
}

/** The same server, another database. */
export function pointAt(
  connection: TestServerConnection,
  database: string,
): PostgresConnection & TestServerConnection {
  if (!('connectionString' in connection)) return { ...connection, database };
  const url = new URL(connection.connectionString);
  url.pathname = `/${database}`;
  return { connectionString: url.href };
}

export async function runStatement(connection: TestServerConnection, statement: string): Promise<void> {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function useServer(connectionString: string): TestServer {
  return { connection: { connectionString }, stop: () => Promise.resolve() };
}

async function startTemporaryServer(): Promise<TestServer> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'spanledger-test-server-'));
  const server = await startEmbeddedPostgres({ dataDir });
  // What a power cut would do to these databases does not matter, and making them is much faster so.
  for (const setting of ['fsync', 'full_page_writes', 'synchronous_commit']) {
    await runStatement(server.connection, `alter system set ${setting} = off`);
  }
  await runStatement(server.connection, 'select pg_reload_conf()');
  const stop = async (): Promise<void> => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  const interrupt = (): void => {
    void stop().finally(() => process.exit(130));
  };
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  return {
    connection: server.connection,
    stop: async () => {
      process.off('SIGINT', interrupt);
      process.off('SIGTERM', interrupt);
      await stop();
    },
  };
}
