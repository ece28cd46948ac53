import { TraceFlags, type Context } from '@opentelemetry/api';
import {
  BatchSpanProcessor,
  type BufferConfig,
  type ReadableSpan,
  type Span,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { PendingSpans, type PendingOptions } from './pending-spans.js';
import type { SpanTransform } from './span-transform.js';
import type { SpanWatch } from './span-watch.js';
import { createTailSampling, type SamplingOptions, type TailSampling } from './tail-sampling.js';
import { TransformingExporter } from './transforming-exporter.js';

export type { SpanWatch } from './span-watch.js';

/** Spans that come at once beyond this don't go through the batch processor, whose queue drops what does not fit. */
const MAX_QUEUED_AT_ONCE = 256;

/** Settings of {@link createPipeline}. */
export interface PipelineOptions {
  /** Where spans go. The pipeline shuts it down with itself. */
  exporter: SpanExporter;
  /** What is done to each span before it is exported; nothing by default. */
  transform?: SpanTransform;
  /**
   * Whether spans are announced while they run: `true` (default) for operations of agents, a function to choose the
   * spans, or settings. The copies go to this pipeline's exporter alone.
   */
  pending?: boolean | ((span: ReadableSpan) => boolean) | PendingOptions;
  /** Which traces are exported; all by default. */
  sampling?: SamplingOptions;
  /**
   * Of the OTel SDK's batch processor. What is not given follows OTEL_BSP_SCHEDULE_DELAY, OTEL_BSP_MAX_QUEUE_SIZE,
   * OTEL_BSP_MAX_EXPORT_BATCH_SIZE and OTEL_BSP_EXPORT_TIMEOUT, then its defaults.
   */
  batch?: BufferConfig;
  /** Told of every sampled span. */
  watch?: SpanWatch;
}

/**
 * Creates the way from a span's end to the exporter: sampling, batches, the transform, and copies of spans that still
 * run. One span processor, that can be added to anybody's provider and changes nothing for its other processors.
 */
export function createPipeline(options: PipelineOptions): SpanProcessor {
  return new Pipeline(options);
}

class Pipeline implements SpanProcessor {
  readonly #exporter: TransformingExporter;
  readonly #batch: BatchSpanProcessor;
  readonly #pending: PendingSpans | undefined;
  readonly #sampling: TailSampling | undefined;
  readonly #transform: SpanTransform | undefined;
  readonly #watch: SpanWatch | undefined;

  constructor({ exporter, transform, pending = true, sampling, batch = {}, watch }: PipelineOptions) {
    this.#transform = transform;
    this.#watch = watch;
    this.#exporter = new TransformingExporter({ exporter, transform, watch });
    this.#batch = new BatchSpanProcessor(this.#exporter, { ...batch });
    this.#sampling = createTailSampling(sampling, {
      keep: (spans) => {
        if (spans.length > MAX_QUEUED_AT_ONCE) this.#exporter.exportAll(spans);
        else for (const span of spans) this.#batch.onEnd(span);
      },
      drop: (spans) => watch?.confirm(spans),
    });
    this.#pending = this.#createPending(pending);
  }

  #createPending(pending: NonNullable<PipelineOptions['pending']>): PendingSpans | undefined {
    if (pending === false) return undefined;
    const settings = typeof pending === 'function' ? { filter: pending } : pending === true ? {} : pending;
    const sampling = this.#sampling;
    return new PendingSpans({
      ...settings,
      announce: (copies) => this.#exporter.announce(copies),
      mayAnnounce: (traceId) => sampling?.isKept(traceId) ?? true,
    });
  }

  onStart(span: Span, _parentContext: Context): void {
    if (!isSampled(span)) return;
    this.#watch?.onStart(span);
    this.#sampling?.onStart(span);
    this.#pending?.onStart(span);
  }

  onEnd(span: ReadableSpan): void {
    if (!isSampled(span)) return;
    this.#pending?.onEnd(span);
    this.#watch?.onEnd(span);
    // What this span needs is loaded while it waits for its batch.
    void this.#transform?.prepare?.([span]);
    if (this.#sampling === undefined) this.#batch.onEnd(span);
    else this.#sampling.onEnd(span);
  }

  /**
   * Resolves when all that has ended has been exported, batches included that were already on their way. Spans of
   * traces that sampling has not decided about stay.
   */
  async forceFlush(): Promise<void> {
    try {
      await this.#batch.forceFlush();
    } finally {
      await this.#exporter.settled();
    }
    await this.#exporter.forceFlush();
  }

  /** Exports what is left, also of traces that were cut off before sampling could decide about them. */
  async shutdown(): Promise<void> {
    this.#pending?.stop();
    this.#sampling?.release();
    await this.#batch.shutdown();
  }
}

function isSampled(span: ReadableSpan): boolean {
  return (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0;
}
