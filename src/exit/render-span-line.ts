import type { AttributeValue, Attributes, HrTime, SpanContext } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';

/**
 * One line of the spool: the spans as OTLP/JSON `TracesData`, the form of the OTLP File Exporter (OpenTelemetry
 * specification, protocol/file-exporter.md), so that a person can read a spool file and any importer can take it.
 * Spans of one resource and of one scope stand together. The line has no line feed.
 */
export function renderSpanLine(spans: readonly ReadableSpan[]): string {
  const resourceSpans = groupBy(spans, ({ resource }) => resource).map(([resource, ofResource]) => ({
    resource: { attributes: renderAttributes(resource.attributes) },
    schemaUrl: resource.schemaUrl,
    scopeSpans: groupBy(ofResource, ({ instrumentationScope }) => instrumentationScope).map(
      ([scope, ofScope]) => ({
        scope: { name: scope.name, version: scope.version },
        schemaUrl: scope.schemaUrl,
        spans: ofScope.map(renderSpan),
      }),
    ),
  }));
  return JSON.stringify({ resourceSpans });
}

function renderSpan(span: ReadableSpan): object {
  const context = span.spanContext();
  return {
    ...renderContext(context),
    parentSpanId: span.parentSpanContext?.spanId,
    flags: renderFlags(context.traceFlags, span.parentSpanContext),
    name: span.name,
    // The API counts its kinds from 0 (INTERNAL), OTLP from 1 (opentelemetry-proto: trace.proto, SpanKind).
    kind: span.kind + 1,
    startTimeUnixNano: renderTime(span.startTime),
    endTimeUnixNano: renderTime(span.endTime),
    attributes: renderAttributes(span.attributes),
    droppedAttributesCount: span.droppedAttributesCount,
    events: span.events.map((event) => ({
      timeUnixNano: renderTime(event.time),
      name: event.name,
      attributes: renderAttributes(event.attributes ?? {}),
      droppedAttributesCount: event.droppedAttributesCount,
    })),
    droppedEventsCount: span.droppedEventsCount,
    links: span.links.map((link) => ({
      ...renderContext(link.context),
      flags: renderFlags(link.context.traceFlags, link.context),
      attributes: renderAttributes(link.attributes ?? {}),
      droppedAttributesCount: link.droppedAttributesCount,
    })),
    droppedLinksCount: span.droppedLinksCount,
    status: { code: span.status.code, message: span.status.message },
  };
}

function renderContext({ traceId, spanId, traceState }: SpanContext): object {
  return { traceId, spanId, traceState: traceState?.serialize() };
}

/** The trace flags, and in bits 8 and 9 whether a context is known to be remote (trace.proto, SpanFlags). */
function renderFlags(traceFlags: number, context: SpanContext | undefined): number {
  return traceFlags | 0x100 | (context?.isRemote === true ? 0x200 : 0);
}

function renderTime([seconds, nanos]: HrTime): string {
  return (BigInt(seconds) * 1_000_000_000n + BigInt(Math.round(nanos))).toString();
}

function renderAttributes(attributes: Attributes): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: renderValue(value) }));
}

function renderValue(value: AttributeValue | null | undefined): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') return renderNumber(value);
  if (Array.isArray(value)) return { arrayValue: { values: value.map((item) => renderValue(item)) } };
  return {};
}

function renderNumber(value: number): object {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) return { intValue: String(value) };
  // JSON has no word for these: protobuf's JSON mapping writes them as strings.
  return { doubleValue: Number.isFinite(value) ? value : String(value) };
}

function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): [K, T[]][] {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups];
}
