import type { LogRecord, MetricPoint } from '../contract/shapes.js';
import { findAttribute } from '../model/any-value.js';
import type { ExponentialBuckets, MetricValue, ResourceData } from '../model/span-data.js';
import { renderTime } from '../model/time.js';
import { renderPlainJson, renderValueJson } from '../model/value-json.js';
import type { StoredLogRecord, StoredMetricPoint } from '../storage/storage.js';
import { attributeWriter, presentResource, presentScope } from './present-span.js';
import type { AttributeStyle } from './present-span.js';

/** `AggregationTemporality` of opentelemetry-proto metrics.proto, by number. */
const TEMPORALITIES = ['unspecified', 'delta', 'cumulative'] as const;

/**
 * `time` is the record's own, or where it has none when it was observed. What came without either was observed when
 * it arrived (logs.proto: the observed time must be set); that is said here and not in the stored record, whose
 * identity would otherwise change each time it is sent.
 */
export function presentLogRecord(stored: StoredLogRecord, style: AttributeStyle): LogRecord {
  const { data } = stored;
  const isTimed = data.timeUnixNano !== 0n || data.observedTimeUnixNano !== 0n;
  const observedUnixNano = isTimed ? data.observedTimeUnixNano : stored.receivedAtUnixNano;
  return {
    id: stored.id,
    time: renderTime(data.timeUnixNano || observedUnixNano),
    time_unix_nano: data.timeUnixNano.toString(),
    observed_time_unix_nano: observedUnixNano.toString(),
    severity_number: data.severityNumber,
    severity_text: data.severityText,
    event_name: data.eventName,
    body: style === 'typed' ? renderValueJson(data.body) : renderPlainJson(data.body),
    attributes: attributeWriter(style)(data.attributes),
    dropped_attributes_count: data.droppedAttributesCount,
    flags: data.flags,
    trace_id: data.traceId,
    span_id: data.spanId,
    session_id: stored.sessionId,
    service_name: readServiceName(data.resource),
    scope: presentScope(data.scope, style),
    resource: presentResource(data.resource, style),
  };
}

export function presentMetricPoint(stored: StoredMetricPoint, style: AttributeStyle): MetricPoint {
  const { data } = stored;
  const { metric } = data;
  const write = attributeWriter(style);
  return {
    id: stored.id,
    metric_name: metric.name,
    type: metric.type,
    unit: metric.unit,
    aggregation_temporality: TEMPORALITIES[metric.aggregationTemporality] ?? 'unspecified',
    is_monotonic: metric.isMonotonic,
    metadata: write(metric.metadata),
    attributes: write(data.attributes),
    start_time_unix_nano: data.startTimeUnixNano.toString(),
    time: renderTime(data.timeUnixNano),
    time_unix_nano: data.timeUnixNano.toString(),
    flags: data.flags,
    value: presentMetricValue(data.value),
    exemplars: data.exemplars.map((exemplar) => ({
      filtered_attributes: write(exemplar.filteredAttributes),
      time_unix_nano: exemplar.timeUnixNano.toString(),
      value: presentNumber(exemplar.value),
      trace_id: exemplar.traceId,
      span_id: exemplar.spanId,
    })),
    service_name: readServiceName(data.resource),
    scope: presentScope(data.scope, style),
    resource: presentResource(data.resource, style),
  };
}

function readServiceName(resource: ResourceData): string | null {
  const name = findAttribute(resource.attributes, 'service.name');
  return typeof name === 'string' ? name : null;
}

function presentMetricValue(value: MetricValue): unknown {
  switch (value.kind) {
    case 'number':
      return presentNumber(value.value);
    case 'histogram':
      return {
        ...presentDistribution(value),
        bucket_counts: value.bucketCounts.map(presentNumber),
        explicit_bounds: value.explicitBounds.map(presentNumber),
      };
    case 'exponential_histogram':
      return {
        ...presentDistribution(value),
        scale: value.scale,
        zero_count: presentNumber(value.zeroCount),
        zero_threshold: presentNumber(value.zeroThreshold),
        positive: presentBuckets(value.positive),
        negative: presentBuckets(value.negative),
      };
    case 'summary':
      return {
        count: presentNumber(value.count),
        sum: presentNumber(value.sum),
        quantile_values: value.quantileValues.map(({ quantile, value: at }) => ({
          quantile: presentNumber(quantile),
          value: presentNumber(at),
        })),
      };
  }
}

function presentDistribution(value: {
  count: bigint;
  sum: number | null;
  min: number | null;
  max: number | null;
}) {
  return {
    count: presentNumber(value.count),
    sum: presentNumber(value.sum),
    min: presentNumber(value.min),
    max: presentNumber(value.max),
  };
}

function presentBuckets(buckets: ExponentialBuckets | null): unknown {
  return buckets && { offset: buckets.offset, bucket_counts: buckets.bucketCounts.map(presentNumber) };
}

/** A JSON number where it holds every digit, text where it can't: 64-bit integers, NaN and the infinities. */
function presentNumber(value: bigint | number | null): number | string | null {
  if (typeof value === 'bigint') {
    const isSafe = value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER);
    return isSafe ? Number(value) : value.toString();
  }
  return value === null || Number.isFinite(value) ? value : String(value);
}
