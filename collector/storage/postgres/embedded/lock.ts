import { randomUUID } from 'node:crypto';
import { link, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { SpanledgerError } from '../../../errors.js';
import type { ProcessIdentity } from './process-identity.js';
import { identifyProcess, isRunning } from './process-identity.js';

export interface DirectoryLock {
  /** Idempotent. */
  release(): Promise<void>;
}

const LOCK_FILE = /^spanledger\.lock\.(\d+)$/;

function explainDataLock(directory: string, who: string): SpanledgerError {
  return new SpanledgerError(
    'DATABASE_LOCKED',
    `The data directory ${directory} is in use by ${who}. ` +
      'Stop that one, or give this one another --data-dir, or share a Postgres through DATABASE_URL.',
  );
}

/**
 * Takes a directory for this process, or rejects with `DATABASE_LOCKED`, or with what `explain` makes of the directory
 * and of the process that has it. The lock of a process that ended without giving it back, even by `kill -9`, is taken
 * over.
 *
 * Each taking has a generation, which is part of the file's name: a stale lock is never removed to make room, but
 * followed by the next generation. Linking a finished file to that name succeeds for one taker only; whoever then
 * finds a still higher generation came late and steps back.
 */
export async function acquireDirectoryLock(
  directory: string,
  explain = explainDataLock,
): Promise<DirectoryLock> {
  const own = identifyProcess(process.pid) ?? { pid: process.pid, startedAt: null };
  const draft = path.join(directory, `spanledger.lock-${randomUUID()}`);
  await writeFile(draft, JSON.stringify(own), { flag: 'wx' });
  try {
    for (;;) {
      const generations = await listGenerations(directory);
      const newest = generations.at(-1) ?? 0;
      if (newest > 0) await refuseIfHeld(directory, newest, explain);
      const file = lockFile(directory, newest + 1);
      if (!(await linkUnlessTaken(draft, file))) continue;
      if ((await listGenerations(directory)).at(-1) !== newest + 1) {
        await rm(file, { force: true });
        continue;
      }
      for (const old of generations) await rm(lockFile(directory, old), { force: true });
      return { release: () => rm(file, { force: true }) };
    }
  } finally {
    await rm(draft, { force: true });
  }
}

async function refuseIfHeld(
  directory: string,
  generation: number,
  explain: typeof explainDataLock,
): Promise<void> {
  const holder = await readHolder(lockFile(directory, generation));
  if (holder === undefined || !isRunning(holder)) return;
  const who = holder.pid === process.pid ? 'this process already' : `process ${holder.pid}`;
  throw explain(directory, who);
}

async function linkUnlessTaken(source: string, file: string): Promise<boolean> {
  try {
    await link(source, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function readHolder(file: string): Promise<ProcessIdentity | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as ProcessIdentity;
  } catch {
    // Given back in the meantime, or emptied by a full disk or a power cut: held by nobody either way.
    return undefined;
  }
}

async function listGenerations(directory: string): Promise<number[]> {
  const names = await readdir(directory);
  return names
    .flatMap((name) => LOCK_FILE.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

function lockFile(directory: string, generation: number): string {
  return path.join(directory, `spanledger.lock.${generation}`);
}
