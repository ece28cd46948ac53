import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { installBinaries } from '../../collector/storage/postgres/embedded/binaries.js';
import { migrateDatabase } from '../../collector/storage/postgres/migrate.js';
import { findSystemPostgres } from './system-postgres.js';

/** The user `nobody`, because Postgres refuses to run as root. */
const NOBODY = 65534;
const IDENTITY = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

/** A server of its own on loopback TCP, for tests that take it away. Its port stays the same. */
export interface BreakablePostgres {
  url: string;
  port: number;
  /** Where its data are; a copy of a stopped one is a second server. */
  data: string;
  /** Starts it again where it does not run, and waits until it answers; with more settings such as `max_connections=5`. */
  start(...settings: string[]): Promise<void>;
  /** Fast shutdown by default; `SIGKILL` ends all of its processes as a crash of the machine would. */
  stop(signal?: 'SIGINT' | 'SIGKILL'): Promise<void>;
  /** Stops all of its processes in their tracks: connections stay open and nothing answers. */
  freeze(): void;
  thaw(): void;
  /** Runs a statement on a connection of its own. */
  run<Row extends pg.QueryResultRow>(statement: string, values?: unknown[]): Promise<Row[]>;
  /** Ends it and removes its data. */
  remove(): Promise<void>;
}

export interface BreakablePostgresOptions {
  /** Where to put the data; a temporary folder by default, which `remove` deletes. */
  folder?: string;
  /** The data directory of a stopped server to begin with. */
  copyOf?: string;
}

/** Starts a migrated server: the system's PostgreSQL, else the built-in one. */
export async function startBreakablePostgres(
  options: BreakablePostgresOptions = {},
): Promise<BreakablePostgres> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'spanledger-breakable-'));
  chmodSync(folder, 0o755);
  if (IDENTITY.uid !== undefined) chownSync(folder, NOBODY, NOBODY);
  const programs = await findPrograms(folder);
  const data = join(folder, 'data');
  if (options.copyOf === undefined) initialise(programs, folder, data);
  else execFileSync('cp', ['-a', options.copyOf, data]);
  const port = await findFreePort();
  const url = `postgresql://spanledger@127.0.0.1:${port}/postgres`;
  let server: ChildProcess | undefined;

  const signalAll = (signal: NodeJS.Signals): void => {
    // The server is the leader of its process group, and its backends make sessions of their own.
    for (const pid of [server?.pid, ...listChildren(server?.pid)]) {
      if (pid !== undefined) tryToSignal(pid, signal);
    }
  };
  const postgres: BreakablePostgres = {
    url,
    port,
    data,
    async start(...settings) {
      if (server !== undefined && server.exitCode === null && server.signalCode === null) {
        await waitUntilReady(url, server);
        return;
      }
      const given = ['listen_addresses=127.0.0.1', `port=${port}`, 'unix_socket_directories=', ...settings];
      server = spawn(join(programs, 'postgres'), ['-D', data, ...given.flatMap((text) => ['-c', text])], {
        ...IDENTITY,
        cwd: folder,
        stdio: 'ignore',
      });
      await waitUntilReady(url, server);
    },
    async stop(signal = 'SIGINT') {
      const running = server;
      if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
      const exited = once(running, 'exit');
      if (signal === 'SIGKILL') signalAll(signal);
      else running.kill(signal);
      await exited;
    },
    freeze: () => {
      signalAll('SIGSTOP');
    },
    thaw: () => {
      signalAll('SIGCONT');
    },
    run: (statement, values = []) => runStatement(url, statement, values),
    async remove() {
      signalAll('SIGCONT');
      await postgres.stop('SIGKILL');
      rmSync(options.folder === undefined ? folder : data, { recursive: true, force: true });
    },
  };
  try {
    await postgres.start();
    await migrateDatabase({ connectionString: url });
  } catch (error) {
    await postgres.remove();
    throw error;
  }
  return postgres;
}

async function findPrograms(folder: string): Promise<string> {
  const found = findSystemPostgres();
  if (found !== undefined) return found;
  const target = join(folder, 'programs');
  mkdirSync(target, { recursive: true });
  return join((await installBinaries(target)).postgres, '..');
}

function initialise(programs: string, folder: string, data: string): void {
  const settings = ['-D', data, '-U', 'spanledger', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '-N'];
  execFileSync(join(programs, 'initdb'), settings, { ...IDENTITY, cwd: folder, stdio: 'pipe' });
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Linux: the processes that a process has started. */
function listChildren(pid: number | undefined): number[] {
  if (pid === undefined) return [];
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return text.split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function tryToSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}

async function runStatement<Row extends pg.QueryResultRow>(
  url: string,
  statement: string,
  values: unknown[],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  // The server may be taken away under it.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(statement, values)).rows;
  } finally {
    await client.end();
  }
}

async function waitUntilReady(url: string, server: ChildProcess): Promise<void> {
  for (;;) {
    try {
      await runStatement(url, 'select 1', []);
      return;
    } catch (error) {
      if (server.exitCode !== null) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}
