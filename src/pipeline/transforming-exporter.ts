import { context, diag } from '@opentelemetry/api';
import { ExportResultCode, suppressTracing, type ExportResult } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import { withoutDetails, type SpanTransform } from './span-transform.js';
import type { SpanWatch } from './span-watch.js';

/** As the batches of the batch processor (sdk-trace 2.12.1). */
const MAX_BATCH = 512;

/** Settings of {@link TransformingExporter}. */
export interface TransformingExporterOptions {
  exporter: SpanExporter;
  transform: SpanTransform | undefined;
  watch: SpanWatch | undefined;
}

/**
 * Hands spans on as the transform makes them, and tells the watch which ones have arrived. Unlike the batch processor
 * it knows what is still on its way.
 */
export class TransformingExporter implements SpanExporter {
  readonly #exporter: SpanExporter;
  readonly #transform: SpanTransform | undefined;
  readonly #watch: SpanWatch | undefined;
  readonly #underway = new Set<Promise<unknown>>();

  constructor({ exporter, transform, watch }: TransformingExporterOptions) {
    this.#exporter = exporter;
    this.#transform = transform;
    this.#watch = watch;
  }

  export(spans: ReadableSpan[], resultCallback: (result: ExportResult) => void): void {
    void this.#send(spans).then((result) => {
      if (result.code === ExportResultCode.SUCCESS) this.#watch?.confirm(spans);
      resultCallback(result);
    });
  }

  /** Exports many spans, one batch after the other. */
  exportAll(spans: readonly ReadableSpan[]): void {
    void this.#track(this.#exportBatches(spans));
  }

  /** Sends copies of spans that still run. Resolves with whether they arrived, and never rejects. */
  announce(copies: readonly ReadableSpan[]): Promise<boolean> {
    return context
      .with(suppressTracing(context.active()), () => this.#send(copies))
      .then(({ code }) => code === ExportResultCode.SUCCESS);
  }

  /** Resolves when what is on its way now has arrived or failed: in a busy process, more may follow without an end. */
  async settled(): Promise<void> {
    await Promise.all(this.#underway);
  }

  async forceFlush(): Promise<void> {
    await this.#exporter.forceFlush?.();
  }

  async shutdown(): Promise<void> {
    await this.settled();
    await this.#exporter.shutdown();
  }

  #send(spans: readonly ReadableSpan[]): Promise<ExportResult> {
    return this.#track(this.#exportWhenReady(spans));
  }

  #track<T>(sending: Promise<T>): Promise<T> {
    this.#underway.add(sending);
    void sending.then(() => this.#underway.delete(sending));
    return sending;
  }

  async #exportBatches(spans: readonly ReadableSpan[]): Promise<void> {
    for (let start = 0; start < spans.length; start += MAX_BATCH) {
      const batch = spans.slice(start, start + MAX_BATCH);
      const { code } = await context.with(suppressTracing(context.active()), () =>
        this.#exportWhenReady(batch),
      );
      if (code === ExportResultCode.SUCCESS) this.#watch?.confirm(batch);
    }
  }

  #exportWhenReady(spans: readonly ReadableSpan[]): Promise<ExportResult> {
    return new Promise((resolve) => {
      const send = (): void => {
        try {
          this.#exporter.export(
            spans.map((span) => this.#apply(span)),
            resolve,
          );
        } catch (error) {
          resolve({ code: ExportResultCode.FAILED, error: asError(error) });
        }
      };
      const ready = waitForAll([this.#transform?.prepare?.(spans), ...listPendingResources(spans)]);
      if (ready === undefined) send();
      // The context says that the exporter's own requests are not to be traced.
      else ready.then(context.bind(context.active(), send), send);
    });
  }

  #apply(span: ReadableSpan): ReadableSpan {
    if (this.#transform === undefined) return span;
    try {
      return this.#transform(span);
    } catch (error) {
      diag.error('spanledger: a transform threw, the span is sent without its attributes', error);
      return withoutDetails(span);
    }
  }
}

/** What the batch processor waits for, too; copies of running spans don't come by way of it. */
function listPendingResources(spans: readonly ReadableSpan[]): (Promise<void> | undefined)[] {
  const resources = new Set(spans.map(({ resource }) => resource));
  return [...resources].map((resource) =>
    resource.asyncAttributesPending === true ? resource.waitForAsyncAttributes?.() : undefined,
  );
}

/** Undefined where there is nothing to wait for. */
function waitForAll(promises: (Promise<void> | undefined)[]): Promise<unknown> | undefined {
  const open = promises.filter((promise) => promise !== undefined);
  return open.length === 0 ? undefined : Promise.all(open);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
