import { randomBytes } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import type { Trace } from '../../collector/contract/shapes.js';
import {
  createTemporaryFolder,
  getJson,
  spawnCollector,
  type SpawnedCollector,
} from '../support/collector.js';

const folder = createTemporaryFolder();
let collector: SpawnedCollector | undefined;

afterEach(async () => {
  await collector?.end('SIGTERM');
  folder.remove();
});

/** An export request of `count` spans of one trace, as OTLP/JSON. */
function createExport(traceId: string, count: number, offset: number): string {
  const start = BigInt(Date.now()) * 1_000_000n;
  const spans = Array.from({ length: count }, (_, index) => ({
    traceId,
    spanId: (offset + index + 1).toString(16).padStart(16, '0'),
    name: `step ${offset + index}`,
    kind: 1,
    startTimeUnixNano: (start + BigInt(index)).toString(),
    endTimeUnixNano: (start + BigInt(index) + 1000n).toString(),
    attributes: [{ key: 'note', value: { stringValue: 'x'.repeat(500) } }],
  }));
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
}

test('every span that was answered with 200 is there once after kill -9, and after a second one', async () => {
  const acknowledged = new Map<string, number>();
  for (let round = 0; round < 3; round++) {
    collector = await spawnCollector(['--data-dir', folder.path]);
    const { url } = collector;
    let kill = false;
    const senders = Array.from({ length: 4 }, async () => {
      const traceId = randomBytes(16).toString('hex');
      for (let batch = 0; batch < 1000; batch++) {
        const sent = await post(`${url}/v1/traces`, createExport(traceId, 20, batch * 20)).catch(() => 0);
        if (sent !== 200) return;
        acknowledged.set(traceId, (batch + 1) * 20);
        if (batch === 5 + round) kill = true;
        if (kill) collector?.process.kill('SIGKILL');
      }
    });
    await Promise.all(senders);
    await collector.end('SIGKILL');
  }
  collector = await spawnCollector(['--data-dir', folder.path]);
  expect(acknowledged.size).toBe(12);
  for (const [traceId, count] of acknowledged) {
    const trace = await getJson<Trace>(`${collector.url}/api/v1/traces/${traceId}`);
    const ids = await listSpanIds(collector.url, traceId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(trace.span_count).toBe(ids.length);
    // The last request may have been stored without its answer having arrived; nothing answered may be missing.
    expect(ids.length).toBeGreaterThanOrEqual(count);
    expect(ids.length % 20).toBe(0);
    for (let index = 1; index <= count; index++) expect(ids).toContain(index.toString(16).padStart(16, '0'));
  }
});

async function post(url: string, body: string): Promise<number> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  await response.arrayBuffer();
  return response.status;
}

async function listSpanIds(url: string, traceId: string): Promise<string[]> {
  const ids: string[] = [];
  let cursor = '';
  for (;;) {
    const page = await getJson<{ data: { span_id: string }[]; next_cursor: string | null }>(
      `${url}/api/v1/traces/${traceId}/spans?limit=500${cursor}`,
    );
    ids.push(...page.data.map((span) => span.span_id));
    if (page.next_cursor === null) return ids;
    cursor = `&cursor=${encodeURIComponent(page.next_cursor)}`;
  }
}
