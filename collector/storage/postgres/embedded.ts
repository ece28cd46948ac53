import { SpanledgerError } from '../../errors.js';
import type { PostgresBinaries } from './embedded/binaries.js';
import { installBinaries, removeOtherBinaries } from './embedded/binaries.js';
import type { Transport } from './embedded/cluster.js';
import { SUPERUSER, ensureCluster } from './embedded/cluster.js';
import type { DataDirectory } from './embedded/data-directory.js';
import { prepareDataDirectory } from './embedded/data-directory.js';
import { chooseEndpoint, forgetEndpoint, readPassword } from './embedded/endpoint.js';
import { acquireDirectoryLock } from './embedded/lock.js';
import type { Endpoint, Postmaster } from './embedded/postmaster.js';
import { adoptPostmaster, startPostmaster, stopPostmaster } from './embedded/postmaster.js';
import { findLivePostmaster } from './embedded/postmaster-file.js';
import { waitUntilReady } from './embedded/readiness.js';
import { supervise } from './embedded/supervisor.js';
import { openClient } from './pool.js';
import type { PostgresConnection } from './pool.js';

export { findEmbeddedDataDirProblem } from './embedded/data-directory.js';

export interface EmbeddedPostgresOptions {
  /** Holds the data, the unpacked binaries, the socket, the log and the lock. Made where it is missing. */
  dataDir: string;
  /** Told in one line of what takes time or was not expected. */
  onProgress?: (line: string) => void;
  /** By default a Unix socket, and loopback TCP with a password on Windows. */
  transport?: Transport;
}

export interface EmbeddedPostgres {
  /** Stays the same for as long as this process runs, also when the server had to be restarted. */
  connection: Exclude<PostgresConnection, { connectionString: string }>;
  /** The directory that the data are really in, which root may not have been able to choose. */
  dataDir: string;
  /** Ends the server, whoever started it, and gives the directory back. Idempotent. */
  stop(): Promise<void>;
}

const DATABASE = 'spanledger';

/**
 * Runs the PostgreSQL that comes with this package on a directory, for this process alone. A server that a killed
 * process left running is taken over; one that ends while this process runs is started again.
 *
 * Rejects with `DATABASE_LOCKED` where another process has the directory, else with `DATABASE_EMBEDDED_FAILED`.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const onProgress = options.onProgress ?? ((): void => undefined);
  try {
    const directory = await prepareDataDirectory(options.dataDir, onProgress);
    const lock = await acquireDirectoryLock(directory.root);
    try {
      const server = await startServer(directory, onProgress, options.transport ?? chooseTransport());
      const stop = async (): Promise<void> => {
        await server.stop();
        await lock.release();
      };
      return { ...server, dataDir: directory.root, stop };
    } catch (error) {
      await lock.release();
      throw error;
    }
  } catch (error) {
    if (error instanceof SpanledgerError) throw error;
    const said = error instanceof Error ? error.message : String(error);
    throw new SpanledgerError(
      'DATABASE_EMBEDDED_FAILED',
      `The built-in Postgres failed: ${said}. Set DATABASE_URL to a Postgres of yours to do without it.`,
      { cause: error },
    );
  }
}

function chooseTransport(): Transport {
  return process.platform === 'win32' ? 'loopback' : 'socket';
}

async function startServer(
  directory: DataDirectory,
  onProgress: (line: string) => void,
  transport: Transport,
): Promise<Pick<EmbeddedPostgres, 'connection' | 'stop'>> {
  const binaries = await installBinaries(directory.binaries);
  await ensureCluster(directory, binaries, transport, onProgress);
  const ending = new AbortController();
  const adopted = await adopt(directory, binaries, transport, onProgress, ending.signal);
  const endpoint = adopted?.endpoint ?? (await chooseEndpoint(directory, transport));
  const connection = await describeServer(directory, endpoint, DATABASE);
  const maintenance = await describeServer(directory, endpoint, 'postgres');
  const launch = async (): Promise<Postmaster> => {
    // Also waits for what a killed server left, and finds one that somebody else started by hand.
    const found = await findLivePostmaster(directory.cluster);
    if (found !== undefined) await stopPostmaster(found, directory, binaries);
    return startPostmaster(directory, binaries, endpoint, maintenance, onProgress, ending.signal);
  };
  if (adopted === undefined) await removeOtherBinaries(directory.binaries, binaries.version);
  const first = adopted?.postmaster ?? (await launch());
  const supervisor = supervise(first, launch, ending, onProgress);
  const stop = async (): Promise<void> => {
    await stopPostmaster(await supervisor.end(), directory, binaries);
    await forgetEndpoint(directory);
  };
  try {
    await ensureDatabase(maintenance);
  } catch (error) {
    await stop();
    throw error;
  }
  return { connection, stop };
}

/** Takes over a server that runs on the cluster already. One that can't be talked to is ended instead. */
async function adopt(
  directory: DataDirectory,
  binaries: PostgresBinaries,
  transport: Transport,
  onProgress: (line: string) => void,
  signal: AbortSignal,
): Promise<{ postmaster: Postmaster; endpoint: Endpoint } | undefined> {
  const found = await findLivePostmaster(directory.cluster);
  if (found === undefined) return undefined;
  const { identity } = found;
  const host = transport === 'socket' ? found.socketDirectory : '127.0.0.1';
  const postmaster = adoptPostmaster(identity);
  if (found.isStopping || host === '') {
    await stopPostmaster(postmaster, directory, binaries);
    return undefined;
  }
  const endpoint = { host, port: found.port };
  onProgress(`taking over the Postgres that runs on ${directory.root} (process ${identity.pid})`);
  try {
    const maintenance = await describeServer(directory, endpoint, 'postgres');
    await waitUntilReady(maintenance, () => true, onProgress, signal);
    return { postmaster, endpoint };
  } catch {
    await stopPostmaster(postmaster, directory, binaries);
    return undefined;
  }
}

async function describeServer(
  directory: DataDirectory,
  endpoint: Endpoint,
  database: string,
): Promise<EmbeddedPostgres['connection']> {
  const server = { ...endpoint, user: SUPERUSER, database };
  return endpoint.host.startsWith('/') ? server : { ...server, password: await readPassword(directory) };
}

async function ensureDatabase(maintenance: PostgresConnection): Promise<void> {
  const client = await openClient(maintenance);
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (found.rowCount === 0) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end();
  }
}
