import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** A process, told apart from a later one that was given the same number. */
export interface ProcessIdentity {
  pid: number;
  /** When it started, in the words of this system; null where the system does not say. */
  startedAt: string | null;
}

/** Identifies a running process; undefined where none runs. One that ended but was not reaped does not run. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  if (!exists(pid)) return undefined;
  if (process.platform === 'linux') return identifyByProc(pid);
  return { pid, startedAt: process.platform === 'win32' ? null : readStartByPs(pid) };
}

/** Whether the identified process still runs. Where the system does not say when it started, its number decides. */
export function isRunning(identity: ProcessIdentity): boolean {
  const found = identifyProcess(identity.pid);
  if (found === undefined) return false;
  return found.startedAt === null || identity.startedAt === null || found.startedAt === identity.startedAt;
}

/**
 * The processes whose working directory is the given real path, as are all those of a Postgres in its data directory;
 * undefined where the system does not tell. Processes of other users are seen by root alone.
 */
export function listProcessesIn(directory: string): number[] | undefined {
  if (process.platform !== 'linux') return undefined;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => readWorkingDirectory(pid) === directory);
}

/** The working directory of a process; undefined where it has ended or the system does not tell. */
export function readWorkingDirectory(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function identifyByProc(pid: number): ProcessIdentity | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // proc(5): the name in parentheses may hold anything; the state comes next, the start time is field 22.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const state = fields[0];
    if (state === 'Z' || state === 'X') return undefined;
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return { pid, startedAt: `${boot}/${fields[19] ?? ''}` };
  } catch {
    return exists(pid) ? { pid, startedAt: null } : undefined;
  }
}

function readStartByPs(pid: number): string | null {
  try {
    const text = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
    });
    return text.trim() === '' ? null : text.trim();
  } catch {
    return null;
  }
}
