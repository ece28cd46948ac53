import { hrTimeDuration, millisToHrTime } from '@opentelemetry/core';
import type { ReadableSpan, Span } from '@opentelemetry/sdk-trace-base';
import { ATTR } from '../semconv.js';
import { copySpan } from './copy-span.js';

/** How spans are announced while they run. */
export interface PendingOptions {
  /** Which spans are announced, asked when the delay is over; by default those that name a GenAI operation or have an attribute of ours. */
  filter?: (span: ReadableSpan) => boolean;
  /** How long a span has to run before it is announced, in milliseconds; 200 by default. Shorter ones never are. */
  delayMillis?: number;
  /** How often a span that still runs is announced again, in milliseconds; 30,000 by default, 0 for once only. */
  heartbeatMillis?: number;
}

interface PendingSpansOptions extends PendingOptions {
  announce: (copies: readonly ReadableSpan[]) => Promise<unknown>;
  /** Whether the trace is one that will be exported, as far as is known. */
  mayAnnounce: (traceId: string) => boolean;
}

/** Spans that are followed at most: what one process runs at a time is far below, what never ends must not pile up. */
const MAX_FOLLOWED = 10_000;
/** Spans of one announcement: those of the batch processor's batches (sdk-trace 2.12.1). */
const MAX_ANNOUNCED = 512;
/** After that nobody is told of a span any more that has not ended: it was forgotten rather than being long. */
const MAX_AGE_MILLIS = 24 * 60 * 60 * 1_000;

interface Followed {
  startedMillis: number;
  /** When it is due to be announced, on the monotonic clock. */
  dueMillis: number;
  isAnnounced: boolean;
}

/**
 * Announces spans that run: a copy with the same ids and `spanledger.pending = true` goes out a short while after the
 * start, and another one at each heartbeat with what the span has by then. The span itself replaces them when it ends;
 * spans that end before the delay is over are never announced.
 *
 * The first copy ends when it starts (spec/executions.md, States); those of the heartbeat end when they are made, since
 * of two copies the collector keeps the one that ends later. A backend that does not know the attribute takes the copies
 * for spans of no or of short length. Timers don't keep the process alive.
 */
export class PendingSpans {
  readonly #filter: (span: ReadableSpan) => boolean;
  readonly #delayMillis: number;
  readonly #heartbeatMillis: number;
  readonly #announce: PendingSpansOptions['announce'];
  readonly #mayAnnounce: PendingSpansOptions['mayAnnounce'];
  readonly #followed = new Map<ReadableSpan, Followed>();
  #timer: NodeJS.Timeout | undefined;
  #timerDueMillis = Infinity;
  #isAnnouncing = false;
  #isStopped = false;

  constructor({ filter, delayMillis, heartbeatMillis, announce, mayAnnounce }: PendingSpansOptions) {
    this.#filter = filter ?? isOperation;
    this.#delayMillis = delayMillis ?? 200;
    this.#heartbeatMillis = heartbeatMillis ?? 30_000;
    this.#announce = announce;
    this.#mayAnnounce = mayAnnounce;
  }

  onStart(span: Span): void {
    if (this.#isStopped || this.#followed.size >= MAX_FOLLOWED) return;
    const startedMillis = performance.now();
    const dueMillis = startedMillis + this.#delayMillis;
    this.#followed.set(span, { startedMillis, dueMillis, isAnnounced: false });
    this.#wakeAt(dueMillis);
  }

  onEnd(span: ReadableSpan): void {
    this.#followed.delete(span);
    if (this.#followed.size === 0) this.#clearTimer();
  }

  /** Announces nothing any more. */
  stop(): void {
    this.#isStopped = true;
    this.#followed.clear();
    this.#clearTimer();
  }

  /**
   * One timer serves all spans. While an announcement is under way no other is made: where the collector does not
   * answer, they would only pile up.
   */
  #wakeAt(dueMillis: number): void {
    if (this.#isAnnouncing || dueMillis >= this.#timerDueMillis) return;
    this.#clearTimer();
    this.#timerDueMillis = dueMillis;
    this.#timer = setTimeout(
      () => {
        this.#clearTimer();
        this.#announceDue();
      },
      Math.max(1, Math.ceil(dueMillis - performance.now())),
    );
    this.#timer.unref();
  }

  #clearTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#timerDueMillis = Infinity;
  }

  #announceDue(): void {
    const copies = this.#takeDue(performance.now());
    if (copies.length === 0) {
      this.#wakeForNext();
      return;
    }
    this.#isAnnouncing = true;
    const proceed = (): void => {
      this.#isAnnouncing = false;
      this.#wakeForNext();
    };
    this.#announce(copies).then(proceed, proceed);
  }

  #takeDue(nowMillis: number): ReadableSpan[] {
    const copies: ReadableSpan[] = [];
    for (const [span, followed] of this.#followed) {
      if (copies.length === MAX_ANNOUNCED) break;
      if (followed.dueMillis > nowMillis) continue;
      const isTold = !followed.isAnnounced || this.#heartbeatMillis > 0;
      if (!isTold || !this.#isChosen(span) || nowMillis - followed.startedMillis > MAX_AGE_MILLIS) {
        this.#followed.delete(span);
        continue;
      }
      followed.dueMillis = nowMillis + (this.#heartbeatMillis > 0 ? this.#heartbeatMillis : Infinity);
      if (!this.#mayAnnounce(span.spanContext().traceId)) continue;
      copies.push(copyAsPending(span, followed.isAnnounced));
      followed.isAnnounced = true;
    }
    return copies;
  }

  #isChosen(span: ReadableSpan): boolean {
    try {
      return this.#filter(span);
    } catch {
      return false;
    }
  }

  #wakeForNext(): void {
    let next = Infinity;
    for (const { dueMillis } of this.#followed.values()) next = Math.min(next, dueMillis);
    if (next !== Infinity) this.#wakeAt(next);
  }
}

/**
 * Whether a span is an operation of an agent: it names its GenAI operation, or has an attribute of ours. Records, which
 * are moments, are none.
 */
function isOperation({ attributes }: ReadableSpan): boolean {
  if (attributes[ATTR.operationName] !== undefined) return attributes[ATTR.record] === undefined;
  for (const key in attributes) {
    if (key.startsWith('spanledger.')) return attributes[ATTR.record] === undefined;
  }
  return false;
}

function copyAsPending(span: ReadableSpan, isHeartbeat: boolean): ReadableSpan {
  let endTime = span.startTime;
  if (isHeartbeat) {
    const now = millisToHrTime(Date.now());
    if (hrTimeDuration(span.startTime, now)[0] >= 0) endTime = now;
  }
  return copySpan(span, {
    // A snapshot: the span goes on being written to while the copy waits in the exporter.
    attributes: { ...span.attributes, [ATTR.pending]: true },
    events: [...span.events],
    links: [...span.links],
    status: { code: span.status.code },
    endTime,
    duration: hrTimeDuration(span.startTime, endTime),
    ended: true,
  });
}
