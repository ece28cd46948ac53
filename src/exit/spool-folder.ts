import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Where spans go; whoever sends to another destination uses another folder. */
export interface SpoolDestination {
  /** The URL that spans are sent to. */
  endpoint: string;
  /** `service.name` of the process. */
  serviceName: string;
  /** Headers that say who sends, such as `authorization`. Only a hash over them is used. */
  headers?: Readonly<Record<string, string>>;
}

/**
 * The folders that hold the spool of a destination, the preferred one first: under `root` (the setting
 * `SPANLEDGER_SPOOL_DIR`) alone where it is set; else under the user's state folder (XDG Base Directory
 * specification 0.8: `XDG_STATE_HOME`), and, for where there is no home to write to, under the system's temporary
 * folder.
 *
 * The folder's name is a hash over endpoint, service and headers: what was recorded for one destination, with one key,
 * is never sent to another, or with another's key. Creates nothing.
 */
export function listSpoolFolders(
  { endpoint, serviceName, headers = {} }: SpoolDestination,
  root?: string,
  environment: NodeJS.ProcessEnv = process.env,
): string[] {
  const sender = Object.entries(headers)
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const key = createHash('sha256')
    .update(JSON.stringify([endpoint, serviceName, sender]))
    .digest('hex')
    .slice(0, 32);
  // The folder `sdk` keeps clear of the collector's own spool, which has the same variable.
  const roots = root === undefined || root === '' ? listDefaultRoots(environment) : [path.join(root, 'sdk')];
  return roots.map((folder) => path.join(folder, key));
}

function listDefaultRoots(environment: NodeJS.ProcessEnv): string[] {
  const temporary = path.join(os.tmpdir(), `spanledger-sdk-${process.getuid?.() ?? 'user'}`);
  const state = findStateFolder(environment);
  return state === undefined ? [temporary] : [path.join(state, 'spanledger', 'sdk'), temporary];
}

function findStateFolder(environment: NodeJS.ProcessEnv): string | undefined {
  const { XDG_STATE_HOME: state, LOCALAPPDATA: local } = environment;
  // "All paths set in these environment variables must be absolute", others are to be ignored (XDG, Basics).
  if (state !== undefined && path.isAbsolute(state)) return state;
  if (process.platform === 'win32' && local !== undefined) return local;
  try {
    return path.join(os.homedir(), '.local', 'state');
  } catch {
    // A container's user without HOME and without an entry in /etc/passwd.
    return undefined;
  }
}

/**
 * Makes the folder, for this user alone. Throws where it can't be made, and where it or the folder around it belongs to
 * somebody else or is writable by others: in a shared temporary folder anybody can lay one out for us.
 */
export function makeSpoolFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  requirePrivate(folder);
  if (path.dirname(folder).startsWith(os.tmpdir() + path.sep)) requirePrivate(path.dirname(folder));
}

function requirePrivate(folder: string): void {
  const found = lstatSync(folder);
  const isOurs = process.getuid === undefined || found.uid === process.getuid();
  const isShared = process.platform !== 'win32' && (found.mode & 0o022) !== 0;
  if (found.isDirectory() && isOurs && !isShared) return;
  throw new Error(`${folder} is not a folder of this user alone`);
}
