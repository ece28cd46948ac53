import { setTimeout as delay } from 'node:timers/promises';
import { readErrorCode } from '../database-error.js';
import type { PostgresConnection } from '../pool.js';
import { openClient } from '../pool.js';

// Recovery after a crash replays at most max_wal_size, but disks may be slow.
const RECOVERY_TIMEOUT_MILLIS = 10 * 60_000;
const SILENCE_TIMEOUT_MILLIS = 20_000;
const TOLD_AFTER_MILLIS = 3_000;

const STARTING_UP = '57P03';
const TOO_MANY_CONNECTIONS = '53300';

/**
 * Waits until a starting server takes connections, through its recovery after a crash. Rejects where it ends, where
 * nothing listens for 20 seconds, where it refuses for another reason than that it is starting, and on the signal.
 */
export async function waitUntilReady(
  connection: PostgresConnection,
  isAlive: () => boolean,
  onProgress: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const start = Date.now();
  let lastHeard = start;
  let isTold = false;
  for (;;) {
    signal.throwIfAborted();
    const refusal = await probe(connection);
    if (refusal === undefined) return;
    if (!isAlive()) throw new Error('it ended while starting', { cause: refusal });
    if (isPermanent(refusal)) throw refusal;
    const now = Date.now();
    if (readErrorCode(refusal) === STARTING_UP) lastHeard = now;
    if (now - lastHeard > SILENCE_TIMEOUT_MILLIS || now - start > RECOVERY_TIMEOUT_MILLIS) throw refusal;
    if (!isTold && now - start > TOLD_AFTER_MILLIS) {
      onProgress('waiting for the built-in Postgres, which may be recovering after a crash');
      isTold = true;
    }
    await delay(now - start < 500 ? 10 : 100);
  }
}

/** Why no connection was made; undefined where one was. */
async function probe(connection: PostgresConnection): Promise<Error | undefined> {
  try {
    await (await openClient(connection)).end();
    return undefined;
  } catch (error) {
    if (readErrorCode(error) === TOO_MANY_CONNECTIONS) return undefined;
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** A SQLSTATE other than "starting up" and connection trouble: asking again will not help. */
function isPermanent(refusal: Error): boolean {
  const code = readErrorCode(refusal);
  return (
    code !== undefined &&
    /^[0-9A-Z]{5}$/.test(code) &&
    code !== STARTING_UP &&
    !code.startsWith('08') &&
    code !== 'EPIPE'
  );
}
