import { isMisrouted } from '../database-error.js';
import { ConcurrentChange } from './concurrent-change.js';
import { readSqlState } from './write-failure.js';

const FIRST_BACKOFF_MILLIS = 5;
/** serialization_failure, deadlock_detected (PostgreSQL manual, appendix A). */
const CONFLICTS = new Set(['40001', '40P01']);

/** Whether a transaction failed on what others did meanwhile, so that it is worth repeating. */
export function isConflict(error: unknown): boolean {
  const state = readSqlState(error);
  return (
    error instanceof ConcurrentChange || isMisrouted(error) || (state !== undefined && CONFLICTS.has(state))
  );
}

/** Waits before the next attempt: at random, up to twice as long each time. */
export function pauseBefore(attempts: number): Promise<void> {
  const millis = FIRST_BACKOFF_MILLIS * 2 ** attempts * Math.random();
  return new Promise((resolve) => setTimeout(resolve, millis));
}
