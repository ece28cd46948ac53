import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';

/** What of a span a copy may have otherwise. */
export type SpanChanges = Partial<
  Pick<
    ReadableSpan,
    | 'name'
    | 'attributes'
    | 'events'
    | 'links'
    | 'status'
    | 'endTime'
    | 'duration'
    | 'ended'
    | 'droppedAttributesCount'
    | 'resource'
  >
>;

/**
 * A copy of a span with the same ids, and `changes` in place of what it had. What is not changed is shared with the
 * span; the spans of the OTel SDK have getters, so that spreading one would lose them.
 */
export function copySpan(span: ReadableSpan, changes: SpanChanges): ReadableSpan {
  const context = span.spanContext();
  return {
    name: span.name,
    kind: span.kind,
    spanContext: () => context,
    ...(span.parentSpanContext === undefined ? {} : { parentSpanContext: span.parentSpanContext }),
    startTime: span.startTime,
    endTime: span.endTime,
    status: span.status,
    attributes: span.attributes,
    links: span.links,
    events: span.events,
    duration: span.duration,
    ended: span.ended,
    resource: span.resource,
    instrumentationScope: span.instrumentationScope,
    droppedAttributesCount: span.droppedAttributesCount,
    droppedEventsCount: span.droppedEventsCount,
    droppedLinksCount: span.droppedLinksCount,
    ...changes,
  };
}
