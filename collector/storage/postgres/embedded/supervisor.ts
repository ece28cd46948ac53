import { setTimeout as delay } from 'node:timers/promises';
import type { Postmaster } from './postmaster.js';

const FIRST_DELAY_MILLIS = 100;
const LONGEST_DELAY_MILLIS = 10_000;

export interface Supervisor {
  /** Stops watching, abandons a start in progress, and gives the last server, which may have ended. Idempotent. */
  end(): Promise<Postmaster>;
}

/** Starts the server again whenever it ends by itself, less and less often while that fails. */
export function supervise(
  first: Postmaster,
  launch: () => Promise<Postmaster>,
  ending: AbortController,
  onProgress: (line: string) => void,
): Supervisor {
  let current = first;
  const isEnding = (): boolean => ending.signal.aborted;
  const ended = new Promise<void>((resolve) => {
    ending.signal.addEventListener('abort', () => {
      resolve();
    });
  });

  async function relaunch(): Promise<void> {
    for (let wait = FIRST_DELAY_MILLIS; !isEnding(); wait = Math.min(wait * 2, LONGEST_DELAY_MILLIS)) {
      try {
        current = await launch();
        return;
      } catch (error) {
        if (isEnding()) return;
        onProgress(error instanceof Error ? error.message : String(error));
        await delay(wait, undefined, { ref: false, signal: ending.signal }).catch(() => undefined);
      }
    }
  }

  async function watch(): Promise<void> {
    while (!isEnding()) {
      await Promise.race([current.gone, ended]);
      if (isEnding()) return;
      onProgress('the built-in Postgres ended unexpectedly; starting it again');
      await relaunch();
    }
  }

  const watching = watch();
  return {
    async end(): Promise<Postmaster> {
      ending.abort();
      await watching;
      return current;
    },
  };
}
