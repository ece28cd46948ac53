import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LogRecord, Metric, MetricPoint, Page } from '../support/answers.js';
import { startTestCollector, type TestCollector } from '../support/collector.js';

let collector: TestCollector;
beforeAll(async () => {
  collector = await startTestCollector();
});
afterAll(async () => {
  await collector.close();
});

async function send(path: string, body: unknown): Promise<void> {
  const response = await fetch(collector.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect([response.status, await response.text()]).toEqual([200, '{}']);
}

const sendLogs = (...logRecords: object[]) =>
  send('/v1/logs', { resourceLogs: [{ scopeLogs: [{ logRecords }] }] });

describe('[51] log records without any time', () => {
  test('were observed when they arrived, and are stored once however often they are sent', async () => {
    const before = BigInt(Date.now()) * 1_000_000n;
    const record = { body: { stringValue: 'timeless' } };
    await sendLogs(record);
    await sendLogs(record);
    const { data } = await collector.get<Page<LogRecord>>('/api/v1/log-records');
    const found = data.filter((row) => row.body === 'timeless');
    expect(found).toHaveLength(1);
    expect(found[0]?.time_unix_nano).toBe('0');
    expect(BigInt(found[0]?.observed_time_unix_nano ?? '0')).toBeGreaterThanOrEqual(before);
  });
});

test('equal records of one request are as many as were sent, also when the request is sent again', async () => {
  const record = { timeUnixNano: '1763697600000000005', body: { stringValue: 'twin' } };
  await sendLogs(record, record, { ...record, body: { stringValue: 'other' } });
  await sendLogs(record, record, { ...record, body: { stringValue: 'other' } });
  const { data } = await collector.get<Page<LogRecord>>('/api/v1/log-records');
  expect(data.filter((row) => row.body === 'twin')).toHaveLength(2);
  expect(data.filter((row) => row.body === 'other')).toHaveLength(1);
});

test('metric points of every kind are stored once and come back with what they carried', async () => {
  const time = { startTimeUnixNano: '1763697600000000000', timeUnixNano: '1763697660000000001' };
  const metrics = [
    {
      name: 'tokens',
      unit: '{token}',
      sum: {
        aggregationTemporality: 1,
        isMonotonic: true,
        dataPoints: [{ ...time, asInt: '9007199254740993' }],
      },
    },
    { name: 'load', gauge: { dataPoints: [{ ...time, asDouble: 0.5 }] } },
    {
      name: 'latency',
      histogram: {
        aggregationTemporality: 2,
        dataPoints: [{ ...time, count: '3', sum: 1.5, bucketCounts: ['1', '2'], explicitBounds: [1] }],
      },
    },
  ];
  await send('/v1/metrics', { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] });
  await send('/v1/metrics', { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] });
  const listed = await collector.get<Page<Metric>>('/api/v1/metrics');
  expect(listed.data.map((metric) => metric.name).sort()).toEqual(['latency', 'load', 'tokens']);
  const points = async (name: string) =>
    (await collector.get<Page<MetricPoint>>(`/api/v1/metrics/${name}/points`)).data;
  expect(await points('tokens')).toMatchObject([
    {
      value: '9007199254740993',
      is_monotonic: true,
      aggregation_temporality: 'delta',
      time_unix_nano: '1763697660000000001',
    },
  ]);
  expect(await points('load')).toMatchObject([{ value: 0.5 }]);
  expect(await points('latency')).toMatchObject([{ value: { sum: 1.5, explicit_bounds: [1] } }]);
});
