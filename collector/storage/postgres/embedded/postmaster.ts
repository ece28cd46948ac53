import type { ChildProcess } from 'node:child_process';
import { execFile, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile, rename, stat } from 'node:fs/promises';
import os from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { SpanledgerError } from '../../../errors.js';
import type { PostgresConnection } from '../pool.js';
import type { PostgresBinaries } from './binaries.js';
import { readProgramEnvironment } from './cluster.js';
import type { DataDirectory } from './data-directory.js';
import type { ProcessIdentity } from './process-identity.js';
import { identifyProcess, isRunning } from './process-identity.js';
import { waitUntilReady } from './readiness.js';

/** A running server, started by us or found running. */
export interface Postmaster {
  identity: ProcessIdentity;
  /** Resolves once the server has ended, for whatever reason. */
  gone: Promise<void>;
}

/** Where a server listens: `host` is the directory of its Unix socket, or a loopback address. */
export interface Endpoint {
  host: string;
  port: number;
}

const LOG_LIMIT_BYTES = 10 * 1024 * 1024;
const FAST_SHUTDOWN_MILLIS = 60_000;
const IMMEDIATE_SHUTDOWN_MILLIS = 10_000;
const MEGABYTE = 1024 * 1024;

/**
 * Starts the server and resolves once it takes connections. It is a session of its own: a Ctrl-C meant for us does
 * not reach it, and it lives on if we are killed, to be found again by `findLivePostmaster`.
 */
export async function startPostmaster(
  directory: DataDirectory,
  binaries: PostgresBinaries,
  endpoint: Endpoint,
  connection: PostgresConnection,
  onProgress: (line: string) => void,
  signal: AbortSignal,
): Promise<Postmaster> {
  await rotateLog(directory.log);
  const logStart = await readSize(directory.log);
  const child = await spawnPostgres(directory, binaries, endpoint);
  const identity = identifyProcess(child.pid ?? 0) ?? { pid: child.pid ?? 0, startedAt: null };
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => {
      resolve();
    });
  });
  const postmaster = { identity, gone };
  try {
    await waitUntilReady(connection, () => isRunning(identity), onProgress, signal);
  } catch (error) {
    await stopPostmaster(postmaster, directory, binaries);
    const said = (await readLogTail(directory.log, logStart)) || String(error);
    throw new SpanledgerError(
      'DATABASE_EMBEDDED_FAILED',
      `The built-in Postgres did not start: ${said} (see ${directory.log}). ` +
        'Remove the cause, or set DATABASE_URL to a Postgres of yours.',
      { cause: error },
    );
  }
  return postmaster;
}

/** Watches over a server that we did not start. */
export function adoptPostmaster(identity: ProcessIdentity): Postmaster {
  const gone = new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      if (isRunning(identity)) return;
      clearInterval(timer);
      resolve();
    }, 500);
    timer.unref();
  });
  return { identity, gone };
}

/**
 * Ends a server and resolves once it is gone: its clients are disconnected and what they committed is kept. One that
 * takes longer than a minute is told to stop at once, and recovers when it is started again.
 */
export async function stopPostmaster(
  { identity }: Pick<Postmaster, 'identity'>,
  directory: DataDirectory,
  binaries: PostgresBinaries,
): Promise<void> {
  if (process.platform === 'win32') {
    // Windows has no signals; pg_ctl speaks to the server by other means.
    const options = ['stop', '-m', 'fast', '-D', directory.cluster];
    await promisify(execFile)(binaries.pgCtl, options).catch(() => undefined);
  }
  const steps = [
    ['SIGINT', FAST_SHUTDOWN_MILLIS],
    ['SIGQUIT', IMMEDIATE_SHUTDOWN_MILLIS],
    ['SIGKILL', IMMEDIATE_SHUTDOWN_MILLIS],
  ] as const;
  for (const [name, timeoutMillis] of steps) {
    if (!sendSignal(identity, name)) return;
    if (await waitUntilGone(identity, timeoutMillis)) return;
  }
}

/** False where the process is gone. */
function sendSignal(identity: ProcessIdentity, name: NodeJS.Signals): boolean {
  if (!isRunning(identity)) return false;
  try {
    process.kill(identity.pid, name);
    return true;
  } catch {
    return false;
  }
}

async function waitUntilGone(identity: ProcessIdentity, timeoutMillis: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMillis;
  while (isRunning(identity)) {
    if (Date.now() > deadline) return false;
    await delay(10);
  }
  return true;
}

async function spawnPostgres(
  directory: DataDirectory,
  binaries: PostgresBinaries,
  endpoint: Endpoint,
): Promise<ChildProcess> {
  const log = openSync(directory.log, 'a', 0o600);
  try {
    const child = spawn(binaries.postgres, ['-D', directory.cluster, ...chooseSettings(endpoint)], {
      cwd: directory.cluster,
      env: readProgramEnvironment(),
      detached: true,
      windowsHide: true,
      stdio: ['ignore', log, log],
      ...(directory.runAs ?? {}),
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

/**
 * What differs from the defaults, which are durable: fsync, full_page_writes and synchronous_commit are on. A query
 * over a year of daily partitions locks some thousand relations.
 */
function chooseSettings(endpoint: Endpoint): string[] {
  const isSocket = endpoint.host.startsWith('/');
  const sharedMegabytes = Math.min(256, Math.max(32, Math.floor(os.totalmem() / MEGABYTE / 8)));
  const settings: Record<string, string | number> = {
    port: endpoint.port,
    listen_addresses: isSocket ? '' : endpoint.host,
    unix_socket_directories: isSocket ? endpoint.host : '',
    unix_socket_permissions: '0700',
    max_connections: 50,
    shared_buffers: `${sharedMegabytes}MB`,
    max_wal_size: '2GB',
    max_locks_per_transaction: 256,
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_min_messages: 'warning',
    // Refused statements are reported by whoever sent them; their text may be private.
    log_min_error_statement: 'panic',
    log_line_prefix: '%m [%p] ',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function rotateLog(log: string): Promise<void> {
  if ((await readSize(log)) > LOG_LIMIT_BYTES) await rename(log, `${log}.1`);
}

async function readSize(file: string): Promise<number> {
  return stat(file).then(
    (found) => found.size,
    () => 0,
  );
}

/** What the server last complained of; empty where it said nothing. */
async function readLogTail(log: string, start: number): Promise<string> {
  const text = (await readFile(log).catch(() => Buffer.alloc(0))).subarray(start).toString('utf8');
  const lines = text.split('\n').filter((line) => /(FATAL|PANIC|ERROR|error while loading)/.test(line));
  return (lines.at(-1) ?? '').replace(/^.*?(FATAL|PANIC|ERROR):\s*/, '');
}
