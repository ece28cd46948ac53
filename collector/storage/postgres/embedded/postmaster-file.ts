import { readFile, realpath, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ProcessIdentity } from './process-identity.js';
import { identifyProcess, listProcessesIn, readWorkingDirectory } from './process-identity.js';

/** What a running server says of itself in `postmaster.pid` (PostgreSQL source, src/include/utils/pidfile.h). */
export interface LivePostmaster {
  identity: ProcessIdentity;
  port: number;
  /** Directory of its Unix socket; empty where it has none. */
  socketDirectory: string;
  isStopping: boolean;
}

const ORPHAN_TIMEOUT_MILLIS = 30_000;

/**
 * The server that runs on a cluster, perhaps left by a process that was killed. Where its file was left by a server
 * that is gone, waits until the last of that server's processes has ended, removes the file (where its number has been
 * given to another process, or its process was not reaped, Postgres would take it for running), and answers undefined.
 */
export async function findLivePostmaster(cluster: string): Promise<LivePostmaster | undefined> {
  const file = path.join(cluster, 'postmaster.pid');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const lines = text.split('\n').map((line) => line.trim());
  const identity = identifyProcess(Number(lines[0]));
  const port = Number(lines[3]);
  const socketDirectory = lines[4] ?? '';
  const place = await realpath(cluster);
  if (identity !== undefined && mayBeIn(identity.pid, place)) {
    return {
      identity,
      port,
      socketDirectory,
      isStopping: lines[7] === 'stopping',
    };
  }
  if (await waitUntilDeserted(place)) {
    await rm(file, { force: true });
    // The socket's own lock file has the same number in it.
    if (socketDirectory !== '')
      await rm(path.join(socketDirectory, `.s.PGSQL.${port}.lock`), { force: true });
  }
  return undefined;
}

/** Whether a process works in a directory, as a server does in its cluster; true where that can't be told. */
function mayBeIn(pid: number, directory: string): boolean {
  const found = readWorkingDirectory(pid);
  return found === undefined || found === directory;
}

/** Backends outlive a killed postmaster until they notice. False where the system does not tell of them. */
async function waitUntilDeserted(place: string): Promise<boolean> {
  const deadline = Date.now() + ORPHAN_TIMEOUT_MILLIS;
  for (;;) {
    const left = listProcessesIn(place);
    if (left === undefined) return false;
    if (left.length === 0) return true;
    if (Date.now() > deadline) return false;
    await delay(50);
  }
}
