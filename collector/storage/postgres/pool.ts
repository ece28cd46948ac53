import pg from 'pg';
import { SpanledgerError } from '../../errors.js';
import { ConnectionWatch } from './connection-watch.js';
import { classifyDatabaseError, readErrorCode } from './database-error.js';
import { findTypeParser } from './type-parsers.js';

export { classifyDatabaseError } from './database-error.js';

/** Where a Postgres is: a URL, or its parts (`host` may be the directory of a Unix socket). */
export type PostgresConnection =
  | { connectionString: string }
  | {
      host: string;
      port: number;
      user: string;
      database: string;
      password?: string;
    };

export interface PoolOptions {
  /** Connections at most; default 6. */
  max?: number;
  /** Told of errors on idle connections; the pool replaces them by itself. */
  onError?: (error: SpanledgerError) => void;
}

/** Whoever sends telemetry is to be told within two seconds that there is no database. */
const CONNECT_TIMEOUT_MILLIS = 1_700;
const STATEMENT_TIMEOUT_MILLIS = 30_000;
const OLDEST_SERVER_VERSION = 150_000;

const types = { getTypeParser: findTypeParser };

// Statements rather than startup parameters, because connection poolers such as PgBouncer refuse unknown ones.
const SESSION_SETTINGS = [
  `set timezone = 'UTC'`,
  `set datestyle = 'ISO'`,
  `set intervalstyle = 'iso_8601'`,
  `set jit = off`,
  // Whoever waited for a lock must see what was committed meanwhile, whatever the default of the database.
  `set default_transaction_isolation = 'read committed'`,
  `set statement_timeout = ${STATEMENT_TIMEOUT_MILLIS}`,
  `set idle_in_transaction_session_timeout = ${2 * STATEMENT_TIMEOUT_MILLIS}`,
].join('; ');

/** pg-pool 3.14 awaits the result of `onConnect`, though its types say void. */
const configureSession: (client: pg.ClientBase) => unknown = (client) => client.query(SESSION_SETTINGS);

/**
 * A pool whose connections are in UTC, without JIT, with statements of at most 30 seconds. Values read as: timestamptz
 * a bigint of microseconds since the Unix epoch, int8 a number where it is safe and else a bigint, numeric and json
 * as text, bytea a Buffer. Waiting for a connection ends after 1.7 seconds, and where the server hangs, everything that
 * waits for it fails after about 1.2.
 */
export function createPool(connection: PostgresConnection, options: PoolOptions = {}): pg.Pool {
  const watch = new ConnectionWatch((socket) => new pg.Client({ ...connection, stream: () => socket }));
  const pool = new pg.Pool({
    ...connection,
    stream: watch.createSocket,
    types,
    max: options.max ?? 6,
    application_name: 'spanledger',
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MILLIS,
    idleTimeoutMillis: 30_000,
    onConnect: configureSession,
  });
  pool.on('error', (error) => options.onError?.(classifyDatabaseError(error)));
  // pg-pool 3.14 listens to idle connections only. One that breaks between the statements of whoever has it is reported
  // by the next statement, and without a listener it would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  watch.watch(pool);
  return pool;
}

/**
 * One connection with the same settings and values as the pool's, but without a limit on the time of a statement,
 * for migrations and maintenance. The caller ends it.
 */
export async function openClient(connection: PostgresConnection): Promise<pg.Client> {
  const client = new pg.Client({
    ...connection,
    types,
    application_name: 'spanledger',
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MILLIS,
  });
  // A connection that breaks between statements is reported by the next statement.
  client.on('error', () => undefined);
  await client.connect();
  await client.query(
    `${SESSION_SETTINGS}; set statement_timeout = 0; set idle_in_transaction_session_timeout = 0`,
  );
  return client;
}

export interface ServerDescription {
  /** As the server says it, such as `18.4`. */
  version: string;
  /** Such as 180004. */
  versionNumber: number;
}

/**
 * Connects once, to say at startup what is wrong with a database and what to do about it.
 * Rejects with `DATABASE_UNREACHABLE` or, for a server before PostgreSQL 15, `DATABASE_TOO_OLD`.
 */
export async function connectOrExplain(connection: PostgresConnection): Promise<ServerDescription> {
  const place = describeConnection(connection);
  let server: ServerDescription;
  try {
    const client = await openClient(connection);
    try {
      server = await readServer(client);
    } finally {
      await client.end();
    }
  } catch (error) {
    throw new SpanledgerError(
      'DATABASE_UNREACHABLE',
      `Cannot use the database at ${place}: ${explainFailure(error)}.`,
      { cause: error },
    );
  }
  if (server.versionNumber < OLDEST_SERVER_VERSION) {
    throw new SpanledgerError(
      'DATABASE_TOO_OLD',
      `The database at ${place} is PostgreSQL ${server.version}; Spanledger needs 15 or later. ` +
        'Upgrade it, or unset DATABASE_URL to use the built-in one.',
    );
  }
  return server;
}

async function readServer(client: pg.Client): Promise<ServerDescription> {
  const { rows } = await client.query<{ version: string; number: number }>(
    `select current_setting('server_version') as version, current_setting('server_version_num')::integer as number`,
  );
  const row = rows[0];
  if (row === undefined) throw new Error('the server did not say its version');
  return { version: row.version.split(' ')[0] ?? row.version, versionNumber: row.number };
}

/** `host:port/database`, never with the user's password. */
function describeConnection(connection: PostgresConnection): string {
  try {
    const { host, port, database } = new pg.Client(connection);
    return `${host}:${port}/${database ?? ''}`;
  } catch {
    return 'the given URL';
  }
}

function explainFailure(error: unknown): string {
  const code = readErrorCode(error);
  const said = error instanceof Error && error.message !== '' ? error.message : String(code);
  switch (code) {
    case 'ECONNREFUSED':
    case 'ENOENT':
      return 'nothing listens there. Start Postgres, or correct DATABASE_URL, or unset it to use the built-in database';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'no such host. Correct DATABASE_URL';
    case '28P01':
    case '28000':
      return `it refused the user or password (${said}). Correct them in DATABASE_URL`;
    case '3D000':
      return `${said}. Create it with createdb, or correct DATABASE_URL`;
    case '53300':
      return 'it has no connections left. Raise max_connections or stop other clients';
    case '57P03':
      return 'it is starting up or shutting down. Try again in a moment';
    case 'ERR_INVALID_URL':
      return 'DATABASE_URL is not a URL such as postgresql://user:password@host:5432/database';
    default:
      return `${said.replace(/\.$/, '')}. Check DATABASE_URL and that the server runs`;
  }
}
