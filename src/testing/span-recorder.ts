import type { IdGenerator, ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { copySpan } from '../pipeline/copy-span.js';
import type { SpanTransform } from '../pipeline/span-transform.js';
import { toCollectedSpan, type CollectedSpan } from './collected-span.js';
import type { ReadableTestClock } from './test-clock.js';
import { toHrTime } from './test-provider.js';

/** What a recorder works with. */
export interface SpanRecorderOptions {
  clock: ReadableTestClock;
  /** What is done to each span before it is kept, as before it would be sent. */
  transform: SpanTransform;
  /** Gives other ids to spans of a provider that makes its own. */
  ids: IdGenerator;
}

interface Times {
  start: number;
  end: number;
}

/** Keeps spans from their start on. Those that it did not see start are not its own. */
export class SpanRecorder {
  readonly #options: SpanRecorderOptions;
  /** In the order in which they started, with what was kept at their end. */
  readonly #spans = new Map<ReadableSpan, CollectedSpan | undefined>();
  readonly #pending: CollectedSpan[] = [];
  /** Ids that another provider made, and those that stand for them. */
  readonly #ids = new Map<string, string>();
  #isStopped = false;

  constructor(options: SpanRecorderOptions) {
    this.#options = options;
  }

  /** Those that have ended. */
  get ended(): CollectedSpan[] {
    return [...this.#spans.values()].filter((span) => span !== undefined);
  }

  /** Those that have not. */
  get open(): ReadableSpan[] {
    return [...this.#spans].filter(([, ended]) => ended === undefined).map(([span]) => span);
  }

  /** Copies that announced spans while they ran. */
  get pending(): CollectedSpan[] {
    return [...this.#pending];
  }

  onStart(span: ReadableSpan): void {
    if (!this.#isStopped) this.#spans.set(span, undefined);
  }

  onEnd(span: ReadableSpan, times?: Times): void {
    if (this.#isStopped || !this.#spans.has(span)) return;
    this.#spans.set(span, this.#toCollected(times === undefined ? span : retime(span, times)));
  }

  onPending(copies: readonly ReadableSpan[]): void {
    if (!this.#isStopped) this.#pending.push(...copies.map((copy) => this.#toCollected(copy)));
  }

  /** Forgets what it has, also what is open. */
  clear(): void {
    this.#spans.clear();
    this.#pending.length = 0;
  }

  /** Keeps what it has and takes nothing any more. */
  stop(): void {
    this.#isStopped = true;
  }

  /** For a provider that makes ids and reads times itself: they are replaced by those of the recorder. */
  createForeignProcessor(): SpanProcessor {
    const startTimes = new WeakMap<ReadableSpan, number>();
    const { clock, ids } = this.#options;
    return {
      onStart: (span: Span) => {
        const { traceId, spanId } = span.spanContext();
        if (span.parentSpanContext === undefined) this.#ids.set(traceId, ids.generateTraceId());
        this.#ids.set(spanId, ids.generateSpanId());
        startTimes.set(span, clock.read());
        this.onStart(span);
      },
      onEnd: (span) => {
        const start = startTimes.get(span);
        if (start !== undefined) this.onEnd(span, { start, end: clock.read() });
      },
      forceFlush: () => Promise.resolve(),
      shutdown: () => Promise.resolve(),
    };
  }

  #toCollected(span: ReadableSpan): CollectedSpan {
    return toCollectedSpan(this.#options.transform(span), this.#ids);
  }
}

function retime(span: ReadableSpan, { start, end }: Times): ReadableSpan {
  const endTime = toHrTime(end);
  const copy = copySpan(span, {
    endTime,
    duration: toHrTime(Math.max(0, end - start)),
    events: span.events.map((event) => ({ ...event, time: endTime })),
  });
  return { ...copy, startTime: toHrTime(start) };
}
