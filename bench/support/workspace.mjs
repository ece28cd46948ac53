import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../dist/collector/storage/postgres/embedded.js';
import { migrateDatabase } from '../../dist/collector/storage/postgres/migrate.js';
import { findPostmaster } from './processes.mjs';

/**
 * A Postgres server to measure on, the built-in one in a temporary folder unless a URL is given, and a folder for
 * files. `close` removes what was made.
 */
export async function openWorkspace({ databaseUrl }) {
  const folder = mkdtempSync(join(tmpdir(), 'spanledger-bench-'));
  // As root, the server runs as another user, who has to get through.
  chmodSync(folder, 0o755);
  const server = databaseUrl === undefined ? await startEmbeddedPostgres({ dataDir: folder }) : undefined;
  const serverUrl = databaseUrl ?? renderUrl(server.connection);
  const databases = [];
  const { version, postmaster } = await withClient(serverUrl, describeServer);
  return {
    folder,
    postgresVersion: version,
    /** The process id of the server; null where it runs elsewhere. */
    postmaster,
    /** A migrated, empty database; its URL. */
    async createDatabase() {
      const name = `spanledger_bench_${process.pid}_${databases.length}`;
      await withClient(serverUrl, (client) => client.query(`create database ${name}`));
      databases.push(name);
      const url = new URL(serverUrl);
      url.pathname = `/${name}`;
      await migrateDatabase({ connectionString: url.href });
      return url.href;
    },
    async close() {
      if (server === undefined) {
        for (const name of databases)
          await withClient(serverUrl, (client) =>
            client.query(`drop database if exists ${name} with (force)`),
          );
      }
      await server?.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Runs `work` with a client of its own. */
export async function withClient(connectionString, work) {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** A Unix socket is named by a parameter, since its path can't stand where a host name does. */
function renderUrl({ host, port, user, database, password = '' }) {
  return `postgres://${user}:${password}@localhost/${database}?host=${encodeURIComponent(host)}&port=${port}`;
}

async function describeServer(client) {
  const { rows } = await client.query(
    `select current_setting('server_version') as version, pg_backend_pid() as pid`,
  );
  return { version: rows[0].version, postmaster: findPostmaster(rows[0].pid) };
}
