import type { AnyValue, KeyValue } from '../../../model/any-value.js';
import { KeyValueList, findAttribute } from '../../../model/any-value.js';
import type {
  ExponentialBuckets,
  ExponentialHistogramValue,
  HistogramValue,
  MetricData,
  MetricValue,
  SummaryValue,
} from '../../../model/span-data.js';
import { decodeValue, encodeValue } from '../value-codec.js';
import { readInteger, readNumber } from './nested-codec.js';

/**
 * jsonb text of a point's value. A gauge or sum is the bare number: digits alone are an integer, with a fraction a
 * double. A histogram or summary is an object with OTLP's field names in snake_case; absent optional fields are left
 * out.
 */
export function encodeMetricValue(value: MetricValue): string {
  switch (value.kind) {
    case 'number':
      return encodeValue(value.value);
    case 'histogram':
      return encodeFields([
        ...distributionFields(value),
        { key: 'bucket_counts', value: value.bucketCounts },
        { key: 'explicit_bounds', value: value.explicitBounds },
      ]);
    case 'exponential_histogram':
      return encodeFields([
        ...distributionFields(value),
        { key: 'scale', value: BigInt(value.scale) },
        { key: 'zero_count', value: value.zeroCount },
        { key: 'zero_threshold', value: value.zeroThreshold },
        ...bucketsField('positive', value.positive),
        ...bucketsField('negative', value.negative),
      ]);
    case 'summary':
      return encodeFields([
        { key: 'count', value: value.count },
        { key: 'sum', value: value.sum },
        { key: 'quantile_values', value: value.quantileValues.map(encodeQuantile) },
      ]);
  }
}

/** The inverse of {@link encodeMetricValue}, for a metric of the given type. */
export function decodeMetricValue(type: MetricData['type'], text: string | null): MetricValue {
  const value = text === null ? null : decodeValue(text);
  const fields = value instanceof KeyValueList ? value.entries : [];
  switch (type) {
    case 'gauge':
    case 'sum':
      return {
        kind: 'number',
        value: typeof value === 'number' || typeof value === 'bigint' ? value : null,
      };
    case 'histogram':
      return decodeHistogram(fields);
    case 'exponential_histogram':
      return decodeExponentialHistogram(fields);
    case 'summary':
      return decodeSummary(fields);
  }
}

function decodeHistogram(fields: readonly KeyValue[]): HistogramValue {
  return {
    kind: 'histogram',
    ...readDistribution(fields),
    bucketCounts: readIntegers(fields, 'bucket_counts'),
    explicitBounds: readDoubles(fields, 'explicit_bounds'),
  };
}

function decodeExponentialHistogram(fields: readonly KeyValue[]): ExponentialHistogramValue {
  return {
    kind: 'exponential_histogram',
    ...readDistribution(fields),
    scale: Number(readInteger(fields, 'scale')),
    zeroCount: readInteger(fields, 'zero_count'),
    zeroThreshold: readDouble(fields, 'zero_threshold') ?? 0,
    positive: readBuckets(fields, 'positive'),
    negative: readBuckets(fields, 'negative'),
  };
}

function decodeSummary(fields: readonly KeyValue[]): SummaryValue {
  const quantiles = findAttribute(fields, 'quantile_values');
  return {
    kind: 'summary',
    count: readInteger(fields, 'count'),
    sum: readDouble(fields, 'sum') ?? 0,
    quantileValues: (Array.isArray(quantiles) ? quantiles : []).map((entry) => {
      const pair = entry instanceof KeyValueList ? entry.entries : [];
      return { quantile: readDouble(pair, 'quantile') ?? 0, value: readDouble(pair, 'value') ?? 0 };
    }),
  };
}

function encodeFields(fields: KeyValue[]): string {
  return encodeValue(new KeyValueList(fields));
}

function encodeQuantile(entry: { quantile: number; value: number }): AnyValue {
  return new KeyValueList([
    { key: 'quantile', value: entry.quantile },
    { key: 'value', value: entry.value },
  ]);
}

function distributionFields(value: HistogramValue | ExponentialHistogramValue): KeyValue[] {
  const fields: KeyValue[] = [{ key: 'count', value: value.count }];
  if (value.sum !== null) fields.push({ key: 'sum', value: value.sum });
  if (value.min !== null) fields.push({ key: 'min', value: value.min });
  if (value.max !== null) fields.push({ key: 'max', value: value.max });
  return fields;
}

function readDistribution(
  fields: readonly KeyValue[],
): Pick<HistogramValue, 'count' | 'sum' | 'min' | 'max'> {
  return {
    count: readInteger(fields, 'count'),
    sum: readDouble(fields, 'sum'),
    min: readDouble(fields, 'min'),
    max: readDouble(fields, 'max'),
  };
}

function bucketsField(key: string, buckets: ExponentialBuckets | null): KeyValue[] {
  if (buckets === null) return [];
  const value = new KeyValueList([
    { key: 'offset', value: BigInt(buckets.offset) },
    { key: 'bucket_counts', value: buckets.bucketCounts },
  ]);
  return [{ key, value }];
}

function readBuckets(fields: readonly KeyValue[], key: string): ExponentialBuckets | null {
  const value = findAttribute(fields, key);
  if (!(value instanceof KeyValueList)) return null;
  return {
    offset: Number(readInteger(value.entries, 'offset')),
    bucketCounts: readIntegers(value.entries, 'bucket_counts'),
  };
}

function readDouble(fields: readonly KeyValue[], key: string): number | null {
  const value = readNumber(fields, key);
  return value === null ? null : Number(value);
}

function readDoubles(fields: readonly KeyValue[], key: string): number[] {
  const value = findAttribute(fields, key);
  return Array.isArray(value) ? value.filter((item) => typeof item === 'number') : [];
}

function readIntegers(fields: readonly KeyValue[], key: string): bigint[] {
  const value = findAttribute(fields, key);
  return Array.isArray(value) ? value.filter((item) => typeof item === 'bigint') : [];
}
