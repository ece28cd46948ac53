/**
 * The messages of opentelemetry-proto 1.11 (common, resource, trace, logs and collector services). Field names are
 * those of OTLP/JSON.
 */
import type { AnyValue, KeyValue } from '../model/any-value.js';
import type { EntityRef, SpanEventData, SpanLinkData } from '../model/span-data.js';
import {
  attributes,
  defineMessage,
  embedded,
  embeddedList,
  enumeration,
  fixed32,
  fixed64,
  hex,
  repeated,
  string,
  uint32,
  value,
  type Message,
} from './message.js';

export interface ResourceMessage {
  attributes: KeyValue[];
  droppedAttributesCount: number;
  entityRefs: EntityRef[];
}

export interface ScopeMessage {
  name: string;
  version: string;
  attributes: KeyValue[];
  droppedAttributesCount: number;
}

/** ResourceSpans and ScopeSpans, and their like for the other signals, differ in one name: `Key`. */
export type ResourceGroup<Key extends string, Item> = {
  resource: ResourceMessage | null;
  schemaUrl: string;
} & Record<Key, Item[]>;
export type ScopeGroup<Key extends string, Item> = {
  scope: ScopeMessage | null;
  schemaUrl: string;
} & Record<Key, Item[]>;

const EntityRefMessage = defineMessage<EntityRef>(
  'EntityRef',
  () => ({ schemaUrl: '', type: '', idKeys: [], descriptionKeys: [] }),
  {
    schemaUrl: string(1),
    type: string(2),
    idKeys: repeated(string(3)),
    descriptionKeys: repeated(string(4)),
  },
);

export const Resource = defineMessage<ResourceMessage>(
  'Resource',
  () => ({ attributes: [], droppedAttributesCount: 0, entityRefs: [] }),
  {
    attributes: attributes(1),
    droppedAttributesCount: uint32(2),
    entityRefs: embeddedList(3, EntityRefMessage),
  },
);

export const Scope = defineMessage<ScopeMessage>(
  'InstrumentationScope',
  () => ({ name: '', version: '', attributes: [], droppedAttributesCount: 0 }),
  { name: string(1), version: string(2), attributes: attributes(3), droppedAttributesCount: uint32(4) },
);

export interface StatusMessage {
  message: string;
  code: number;
}

const Status = defineMessage<StatusMessage>('Status', () => ({ message: '', code: 0 }), {
  message: string(2),
  code: enumeration(3),
});

const SpanEvent = defineMessage<SpanEventData>(
  'Event',
  () => ({ timeUnixNano: 0n, name: '', attributes: [], droppedAttributesCount: 0 }),
  {
    timeUnixNano: fixed64(1),
    name: string(2),
    attributes: attributes(3),
    droppedAttributesCount: uint32(4),
  },
);

const SpanLink = defineMessage<SpanLinkData>(
  'Link',
  () => ({ traceId: '', spanId: '', traceState: '', attributes: [], droppedAttributesCount: 0, flags: 0 }),
  {
    traceId: hex(1),
    spanId: hex(2),
    traceState: string(3),
    attributes: attributes(4),
    droppedAttributesCount: uint32(5),
    flags: fixed32(6),
  },
);

export interface SpanMessage {
  traceId: string;
  spanId: string;
  traceState: string;
  parentSpanId: string;
  name: string;
  kind: number;
  startTimeUnixNano: bigint;
  endTimeUnixNano: bigint;
  attributes: KeyValue[];
  droppedAttributesCount: number;
  events: SpanEventData[];
  droppedEventsCount: number;
  links: SpanLinkData[];
  droppedLinksCount: number;
  status: StatusMessage | null;
  flags: number;
}

