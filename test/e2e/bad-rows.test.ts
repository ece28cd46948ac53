import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AdvisedIssue } from '../../collector/contract/answers.js';
import { decodeMessage, encodeMessage } from '../otlp/otlp-proto.js';
import type { Page } from '../support/answers.js';
import { startTestCollector, type TestCollector } from '../support/collector.js';
import { createGrpcClient } from '../support/grpc-client.js';

let collector: TestCollector;
beforeAll(async () => {
  collector = await startTestCollector({ grpcPort: 'free' });
  const client = new pg.Client({ connectionString: collector.databaseUrl });
  await client.connect();
  await client.query(`alter table spans add constraint no_forbidden check (name <> 'forbidden')`);
  await client.end();
});
afterAll(async () => {
  await collector.close();
});

const NOW = (BigInt(Date.now()) * 1_000_000n).toString();
const REASON =
  /^1 × the database refused it: .* violates check constraint "no_forbidden" \(SQLSTATE 23514\)$/;

function listSpans(traceId: string, names: readonly string[]) {
  return names.map((name, index) => ({
    traceId,
    spanId: (index + 1).toString(16).padStart(16, '0'),
    name,
    startTimeUnixNano: NOW,
    endTimeUnixNano: NOW,
  }));
}

async function sendJson(spans: readonly object[]): Promise<unknown> {
  const response = await fetch(`${collector.url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }),
  });
  expect(response.status).toBe(200);
  return response.json();
}

/** Of one signal, how many records by what became of them. */
async function readCounts(signal: string): Promise<Record<string, number>> {
  const text = await (await fetch(`${collector.url}/metrics`)).text();
  const lines = text.matchAll(/^spanledger_ingest_records_total\{signal="(\w+)",result="(\w+)"\} (\d+)$/gm);
  return Object.fromEntries(
    [...lines]
      .filter(([, of]) => of === signal)
      .map(([, , result = '', count]) => [result, Number(count)] as const),
  );
}

test('[21] a span that Postgres refuses is counted in the partial success over HTTP, and the others are stored', async () => {
  const traceId = 'a'.repeat(32);
  const answer = await sendJson(listSpans(traceId, ['good', 'forbidden', 'better']));
  expect(answer).toEqual({
    partialSuccess: { rejectedSpans: '1', errorMessage: expect.stringMatching(REASON) as string },
  });
  const trace = await collector.get<{ span_count: number }>(`/api/v1/traces/${traceId}`);
  expect(trace.span_count).toBe(2);
  const { data } = await collector.get<Page<AdvisedIssue>>('/api/v1/ingest/issues?code=ROW_REFUSED');
  expect(data).toMatchObject([{ trace_id: traceId, span_id: '0000000000000002', signal: 'traces' }]);
  expect(data[0]?.advice).not.toBe('');
});

test('[21] and over gRPC', async () => {
  const traceId = 'b'.repeat(32);
  const spans = listSpans(traceId, ['forbidden', 'good']).map((span) => ({
    ...span,
    traceId: Buffer.from(span.traceId, 'hex'),
    spanId: Buffer.from(span.spanId, 'hex'),
  }));
  const client = createGrpcClient((collector.grpcUrl ?? '').replace('http://', ''));
  const message = encodeMessage('ExportTraceServiceRequest', {
    resourceSpans: [{ scopeSpans: [{ spans }] }],
  });
  const { code, answer } = await client.export('traces', message);
  client.close();
  expect(code).toBe(0);
  expect(decodeMessage('ExportResponse', answer ?? Buffer.alloc(0))).toMatchObject({
    partialSuccess: { rejected: '1', errorMessage: expect.stringMatching(REASON) as string },
  });
});

test('the figures say of each request what was received, stored, updated, duplicate, rejected, truncated and repaired', async () => {
  const before = await readCounts('traces');
  const [first, second, third, bad] = listSpans('c'.repeat(32), ['one', 'two', 'three', 'forbidden']);
  const cut = { ...second, droppedAttributesCount: 3 };
  const indexed = { ...third, attributes: [{ keyStrindex: 3, value: { stringValue: 'x' } }] };
  await sendJson([first ?? {}, cut, indexed, bad ?? {}]);
  const longer = { ...first, endTimeUnixNano: (BigInt(NOW) + 5n).toString() };
  await sendJson([longer, cut, indexed, { ...third, spanId: '12' }]);
  const after = await readCounts('traces');
  const counted = Object.fromEntries(
    Object.entries(after).map(([result, count]) => [result, count - (before[result] ?? 0)]),
  );
  expect(counted).toEqual({
    received: 8,
    stored: 3,
    updated: 1,
    duplicate: 2,
    rejected: 2,
    truncated: 2,
    repaired: 2,
  });
});

test('ninety bad spans scattered among 4,500 are each found, and all others are stored', async () => {
  const traceId = 'd'.repeat(32);
  const names = Array.from({ length: 4_500 }, (_, index) => (index % 50 === 7 ? 'forbidden' : 'good'));
  const answer = await sendJson(listSpans(traceId, names));
  expect(answer).toMatchObject({ partialSuccess: { rejectedSpans: '90' } });
  const trace = await collector.get<{ span_count: number }>(`/api/v1/traces/${traceId}`);
  expect(trace.span_count).toBe(4_410);
  const { data } = await collector.get<Page<AdvisedIssue>>(
    '/api/v1/ingest/issues?code=ROW_REFUSED&limit=500',
  );
  expect(data.filter(({ trace_id }) => trace_id === traceId)).toHaveLength(90);
  const untried = await collector.get<Page<AdvisedIssue>>('/api/v1/ingest/issues?code=ROW_NOT_TRIED');
  expect(untried.data).toEqual([]);
});
