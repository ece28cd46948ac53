import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { chmod, chown, mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { SpanledgerError } from '../../../errors.js';

/** A user to run Postgres as; it refuses to run as root. */
export interface RunAs {
  uid: number;
  gid: number;
}

export interface DataDirectory {
  root: string;
  /** The cluster itself, `PGDATA`. */
  cluster: string;
  /** Unpacked binaries, a folder for each version. */
  binaries: string;
  socket: string;
  /** Where the socket is instead, if `socket` is too long a path. */
  socketRecord: string;
  password: string;
  log: string;
  /** Set where this process is root. */
  runAs: RunAs | undefined;
}

/** `nobody` on Linux, which needs no account made for it. */
const NOBODY: RunAs = { uid: 65534, gid: 65534 };
const FALLBACK_PARENT = '/var/lib/spanledger';

/**
 * Says in one line why the built-in Postgres can't keep its data in a directory when started as root, because it then
 * runs as `nobody` (or as the owner of the data that are there), who must be able to get there; undefined where it can.
 */
export async function findEmbeddedDataDirProblem(dataDir: string): Promise<string | undefined> {
  if (!isRoot()) return undefined;
  const blocked = await findImpassable(path.dirname(path.resolve(dataDir)), await chooseRunAs(dataDir));
  return blocked === undefined
    ? undefined
    : `${blocked} lets only its owner in, and Postgres refuses to run as root`;
}

/**
 * Makes the directories and gives those that Postgres writes to their owner. Where root names a directory that
 * Postgres can't get to, data go to a directory of their own under /var/lib/spanledger, always the same for the same
 * name, and a line says so. Rejects with `DATABASE_EMBEDDED_FAILED` where a directory can't be made.
 */
export async function prepareDataDirectory(
  dataDir: string,
  onProgress: (line: string) => void,
): Promise<DataDirectory> {
  const wanted = path.resolve(dataDir);
  const problem = await findEmbeddedDataDirProblem(wanted);
  const root = problem === undefined ? wanted : chooseFallback(wanted);
  if (problem !== undefined) onProgress(`${problem}; data are kept in ${root} instead`);
  const runAs = isRoot() ? await chooseRunAs(root) : undefined;
  const directory: DataDirectory = {
    root,
    cluster: path.join(root, 'data'),
    binaries: path.join(root, 'postgres'),
    socket: path.join(root, 'socket'),
    socketRecord: path.join(root, 'socket-directory'),
    password: path.join(root, 'password'),
    log: path.join(root, 'postgres.log'),
    runAs,
  };
  try {
    await makeDirectory(root, runAs === undefined ? 0o700 : 0o711);
    if (runAs !== undefined) await letPass(root);
    await makeDirectory(directory.binaries, 0o755);
    await makeOwnedDirectory(directory.socket, runAs);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new SpanledgerError(
      'DATABASE_EMBEDDED_FAILED',
      `Cannot use the data directory ${root}: ${said}. Give another with --data-dir, or set DATABASE_URL.`,
      { cause: error },
    );
  }
  return directory;
}

/** Makes a directory that only the user who runs Postgres may enter. */
export async function makeOwnedDirectory(directory: string, runAs: RunAs | undefined): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await giveTo(directory, runAs);
  await chmod(directory, 0o700);
}

/** Makes the user who runs Postgres the owner of a path, where that is another than ours. */
export async function giveTo(target: string, runAs: RunAs | undefined): Promise<void> {
  if (runAs !== undefined) await chown(target, runAs.uid, runAs.gid);
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function chooseFallback(dataDir: string): string {
  return path.join(FALLBACK_PARENT, createHash('sha256').update(dataDir).digest('hex').slice(0, 12));
}

/** Whoever owns the data that are there already, else nobody. */
async function chooseRunAs(dataDir: string): Promise<RunAs> {
  const cluster = await statIfAny(path.join(dataDir, 'data'));
  return cluster === undefined || cluster.uid === 0 ? NOBODY : { uid: cluster.uid, gid: cluster.gid };
}

/** The first existing directory from the top down to this one that a user may not pass through. */
async function findImpassable(directory: string, user: RunAs): Promise<string | undefined> {
  const parent = path.dirname(directory);
  const above = parent === directory ? undefined : await findImpassable(parent, user);
  if (above !== undefined) return above;
  const found = await statIfAny(directory);
  return found?.isDirectory() === true && !mayPass(found, user) ? directory : undefined;
}

function mayPass(found: Stats, user: RunAs): boolean {
  if (found.uid === user.uid) return (found.mode & 0o100) !== 0;
  if (found.gid === user.gid) return (found.mode & 0o010) !== 0;
  return (found.mode & 0o001) !== 0;
}

/** Makes a directory and its missing parents with a mode that the umask does not change. */
async function makeDirectory(directory: string, mode: number): Promise<void> {
  const first = await mkdir(directory, { recursive: true });
  if (first === undefined) return;
  for (let made = directory; made.length >= first.length; made = path.dirname(made)) await chmod(made, mode);
}

async function letPass(directory: string): Promise<void> {
  const { mode } = await stat(directory);
  if ((mode & 0o001) === 0) await chmod(directory, (mode & 0o777) | 0o011);
}

async function statIfAny(target: string): Promise<Stats | undefined> {
  return stat(target).catch(() => undefined);
}
