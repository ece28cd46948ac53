import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../collector/client/client.js';
import { createClient } from '../../collector/client/client.js';
import type { SpanTree } from '../../collector/contract/shapes.js';
import { startTestCollector, type TestCollector } from '../support/collector.js';

const CHAIN_TRACE = 'c'.repeat(32);
const CIRCLE_TRACE = 'd'.repeat(32);
const CHAIN_LENGTH = 12_000;
const START_MILLIS = Date.UTC(2026, 0, 15);

let collector: TestCollector;
let client: Client;
beforeAll(async () => {
  collector = await startTestCollector();
  client = createClient({ baseUrl: collector.url });
  await send(
    Array.from({ length: CHAIN_LENGTH }, (_, index) =>
      sketch(CHAIN_TRACE, index + 1, index, START_MILLIS + index, START_MILLIS + CHAIN_LENGTH),
    ),
  );
  await send([1, 2, 3].map((id) => sketch(CIRCLE_TRACE, id, (id % 3) + 1, START_MILLIS, START_MILLIS + 10)));
});
afterAll(async () => {
  await collector.close();
});

function toId(id: number): string {
  return id === 0 ? '' : id.toString(16).padStart(16, '0');
}

function sketch(traceId: string, id: number, parent: number, from: number, to: number) {
  return {
    traceId,
    spanId: toId(id),
    parentSpanId: toId(parent),
    name: `step ${id}`,
    startTimeUnixNano: `${from}000000`,
    endTimeUnixNano: `${to}000000`,
  };
}

async function send(spans: object[]): Promise<void> {
  const response = await fetch(`${collector.url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }),
  });
  expect([response.status, await response.text()]).toEqual([200, '{}']);
}

/** How far the first child of the first child … goes. */
function measureDepth(roots: readonly SpanTree[]): number {
  let depth = 0;
  for (let node = roots[0]; node; node = node.children[0]) depth += 1;
  return depth;
}

describe('a chain of thousands of spans', () => {
  it('is a tree cut at the limit, and whole where the limit allows', async () => {
    const cut = await client.traces.tree({ trace_id: CHAIN_TRACE });
    expect([measureDepth(cut.roots), cut.span_count, cut.truncated]).toEqual([10_000, 10_000, true]);
    const whole = await client.traces.tree({ trace_id: CHAIN_TRACE, max_spans: 100_000 });
    expect([measureDepth(whole.roots), whole.truncated]).toEqual([CHAIN_LENGTH, false]);
  });

  it('is a timeline and a summary', async () => {
    const slow = await client.traces.timeline({ trace_id: CHAIN_TRACE, limit: 500 });
    expect(slow.data.at(-1)).toMatchObject({ depth: 499, offset_ms: 499 });
    const summary = await client.traces.summary({ trace_id: CHAIN_TRACE });
    expect(summary.critical_path).toHaveLength(200);
    expect(summary.slowest_spans[0]).toMatchObject({ duration_ms: CHAIN_LENGTH, self_ms: 1 });
  });

  it('shows its first thousand spans and a cursor to the others', async () => {
    const trace = await client.traces.get({ trace_id: CHAIN_TRACE });
    expect(trace.spans).toHaveLength(1_000);
    const next = await client.traces.spans({
      trace_id: CHAIN_TRACE,
      limit: 1,
      ...(trace.spans_next_cursor === null ? {} : { cursor: trace.spans_next_cursor }),
    });
    expect(next.data).toMatchObject([{ span_id: toId(1_001) }]);
  });
});

describe('a circle of parents', () => {
  it('is a tree with each span once', async () => {
    const { roots, span_count } = await client.traces.tree({ trace_id: CIRCLE_TRACE });
    expect([measureDepth(roots), span_count]).toEqual([3, 3]);
  });
});
