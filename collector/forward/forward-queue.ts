import type { OwnHeaders } from '../model/own-headers.js';
import type { Signal } from '../model/span-data.js';

/** A stored request as it came, and the collectors that have sent it on before. */
export interface ForwardedRequest {
  signal: Signal;
  contentType: string;
  contentEncoding: string | null;
  body: Uint8Array;
  /** What collectors on its way have said of it. */
  ownHeaders?: OwnHeaders;
}

/** A request in the queue. */
export interface QueuedRequest extends ForwardedRequest {
  /** Later requests have greater numbers, over all signals. */
  number: number;
}

/** What a request costs beside its body, so that very small ones don't take more memory than the bound says. */
const OVERHEAD_BYTES = 512;

/**
 * Requests that wait or are being sent, in order for each signal, and at most `maxBytes` in all. Where a new one has no
 * room, the oldest that wait make it; one that is being sent is never taken away.
 */
export class ForwardQueue {
  readonly #maxBytes: number;
  readonly #waiting = new Map<Signal, QueuedRequest[]>();
  #byteCount = 0;
  #requestCount = 0;
  #nextNumber = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Of those that wait and those that are being sent. */
  get byteCount(): number {
    return this.#byteCount;
  }

  get requestCount(): number {
    return this.#requestCount;
  }

  /**
   * Adds a request and returns those that were dropped for it. It may be itself: where nothing that waits is left, or
   * where it would not fit into the empty queue.
   */
  add(request: ForwardedRequest): QueuedRequest[] {
    const queued = { ...request, number: this.#nextNumber++ };
    if (costOf(queued) > this.#maxBytes) return [queued];
    this.#listOf(request.signal).push(queued);
    this.#count(queued, 1);
    const dropped: QueuedRequest[] = [];
    while (this.#byteCount > this.#maxBytes) {
      const oldest = this.#takeOldest();
      if (oldest === undefined) break;
      this.remove(oldest);
      dropped.push(oldest);
    }
    return dropped;
  }

  /** The next request of a signal, to be sent; then give it to {@link remove} or {@link putBack}. */
  take(signal: Signal): QueuedRequest | undefined {
    return this.#listOf(signal).shift();
  }

  /** Lets a request that was not taken wait again, in its old place. */
  putBack(request: QueuedRequest): void {
    const list = this.#listOf(request.signal);
    const index = list.findIndex(({ number }) => number > request.number);
    list.splice(index === -1 ? list.length : index, 0, request);
  }

  /** Ends a request that was taken. */
  remove(request: QueuedRequest): void {
    this.#count(request, -1);
  }

  #takeOldest(): QueuedRequest | undefined {
    let oldest: QueuedRequest[] | undefined;
    for (const list of this.#waiting.values()) {
      const [first] = list;
      if (first !== undefined && first.number < (oldest?.[0]?.number ?? Infinity)) oldest = list;
    }
    return oldest?.shift();
  }

  #listOf(signal: Signal): QueuedRequest[] {
    const known = this.#waiting.get(signal) ?? [];
    this.#waiting.set(signal, known);
    return known;
  }

  #count(request: QueuedRequest, sign: 1 | -1): void {
    this.#byteCount += sign * costOf(request);
    this.#requestCount += sign;
  }
}

function costOf(request: ForwardedRequest): number {
  return request.body.length + OVERHEAD_BYTES;
}
