import type { Pool } from 'pg';
import type { Projector } from '../../../model/write-batch.js';
import { SpanledgerError } from '../../../errors.js';
import { classifyDatabaseError } from '../database-error.js';
import type { Queryable } from '../rows/queryable.js';
import type { DeferralLimits } from '../write/deferral.js';
import { refreshProject } from './refresh-project.js';

export interface RefresherOptions {
  pool: Pool;
  projector: Projector;
  deferral: DeferralLimits;
  /** Told of what can't be brought up to date: it is tried again later, and read as it is until then. */
  onError?: (error: unknown) => void;
}

/** Brings derived rows up to date that writes have left stale. */
export interface Refresher {
  /** Resolves once nothing is stale in the project that was when this was called. Many callers share the work. */
  refresh(projectId: string): Promise<void>;
  refreshAll(): Promise<void>;
  /** To be called after a write that has left something stale: it is brought up to date in the background. */
  schedule(projectId: string): void;
  /** Begins nothing more and waits for the transaction that runs; what is left stays for the next process. */
  close(): Promise<void>;
}

const FIND_STALE = `
  (select 1 from traces where project_id = $1 and stale_since is not null order by stale_since limit 1)
  union all
  (select 1 from sessions where project_id = $1 and stale_since is not null order by stale_since limit 1)`;

/** Index by index rather than with "distinct", which would read whole tables. */
const findNextProject = (table: string): string => `
  select project_id from ${table} where project_id > $1 and stale_since is not null
  order by project_id, stale_since limit 1`;

const FIND_NEXT_PROJECT = `
  select min(project_id::text) as id from (
    (${findNextProject('traces')}) union all (${findNextProject('sessions')})
  ) as next`;
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

/** In the background a refresh begins so long after the last write, or after the first at most. */
const QUIET_MILLIS = 1_000;
const LONGEST_WAIT_MILLIS = 10_000;
/**
 * And so many times as long after the last one as the longest of its parts took: a trace that keeps growing costs a tenth of
 * one processor at most, and many that are done do not pile up.
 */
const REST_FACTOR = 10;
/** What could not be brought up to date is tried again after so long. */
const GIVE_UP_MILLIS = 60_000;

export function createRefresher(options: RefresherOptions): Refresher {
  const { pool, onError } = options;
  const runs = new SharedRuns((projectId) => run(projectId));
  const schedules = new Map<string, Schedule>();
  const givenUp = new Map<string, number>();
  const ending = new AbortController();

  async function run(projectId: string): Promise<void> {
    let longestMillis = 0;
    await refreshProject(projectId, {
      ...options,
      signal: ending.signal,
      onPart: (millis) => (longestMillis = Math.max(longestMillis, millis)),
      isGivenUp: (name) => (givenUp.get(`${projectId} ${name}`) ?? 0) > performance.now(),
      onGivenUp: (name, error) => {
        givenUp.set(`${projectId} ${name}`, performance.now() + GIVE_UP_MILLIS);
        onError?.(new Error(`the ${name} could not be brought up to date`, { cause: error }));
      },
    });
    const now = performance.now();
    for (const [name, until] of givenUp) if (until <= now) givenUp.delete(name);
    const schedule = schedules.get(projectId);
    if (schedule !== undefined) schedule.notBefore = now + REST_FACTOR * longestMillis;
  }

  async function refresh(projectId: string): Promise<void> {
    try {
      if (await isAnyStale(pool, projectId)) await runs.join(projectId);
    } catch (error) {
      throw classifyDatabaseError(error);
    }
  }

  async function findNext(projectId: string): Promise<string | null> {
    try {
      const { rows } = await pool.query<{ id: string | null }>(FIND_NEXT_PROJECT, [projectId]);
      return rows[0]?.id ?? null;
    } catch (error) {
      throw classifyDatabaseError(error);
    }
  }

  function runLater(projectId: string, schedule: Schedule): void {
    const now = performance.now();
    schedule.firstWriteAt ??= now;
    const due = Math.min(now + QUIET_MILLIS, schedule.firstWriteAt + LONGEST_WAIT_MILLIS);
    clearTimeout(schedule.timer);
    schedule.timer = setTimeout(
      () => {
        schedule.firstWriteAt = undefined;
        schedule.running = refresh(projectId).catch((error: unknown) => {
          if (!ending.signal.aborted) onError?.(error);
        });
      },
      Math.max(due, schedule.notBefore) - now,
    ).unref();
  }

  return {
    refresh,
    async refreshAll() {
      for (let id = await findNext(BEFORE_ALL); id !== null; id = await findNext(id)) await refresh(id);
    },
    schedule(projectId) {
      if (ending.signal.aborted) return;
      const schedule = schedules.get(projectId) ?? { notBefore: 0 };
      schedules.set(projectId, schedule);
      runLater(projectId, schedule);
    },
    async close() {
      ending.abort(new SpanledgerError('INGEST_SHUTTING_DOWN', 'The collector is shutting down.'));
      for (const { timer } of schedules.values()) clearTimeout(timer);
      for (const { running } of schedules.values()) await running;
    },
  };
}

interface Schedule {
  timer?: NodeJS.Timeout;
  firstWriteAt?: number | undefined;
  /** By `performance.now()`. */
  notBefore: number;
  running?: Promise<void>;
}

async function isAnyStale(database: Queryable, projectId: string): Promise<boolean> {
  return (await database.query(FIND_STALE, [projectId])).rows.length > 0;
}

/** One run at a time by key; whoever asks while one is under way waits for the next, together with all others who do. */
class SharedRuns {
  private readonly running = new Map<string, Promise<void>>();
  private readonly next = new Map<string, Promise<void>>();

  constructor(private readonly run: (key: string) => Promise<void>) {}

  /** Resolves after a run that began after this call. */
  join(key: string): Promise<void> {
    const running = this.running.get(key);
    if (running === undefined) return this.start(key);
    let next = this.next.get(key);
    if (next === undefined) {
      next = running
        .catch(() => undefined)
        .then(() => {
          this.next.delete(key);
          return this.start(key);
        });
      this.next.set(key, next);
    }
    return next;
  }

  private start(key: string): Promise<void> {
    const run = this.run(key).finally(() => {
      if (this.running.get(key) === run) this.running.delete(key);
    });
    this.running.set(key, run);
    return run;
  }
}
