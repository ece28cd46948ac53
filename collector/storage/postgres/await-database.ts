import { setTimeout as delay } from 'node:timers/promises';
import { SpanledgerError } from '../../errors.js';
import { readErrorCode } from './database-error.js';
import { migrateDatabase } from './migrate.js';
import type { PostgresConnection } from './pool.js';
import { connectOrExplain } from './pool.js';

export interface AwaitedDatabase {
  /** Whether it has been reached and migrated. */
  isReady(): boolean;
  /** Waits no longer. */
  close(): Promise<void>;
}

const PAUSE_MILLIS = 1_000;
/** The user, the password, the name of the database or the URL is wrong: that won't pass by waiting. */
const LASTING = /^(28|3D|ERR_INVALID_URL)/;

/** Whether a failure to connect is one that may pass. */
export function mayPass(error: unknown): boolean {
  if (!(error instanceof SpanledgerError) || error.code !== 'DATABASE_UNREACHABLE') return false;
  return !LASTING.test(readErrorCode(error.cause) ?? '');
}

/** Tries each second to reach and migrate a database, until that has worked once; says in one line each why it can't. */
export function awaitDatabase(
  connection: PostgresConnection,
  onProgress: (line: string) => void,
): AwaitedDatabase {
  const ending = new AbortController();
  let isReady = false;
  let said = '';
  const run = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      try {
        await connectOrExplain(connection);
        await migrateDatabase(connection, { onProgress });
        isReady = true;
        return;
      } catch (error) {
        const line = error instanceof Error ? error.message : String(error);
        if (line !== said) onProgress(line);
        said = line;
      }
      await delay(PAUSE_MILLIS, undefined, { signal: ending.signal }).catch(() => undefined);
    }
  };
  const running = run();
  return {
    isReady: () => isReady,
    close: () => {
      ending.abort();
      return running;
    },
  };
}
