import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrateDatabase } from '../../collector/storage/postgres/migrate.js';
import type { PostgresConnection } from '../../collector/storage/postgres/pool.js';
import { openClient } from '../../collector/storage/postgres/pool.js';

/** Where Debian's packages put the programs of each major version. */
const DEBIAN_VERSIONS = '/usr/lib/postgresql';
/** The user `nobody`, because Postgres refuses to run as root. */
const NOBODY = 65534;
const START_MILLIS = 30_000;

export interface SystemPostgres {
  connection: PostgresConnection;
  stop(): Promise<void>;
}

/**
 * The folder with the programs of the PostgreSQL that the system has: `TEST_SYSTEM_POSTGRES`, else the oldest of
 * Debian's packages, as the oldest supported version is the one worth testing beside the built-in one.
 */
export function findSystemPostgres(): string | undefined {
  const named = process.env['TEST_SYSTEM_POSTGRES'];
  if (named !== undefined) return named;
  if (!existsSync(DEBIAN_VERSIONS)) return undefined;
  const versions = readdirSync(DEBIAN_VERSIONS).filter((version) => Number(version) >= 15);
  return versions
    .sort((a, b) => Number(a) - Number(b))
    .map((version) => join(DEBIAN_VERSIONS, version, 'bin'))
    .find((folder) => existsSync(join(folder, 'postgres')));
}

/** Starts a migrated database on a server of its own in a temporary folder. */
export async function startSystemPostgres(programs: string): Promise<SystemPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'spanledger-system-'));
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chownSync(folder, NOBODY, NOBODY);
  const identity = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
  const data = join(folder, 'data');
  const initialise = ['-D', data, '-U', 'spanledger', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '-N'];
  execFileSync(join(programs, 'initdb'), initialise, { ...identity, cwd: folder, stdio: 'pipe' });
  const settings = ['-c', 'listen_addresses=', '-c', 'fsync=off', '-k', folder];
  const server = spawn(join(programs, 'postgres'), ['-D', data, ...settings], {
    ...identity,
    cwd: folder,
    stdio: 'ignore',
  });
  const exited = once(server, 'exit');
  const connection = { host: folder, port: 5432, user: 'spanledger', database: 'postgres' };
  const stop = async (): Promise<void> => {
    // Fast shutdown (PostgreSQL manual, "Shutting Down the Server").
    server.kill('SIGINT');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await waitUntilReady(connection);
    await migrateDatabase(connection);
  } catch (error) {
    await stop();
    throw error;
  }
  return { connection, stop };
}

async function waitUntilReady(connection: PostgresConnection): Promise<void> {
  for (const deadline = Date.now() + START_MILLIS; ;) {
    try {
      await (await openClient(connection)).end();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
