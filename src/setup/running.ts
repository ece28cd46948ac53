import type { SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { FlushOptions, Spanledger } from './handle.js';
import { warn } from './warn.js';

const TIMEOUT_MILLIS = 30_000;

/** What is behind a handle. */
export interface Running {
  spanProcessors: readonly SpanProcessor[];
  /** Sends what has ended. */
  flush: () => Promise<unknown>;
  /** Sends what is left and stops; called once. */
  stop: () => Promise<unknown>;
}

/** A handle; over nothing where nothing is recorded. `onShutdown` is called before what it stops. */
export function createHandle(running: Running | undefined, onShutdown: () => void): Spanledger {
  let current = running;
  let stopping: Promise<void> | undefined;
  return {
    get isActive() {
      return current !== undefined;
    },
    get spanProcessors() {
      return current?.spanProcessors ?? [];
    },
    flush: (options) => finish('flush', current?.flush, options),
    shutdown: (options) => {
      if (stopping === undefined) {
        onShutdown();
        stopping = finish('shutdown', current?.stop, options);
        current = undefined;
      }
      return stopping;
    },
  };
}

async function finish(
  what: string,
  work: (() => Promise<unknown>) | undefined,
  { timeoutMillis = TIMEOUT_MILLIS, throwOnError = false }: FlushOptions = {},
): Promise<void> {
  if (work === undefined) return;
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`not done after ${timeoutMillis} ms`));
    }, timeoutMillis);
  });
  try {
    await Promise.race([work(), timeout]);
  } catch (error) {
    const first: unknown = Array.isArray(error) ? error[0] : error;
    const reason = first instanceof Error ? first.message : String(first);
    if (throwOnError) throw new Error(`spanledger: ${what} failed: ${reason}`, { cause: error });
    warn(`${what} failed, spans may not have been sent: ${reason}`);
  } finally {
    clearTimeout(timer);
  }
}
