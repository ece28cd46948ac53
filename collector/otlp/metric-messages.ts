// Longer than most files: it is one table, the metrics half of the protocol.

/** The messages of metrics.proto (opentelemetry-proto 1.11). Field names are those of OTLP/JSON. */
import type { KeyValue } from '../model/any-value.js';
import type { ExponentialBuckets } from '../model/span-data.js';
import {
  attributes,
  bool,
  defineMessage,
  double,
  embedded,
  embeddedList,
  enumeration,
  fixed64,
  hex,
  oneofDouble,
  oneofSfixed64,
  optionalDouble,
  repeated,
  sint32,
  string,
  uint32,
  uint64List,
  type Message,
} from './message.js';
import { Resource, Scope, type ResourceGroup, type ScopeGroup } from './messages.js';

export interface ExemplarMessage {
  filteredAttributes: KeyValue[];
  timeUnixNano: bigint;
  asDouble: number | null;
  asInt: bigint | null;
  spanId: string;
  traceId: string;
}

const Exemplar = defineMessage<ExemplarMessage>(
  'Exemplar',
  () => ({ filteredAttributes: [], timeUnixNano: 0n, asDouble: null, asInt: null, spanId: '', traceId: '' }),
  {
    timeUnixNano: fixed64(2),
    asDouble: oneofDouble(3, 'value'),
    spanId: hex(4),
    traceId: hex(5),
    asInt: oneofSfixed64(6, 'value'),
    filteredAttributes: attributes(7),
  },
);

/** What the points of every metric type have. */
export interface PointMessage {
  attributes: KeyValue[];
  startTimeUnixNano: bigint;
  timeUnixNano: bigint;
  flags: number;
}

export interface NumberPointMessage extends PointMessage {
  asDouble: number | null;
  asInt: bigint | null;
  exemplars: ExemplarMessage[];
}

const NumberDataPoint = defineMessage<NumberPointMessage>(
  'NumberDataPoint',
  () => ({
    attributes: [],
    startTimeUnixNano: 0n,
    timeUnixNano: 0n,
    flags: 0,
    asDouble: null,
    asInt: null,
    exemplars: [],
  }),
  {
    startTimeUnixNano: fixed64(2),
    timeUnixNano: fixed64(3),
    asDouble: oneofDouble(4, 'value'),
    exemplars: embeddedList(5, Exemplar),
    asInt: oneofSfixed64(6, 'value'),
    attributes: attributes(7),
    flags: uint32(8),
  },
);

export interface HistogramPointMessage extends PointMessage {
  count: bigint;
  sum: number | null;
  min: number | null;
  max: number | null;
  bucketCounts: bigint[];
  explicitBounds: number[];
  exemplars: ExemplarMessage[];
}

const HistogramDataPoint = defineMessage<HistogramPointMessage>(
  'HistogramDataPoint',
  () => ({
    attributes: [],
    startTimeUnixNano: 0n,
    timeUnixNano: 0n,
    flags: 0,
    count: 0n,
    sum: null,
    min: null,
    max: null,
    bucketCounts: [],
    explicitBounds: [],
    exemplars: [],
  }),
  {
    startTimeUnixNano: fixed64(2),
    timeUnixNano: fixed64(3),
    count: fixed64(4),
    sum: optionalDouble(5),
    bucketCounts: repeated(fixed64(6)),
    explicitBounds: repeated(double(7)),
    exemplars: embeddedList(8, Exemplar),
    attributes: attributes(9),
    flags: uint32(10),
    min: optionalDouble(11),
    max: optionalDouble(12),
  },
);

const Buckets = defineMessage<ExponentialBuckets>('Buckets', () => ({ offset: 0, bucketCounts: [] }), {
  offset: sint32(1),
  bucketCounts: uint64List(2),
});

export interface ExponentialPointMessage extends PointMessage {
  count: bigint;
  sum: number | null;
  min: number | null;
  max: number | null;
  scale: number;
  zeroCount: bigint;
  zeroThreshold: number;
  positive: ExponentialBuckets | null;
  negative: ExponentialBuckets | null;
  exemplars: ExemplarMessage[];
}

const ExponentialHistogramDataPoint = defineMessage<ExponentialPointMessage>(
  'ExponentialHistogramDataPoint',
  () => ({
    attributes: [],
    startTimeUnixNano: 0n,
    timeUnixNano: 0n,
    flags: 0,
    count: 0n,
    sum: null,
    min: null,
    max: null,
    scale: 0,
    zeroCount: 0n,
    zeroThreshold: 0,
    positive: null,
    negative: null,
    exemplars: [],
  }),
  {
    attributes: attributes(1),
    startTimeUnixNano: fixed64(2),
    timeUnixNano: fixed64(3),
    count: fixed64(4),
    sum: optionalDouble(5),
    scale: sint32(6),
    zeroCount: fixed64(7),
    positive: embedded(8, Buckets),
    negative: embedded(9, Buckets),
    flags: uint32(10),
    exemplars: embeddedList(11, Exemplar),
    min: optionalDouble(12),
    max: optionalDouble(13),
    zeroThreshold: double(14),
  },
);

