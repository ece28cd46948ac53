import { createContextKey, type Context } from '@opentelemetry/api';

const KEY = createContextKey('spanledger.work_session');

/** The work session that a worker does in a context; undefined outside of any. */
export function getWorkSession(of: Context): ActiveWorkSession | undefined {
  return of.getValue(KEY) as ActiveWorkSession | undefined;
}

/** A context in which every record belongs to the work session. */
export function setWorkSession(of: Context, session: ActiveWorkSession): Context {
  return of.setValue(KEY, session);
}

/** A work session that is being done in this process. */
export interface ActiveWorkSession {
  id: string;
  projectId: string;
  /** Checkpoints without a key that were asked for so far: their number is their key, the same when the work is done again. */
  unnamedCheckpoints: number;
}
