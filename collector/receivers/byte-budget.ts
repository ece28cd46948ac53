import { SpanledgerError } from '../errors.js';

/** The bytes that one request holds; close it when the request is answered. */
export interface ByteLease {
  /** Throws `INGEST_OVERLOADED` where the budget has no room. */
  take(byteCount: number): void;
  giveBack(byteCount: number): void;
  close(): void;
}

/**
 * Bounds the bytes that all requests hold together, encoded and inflated. There is no waiting: what does not fit is
 * refused at once, and the exporter comes again. A request that is alone always fits, whatever the bound.
 */
export class ByteBudget {
  readonly #maxBytes: number;
  #takenBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** What all requests hold now. */
  get takenBytes(): number {
    return this.#takenBytes;
  }

  /** Whether it would be kinder to send elsewhere: nine tenths are taken. */
  get isNearlyFull(): boolean {
    return this.#takenBytes >= this.#maxBytes * 0.9;
  }

  open(): ByteLease {
    let held = 0;
    const giveBack = (byteCount: number): void => {
      const returned = Math.min(byteCount, held);
      held -= returned;
      this.#takenBytes -= returned;
    };
    return {
      take: (byteCount) => {
        const isAlone = this.#takenBytes === held;
        if (!isAlone && this.#takenBytes + byteCount > this.#maxBytes)
          throw new SpanledgerError(
            'INGEST_OVERLOADED',
            'the collector holds as many request bodies as it may: send this one again later',
          );
        held += byteCount;
        this.#takenBytes += byteCount;
      },
      giveBack,
      close: () => {
        giveBack(held);
      },
    };
  }
}
