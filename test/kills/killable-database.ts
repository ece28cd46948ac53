import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { listProcessesIn } from '../../collector/storage/postgres/embedded/process-identity.js';
import { openClient, type PostgresConnection } from '../../collector/storage/postgres/pool.js';
import { createTemporaryFolder } from '../support/collector.js';

/** A Postgres that a collector stores in, and that may be killed while it does. */
export interface KillableDatabase {
  connection: PostgresConnection;
  /** How the collector is told of it. */
  collectorArgs: string[];
  /** Ends the postmaster with SIGKILL: alone, so that its children find out by themselves, or with all of them. */
  kill(which: 'postmaster' | 'everything'): void;
  /** Brings the server back where nobody else does. */
  restart(): Promise<void>;
  /** Ends what runs, and removes the data. */
  remove(): Promise<void>;
}

/** The user `nobody`, because Postgres refuses to run as root. */
const NOBODY = 65534;
/** Guards against waiting for ever; no test passes or fails by it otherwise. */
const START_MILLIS = 60_000;

/** The Postgres that the collector brings and runs in a folder. It starts and restarts it by itself. */
export function createBuiltInDatabase(): KillableDatabase {
  const folder = createTemporaryFolder();
  const cluster = join(folder.path, 'data');
  return {
    connection: {
      host: join(folder.path, 'socket'),
      port: 5432,
      user: 'spanledger',
      database: 'spanledger',
    },
    collectorArgs: ['--data-dir', folder.path],
    kill: (which) => {
      killServer(cluster, which);
    },
    restart: () => Promise.resolve(),
    remove: async () => {
      killServer(cluster, 'everything');
      await waitUntilDeserted(cluster);
      folder.remove();
    },
  };
}

/** A Postgres of the system on a folder of its own, which the collector only knows by its URL. */
export async function startSeparateDatabase(programs: string): Promise<KillableDatabase> {
  const folder = createTemporaryFolder();
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chownSync(folder.path, NOBODY, NOBODY);
  const identity = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
  const cluster = join(folder.path, 'data');
  const initialise = ['-D', cluster, '-U', 'spanledger', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8'];
  execFileSync(join(programs, 'initdb'), initialise, { ...identity, cwd: folder.path, stdio: 'pipe' });
  const connection = { host: folder.path, port: 5432, user: 'spanledger', database: 'postgres' };
  let server: ChildProcess | undefined;

  const restart = async (): Promise<void> => {
    await waitUntilDeserted(cluster);
    // A number in it may have been given to another process, which Postgres would take for the server.
    for (const file of [join(cluster, 'postmaster.pid'), join(folder.path, '.s.PGSQL.5432.lock')])
      rmSync(file, { force: true });
    server = spawn(
      join(programs, 'postgres'),
      ['-D', cluster, '-c', 'listen_addresses=', '-k', folder.path],
      {
        ...identity,
        cwd: folder.path,
        stdio: 'ignore',
      },
    );
    await waitUntilReady(connection);
  };
  await restart();
  return {
    connection,
    collectorArgs: [
      '--database-url',
      `postgresql://spanledger@${encodeURIComponent(folder.path)}:5432/postgres`,
    ],
    kill: (which) => {
      killServer(cluster, which);
    },
    restart,
    remove: async () => {
      if (server?.exitCode === null && server.signalCode === null) {
        const ended = once(server, 'exit');
        // Immediate shutdown (PostgreSQL manual, "Shutting Down the Server").
        server.kill('SIGQUIT');
        await ended;
      }
      await waitUntilDeserted(cluster);
      folder.remove();
    },
  };
}

/** Postgres makes its data directory the working directory of each of its processes. */
function listServer(cluster: string): number[] {
  return existsSync(cluster) ? (listProcessesIn(realpathSync(cluster)) ?? []) : [];
}

function killServer(cluster: string, which: 'postmaster' | 'everything'): void {
  const file = join(cluster, 'postmaster.pid');
  const [line] = existsSync(file) ? readFileSync(file, 'utf8').split('\n', 1) : [];
  const running = listServer(cluster);
  const postmaster = running.filter((pid) => pid === Number(line));
  for (const pid of which === 'postmaster' && postmaster.length > 0 ? postmaster : running) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      // It has ended since it was listed.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

async function waitUntilDeserted(cluster: string): Promise<void> {
  for (const deadline = Date.now() + START_MILLIS; listServer(cluster).length > 0;) {
    if (Date.now() > deadline) throw new Error(`processes are left in ${cluster}`);
    await delay(20);
  }
}

async function waitUntilReady(connection: PostgresConnection): Promise<void> {
  for (const deadline = Date.now() + START_MILLIS; ;) {
    try {
      await (await openClient(connection)).end();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(20);
    }
  }
}
