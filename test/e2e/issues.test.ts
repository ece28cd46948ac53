import { afterAll, beforeAll, expect, it } from 'vitest';
import type { IngestIssue } from '../../collector/contract/shapes.js';
import { startTestCollector, type TestCollector } from '../support/collector.js';

const TRACE_ID = 'c'.repeat(32);
const HOUR_NANOS = 3_600_000_000_000n;

let collector: TestCollector;
beforeAll(async () => {
  collector = await startTestCollector();
});
afterAll(async () => {
  await collector.close();
});

/** What one service sends of the trace: a model call whose body was cut off, or the root of the work. */
function sendService(service: string, span: object): Promise<Response> {
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: service } }] };
  return fetch(`${collector.url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      resourceSpans: [{ resource, scopeSpans: [{ spans: [{ traceId: TRACE_ID, ...span }] }] }],
    }),
  });
}

it('what senders should mend is listed once, however often it is sent', async () => {
  const now = BigInt(Date.now()) * 1_000_000n;
  const timesFrom = (start: bigint) => ({
    startTimeUnixNano: start.toString(),
    endTimeUnixNano: (start + 1_000_000n).toString(),
  });
  const root = { spanId: '1'.repeat(16), name: 'work', ...timesFrom(now) };
  const call = {
    spanId: '2'.repeat(16),
    parentSpanId: root.spanId,
    name: 'chat',
    droppedAttributesCount: 3,
    ...timesFrom(now + HOUR_NANOS),
    attributes: [
      { key: 'gen_ai.operation.name', value: { stringValue: 'chat' } },
      { key: 'gen_ai.usage.input_tokens', value: { doubleValue: 1.5 } },
      { key: 'gen_ai.input.messages', value: { stringValue: '[{"role":"user","con' } },
    ],
  };
  const lookup = {
    spanId: '3'.repeat(16),
    parentSpanId: root.spanId,
    name: 'lookup',
    ...timesFrom(now - HOUR_NANOS),
  };
  for (let round = 0; round < 2; round++) {
    expect((await sendService('models', call)).status).toBe(200);
    expect((await sendService('tools', lookup)).status).toBe(200);
    expect((await sendService('web', root)).status).toBe(200);
  }
  const { data } = await collector.get<{ data: IngestIssue[] }>('/api/v1/ingest/issues');
  const listed = data.map(({ code, key, service_name, trace_id, span_id }) => {
    return [code, key, service_name, trace_id, span_id];
  });
  const place = ['models', TRACE_ID, call.spanId];
  expect(listed.sort()).toEqual([
    ['ATTRIBUTES_DROPPED', null, ...place],
    ['ATTRIBUTE_JSON_INVALID', 'gen_ai.input.messages', ...place],
    ['CLOCK_SKEW', null, 'tools', TRACE_ID, lookup.spanId],
    ['TIME_AHEAD', null, ...place],
    ['USAGE_UNUSABLE', 'gen_ai.usage.input_tokens', ...place],
  ]);
});
