import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SpoolEntry } from './record.js';
import type { Spool, SpoolSegment } from './spool.js';

/** `settled`: it is stored, or kept elsewhere for good. `later`: the database did not take it now. */
export type ReplayOutcome = 'settled' | 'later';

export interface ReplayerOptions {
  spool: Spool;
  /** Never rejects. */
  replay(entry: SpoolEntry): Promise<ReplayOutcome>;
  /**
   * Asked for an entry that failed several times while others were stored: it must not hold them up for ever. Never
   * rejects.
   */
  giveUp(entry: SpoolEntry): Promise<ReplayOutcome>;
  /** Told when the last segment is done. */
  onDrained(): void;
  onError(error: unknown): void;
}

/** Requests that are replayed at once; the writer stores them together. */
const WINDOW_REQUESTS = 32;
const WINDOW_BYTES = 4 * 1024 * 1024;
const FIRST_PAUSE_MILLIS = 100;
const LONGEST_PAUSE_MILLIS = 1_000;
/** Times that an entry may fail beside others that are stored. */
const PATIENCE = 5;

interface Pending {
  entry: SpoolEntry;
  /** Times that this one failed and something else had been stored since it was tried before. */
  failedAlone: number;
  /** How much had been stored when it was tried last. */
  storedBefore: number;
}

/**
 * Replays what is in a spool, oldest first, a window of requests at a time. While nothing can be stored it tries one
 * request of the window after the other, with pauses of up to a second.
 */
export class Replayer {
  readonly #options: ReplayerOptions;
  #isEnding = false;
  #running: Promise<void> | undefined;
  #wake: () => void = () => undefined;
  /** Whether the latest attempt stored something: only then a whole window is tried at once. */
  #isStoring = false;
  #storedCount = 0;

  constructor(options: ReplayerOptions) {
    this.#options = options;
  }

  /** Begins to replay where nothing is being replayed yet. */
  start(): void {
    if (this.#isEnding) return;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      // Something may have come in after the last look.
      if (!this.#options.spool.isEmpty) this.start();
    });
  }

  /** Says that a new request was stored. */
  noteStored(): void {
    this.#storedCount += 1;
  }

  /** Tries again at once instead of after the pause: the database is back. */
  hurry(): void {
    this.#isStoring = true;
    this.#wake();
  }

  /** Waits for what is being replayed; the rest stays in the spool. */
  async close(): Promise<void> {
    this.#isEnding = true;
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    const options = this.#options;
    let hasDrained = false;
    while (!this.#isEnding) {
      try {
        const segment = await options.spool.takeOldest();
        if (segment === undefined) {
          if (hasDrained) options.onDrained();
          return;
        }
        await this.#drain(segment);
        hasDrained = true;
      } catch (error) {
        // The disk failed to read or to delete: what was replayed is replayed again, which changes nothing.
        options.onError(error);
        await this.#pause(LONGEST_PAUSE_MILLIS);
      }
    }
  }

  async #drain(segment: SpoolSegment): Promise<void> {
    let window: Pending[] = [];
    let bytes = 0;
    for await (const entry of segment.readEntries()) {
      window.push({ entry, failedAlone: 0, storedBefore: Infinity });
      bytes += entry.content.length;
      if (window.length < WINDOW_REQUESTS && bytes < WINDOW_BYTES) continue;
      await this.#settle(window, segment);
      if (this.#isEnding) return;
      window = [];
      bytes = 0;
    }
    await this.#settle(window, segment);
    if (!this.#isEnding) await segment.remove();
  }

  async #settle(window: Pending[], segment: SpoolSegment): Promise<void> {
    let pending = window;
    let pause = FIRST_PAUSE_MILLIS;
    while (pending.length > 0 && !this.#isEnding) {
      const tried = this.#isStoring ? pending : pending.slice(0, 1);
      const failed = await this.#attempt(tried);
      this.#isStoring = failed.length < tried.length;
      for (let count = failed.length; count < tried.length; count += 1) segment.settle();
      // What failed goes to the end, so that each gets its turn.
      pending = [...pending.slice(tried.length), ...failed];
      if (this.#isStoring) {
        pause = FIRST_PAUSE_MILLIS;
        if (failed.length === 0) continue;
      }
      await this.#pause(pause);
      pause = Math.min(LONGEST_PAUSE_MILLIS, pause * 2);
    }
  }

  /** Those that could not be settled. */
  async #attempt(tried: readonly Pending[]): Promise<Pending[]> {
    const options = this.#options;
    const outcomes: Promise<ReplayOutcome>[] = [];
    for (const { entry, failedAlone } of tried) {
      outcomes.push(failedAlone < PATIENCE ? options.replay(entry) : options.giveUp(entry));
      // Decoding many large ones in one turn would hold up everything else.
      await nextTurn();
    }
    const settled = await Promise.all(outcomes);
    const failed = tried.filter((_, index) => settled[index] === 'later');
    this.#storedCount += tried.length - failed.length;
    for (const item of failed) {
      if (this.#storedCount > item.storedBefore) item.failedAlone += 1;
      item.storedBefore = this.#storedCount;
    }
    return failed;
  }

  async #pause(millis: number): Promise<void> {
    if (this.#isEnding) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, millis);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
