import { describe, expect, it } from 'vitest';
import { presentLogRecord, presentMetricPoint } from '../../collector/api/present-telemetry.js';
import { LogRecord, MetricPoint } from '../../collector/contract/shapes.js';
import { KeyValueList } from '../../collector/model/any-value.js';
import type { LogRecordData, MetricPointData, MetricValue } from '../../collector/model/span-data.js';

const RESOURCE = {
  attributes: [{ key: 'service.name', value: 'orchard' }],
  droppedAttributesCount: 0,
  entityRefs: [],
  schemaUrl: '',
};
const SCOPE = { name: 'scope', version: '1', attributes: [], droppedAttributesCount: 0, schemaUrl: '' };

function presentPoint(value: MetricValue) {
  const data: MetricPointData = {
    metric: {
      name: 'm',
      description: '',
      unit: 's',
      metadata: [],
      type: 'gauge',
      aggregationTemporality: 0,
      isMonotonic: false,
    },
    attributes: [{ key: 'big', value: 2n ** 62n }],
    startTimeUnixNano: 0n,
    timeUnixNano: 1_767_225_600_000_000_000n,
    flags: 0,
    value,
    exemplars: [{ filteredAttributes: [], timeUnixNano: 1n, value: NaN, traceId: null, spanId: null }],
    resource: RESOURCE,
    scope: SCOPE,
  };
  return presentMetricPoint({ id: '1', data }, 'plain');
}

describe('a metric point', () => {
  it('has the shape of the contract', () => {
    const point = presentPoint({ kind: 'number', value: 1 });
    expect(MetricPoint.parse(point)).toEqual(point);
    expect(point).toMatchObject({ service_name: 'orchard', attributes: { big: '4611686018427387904' } });
  });

  it.each([
    [5n, 5],
    [-(2n ** 63n), '-9223372036854775808'],
    [0.1, 0.1],
    [NaN, 'NaN'],
    [-Infinity, '-Infinity'],
    [null, null],
  ])('writes the value %s as %j', (value, expected) => {
    expect(presentPoint({ kind: 'number', value }).value).toBe(expected);
  });

  it('writes histograms with every bucket', () => {
    const value: MetricValue = {
      kind: 'histogram',
      count: 3n,
      sum: 4.5,
      min: null,
      max: 3,
      bucketCounts: [1n, 2n],
      explicitBounds: [1],
    };
    expect(presentPoint(value).value).toEqual({
      count: 3,
      sum: 4.5,
      min: null,
      max: 3,
      bucket_counts: [1, 2],
      explicit_bounds: [1],
    });
  });

  it('writes exponential histograms and summaries', () => {
    const exponential: MetricValue = {
      kind: 'exponential_histogram',
      count: 2n,
      sum: null,
      min: null,
      max: null,
      scale: -1,
      zeroCount: 1n,
      zeroThreshold: 0,
      positive: { offset: 2, bucketCounts: [1n] },
      negative: null,
    };
    expect(presentPoint(exponential).value).toMatchObject({
      scale: -1,
      zero_count: 1,
      positive: { offset: 2, bucket_counts: [1] },
      negative: null,
    });
    const summary: MetricValue = {
      kind: 'summary',
      count: 1n,
      sum: 2,
      quantileValues: [{ quantile: 0.5, value: 2 }],
    };
    expect(presentPoint(summary).value).toEqual({
      count: 1,
      sum: 2,
      quantile_values: [{ quantile: 0.5, value: 2 }],
    });
  });
});

describe('a log record', () => {
  const data: LogRecordData = {
    timeUnixNano: 0n,
    observedTimeUnixNano: 1_767_225_600_000_000_000n,
    severityNumber: 9,
    severityText: 'INFO',
    body: new KeyValueList([{ key: 'n', value: 1n }]),
    attributes: [{ key: 'a', value: 'b' }],
    droppedAttributesCount: 0,
    flags: 0,
    traceId: null,
    spanId: null,
    eventName: '',
    resource: RESOURCE,
    scope: SCOPE,
  };
  const stored = { id: '1', data, sessionId: null, receivedAtUnixNano: 1_767_225_700_000_000_000n };

  it('has the shape of the contract', () => {
    const record = presentLogRecord(stored, 'plain');
    expect(LogRecord.parse(record)).toEqual(record);
    expect(record).toMatchObject({ body: { n: 1 }, attributes: { a: 'b' } });
  });

  it('without a time has that when it was observed, or else when it came', () => {
    expect(presentLogRecord(stored, 'plain').time).toBe('2026-01-01T00:00:00.000Z');
    const unobserved = { ...stored, data: { ...data, observedTimeUnixNano: 0n } };
    expect(presentLogRecord(unobserved, 'plain').time).toBe('2026-01-01T00:01:40.000Z');
  });

  it('has typed values where asked for', () => {
    expect(presentLogRecord(stored, 'typed')).toMatchObject({
      body: { kvlistValue: { values: [{ key: 'n', value: { intValue: '1' } }] } },
      attributes: [{ key: 'a', value: { stringValue: 'b' } }],
    });
  });
});
