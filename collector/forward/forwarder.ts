import { FORWARDED_HEADER } from '../model/own-headers.js';
import type { Signal } from '../model/span-data.js';
import type { Telemetry } from '../telemetry.js';
import { createForwardMetrics, type ForwardMetrics, type ForwardResult } from './forward-metrics.js';
import { ForwardQueue, type ForwardedRequest, type QueuedRequest } from './forward-queue.js';
import { LossLog } from './loss-log.js';
import { sendRequest, type ForwardTarget } from './send-request.js';

export interface ForwarderOptions extends ForwardTarget {
  /** Bounds the requests that wait or are being sent. */
  maxQueueBytes: number;
  telemetry: Pick<Telemetry, 'log' | 'registry'>;
  /** How long {@link Forwarder.close} goes on sending; 5 seconds unless told. */
  drainMillis?: number;
  /** Before the first retry; doubled with each further one. A second unless told. */
  retryMillis?: number;
}

export interface Forwarder {
  /** Queues a stored request to be sent on. Returns at once and never throws; one that has been here is passed over. */
  forward: (request: ForwardedRequest) => void;
  /** Sends what is queued, for the time to drain at most; what is left then is dropped, counted and logged. */
  close: () => Promise<void>;
}

const SIGNALS: readonly Signal[] = ['traces', 'logs', 'metrics'];
/** Requests of one signal that are being sent at once. */
const MAX_IN_FLIGHT = 4;
const DRAIN_MILLIS = 5_000;
const RETRY_MILLIS = 1_000;
/** While draining, whatever the endpoint says: what can't be sent within seconds is lost. */
const DRAIN_RETRY_MILLIS = 500;
const MAX_BACKOFF_MILLIS = 30_000;
const MAX_RETRY_AFTER_MILLIS = 300_000;
/** More collectors in a row than anybody sets up: they send to each other. */
const MAX_HOPS = 16;

/**
 * Sends on what was stored, unchanged, to another OTLP endpoint. Requests of a signal are begun in the order in which
 * they came, four at once. One that fails in a way that may pass waits in its old place, and nothing newer of its signal
 * is begun before it is tried again: after a second, then twice as long up to half a minute, or when the endpoint says.
 * It is tried until it is taken, refused for good, or dropped for newer ones.
 */
export function createForwarder(options: ForwarderOptions): Forwarder {
  const queue = new ForwardQueue(options.maxQueueBytes);
  const metrics = createForwardMetrics(options.telemetry.registry, queue);
  const losses = new LossLog(options.telemetry.log);
  const ending = new AbortController();
  const lanes = new Map(
    SIGNALS.map((signal) => [signal, new Lane(signal, { ...options, queue, metrics, losses, ending })]),
  );
  return {
    forward: (request) => {
      const { signal } = request;
      const hops = (request.ownHeaders?.[FORWARDED_HEADER] ?? '').split(',').map((hop) => hop.trim());
      if (hops.includes(options.collectorId) || hops.length > MAX_HOPS) {
        metrics.countRequest(signal, 'looped');
        return;
      }
      metrics.countRequest(signal, 'accepted');
      for (const dropped of queue.add(request)) {
        metrics.countRequest(dropped.signal, 'overflowed');
        losses.add('the queue is full, and the oldest are dropped');
      }
      lanes.get(signal)?.wake();
    },
    close: async () => {
      const drained = Promise.all([...lanes.values()].map((lane) => lane.drain()));
      const deadline = setTimeout(() => {
        ending.abort();
      }, options.drainMillis ?? DRAIN_MILLIS);
      await drained;
      clearTimeout(deadline);
      losses.flush();
    },
  };
}

interface LaneOptions extends ForwarderOptions {
  queue: ForwardQueue;
  metrics: ForwardMetrics;
  losses: LossLog;
  /** Aborted when the time to drain is over. */
  ending: AbortController;
}

/** The requests of one signal. */
class Lane {
  readonly #signal: Signal;
  readonly #options: LaneOptions;
  #runningCount = 0;
  /** Set while nothing is begun after a failure. */
  #pause: NodeJS.Timeout | undefined;
  /** In a row; while it is not 0, one request at a time finds out whether the endpoint is back. */
  #failureCount = 0;
  /** Set while draining; called when nothing is left, or nothing may be begun any more. */
  #onDrained: (() => void) | undefined;

  constructor(signal: Signal, options: LaneOptions) {
    this.#signal = signal;
    this.#options = options;
    options.ending.signal.addEventListener('abort', () => {
      this.wake();
    });
  }

  /** Begins what may be begun. */
  wake(): void {
    const { queue, ending } = this.#options;
    const limit = this.#failureCount === 0 ? MAX_IN_FLIGHT : 1;
    while (this.#pause === undefined && this.#runningCount < limit && !ending.signal.aborted) {
      const request = queue.take(this.#signal);
      if (request === undefined) break;
      this.#runningCount += 1;
      void this.#send(request).then(() => {
        this.#runningCount -= 1;
        this.wake();
      });
    }
    if (this.#runningCount === 0 && (this.#pause === undefined || ending.signal.aborted)) this.#onDrained?.();
  }

  /** Sends what is left until the end is signalled; a pause is cut short, since there is little time. */
  async drain(): Promise<void> {
    const { queue } = this.#options;
    await new Promise<void>((resolve) => {
      this.#onDrained = resolve;
      this.#resume();
    });
    clearTimeout(this.#pause);
    for (let left = queue.take(this.#signal); left !== undefined; left = queue.take(this.#signal))
      this.#end(left, 'abandoned', 'the collector ended before they were sent on');
  }

  /** Must not reject. */
  async #send(request: QueuedRequest): Promise<void> {
    const { metrics, queue, ending } = this.#options;
    const attempt = await sendRequest(request, this.#options, ending.signal);
    if (attempt.result === 'retryable') {
      queue.putBack(request);
      metrics.countRetry(this.#signal);
      this.#backOff(attempt.retryAfterMillis);
      return;
    }
    this.#failureCount = 0;
    if (attempt.result === 'sent') this.#end(request, 'sent');
    else this.#end(request, 'refused', attempt.reason);
  }

  #end(request: QueuedRequest, result: ForwardResult, loss?: string): void {
    const { queue, metrics, losses } = this.#options;
    queue.remove(request);
    metrics.countRequest(this.#signal, result);
    if (loss !== undefined) losses.add(loss);
  }

  #backOff(retryAfterMillis: number): void {
    // Others that were being sent fail together with the first.
    if (this.#pause !== undefined) return;
    const first = this.#options.retryMillis ?? RETRY_MILLIS;
    const backoff = Math.min(first * 2 ** this.#failureCount, MAX_BACKOFF_MILLIS);
    this.#failureCount = Math.min(this.#failureCount + 1, 30);
    const wait = Math.max(spread(backoff), Math.min(retryAfterMillis, MAX_RETRY_AFTER_MILLIS));
    const most = this.#onDrained === undefined ? wait : DRAIN_RETRY_MILLIS;
    this.#pause = setTimeout(
      () => {
        this.#resume();
      },
      Math.min(wait, most),
    ).unref();
  }

  #resume(): void {
    clearTimeout(this.#pause);
    this.#pause = undefined;
    this.wake();
  }
}

/** A tenth more or less, so that several collectors don't come again together. */
function spread(millis: number): number {
  return millis * (0.9 + Math.random() * 0.2);
}
