import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Span, Trace } from '../../collector/contract/shapes.js';
import { startTestCollector, type TestCollector } from '../support/collector.js';

let collector: TestCollector;
beforeAll(async () => {
  collector = await startTestCollector();
});
afterAll(async () => {
  await collector.close();
});

const SPAN_ID = '00f067aa0ba902b7';
let traces = 0;
const nextTraceId = () => (++traces).toString(16).padStart(32, 'a');

/** Sends one span as OTLP/JSON text and answers it as it is read back, attributes in OTLP's own form. */
async function roundTrip(traceId: string, span: string): Promise<Span> {
  const body = `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"odd"}}]},"scopeSpans":[{"spans":[{"traceId":"${traceId}","spanId":"${SPAN_ID}",${span}}]}]}]}`;
  const response = await fetch(`${collector.url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  expect([response.status, await response.text()]).toEqual([200, '{}']);
  return collector.get<Span>(`/api/v1/spans/${traceId}/${SPAN_ID}?attributes=typed`);
}

const TIMES = '"startTimeUnixNano":"1763697600000000001","endTimeUnixNano":"1763697600000000999"';
const byKey = (left: { key: string }, right: { key: string }) => (left.key < right.key ? -1 : 1);

const ODD_VALUES: [string, string][] = [
  ['a string with U+0000', '{"stringValue":"a\\u0000b"}'],
  ['a lone surrogate', '{"stringValue":"x\\ud800y"}'],
  ['an integer past 2^53', '{"intValue":"9007199254740993"}'],
  ['the largest int64', '{"intValue":"9223372036854775807"}'],
  ['the smallest int64', '{"intValue":"-9223372036854775808"}'],
  ['NaN', '{"doubleValue":"NaN"}'],
  ['infinity', '{"doubleValue":"-Infinity"}'],
  ['a double that is a whole number', '{"doubleValue":5}'],
  ['an int that is the same number', '{"intValue":"5"}'],
  ['a text of the same digits', '{"stringValue":"5"}'],
  ['bytes', '{"bytesValue":"AAH+/w=="}'],
  ['an empty value', '{}'],
  ['an empty array', '{"arrayValue":{"values":[]}}'],
  ['a mixed array', '{"arrayValue":{"values":[{"intValue":"1"},{"stringValue":"1"},{},{"boolValue":true}]}}'],
  [
    'a kvlist with __proto__ and a tag of our own',
    '{"kvlistValue":{"values":[{"key":"__proto__","value":{"stringValue":"p"}},{"key":"$text","value":{"stringValue":"t"}}]}}',
  ],
];

test.each(ODD_VALUES)('%s is stored and comes back as it was', async (_name, value) => {
  const span = await roundTrip(
    nextTraceId(),
    `"name":"odd",${TIMES},"attributes":[{"key":"v","value":${value}}]`,
  );
  expect(span.attributes).toEqual([{ key: 'v', value: JSON.parse(value) as unknown }]);
});

test('odd keys, names and messages come back as they were', async () => {
  const span = await roundTrip(
    nextTraceId(),
    `"name":"a\\u0000\\ud800",${TIMES},"status":{"code":2,"message":"m\\u0000"},"attributes":[{"key":"__proto__","value":{"intValue":"1"}},{"key":"k\\u0000","value":{"intValue":"2"}},{"key":"","value":{"intValue":"3"}},{"key":"constructor","value":{"intValue":"4"}}]`,
  );
  expect(span.name).toBe('a\u0000\ud800');
  expect(span.status_message).toBe('m\u0000');
  expect((span.attributes as { key: string }[]).toSorted(byKey)).toEqual([
    { key: '', value: { intValue: '3' } },
    { key: '__proto__', value: { intValue: '1' } },
    { key: 'constructor', value: { intValue: '4' } },
    { key: 'k\u0000', value: { intValue: '2' } },
  ]);
});

test.each([
  ['time 0', '0', '0'],
  ['the year 2262 and later', '9223372036854775807', '9223372036854775808'],
  ['the last nanosecond there is', '18446744073709551615', '18446744073709551615'],
  ['an end before the start', '1763697600000000500', '1763697600000000001'],
])('%s is stored and comes back as it was', async (_name, start, end) => {
  const traceId = nextTraceId();
  const span = await roundTrip(
    traceId,
    `"name":"t","startTimeUnixNano":"${start}","endTimeUnixNano":"${end}"`,
  );
  expect([span.start_time_unix_nano, span.end_time_unix_nano]).toEqual([start, end]);
  expect(span.duration_ms).toBeGreaterThanOrEqual(0);
  const trace = await collector.get<Trace>(`/api/v1/traces/${traceId}`);
  expect(trace.span_count).toBe(1);
});

test('ten thousand attributes come back, each once', async () => {
  const attributes = Array.from({ length: 10_000 }, (_, n) => `{"key":"k${n}","value":{"intValue":"${n}"}}`);
  const span = await roundTrip(
    nextTraceId(),
    `"name":"many",${TIMES},"attributes":[${attributes.join(',')}]`,
  );
  const found = span.attributes as { key: string; value: unknown }[];
  expect(found).toHaveLength(10_000);
  expect(new Map(found.map((a) => [a.key, a.value])).get('k9999')).toEqual({ intValue: '9999' });
});

test.each([10, 63, 64, 65, 100, 1000, 20_000])(
  'a value nested %i levels deep comes back whole',
  async (depth) => {
    const value = `${'{"arrayValue":{"values":['.repeat(depth)}{"stringValue":"core"}${']}}'.repeat(depth)}`;
    const traceId = nextTraceId();
    await roundTripText(traceId, value);
  },
);

async function roundTripText(traceId: string, value: string): Promise<void> {
  const body = `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"${traceId}","spanId":"${SPAN_ID}","name":"deep",${TIMES},"attributes":[{"key":"deep","value":${value}}]}]}]}]}`;
  const response = await fetch(`${collector.url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  expect([response.status, await response.text()]).toEqual([200, '{}']);
  const answer = await fetch(`${collector.url}/api/v1/spans/${traceId}/${SPAN_ID}?attributes=typed`);
  expect(answer.status).toBe(200);
  expect(await answer.text()).toContain(value);
  const plain = await fetch(`${collector.url}/api/v1/traces/${traceId}`);
  expect(plain.status).toBe(200);
}

test('one bad span does not cost its neighbours', async () => {
  const traceId = nextTraceId();
  const good = `{"traceId":"${traceId}","spanId":"${SPAN_ID}","name":"good",${TIMES}}`;
  const bad = `{"traceId":"${'0'.repeat(32)}","spanId":"${SPAN_ID}","name":"bad",${TIMES}}`;
  const response = await fetch(`${collector.url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: `{"resourceSpans":[{"scopeSpans":[{"spans":[${bad},${good}]}]}]}`,
  });
  expect(response.status).toBe(200);
  const answer = (await response.json()) as {
    partialSuccess: { rejectedSpans: string; errorMessage: string };
  };
  expect(answer.partialSuccess.rejectedSpans).toBe('1');
  expect(answer.partialSuccess.errorMessage).toMatch(/trace id/i);
  expect((await collector.get<Trace>(`/api/v1/traces/${traceId}`)).span_count).toBe(1);
  const issues = await collector.get<{ data: { message: string }[] }>('/api/v1/ingest/issues');
  expect(issues.data.some((issue) => /trace id/i.test(issue.message))).toBe(true);
});