const ValueAtQuantile = defineMessage<{ quantile: number; value: number }>(
  'ValueAtQuantile',
  () => ({ quantile: 0, value: 0 }),
  { quantile: double(1), value: double(2) },
);

export interface SummaryPointMessage extends PointMessage {
  count: bigint;
  sum: number;
  quantileValues: { quantile: number; value: number }[];
}

const SummaryDataPoint = defineMessage<SummaryPointMessage>(
  'SummaryDataPoint',
  () => ({
    attributes: [],
    startTimeUnixNano: 0n,
    timeUnixNano: 0n,
    flags: 0,
    count: 0n,
    sum: 0,
    quantileValues: [],
  }),
  {
    startTimeUnixNano: fixed64(2),
    timeUnixNano: fixed64(3),
    count: fixed64(4),
    sum: double(5),
    quantileValues: embeddedList(6, ValueAtQuantile),
    attributes: attributes(7),
    flags: uint32(8),
  },
);

interface Points<Point> {
  dataPoints: Point[];
}
interface TemporalPoints<Point> extends Points<Point> {
  aggregationTemporality: number;
}
interface SumPoints extends TemporalPoints<NumberPointMessage> {
  isMonotonic: boolean;
}

const Gauge = defineMessage<Points<NumberPointMessage>>('Gauge', () => ({ dataPoints: [] }), {
  dataPoints: embeddedList(1, NumberDataPoint),
});

const Sum = defineMessage<SumPoints>(
  'Sum',
  () => ({ dataPoints: [], aggregationTemporality: 0, isMonotonic: false }),
  {
    dataPoints: embeddedList(1, NumberDataPoint),
    aggregationTemporality: enumeration(2),
    isMonotonic: bool(3),
  },
);

const Histogram = defineMessage<TemporalPoints<HistogramPointMessage>>(
  'Histogram',
  () => ({ dataPoints: [], aggregationTemporality: 0 }),
  { dataPoints: embeddedList(1, HistogramDataPoint), aggregationTemporality: enumeration(2) },
);

const ExponentialHistogram = defineMessage<TemporalPoints<ExponentialPointMessage>>(
  'ExponentialHistogram',
  () => ({ dataPoints: [], aggregationTemporality: 0 }),
  { dataPoints: embeddedList(1, ExponentialHistogramDataPoint), aggregationTemporality: enumeration(2) },
);

const Summary = defineMessage<Points<SummaryPointMessage>>('Summary', () => ({ dataPoints: [] }), {
  dataPoints: embeddedList(1, SummaryDataPoint),
});

export interface MetricMessage {
  name: string;
  description: string;
  unit: string;
  gauge: Points<NumberPointMessage> | null;
  sum: SumPoints | null;
  histogram: TemporalPoints<HistogramPointMessage> | null;
  exponentialHistogram: TemporalPoints<ExponentialPointMessage> | null;
  summary: Points<SummaryPointMessage> | null;
  metadata: KeyValue[];
}

const Metric = defineMessage<MetricMessage>(
  'Metric',
  () => ({
    name: '',
    description: '',
    unit: '',
    gauge: null,
    sum: null,
    histogram: null,
    exponentialHistogram: null,
    summary: null,
    metadata: [],
  }),
  {
    name: string(1),
    description: string(2),
    unit: string(3),
    gauge: embedded(5, Gauge, 'data'),
    sum: embedded(7, Sum, 'data'),
    histogram: embedded(9, Histogram, 'data'),
    exponentialHistogram: embedded(10, ExponentialHistogram, 'data'),
    summary: embedded(11, Summary, 'data'),
    metadata: attributes(12),
  },
);

export interface MetricsRequest {
  resourceMetrics: ResourceGroup<'scopeMetrics', ScopeGroup<'metrics', MetricMessage>>[];
}

const ScopeMetrics = defineMessage<ScopeGroup<'metrics', MetricMessage>>(
  'ScopeMetrics',
  () => ({ scope: null, metrics: [], schemaUrl: '' }),
  { scope: embedded(1, Scope), metrics: embeddedList(2, Metric), schemaUrl: string(3) },
);

const ResourceMetrics = defineMessage<MetricsRequest['resourceMetrics'][number]>(
  'ResourceMetrics',
  () => ({ resource: null, scopeMetrics: [], schemaUrl: '' }),
  { resource: embedded(1, Resource), scopeMetrics: embeddedList(2, ScopeMetrics), schemaUrl: string(3) },
);

export const ExportMetricsServiceRequest: Message<MetricsRequest> = defineMessage<MetricsRequest>(
  'ExportMetricsServiceRequest',
  () => ({ resourceMetrics: [] }),
  { resourceMetrics: embeddedList(1, ResourceMetrics) },
);
