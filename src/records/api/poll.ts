import { readMessage } from '../../operations/failures.js';
import { SpanledgerApiError } from './api-error.js';

/** How something is waited for. */
export interface WaitOptions {
  /** Gives up, with the signal's reason as error. */
  signal?: AbortSignal | undefined;
  /** How long to wait at most, in milliseconds. Default: without end. */
  timeoutMillis?: number | undefined;
}

interface PollOptions extends WaitOptions {
  /** How long "there is no such thing" may mean "not there yet", in milliseconds. */
  graceMillis?: number;
}

/** What was waited for, or in words why it did not come. */
export type Waited<T> = { isThere: true; value: T } | { isThere: false; reason: string };

const FIRST_MILLIS = 250;
const LONGEST_MILLIS = 10_000;
const GROWTH = 1.5;
/** A record reaches the collector with the next batch; one that had to be sent again, later. */
const GRACE_MILLIS = 60_000;

/**
 * Reads until there is something, first after a quarter of a second, then ever more seldom, up to every ten seconds. A
 * collector that can't be reached is asked again. Rejects with the signal's reason alone.
 */
export async function pollUntil<T>(
  read: (signal: AbortSignal | undefined) => Promise<T | undefined>,
  { signal, timeoutMillis = Infinity, graceMillis = GRACE_MILLIS }: PollOptions,
): Promise<Waited<T>> {
  const startedMillis = performance.now();
  for (let pauseMillis = FIRST_MILLIS; ; pauseMillis = Math.min(pauseMillis * GROWTH, LONGEST_MILLIS)) {
    let reason = `not after ${timeoutMillis} ms`;
    try {
      const value = await read(signal);
      if (value !== undefined) return { isThere: true, value };
    } catch (error) {
      signal?.throwIfAborted();
      reason = readMessage(error);
      if (!mayComeYet(error, performance.now() - startedMillis < graceMillis)) {
        return { isThere: false, reason };
      }
    }
    const leftMillis = startedMillis + timeoutMillis - performance.now();
    if (leftMillis <= 0) return { isThere: false, reason };
    await pause(Math.min(pauseMillis, leftMillis), signal);
  }
}

function mayComeYet(error: unknown, isInGrace: boolean): boolean {
  if (!(error instanceof SpanledgerApiError)) return false;
  return error.isRetryable || (error.status === 404 && isInGrace);
}

/** Waits; rejects with the signal's reason as soon as it is aborted. */
export async function pause(millis: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, millis);
    signal?.addEventListener('abort', finish, { once: true });
  });
  signal?.throwIfAborted();
}

/** Whether it is aborted by now: asked through a function, since it may have become so behind an `await`. */
export function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