const Span = defineMessage<SpanMessage>(
  'Span',
  () => ({
    traceId: '',
    spanId: '',
    traceState: '',
    parentSpanId: '',
    name: '',
    kind: 0,
    startTimeUnixNano: 0n,
    endTimeUnixNano: 0n,
    attributes: [],
    droppedAttributesCount: 0,
    events: [],
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    status: null,
    flags: 0,
  }),
  {
    traceId: hex(1),
    spanId: hex(2),
    traceState: string(3),
    parentSpanId: hex(4),
    name: string(5),
    kind: enumeration(6),
    startTimeUnixNano: fixed64(7),
    endTimeUnixNano: fixed64(8),
    attributes: attributes(9),
    droppedAttributesCount: uint32(10),
    events: embeddedList(11, SpanEvent),
    droppedEventsCount: uint32(12),
    links: embeddedList(13, SpanLink),
    droppedLinksCount: uint32(14),
    status: embedded(15, Status),
    flags: fixed32(16),
  },
);

export interface LogRecordMessage {
  timeUnixNano: bigint;
  observedTimeUnixNano: bigint;
  severityNumber: number;
  severityText: string;
  body: AnyValue;
  attributes: KeyValue[];
  droppedAttributesCount: number;
  flags: number;
  traceId: string;
  spanId: string;
  eventName: string;
}

const LogRecord = defineMessage<LogRecordMessage>(
  'LogRecord',
  () => ({
    timeUnixNano: 0n,
    observedTimeUnixNano: 0n,
    severityNumber: 0,
    severityText: '',
    body: null,
    attributes: [],
    droppedAttributesCount: 0,
    flags: 0,
    traceId: '',
    spanId: '',
    eventName: '',
  }),
  {
    timeUnixNano: fixed64(1),
    severityNumber: enumeration(2),
    severityText: string(3),
    body: value(5),
    attributes: attributes(6),
    droppedAttributesCount: uint32(7),
    flags: fixed32(8),
    traceId: hex(9),
    spanId: hex(10),
    observedTimeUnixNano: fixed64(11),
    eventName: string(12),
  },
);

export interface TraceRequest {
  resourceSpans: ResourceGroup<'scopeSpans', ScopeGroup<'spans', SpanMessage>>[];
}

const ScopeSpans = defineMessage<ScopeGroup<'spans', SpanMessage>>(
  'ScopeSpans',
  () => ({ scope: null, spans: [], schemaUrl: '' }),
  { scope: embedded(1, Scope), spans: embeddedList(2, Span), schemaUrl: string(3) },
);

const ResourceSpans = defineMessage<TraceRequest['resourceSpans'][number]>(
  'ResourceSpans',
  () => ({ resource: null, scopeSpans: [], schemaUrl: '' }),
  { resource: embedded(1, Resource), scopeSpans: embeddedList(2, ScopeSpans), schemaUrl: string(3) },
);

export const ExportTraceServiceRequest: Message<TraceRequest> = defineMessage<TraceRequest>(
  'ExportTraceServiceRequest',
  () => ({ resourceSpans: [] }),
  { resourceSpans: embeddedList(1, ResourceSpans) },
);

export interface LogsRequest {
  resourceLogs: ResourceGroup<'scopeLogs', ScopeGroup<'logRecords', LogRecordMessage>>[];
}

const ScopeLogs = defineMessage<ScopeGroup<'logRecords', LogRecordMessage>>(
  'ScopeLogs',
  () => ({ scope: null, logRecords: [], schemaUrl: '' }),
  { scope: embedded(1, Scope), logRecords: embeddedList(2, LogRecord), schemaUrl: string(3) },
);

const ResourceLogs = defineMessage<LogsRequest['resourceLogs'][number]>(
  'ResourceLogs',
  () => ({ resource: null, scopeLogs: [], schemaUrl: '' }),
  { resource: embedded(1, Resource), scopeLogs: embeddedList(2, ScopeLogs), schemaUrl: string(3) },
);

export const ExportLogsServiceRequest: Message<LogsRequest> = defineMessage<LogsRequest>(
  'ExportLogsServiceRequest',
  () => ({ resourceLogs: [] }),
  { resourceLogs: embeddedList(1, ResourceLogs) },
);
