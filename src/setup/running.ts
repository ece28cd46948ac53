import type { SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { FlushOptions, Spanledger } from './handle.js';
import { warn } from './warn.js';

const TIMEOUT_MILLIS = 30_000;

/** What is behind a handle. */
export interface Running {
  spanProcessors: readonly SpanProcessor[];
  /** Where spans go, for messages; undefined where that is not ours to say. */
  destination?: string | undefined;
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
    flush: (options) => finish('flush', current?.flush, { ...options, destination: current?.destination }),
    shutdown: (options) => {
      if (stopping === undefined) {
        onShutdown();
        stopping = finish('shutdown', current?.stop, { ...options, destination: current?.destination });
        current = undefined;
      }
      return stopping;
    },
  };
}

async function finish(
  what: string,
  work: (() => Promise<unknown>) | undefined,
  {
    timeoutMillis = TIMEOUT_MILLIS,
    throwOnError = false,
    destination,
  }: FlushOptions & { destination: string | undefined },
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
    const failure = `${what} failed${destination === undefined ? '' : ` (${destination})`}`;
    if (throwOnError) throw new Error(`spanledger: ${failure}: ${reason}`, { cause: error });
    warn(`${failure}, spans may not have been sent: ${reason}`);
  } finally {
    clearTimeout(timer);
  }
}
