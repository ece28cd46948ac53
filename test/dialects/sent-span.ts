import type { AnyValue, KeyValue } from '../../collector/model/any-value.js';
import type { SpanFacts, SpanContent } from '../../collector/model/normalized-span.js';
import type { LogRecordData, SpanData, SpanEventData } from '../../collector/model/span-data.js';
import { normalizeSpan, readContent, readLog } from '../../collector/dialects/normalize.js';

export type Attributes = Record<string, AnyValue>;

/** What a test says of a span; the rest is empty. */
export type SentSpan = Partial<Omit<SpanData, 'attributes' | 'events' | 'scope' | 'resource'>> & {
  attributes?: Attributes;
  events?: { name: string; attributes?: Attributes }[];
  scope?: string;
  resource?: Attributes;
};

export function keyValues(attributes: Attributes): KeyValue[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value }));
}

/** A span as it would be received. */
export function sendSpan(sent: SentSpan = {}): SpanData {
  const { attributes = {}, events = [], scope = '', resource = {}, ...rest } = sent;
  return {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    parentSpanId: null,
    traceState: '',
    flags: 0x101,
    name: 'span',
    kind: 1,
    startTimeUnixNano: 1_767_225_600_000_000_000n,
    endTimeUnixNano: 1_767_225_600_010_000_000n,
    attributes: keyValues(attributes),
    droppedAttributesCount: 0,
    events: events.map(sendEvent),
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    statusCode: 0,
    statusMessage: '',
    resource: { attributes: keyValues(resource), droppedAttributesCount: 0, entityRefs: [], schemaUrl: '' },
    scope: { name: scope, version: '', attributes: [], droppedAttributesCount: 0, schemaUrl: '' },
    ...rest,
  };
}

function sendEvent(event: { name: string; attributes?: Attributes }): SpanEventData {
  return {
    timeUnixNano: 1_767_225_600_005_000_000n,
    name: event.name,
    attributes: keyValues(event.attributes ?? {}),
    droppedAttributesCount: 0,
  };
}

/** A log record of the span that `sendSpan` makes, unless the test says otherwise. */
export function sendLog(
  sent: Partial<Omit<LogRecordData, 'attributes'>> & { attributes?: Attributes } = {},
): LogRecordData {
  const { resource, scope, traceId, spanId } = sendSpan();
  const { attributes = {}, ...rest } = sent;
  return {
    timeUnixNano: 1_767_225_600_005_000_000n,
    observedTimeUnixNano: 1_767_225_600_005_000_000n,
    severityNumber: 9,
    severityText: 'INFO',
    body: null,
    attributes: keyValues(attributes),
    droppedAttributesCount: 0,
    flags: 0,
    traceId,
    spanId,
    eventName: '',
    resource,
    scope,
    ...rest,
  };
}

export function factsOf(sent: SentSpan): SpanFacts {
  return normalizeSpan(sendSpan(sent)).facts;
}

export function contentOf(sent: SentSpan, logs: readonly LogRecordData[] = []): SpanContent {
  return readContent(sendSpan(sent), logs);
}

/** What a log record reports; null where it reports nothing. */
export function reportOf(sent: Parameters<typeof sendLog>[0]): SpanFacts | null {
  return readLog(sendLog(sent)).report?.facts ?? null;
}
