import type {
  ExemplarData,
  MetricData,
  MetricPointData,
  MetricValue,
  ResourceData,
  ScopeData,
} from '../model/span-data.js';
import type {
  ExemplarMessage,
  ExponentialPointMessage,
  HistogramPointMessage,
  MetricMessage,
  NumberPointMessage,
  PointMessage,
  SummaryPointMessage,
} from './metric-messages.js';
import { readSpanId, readTraceId } from './record-ids.js';

/** The points of one metric; a metric of a type that is not known has none. */
export function assembleMetricPoints(
  sent: MetricMessage,
  resource: ResourceData,
  scope: ScopeData,
): MetricPointData[] {
  const assembleAll = <Point extends PointMessage>(
    type: MetricData['type'],
    data: { dataPoints: Point[]; aggregationTemporality?: number; isMonotonic?: boolean } | null,
    readValue: (point: Point) => MetricValue,
  ): MetricPointData[] => {
    if (data === null) return [];
    const metric: MetricData = {
      name: sent.name,
      description: sent.description,
      unit: sent.unit,
      metadata: sent.metadata,
      type,
      aggregationTemporality: data.aggregationTemporality ?? 0,
      isMonotonic: data.isMonotonic ?? false,
    };
    return data.dataPoints.map((point) => ({
      metric,
      attributes: point.attributes,
      startTimeUnixNano: point.startTimeUnixNano,
      timeUnixNano: point.timeUnixNano,
      flags: point.flags,
      value: readValue(point),
      exemplars: 'exemplars' in point ? (point.exemplars as ExemplarMessage[]).map(createExemplar) : [],
      resource,
      scope,
    }));
  };
  return [
    ...assembleAll('gauge', sent.gauge, createNumber),
    ...assembleAll('sum', sent.sum, createNumber),
    ...assembleAll('histogram', sent.histogram, createHistogram),
    ...assembleAll('exponential_histogram', sent.exponentialHistogram, createExponentialHistogram),
    ...assembleAll('summary', sent.summary, createSummary),
  ];
}

function createNumber(point: NumberPointMessage): MetricValue {
  return { kind: 'number', value: point.asInt ?? point.asDouble };
}

function createHistogram(point: HistogramPointMessage): MetricValue {
  const { count, sum, min, max, bucketCounts, explicitBounds } = point;
  return { kind: 'histogram', count, sum, min, max, bucketCounts, explicitBounds };
}

function createExponentialHistogram(point: ExponentialPointMessage): MetricValue {
  const { count, sum, min, max, scale, zeroCount, zeroThreshold, positive, negative } = point;
  return {
    kind: 'exponential_histogram',
    count,
    sum,
    min,
    max,
    scale,
    zeroCount,
    zeroThreshold,
    positive,
    negative,
  };
}

function createSummary({ count, sum, quantileValues }: SummaryPointMessage): MetricValue {
  return { kind: 'summary', count, sum, quantileValues };
}

function createExemplar(sent: ExemplarMessage): ExemplarData {
  return {
    filteredAttributes: sent.filteredAttributes,
    timeUnixNano: sent.timeUnixNano,
    value: sent.asInt ?? sent.asDouble,
    traceId: readTraceId(sent.traceId),
    spanId: readSpanId(sent.spanId),
  };
}
