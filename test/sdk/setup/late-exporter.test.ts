import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import type { SpanExporter } from '@opentelemetry/sdk-trace-base';
import { expect, test } from 'vitest';
import { LateExporter } from '../../../src/setup/late-exporter.js';

const send = (late: LateExporter) =>
  new Promise<ExportResult>((resolve) => {
    late.export([], resolve);
  });

test('an exporter that can not be loaded, or that throws, fails the export and leaves the process alone', async () => {
  const error = new Error('not today');
  const throwing: SpanExporter = {
    export: () => {
      throw error;
    },
    shutdown: () => Promise.resolve(),
  };
  const failed = { code: ExportResultCode.FAILED, error };
  expect(await send(new LateExporter(Promise.resolve(throwing)))).toEqual(failed);
  expect(await send(new LateExporter(Promise.reject(error)))).toEqual(failed);
});
