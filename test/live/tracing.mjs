// The tracer provider of the runs whose instrumentation brings none.
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';

export const MODEL_URL = process.env.MODEL_URL;
export const COLLECTOR_URL = process.env.COLLECTOR_URL;

/** Registers a provider that exports to the collector. Its `shutdown` sends what is left. */
export function startTracing(serviceName, { encoding = 'protobuf', attributes = {}, processors = [] } = {}) {
  const Exporter = encoding === 'json' ? JsonExporter : ProtobufExporter;
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': serviceName, ...attributes }),
    spanProcessors: [
      ...processors,
      new BatchSpanProcessor(new Exporter({ url: `${COLLECTOR_URL}/v1/traces` })),
    ],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(provider);
  return provider;
}

/** Runs a step that is meant to fail, and says so where it does not. */
export async function expectFailure(work) {
  try {
    await work();
  } catch {
    return;
  }
  throw new Error('a step that was meant to fail did not');
}
