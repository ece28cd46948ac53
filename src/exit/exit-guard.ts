import { diag } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { isMainThread } from 'node:worker_threads';
import { withoutDetails } from '../pipeline/span-transform.js';
import { endOpenSpans, type EndCause } from './end-open-spans.js';
import type { Spool } from './spool.js';
import type { UnsentSpans } from './unsent-spans.js';

const TIMEOUT_MILLIS = 5_000;

/** Signals that end a process by default and that can be listened for; SIGHUP comes when a terminal is closed. */
const SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGHUP'];

/** Tells our listener for a signal from those of the application, also that of a second copy of this package. */
const COURTEOUS = Symbol.for('spanledger.exit-guard');

/** What the guard needs to know and may do, for one way that spans take out of the process. */
export interface ExitGuardOptions {
  /** Sends all ended spans; may reject, may take long. */
  flush: () => Promise<void>;
  /** Which spans are left: an `UnsentSpans`. */
  unsent: Pick<UnsentSpans, 'listUnsent' | 'listOpen' | 'confirm' | 'endedCount'>;
  /** What spans go through before they are written (redaction); one for which it throws loses its details. */
  transform?: (span: ReadableSpan) => ReadableSpan;
  /** Keeps what could not be sent. Without one it is lost. */
  spool?: Pick<Spool, 'write' | 'returnClaims'>;
  /** How long the end of the process is held up for sending, 5,000 by default; of several ways the longest counts. */
  timeoutMillis?: number;
  /** Whether signals are listened for, true by default; never in a worker thread, which gets none. */
  signals?: boolean;
}

/** A guard at work. */
export interface ExitGuard {
  /**
   * Writes to the spool, now, what has ended and was not confirmed: for a shutdown that could not send everything.
   * Gives how many spans were written.
   */
  keepUnsent(): number;
  /** Watches over this way no more. Idempotent. */
  release(): void;
}

/**
 * Sees to it that no span is lost when the process ends, without changing how it ends: exit code, signal and what Node
 * prints stay what they would have been.
 *
 * - Nothing left to do (`beforeExit`): open spans are ended as abandoned, everything is sent, for as long as
 *   `timeoutMillis`.
 * - SIGTERM, SIGINT, SIGHUP: where the application listens itself, what has ended is sent beside it and the rest is
 *   its own affair. Where it does not, open spans are ended, everything is sent, for as long as `timeoutMillis`, and
 *   the signal is raised again; a second signal ends the wait.
 * - An uncaught error or unhandled rejection, `process.exit`: there is no time to send; open spans are ended.
 *
 * What no exporter has confirmed by then is written to the spool. Nothing can be done at SIGKILL, `process.abort` and
 * a crash of Node itself; the pending spans that were announced at their start tell of those.
 */
export function guardExit(options: ExitGuardOptions): ExitGuard {
  guard.add(options);
  return {
    keepUnsent: () => keepUnsent(options),
    release: () => {
      guard.remove(options);
    },
  };
}

/** One for the process, whatever the number of exporters: each would take the others for handlers of the application. */
class ProcessGuard {
  readonly #ways = new Set<ExitGuardOptions>();
  #lastError: (EndCause & { kind: 'error' }) | undefined;
  #signal: NodeJS.Signals | undefined;
  #isDrained = false;
  #endedCountAtFlush = -1;

  add(way: ExitGuardOptions): void {
    this.#detach();
    this.#ways.add(way);
    this.#attach();
  }

