import type { Config } from '../config.js';
import { SpanledgerError } from '../errors.js';
import type { Ingest } from '../ingest.js';
import { awaitDatabase, mayPass } from '../storage/postgres/await-database.js';
import { startEmbeddedPostgres } from '../storage/postgres/embedded.js';
import { migrateDatabase } from '../storage/postgres/migrate.js';
import { connectOrExplain, type PostgresConnection } from '../storage/postgres/pool.js';

export interface Database {
  connection: PostgresConnection;
  close: () => Promise<void>;
}

export async function openDatabase(config: Config, onProgress: (line: string) => void): Promise<Database> {
  if (config.databaseUrl === null) {
    const embedded = await startEmbeddedPostgres({ dataDir: config.dataDir, onProgress });
    return { connection: embedded.connection, close: () => embedded.stop() };
  }
  const connection = { connectionString: config.databaseUrl };
  await connectOrExplain(connection);
  return { connection, close: () => Promise.resolve() };
}

/** A database that can be written to, or that has not been reached yet. */
export interface PreparedDatabase {
  connection: PostgresConnection;
  isReady: () => boolean;
}

/** Connects and migrates. With a spool, a database that can't be reached is waited for beside everything else. */
export async function prepareDatabase(
  config: Config,
  onProgress: (line: string) => void,
  closers: (() => Promise<void>)[],
): Promise<PreparedDatabase> {
  try {
    const database = await openDatabase(config, onProgress);
    closers.push(database.close);
    await migrateDatabase(database.connection, { onProgress });
    return { connection: database.connection, isReady: () => true };
  } catch (error) {
    if (config.spoolDir === null || config.databaseUrl === null || !mayPass(error)) throw error;
    onProgress('starting without the database: what is sent is kept in the spool until it answers');
    const connection = { connectionString: config.databaseUrl };
    const awaited = awaitDatabase(connection, onProgress);
    closers.push(() => awaited.close());
    return { connection, isReady: () => awaited.isReady() };
  }
}

/** Refuses as long as the database has not been reached. */
export function holdUntil(isReady: () => boolean, ingest: Ingest): Ingest {
  return (request) => {
    if (isReady()) return ingest(request);
    const message = 'The database has not been reached yet. Try again later.';
    return Promise.reject(new SpanledgerError('STORAGE_UNAVAILABLE', message));
  };
}
