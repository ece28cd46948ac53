import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { Transport } from './cluster.js';
import type { DataDirectory } from './data-directory.js';
import { makeOwnedDirectory } from './data-directory.js';
import type { Endpoint } from './postmaster.js';

/** Of a Unix socket the port is only a part of the file's name. */
const SOCKET_PORT = 5432;
const SOCKET_FILE = `.s.PGSQL.${SOCKET_PORT}`;
// sun_path holds 108 bytes on Linux and 104 on macOS and the BSDs, the closing zero included (unix(7), unix(4)).
const SOCKET_PATH_LIMIT = process.platform === 'linux' ? 107 : 103;

/**
 * Where the server shall listen. A socket goes into the data directory, or, where that is too long a path for one,
 * into a directory of its own among the temporary files, which is recorded and used again.
 */
export async function chooseEndpoint(directory: DataDirectory, transport: Transport): Promise<Endpoint> {
  if (transport === 'loopback') return { host: '127.0.0.1', port: await findFreePort() };
  const isShort = Buffer.byteLength(path.join(directory.socket, SOCKET_FILE)) <= SOCKET_PATH_LIMIT;
  return { host: isShort ? directory.socket : await ensureShortDirectory(directory), port: SOCKET_PORT };
}

/** Removes the temporary directory of a socket, where there is one. */
export async function forgetEndpoint(directory: DataDirectory): Promise<void> {
  const recorded = await readRecord(directory);
  if (recorded === undefined) return;
  await rm(recorded, { recursive: true, force: true });
  await rm(directory.socketRecord, { force: true });
}

/** The password of the server, for where it is reached over TCP. */
export async function readPassword(directory: DataDirectory): Promise<string> {
  return (await readFile(directory.password, 'utf8')).trim();
}

async function ensureShortDirectory(directory: DataDirectory): Promise<string> {
  const recorded = await readRecord(directory);
  if (recorded !== undefined) return recorded;
  const made = await mkdtemp(path.join(os.tmpdir(), 'spanledger-'));
  await makeOwnedDirectory(made, directory.runAs);
  await writeFile(directory.socketRecord, made);
  return made;
}

/** The recorded directory, if it still is one that only its owner enters; others may write among temporary files. */
async function readRecord(directory: DataDirectory): Promise<string | undefined> {
  try {
    const recorded = (await readFile(directory.socketRecord, 'utf8')).trim();
    const found = await stat(recorded);
    const owner = directory.runAs?.uid ?? process.getuid?.();
    return found.isDirectory() && found.uid === owner && (found.mode & 0o077) === 0 ? recorded : undefined;
  } catch {
    return undefined;
  }
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port was found');
  return address.port;
}
