import { context } from '@opentelemetry/api';
import { agent } from '../../operations/agent.js';
import { readMessage } from '../../operations/failures.js';
import { ATTR } from '../../semconv.js';
import { warn } from '../../setup/warn.js';
import { storeArtifact, type ArtifactOptions, type StoredArtifact } from './artifacts.js';
import { SpanledgerApiError } from '../api/api-error.js';
import { isAborted, pause } from '../api/poll.js';
import { flushRecords } from '../api/request.js';
import { checkpoint, type CheckpointDecision, type CheckpointOptions } from './checkpoint.js';
import { addLog, type LogEntry } from '../plans/plans.js';
import { setWorkSession } from './work-session-context.js';
import type { StoredWorkSession, WorkEnd, WorkSessionApi } from './work-session-api.js';

/** A work session that is being done, as its function is given it. */
export interface Work {
  /** The work session. */
  readonly id: string;
  /** Which of the worker's agents does it. */
  readonly agentType: string;
  /** What is to be done. */
  readonly task: string;
  /** Settings of the task, as they were given when the work was requested. */
  readonly config: unknown;
  /** The document that the agent is given to know. */
  readonly envelope: unknown;
  /** What the work was requested with, any JSON value. */
  readonly metadata: unknown;
  /** 1 for the first attempt, 2 for the next. */
  readonly attempt: number;
  /** Aborted when the session was cancelled, or is no longer this worker's. */
  readonly signal: AbortSignal;
  /** As the function of this name, for this session. */
  storeArtifact(options: ArtifactOptions): StoredArtifact;
  /** As the function of this name, for this session; gives up when the session's own signal is aborted. */
  checkpoint(options: CheckpointOptions): Promise<CheckpointDecision>;
  /** Writes to the action log: a text is a `note`. */
  log(entry: string | LogEntry): void;
}

/** Does the work of one agent type. What it gives is the agent's output. */
export type WorkHandler = (work: Work) => unknown;

interface WorkOptions {
  sessions: WorkSessionApi;
  session: StoredWorkSession;
  handler: WorkHandler;
  projectId: string;
  leaseMillis: number;
}

/** Does one session to its end, and says how it ended. Never rejects. */
export async function doWork({
  sessions,
  session,
  handler,
  projectId,
  leaseMillis,
}: WorkOptions): Promise<void> {
  const lost = new AbortController();
  const done = new AbortController();
  const renewing = keepLease({ sessions, session, leaseMillis, lost, done: done.signal });
  const active = setWorkSession(context.active(), { id: session.id, projectId, unnamedCheckpoints: 0 });
  const end = await context.with(active, () => runHandler(session, handler, lost.signal));
  await flushRecords();
  // A lease that is lost was taken away by who knows better how the session ended.
  const problem = lost.signal.aborted ? undefined : await sessions.finish(session, end, leaseMillis);
  done.abort();
  await renewing;
  if (problem !== undefined)
    warn(`that the work session ${session.id} is ${end.status} could not be said: ${problem}`);
}

async function runHandler(
  session: StoredWorkSession,
  handler: WorkHandler,
  signal: AbortSignal,
): Promise<WorkEnd> {
  const { id, agent_type: name, attempt, task } = session;
  try {
    const attributes = { [ATTR.workSessionId]: id };
    await agent({ name, executionId: id, attempt, input: task, attributes }, () =>
      handler(createWork(session, signal)),
    );
    return { status: 'completed' };
  } catch (error) {
    return { status: 'failed', error: readMessage(error) };
  }
}

function createWork(session: StoredWorkSession, signal: AbortSignal): Work {
  return {
    id: session.id,
    agentType: session.agent_type,
    task: session.task,
    config: session.config,
    envelope: session.envelope,
    metadata: session.metadata,
    attempt: session.attempt,
    signal,
    storeArtifact,
    checkpoint: (options) =>
      checkpoint({
        ...options,
        signal: options.signal === undefined ? signal : AbortSignal.any([signal, options.signal]),
      }),
    log: (entry) => {
      addLog(typeof entry === 'string' ? { action: 'note', description: entry } : entry);
    },
  };
}

interface LeaseOptions {
  sessions: WorkSessionApi;
  session: StoredWorkSession;
  leaseMillis: number;
  /** Aborted here, when the session is not this worker's any more. */
  lost: AbortController;
  done: AbortSignal;
}

/** Renews the lease three times in its length. A collector that can't be reached is asked again until it has run out. */
async function keepLease({ sessions, session, leaseMillis, lost, done }: LeaseOptions): Promise<void> {
  let renewedMillis = performance.now();
  for (;;) {
    await pause(leaseMillis / 3, done).catch(() => undefined);
    if (isAborted(done)) return;
    try {
      const status = await sessions.renew(session, done);
      renewedMillis = performance.now();
      if (status !== 'cancelled' && status !== 'failed') continue;
      lost.abort(new DOMException(`the work session is ${status}`, 'AbortError'));
      return;
    } catch (error) {
      if (isAborted(done)) return;
      const mayReturn = error instanceof SpanledgerApiError && error.isRetryable;
      if (mayReturn && performance.now() - renewedMillis < leaseMillis) continue;
      lost.abort(
        new DOMException(`the lease of the work session is lost: ${readMessage(error)}`, 'AbortError'),
      );
      return;
    }
  }
}
