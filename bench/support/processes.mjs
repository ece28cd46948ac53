import { readFileSync, readdirSync } from 'node:fs';

/** Linux counts CPU time in units of 1/100 s for user space on all its architectures (time(7), USER_HZ). */
const MICROS_PER_TICK = 10_000;

/** The fields of `/proc/<pid>/stat` after the name, which may hold blanks and brackets itself (proc(5)). */
function readStat(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const number = (index) => Number(fields[index - 3]);
    return {
      parent: number(4),
      ownTicks: number(14) + number(15),
      endedChildrenTicks: number(16) + number(17),
    };
  } catch {
    return undefined;
  }
}

/** CPU time of a process, all its threads and the children it waited for; null where there is no /proc. */
export function readCpuMicros(pid) {
  const stat = readStat(pid);
  return stat === undefined ? null : (stat.ownTicks + stat.endedChildrenTicks) * MICROS_PER_TICK;
}

/**
 * CPU time of a Postgres server: the postmaster, those of its children that ended and those that run. They are found
 * by their parent, since each is a session of its own (`InitPostmasterChild` in PostgreSQL's miscinit.c).
 */
export function readServerCpuMicros(postmaster) {
  const own = readCpuMicros(postmaster);
  if (own === null) return null;
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(readStat)
    .filter((stat) => stat?.parent === postmaster);
  return own + children.reduce((sum, stat) => sum + stat.ownTicks * MICROS_PER_TICK, 0);
}

/** The postmaster of the local server that runs the backend; null where it can't be seen from here. */
export function findPostmaster(backendPid) {
  const parent = readStat(backendPid)?.parent;
  if (parent === undefined) return null;
  return readFileSync(`/proc/${parent}/comm`, 'utf8').startsWith('postgres') ? parent : null;
}

/** Resident bytes of a process: now, and the most it ever had; null where there is no /proc. */
export function readResidentBytes(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const kibibytes = (key) => Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]);
    return { now: kibibytes('VmRSS') * 1024, peak: kibibytes('VmHWM') * 1024 };
  } catch {
    return null;
  }
}
