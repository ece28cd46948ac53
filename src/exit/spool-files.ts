import { randomBytes } from 'node:crypto';
import { readdirSync, renameSync, statSync, unlinkSync } from 'node:fs';
import path from 'node:path';

/** A claim that is older was left by a process that died while it was sending. */
const CLAIM_MILLIS = 10 * 60_000;

/** A file that is still being written after this time was left by a process that died while it was writing. */
const WRITING_MILLIS = 60_000;

const NAME = /^(\d{13})-\d+-[0-9a-f]{8}\.jsonl(?:\.(writing|rejected|claimed-(\d{13})))?$/;

/** A file of a spool. Its state is in its name, because a rename is the one change that only one process can make. */
export interface SpoolFile {
  /** Its path now. */
  path: string;
  /** The path without the state. */
  base: string;
  bytes: number;
  writtenAtMillis: number;
  /** No other process is busy with it. */
  isFree: boolean;
  /** It holds what could not be read or was refused, and is kept for a person to look at. */
  isRejected: boolean;
}

/** The path of a new file, unlike that of any other process or moment. */
export function nameSpoolFile(folder: string): string {
  return path.join(folder, `${Date.now()}-${process.pid}-${randomBytes(4).toString('hex')}.jsonl`);
}

/** The files of a folder, the oldest first; none where there is no such folder. Foreign files are left out. */
export function listSpoolFiles(folder: string, now = Date.now()): SpoolFile[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names.sort().flatMap((name) => {
    const match = NAME.exec(name);
    const found = match === null ? undefined : statOf(path.join(folder, name));
    if (match === null || found === undefined) return [];
    const [, written, state, claimed] = match;
    const writtenAtMillis = Number(written);
    const isFree =
      state === undefined ||
      (state === 'writing' && now - writtenAtMillis > WRITING_MILLIS) ||
      (claimed !== undefined && now - Number(claimed) > CLAIM_MILLIS);
    const full = path.join(folder, name);
    const base = state === undefined ? full : full.slice(0, -state.length - 1);
    return [{ path: full, base, bytes: found, writtenAtMillis, isFree, isRejected: state === 'rejected' }];
  });
}

/** Takes a free file for this process; gives its new path, or undefined where another process was faster. */
export function claimSpoolFile(file: SpoolFile): string | undefined {
  const claimed = `${file.base}.claimed-${Date.now()}`;
  try {
    renameSync(file.path, claimed);
    return claimed;
  } catch {
    return undefined;
  }
}

/** Removes a file; one that is gone already is as good. */
export function removeSpoolFile(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // Gone, or not ours to remove: then the next process meets it again.
  }
}

function statOf(file: string): number | undefined {
  try {
    const found = statSync(file);
    return found.isFile() ? found.size : undefined;
  } catch {
    return undefined;
  }
}
