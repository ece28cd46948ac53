import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { readMessage } from '../../operations/failures.js';
import { warn } from '../../setup/warn.js';
import { isAborted, pause } from '../api/poll.js';
import { findApi } from '../api/request.js';
import { doWork, type WorkHandler } from './work.js';
import { WorkSessionApi, type StoredWorkSession } from './work-session-api.js';

/** What a worker does. */
export interface WorkerOptions {
  /** The project's id, whose work sessions are done. */
  project: string;
  /** By agent type, the function that does its work. */
  agents: Readonly<Record<string, WorkHandler>>;
  /** How many sessions are done at a time. Default 1. */
  concurrency?: number | undefined;
  /** How long a session stays this worker's when nothing is heard of it, in milliseconds. Default 60,000; at least 1,000. */
  leaseMillis?: number | undefined;
  /** How often it is asked for work, in milliseconds. Default 1,000. */
  pollMillis?: number | undefined;
  /** The worker's name. Default: host and a random part. */
  id?: string | undefined;
  /** Takes no more work. */
  signal?: AbortSignal | undefined;
}

/** A worker that runs. */
export interface Worker {
  /** Takes no more work; resolves when what it does is done. */
  stop(): Promise<void>;
}

const LONGEST_PAUSE_MILLIS = 30_000;

/**
 * Does queued work sessions: takes one at a time, with a lease that is renewed, and runs the function of its agent type inside
 * an agent's span. What it returns is the output; an error fails the session, which may be tried again by this or another
 * worker. The process stays alive while the worker runs; it never throws. Where the SDK is not initialised nothing is done;
 * where the collector can't be asked, a warning says why and it is tried again.
 */
export function worker(options: WorkerOptions): Worker {
  const stopped = new AbortController();
  const signal =
    options.signal === undefined ? stopped.signal : AbortSignal.any([options.signal, stopped.signal]);
  const done = start(options, signal);
  return {
    stop: async () => {
      stopped.abort();
      await done;
    },
  };
}

async function start(options: WorkerOptions, signal: AbortSignal): Promise<void> {
  const { project, concurrency = 1, id = `${hostname()} ${randomUUID().slice(0, 8)}` } = options;
  const leaseMillis = Math.max(1_000, options.leaseMillis ?? 60_000);
  try {
    const api = findApi();
    if (api === undefined) return;
    const sessions = new WorkSessionApi({ api, project, workerId: id, leaseMillis });
    const lanes = Array.from({ length: Math.max(1, concurrency) }, () =>
      // Outside of the span that is active here: that one ends, the worker goes on.
      context.with(ROOT_CONTEXT, () => runLane(sessions, { ...options, leaseMillis }, signal)),
    );
    await Promise.all(lanes);
  } catch (error) {
    warn(`the worker of ${project} can't start: ${readMessage(error)}`);
  }
}

async function runLane(
  sessions: WorkSessionApi,
  { project, agents, leaseMillis, pollMillis = 1_000 }: WorkerOptions & { leaseMillis: number },
  signal: AbortSignal,
): Promise<void> {
  let pauseMillis = pollMillis;
  let hasWarned = false;
  while (!signal.aborted) {
    let session: StoredWorkSession | undefined;
    try {
      session = await sessions.claim(Object.keys(agents), signal);
      pauseMillis = pollMillis;
      hasWarned = false;
    } catch (error) {
      if (isAborted(signal)) return;
      if (!hasWarned) warn(`no work can be taken in ${project}, it is tried again: ${readMessage(error)}`);
      hasWarned = true;
      pauseMillis = Math.min(pauseMillis * 2, LONGEST_PAUSE_MILLIS);
    }
    const handler = session && agents[session.agent_type];
    if (session !== undefined && handler !== undefined) {
      await doWork({ sessions, session, handler, projectId: project, leaseMillis });
    } else {
      await pause(pauseMillis, signal).catch(() => undefined);
    }
  }
}
