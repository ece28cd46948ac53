import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';

/** An exporter that is still being loaded: spans that are exported before wait for it, and fail where it can't be had. */
export class LateExporter implements SpanExporter {
  readonly #loading: Promise<SpanExporter>;

  constructor(loading: Promise<SpanExporter>) {
    this.#loading = loading;
    // Told to whoever exports; without spans nobody is waiting for it.
    loading.catch(() => undefined);
  }

  export(spans: ReadableSpan[], resultCallback: (result: ExportResult) => void): void {
    this.#loading
      .then((exporter) => {
        exporter.export(spans, resultCallback);
      })
      .catch((error: unknown) => {
        resultCallback({ code: ExportResultCode.FAILED, error: error as Error });
      });
  }

  async forceFlush(): Promise<void> {
    await (await this.#loading).forceFlush?.();
  }

  async shutdown(): Promise<void> {
    const exporter = await this.#loading.catch(() => undefined);
    await exporter?.shutdown();
  }
}
