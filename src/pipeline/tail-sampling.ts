import { diag, ROOT_CONTEXT, SpanStatusCode } from '@opentelemetry/api';
import { SamplingDecision, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace-base';
import type { ReadableSpan, Span } from '@opentelemetry/sdk-trace-base';
import { ATTR } from '../semconv.js';

/** Which traces are exported. */
export interface SamplingOptions {
  /**
   * The share of traces that are kept, from 0 to 1. Which ones follows from the trace id alone, as in
   * `TraceIdRatioBasedSampler` of the OTel SDK, so that all services of a trace decide alike.
   */
  ratio: number;
  /** Whether a trace with an error in this process is kept whatever the ratio says; true by default. */
  keepErrors?: boolean;
  /** Spans that wait for a decision, 10,000 by default; beyond it the trace that has waited longest is dropped. */
  maxWaitingSpans?: number;
  /** How long the spans below a local root that has ended are waited for, in milliseconds; 30,000 by default. */
  maxWaitMillis?: number;
}

interface TailSamplingTargets {
  keep(spans: readonly ReadableSpan[]): void;
  /** Spans that nobody has to send any more. */
  drop(spans: readonly ReadableSpan[]): void;
}

/** Keeps or drops ended spans by trace. */
export interface TailSampling {
  onStart(span: Span): void;
  onEnd(span: ReadableSpan): void;
  /** Whether the trace will be exported, as far as is known now. */
  isKept(traceId: string): boolean;
  /** Keeps what still waits: what was cut off in the middle is as telling as an error. */
  release(): void;
}

const DEFAULT_MAX_WAITING_SPANS = 10_000;
const DEFAULT_MAX_WAIT_MILLIS = 30_000;
/** Traces of which it is remembered that an error kept them, for spans that start in them later. */
const MAX_REMEMBERED = 1_000;

/** The sampling by settings; undefined where all is kept. */
export function createTailSampling(
  options: SamplingOptions | undefined,
  targets: TailSamplingTargets,
): TailSampling | undefined {
  return options === undefined || options.ratio >= 1 ? undefined : new BufferedSampling(options, targets);
}

interface WaitingTrace {
  spans: ReadableSpan[];
  openCount: number;
  openRootCount: number;
  timer: NodeJS.Timeout | undefined;
}

/**
 * The ratio decides at once about the traces that it keeps. Of the others the ended spans wait until no span of the
 * trace is open in this process; an error among them keeps them all and what follows in the trace.
 */
class BufferedSampling implements TailSampling {
  readonly #sampler: TraceIdRatioBasedSampler;
  readonly #keepsErrors: boolean;
  readonly #maxWaitingSpans: number;
  readonly #maxWaitMillis: number;
  readonly #targets: TailSamplingTargets;
  readonly #waiting = new Map<string, WaitingTrace>();
  readonly #rescued = new Set<string>();
  #waitingCount = 0;
  #hasWarned = false;

  constructor(options: SamplingOptions, targets: TailSamplingTargets) {
    this.#sampler = new TraceIdRatioBasedSampler(options.ratio);
    this.#keepsErrors = options.keepErrors ?? true;
    this.#maxWaitingSpans = options.maxWaitingSpans ?? DEFAULT_MAX_WAITING_SPANS;
    this.#maxWaitMillis = options.maxWaitMillis ?? DEFAULT_MAX_WAIT_MILLIS;
    this.#targets = targets;
  }

  isKept(traceId: string): boolean {
    return this.#rescued.has(traceId) || this.#isInRatio(traceId);
  }

  onStart(span: Span): void {
    const { traceId } = span.spanContext();
    if (!this.#keepsErrors || this.isKept(traceId)) return;
    let trace = this.#waiting.get(traceId);
    if (trace === undefined) {
      trace = { spans: [], openCount: 0, openRootCount: 0, timer: undefined };
      this.#waiting.set(traceId, trace);
    }
    trace.openCount += 1;
    if (isLocalRoot(span)) trace.openRootCount += 1;
    clearTimeout(trace.timer);
    trace.timer = undefined;
  }

  onEnd(span: ReadableSpan): void {
    const { traceId } = span.spanContext();
    if (this.isKept(traceId)) {
      this.#targets.keep([span]);
      return;
    }
    if (!this.#keepsErrors) {
      this.#targets.drop([span]);
      return;
    }
    const trace = this.#waiting.get(traceId);
    if (hasError(span)) this.#rescue(traceId, trace, span);
    else if (trace === undefined) this.#targets.drop([span]);
    else this.#wait(traceId, trace, span);
  }

  release(): void {
    for (const [traceId, trace] of [...this.#waiting]) {
      this.#forget(traceId, trace);
      if (trace.spans.length > 0) this.#targets.keep(trace.spans);
    }
  }

  #rescue(traceId: string, trace: WaitingTrace | undefined, span: ReadableSpan): void {
    this.#rescued.add(traceId);
    if (this.#rescued.size > MAX_REMEMBERED) {
      const oldest = this.#rescued.values().next();
      if (oldest.done !== true) this.#rescued.delete(oldest.value);
    }
    if (trace !== undefined) this.#forget(traceId, trace);
    this.#targets.keep([...(trace?.spans ?? []), span]);
  }

  #wait(traceId: string, trace: WaitingTrace, span: ReadableSpan): void {
    trace.spans.push(span);
    this.#waitingCount += 1;
    trace.openCount -= 1;
    if (isLocalRoot(span)) trace.openRootCount -= 1;
    if (trace.openCount <= 0) this.#drop(traceId, trace);
    else if (trace.openRootCount <= 0) this.#dropLater(traceId, trace);
    if (this.#waitingCount > this.#maxWaitingSpans) this.#dropOldest();
  }

  #dropLater(traceId: string, trace: WaitingTrace): void {
    if (trace.timer !== undefined) return;
    trace.timer = setTimeout(() => {
      this.#drop(traceId, trace);
    }, this.#maxWaitMillis);
    trace.timer.unref();
  }

  #dropOldest(): void {
    for (const [traceId, trace] of this.#waiting) {
      if (trace.spans.length === 0) continue;
      this.#drop(traceId, trace);
      break;
    }
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    diag.warn(
      `spanledger: more than ${this.#maxWaitingSpans} spans wait for their trace to end; the oldest traces are dropped, and kept from then on only where an error follows`,
    );
  }

  #drop(traceId: string, trace: WaitingTrace): void {
    this.#forget(traceId, trace);
    this.#targets.drop(trace.spans);
  }

  #forget(traceId: string, trace: WaitingTrace): void {
    clearTimeout(trace.timer);
    this.#waiting.delete(traceId);
    this.#waitingCount -= trace.spans.length;
  }

  #isInRatio(traceId: string): boolean {
    return this.#sampler.shouldSample(ROOT_CONTEXT, traceId).decision !== SamplingDecision.NOT_RECORD;
  }
}

/** No parent, or one in another process. */
function isLocalRoot({ parentSpanContext }: ReadableSpan): boolean {
  return parentSpanContext === undefined || parentSpanContext.isRemote === true;
}

/** The same signs that the collector reads (spec/dialects.md, 1.5). */
function hasError({ status, attributes, events }: ReadableSpan): boolean {
  return (
    status.code === SpanStatusCode.ERROR ||
    attributes[ATTR.errorType] !== undefined ||
    events.some(({ name }) => name === 'exception')
  );
}