  remove(way: ExitGuardOptions): void {
    this.#detach();
    this.#ways.delete(way);
    if (this.#ways.size > 0) this.#attach();
  }

  #attach(): void {
    process.on('beforeExit', this.#onBeforeExit);
    process.on('exit', this.#onExit);
    // A monitor leaves it to Node to print the error and to choose the exit code. A rejection that ends the process
    // comes by here too (Node.js documentation, process: event 'uncaughtExceptionMonitor'); one that does not, because
    // the application or --unhandled-rejections says so, is no end of anything.
    process.on('uncaughtExceptionMonitor', this.#onUncaughtError);
    if (!isMainThread || [...this.#ways].every(({ signals }) => signals === false)) return;
    // First in line: a `once` listener before ours would be gone from the list by the time that we look.
    for (const signal of SIGNALS) process.prependListener(signal, this.#onSignal);
  }

  #detach(): void {
    process.off('beforeExit', this.#onBeforeExit);
    process.off('exit', this.#onExit);
    process.off('uncaughtExceptionMonitor', this.#onUncaughtError);
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
  }

  readonly #onBeforeExit = (): void => {
    const isAlone = process.listenerCount('beforeExit') === 1;
    // Others who listen may be about to go on with work that will end these spans.
    if (isAlone) this.#endOpen({ kind: 'abandoned' });
    this.#isDrained = true;
    const ways = [...this.#ways];
    const endedCount = ways.reduce((sum, { unsent }) => sum + unsent.endedCount, 0);
    // Node emits the event again when the flush is done: without new spans there is no second flush.
    if (endedCount === this.#endedCountAtFlush) return;
    if (ways.every(({ unsent }) => unsent.listUnsent().length === 0)) return;
    this.#endedCountAtFlush = endedCount;
    void this.#flush({ keepsAlive: false }).then((isDone) => {
      // An exporter's retries would hold the process up for longer. All work was done when we began to wait.
      if (!isDone && isAlone && !isMainModuleUnsettled()) process.exit();
    });
  };

  readonly #onUncaughtError = (error: unknown, origin: NodeJS.UncaughtExceptionOrigin): void => {
    this.#lastError = { kind: 'error', error, isRejection: origin === 'unhandledRejection' };
  };

  readonly #onExit = (code: number): void => {
    this.#endAndKeep(this.#findCause(code));
  };

  readonly #onSignal = Object.assign(
    (signal: NodeJS.Signals): void => {
      if (this.#signal !== undefined) {
        this.#raiseAgain(signal);
        return;
      }
      if (process.listeners(signal).some((listener) => !isCourteous(listener))) {
        void this.#flush({ keepsAlive: false });
        return;
      }
      this.#signal = signal;
      this.#endOpen({ kind: 'signal', signal });
      void this.#flush({ keepsAlive: true }).then(() => {
        this.#raiseAgain(signal);
      });
    },
    { [COURTEOUS]: true },
  );

  /** Ends the process as the signal would have without us. The event `exit` does not come then. */
  #raiseAgain(signal: NodeJS.Signals): void {
    this.#endAndKeep({ kind: 'signal', signal });
    this.#detach();
    process.kill(process.pid, signal);
  }

  #findCause(code: number): EndCause {
    if (this.#signal !== undefined) return { kind: 'signal', signal: this.#signal };
    // With code 0 the application has got over the error and ended later, in its own time.
    if (this.#lastError !== undefined && code !== 0) return this.#lastError;
    return this.#isDrained ? { kind: 'abandoned' } : { kind: 'exit', code };
  }

  #endAndKeep(cause: EndCause): void {
    this.#endOpen(cause);
    for (const way of this.#ways) {
      way.spool?.returnClaims();
      keepUnsent(way);
    }
  }

  #endOpen(cause: EndCause): void {
    // A span that takes several ways is ended once.
    const open = new Set([...this.#ways].flatMap(({ unsent }) => unsent.listOpen()));
    endOpenSpans([...open], cause);
  }

  /** Whether all flushes came to an end in time, well or not. */
  #flush({ keepsAlive }: { keepsAlive: boolean }): Promise<boolean> {
    const ways = [...this.#ways];
    const timeoutMillis = Math.max(...ways.map((way) => way.timeoutMillis ?? TIMEOUT_MILLIS));
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMillis, false);
      if (!keepsAlive) timer.unref();
      void Promise.allSettled(ways.map(async ({ flush }) => flush())).then(() => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }
}

const guard = new ProcessGuard();

function keepUnsent({ unsent, spool, transform }: ExitGuardOptions): number {
  try {
    const spans = unsent.listUnsent();
    const written = spool?.write(spans.map((span) => applySafely(transform, span))) ?? 0;
    if (written > 0) unsent.confirm(spans);
    return written;
  } catch (error) {
    diag.error('spanledger: spans may be lost at exit', error);
    return 0;
  }
}

/**
 * A listener that ends the process itself only if nobody else listens, by raising the signal again: signal-exit 3 and
 * 4, which many command line tools have inside, and ourselves. If each waited for the other, nobody would end it.
 */
function isCourteous(listener: NodeJS.SignalsListener): boolean {
  if (COURTEOUS in listener) return true;
  const source = Function.prototype.toString.call(listener);
  return source.includes('.listeners(') && source.includes('.length') && source.includes('.kill(');
}

/**
 * Whether a top-level await never came to its end. Node then has a listener of this name, which makes the exit code 13
 * and which `process.exit` would take away (Node 20.20: lib/internal/modules/run_main.js).
 */
function isMainModuleUnsettled(): boolean {
  return process.listeners('exit').some(({ name }) => name === 'handleProcessExit');
}

function applySafely(transform: ExitGuardOptions['transform'], span: ReadableSpan): ReadableSpan {
  if (transform === undefined) return span;
  try {
    return transform(span);
  } catch (error) {
    diag.error('spanledger: a transform threw, the span is kept without its attributes', error);
    return withoutDetails(span);
  }
}
