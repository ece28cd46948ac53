import { trace, type TracerProvider } from '@opentelemetry/api';
import type { SpanProcessor } from '@opentelemetry/sdk-trace-base';

/** The provider that somebody registered for the whole process; undefined where nobody did. */
export function findRegisteredProvider(): TracerProvider | undefined {
  const registered = trace.getTracerProvider();
  const proxy = registered as Partial<{ getDelegate: () => TracerProvider }>;
  const provider = typeof proxy.getDelegate === 'function' ? proxy.getDelegate() : registered;
  return isNoop(provider) ? undefined : provider;
}

/** The API's own no-op provider, also that of another copy of the API: an object with nothing in it. */
function isNoop(provider: TracerProvider): boolean {
  const { forceFlush, shutdown } = provider as Partial<Record<'forceFlush' | 'shutdown', unknown>>;
  return forceFlush === undefined && shutdown === undefined && Reflect.ownKeys(provider).length === 0;
}

/**
 * Adds a processor to somebody's provider, which goes on with its own as before. Gives how to take it away again, or
 * undefined where that provider can't be added to.
 *
 * Providers of OTel 2.x take processors only when they are made, and keep them in a list that their tracers look at for
 * each span (sdk-trace 2.12.1: TracerProvider, MultiSpanProcessor; also those of sdk-node 0.223 and @vercel/otel 2.1).
 * Those of 1.x have a method for it, but spans of another form, which exporters of 2.x can't send.
 */
export function addSpanProcessor(
  provider: TracerProvider,
  processor: SpanProcessor,
): (() => void) | undefined {
  const { _activeSpanProcessor: active } = provider as {
    _activeSpanProcessor?: { _spanProcessors?: unknown };
  };
  const list = active?._spanProcessors;
  if (!Array.isArray(list) || 'addSpanProcessor' in provider) return undefined;
  list.push(processor);
  return () => {
    const index = list.indexOf(processor);
    if (index !== -1) list.splice(index, 1);
  };
}
