import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import type { PostgresConnection } from '../../collector/storage/postgres/pool.js';
import type { TestServerConnection } from './global-setup.js';
import { pointAt, runStatement } from './global-setup.js';

export interface TestDatabase {
  /** For `createPool` and `migrateDatabase`. */
  connection: PostgresConnection;
  /** The same as a URL, for settings such as `DATABASE_URL`. */
  connectionString: string;
  /** Ends what is still connected and removes the database. Idempotent. */
  drop(): Promise<void>;
}

/** A database of its own for a test: migrated by default, else without any table. */
export async function createTestDatabase(options: { isEmpty?: boolean } = {}): Promise<TestDatabase> {
  const { connection, template } = inject('testServer');
  const name = `spanledger_test_${randomBytes(8).toString('hex')}`;
  const source = options.isEmpty === true ? 'template0' : template;
  await runStatement(connection, `create database ${name} template ${source}`);
  const target = pointAt(connection, name);
  return {
    connection: target,
    connectionString: renderUrl(target),
    drop: () => runStatement(connection, `drop database if exists ${name} with (force)`),
  };
}

function renderUrl(connection: TestServerConnection): string {
  if ('connectionString' in connection) return connection.connectionString;
  const { host, port, user, database } = connection;
  // A host that is percent-encoded as a whole names the directory of a Unix socket (libpq, connection URIs).
  return `postgresql://${user}@${encodeURIComponent(host)}:${port}/${database}`;
}
