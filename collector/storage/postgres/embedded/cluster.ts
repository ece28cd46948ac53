import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { SpanledgerError } from '../../../errors.js';
import type { PostgresBinaries } from './binaries.js';
import type { DataDirectory } from './data-directory.js';
import { giveTo, makeOwnedDirectory } from './data-directory.js';

/** How the server is reached: where there are Unix sockets by one, else by loopback TCP with a password. */
export type Transport = 'socket' | 'loopback';

export const SUPERUSER = 'spanledger';

const run = promisify(execFile);

/**
 * Makes the cluster, once. It is made beside its place and renamed, so one that exists is whole.
 * Rejects with `DATABASE_EMBEDDED_FAILED` where it was made by another major version of PostgreSQL.
 */
export async function ensureCluster(
  directory: DataDirectory,
  binaries: PostgresBinaries,
  transport: Transport,
  onProgress: (line: string) => void,
): Promise<void> {
  const major = await readMajor(directory.cluster);
  if (major === undefined) {
    onProgress(`preparing the built-in database in ${directory.root}`);
    await createCluster(directory, binaries, transport);
  } else if (major !== binaries.major) {
    throw new SpanledgerError(
      'DATABASE_EMBEDDED_FAILED',
      `The data in ${directory.root} belong to PostgreSQL ${major}, and the built-in one is ${binaries.major}. ` +
        `Install the version of Spanledger that came with ${major}, or dump the data with it and load them into a new directory.`,
    );
  }
}

/** The environment of Postgres's programs: nothing of ours that could redirect them. */
export function readProgramEnvironment(): NodeJS.ProcessEnv {
  const { PATH, SystemRoot } = process.env;
  return {
    LC_ALL: 'C',
    TZ: 'UTC',
    ...(PATH === undefined ? {} : { PATH }),
    ...(SystemRoot === undefined ? {} : { SystemRoot }),
  };
}

async function readMajor(cluster: string): Promise<string | undefined> {
  try {
    return (await readFile(path.join(cluster, 'PG_VERSION'), 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function createCluster(
  directory: DataDirectory,
  binaries: PostgresBinaries,
  transport: Transport,
): Promise<void> {
  const prefix = `${path.basename(directory.cluster)}.new`;
  for (const name of await readdir(directory.root)) {
    if (name.startsWith(prefix)) await rm(path.join(directory.root, name), { recursive: true, force: true });
  }
  const draft = `${directory.cluster}.new`;
  await makeOwnedDirectory(draft, directory.runAs);
  await writeFile(directory.password, randomBytes(24).toString('base64url'), { mode: 0o600 });
  await giveTo(directory.password, directory.runAs);
  const options = [
    ['-D', draft, '-U', SUPERUSER, '-E', 'UTF8', '--no-instructions'],
    // The builtin provider sorts alike on every system, whatever locales it has.
    ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
    transport === 'socket' ? ['--auth=trust'] : ['--auth=scram-sha-256', `--pwfile=${directory.password}`],
  ].flat();
  try {
    await run(binaries.initdb, options, {
      cwd: draft,
      env: readProgramEnvironment(),
      ...(directory.runAs ?? {}),
    });
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw new SpanledgerError('DATABASE_EMBEDDED_FAILED', explainInitdb(error), { cause: error });
  }
  await rename(draft, directory.cluster);
}

function explainInitdb(error: unknown): string {
  const { code, stderr } = error as { code?: unknown; stderr?: string };
  // The dynamic loader of glibc is missing, as it is on Alpine.
  const said =
    code === 'ENOENT'
      ? 'its programs do not run on this system'
      : ((stderr ?? '').trim().split('\n').at(-1) ?? String(code));
  return `The built-in Postgres could not prepare its data: ${said}. Set DATABASE_URL to a Postgres of yours.`;
}
