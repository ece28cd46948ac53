import type { Attributes, Link, SpanContext } from '@opentelemetry/api';
import { ROOT_CONTEXT, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api';
import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base';

export interface EndedSpanSketch {
  name?: string;
  attributes?: Attributes;
  events?: { name: string; attributes?: Attributes }[];
  links?: Link[];
  error?: string;
  resource?: Resource;
}

/** A span of the real SDK, without its limits, that has ended. */
export function createEndedSpan({
  name = 'span',
  attributes = {},
  events = [],
  links = [],
  error,
  resource,
}: EndedSpanSketch = {}): ReadableSpan {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(exporter)],
    ...(resource === undefined ? {} : { resource }),
    spanLimits: { attributeCountLimit: Infinity, eventCountLimit: Infinity },
  });
  const span = provider.getTracer('test').startSpan(name, { attributes, links });
  for (const event of events) span.addEvent(event.name, event.attributes);
  if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
  span.end();
  const [ended] = exporter.getFinishedSpans();
  if (ended === undefined) throw new Error('the span was not recorded');
  return ended;
}

/** A parent that a new span can be started below: in this process unless `isRemote`. */
export function contextOf(spanContext: SpanContext) {
  return trace.setSpanContext(ROOT_CONTEXT, spanContext);
}

/** A parent in another process, in a trace of its own choice. */
export function remoteParent(traceId: string): SpanContext {
  return { traceId, spanId: 'b7ad6b7169203331', traceFlags: TraceFlags.SAMPLED, isRemote: true };
}

/** Keeps what it is given and confirms at once, without the timer of `InMemorySpanExporter`; keeps it after shutdown, too. */
export class RecordingExporter implements SpanExporter {
  readonly batches: ReadableSpan[][] = [];

  get spans(): ReadableSpan[] {
    return this.batches.flat();
  }

  get names(): string[] {
    return this.spans.map(({ name }) => name);
  }

  export(spans: ReadableSpan[], resultCallback: (result: ExportResult) => void): void {
    this.batches.push(spans);
    resultCallback({ code: ExportResultCode.SUCCESS });
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }
}
