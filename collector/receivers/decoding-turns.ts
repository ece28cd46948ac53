import { SpanledgerError } from '../errors.js';

export interface DecodingLimits {
  /** A body from here on is large. */
  largeBytes: number;
  /** What all large bodies in work may have together, and all others; one that has more is worked on alone. */
  busyBytes: number;
  /** Exporters are to be answered within about two seconds, so a request waits no longer for its turn. */
  waitMillis: number;
}

const MEBIBYTE = 1024 * 1024;
const DEFAULT_LIMITS: DecodingLimits = {
  largeBytes: 4 * MEBIBYTE,
  busyBytes: 32 * MEBIBYTE,
  waitMillis: 1_500,
};

/** What waits, or is in work, of one size. */
interface Lane {
  busyBytes: number;
  waiting: { byteCount: number; begin: () => void }[];
}

/**
 * Bounds how much is decoded at a time, since records take some ten times the memory of the body that they came in; what
 * waits is kept as bytes. Large bodies wait for each other only, so that no small one waits for them.
 */
export class DecodingTurns {
  readonly #limits: DecodingLimits;
  readonly #small: Lane = { busyBytes: 0, waiting: [] };
  readonly #large: Lane = { busyBytes: 0, waiting: [] };

  constructor(limits: Partial<DecodingLimits> = {}) {
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
  }

  /**
   * Does the work on a body of so many bytes once it is its turn, in the order of the calls. Rejects with
   * `INGEST_OVERLOADED` where the wait gets too long, and else as the work does.
   */
  async take<T>(byteCount: number, work: () => Promise<T>): Promise<T> {
    const lane = byteCount >= this.#limits.largeBytes ? this.#large : this.#small;
    if (lane.waiting.length > 0 || !this.#hasRoom(lane, byteCount)) await this.#wait(lane, byteCount);
    else lane.busyBytes += byteCount;
    try {
      return await work();
    } finally {
      lane.busyBytes -= byteCount;
      this.#beginNext(lane);
    }
  }

  #wait(lane: Lane, byteCount: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const entry = {
        byteCount,
        begin: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        lane.waiting.splice(lane.waiting.indexOf(entry), 1);
        this.#beginNext(lane);
        reject(
          new SpanledgerError(
            'INGEST_OVERLOADED',
            'more arrives than the collector can work on: send this request again later',
          ),
        );
      }, this.#limits.waitMillis);
      lane.waiting.push(entry);
    });
  }

  /** A body that is alone always has room. */
  #hasRoom({ busyBytes }: Lane, byteCount: number): boolean {
    return busyBytes === 0 || busyBytes + byteCount <= this.#limits.busyBytes;
  }

  #beginNext(lane: Lane): void {
    for (let next = lane.waiting[0]; next !== undefined; next = lane.waiting[0]) {
      if (!this.#hasRoom(lane, next.byteCount)) return;
      lane.waiting.shift();
      lane.busyBytes += next.byteCount;
      next.begin();
    }
  }
}
