import type { AnyValue, KeyValue } from './any-value.js';

/** The three kinds of telemetry that are received. */
export type Signal = 'traces' | 'logs' | 'metrics';

/** Where telemetry comes from (`resource.proto`), shared by reference among the records of one request. */
export interface ResourceData {
  attributes: KeyValue[];
  droppedAttributesCount: number;
  entityRefs: EntityRef[];
  /** `schema_url` of ResourceSpans, ResourceLogs or ResourceMetrics; empty where none was sent. */
  schemaUrl: string;
}

export interface EntityRef {
  schemaUrl: string;
  type: string;
  idKeys: string[];
  descriptionKeys: string[];
}

/** The instrumentation scope, shared by reference among the records of one request. */
export interface ScopeData {
  name: string;
  version: string;
  attributes: KeyValue[];
  droppedAttributesCount: number;
  /** `schema_url` of ScopeSpans, ScopeLogs or ScopeMetrics, which may differ from the resource's. */
  schemaUrl: string;
}

/**
 * A span exactly as it was received; nothing in it is interpreted.
 * Ids are lower-case hex (32 and 16 digits); times are unsigned 64-bit nanoseconds since the epoch, 0 = unknown;
 * `flags` and the dropped counts are unsigned 32-bit numbers.
 */
export interface SpanData {
  traceId: string;
  spanId: string;
  /** null for a root span. */
  parentSpanId: string | null;
  traceState: string;
  flags: number;
  name: string;
  /** `SpanKind` as sent; unknown numbers are kept. */
  kind: number;
  startTimeUnixNano: bigint;
  endTimeUnixNano: bigint;
  attributes: KeyValue[];
  droppedAttributesCount: number;
  events: SpanEventData[];
  droppedEventsCount: number;
  links: SpanLinkData[];
  droppedLinksCount: number;
  /** `StatusCode` as sent: 0 unset, 1 ok, 2 error; unknown numbers are kept. */
  statusCode: number;
  statusMessage: string;
  resource: ResourceData;
  scope: ScopeData;
}

export interface SpanEventData {
  timeUnixNano: bigint;
  name: string;
  attributes: KeyValue[];
  droppedAttributesCount: number;
}

export interface SpanLinkData {
  /** Hex as sent; a link with a malformed id keeps what came, as hex of any length. */
  traceId: string;
  spanId: string;
  traceState: string;
  attributes: KeyValue[];
  droppedAttributesCount: number;
  flags: number;
}

/** A log record as it was received. `traceId` and `spanId` are null where absent or invalid ("not associated"). */
export interface LogRecordData {
  timeUnixNano: bigint;
  observedTimeUnixNano: bigint;
  severityNumber: number;
  severityText: string;
  body: AnyValue;
  attributes: KeyValue[];
  droppedAttributesCount: number;
  flags: number;
  traceId: string | null;
  spanId: string | null;
  eventName: string;
  resource: ResourceData;
  scope: ScopeData;
}

/** What the points of one metric have in common; shared by reference among them. */
export interface MetricData {
  name: string;
  description: string;
  unit: string;
  metadata: KeyValue[];
  type: 'gauge' | 'sum' | 'histogram' | 'exponential_histogram' | 'summary';
  /** `AggregationTemporality` as sent; 0 for gauges and summaries. */
  aggregationTemporality: number;
  isMonotonic: boolean;
}

/** One data point as it was received. */
export interface MetricPointData {
  metric: MetricData;
  attributes: KeyValue[];
  startTimeUnixNano: bigint;
  timeUnixNano: bigint;
  flags: number;
  value: MetricValue;
  exemplars: ExemplarData[];
  resource: ResourceData;
  scope: ScopeData;
}

export type MetricValue = NumberValue | HistogramValue | ExponentialHistogramValue | SummaryValue;

/** `value` is a bigint for `as_int`, a number for `as_double`, null where neither was sent. */
export interface NumberValue {
  kind: 'number';
  value: bigint | number | null;
}

export interface HistogramValue {
  kind: 'histogram';
  count: bigint;
  sum: number | null;
  min: number | null;
  max: number | null;
  bucketCounts: bigint[];
  explicitBounds: number[];
}

export interface ExponentialHistogramValue {
  kind: 'exponential_histogram';
  count: bigint;
  sum: number | null;
  min: number | null;
  max: number | null;
  scale: number;
  zeroCount: bigint;
  zeroThreshold: number;
  positive: ExponentialBuckets | null;
  negative: ExponentialBuckets | null;
}

export interface ExponentialBuckets {
  offset: number;
  bucketCounts: bigint[];
}

export interface SummaryValue {
  kind: 'summary';
  count: bigint;
  sum: number;
  quantileValues: { quantile: number; value: number }[];
}

export interface ExemplarData {
  filteredAttributes: KeyValue[];
  timeUnixNano: bigint;
  value: bigint | number | null;
  traceId: string | null;
  spanId: string | null;
}
