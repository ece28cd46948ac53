import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Client } from '../../collector/client/client.js';
import { createClient } from '../../collector/client/client.js';
import { TraceDetail, TraceSummary, TraceTree, TimelineEntry } from '../../collector/contract/answers.js';
import { SpanExplanation } from '../../collector/contract/explanation-shapes.js';
import {
  Execution,
  ExecutionTree,
  LogRecord,
  Metric,
  MetricPoint,
  Session,
  SessionEntry,
  Span,
} from '../../collector/contract/shapes.js';
import type { SpanTree } from '../../collector/contract/shapes.js';
import { listCaptures, loadCapture, sendCapture } from '../support/captures.js';
import { startTestCollector, type TestCollector } from '../support/collector.js';

let collector: TestCollector;
let client: Client;
beforeAll(async () => {
  collector = await startTestCollector();
  client = createClient({ baseUrl: collector.url });
  for (const name of listCaptures()) await sendCapture(collector.url, loadCapture(name));
});
afterAll(async () => {
  await collector.close();
});

async function collect<Row>(rows: AsyncIterable<Row>): Promise<Row[]> {
  const collected: Row[] = [];
  for await (const row of rows) collected.push(row);
  return collected;
}

/** The value, whose shape is that of the contract with nothing missing and nothing added. */
function expectShape(schema: z.ZodType, value: unknown): void {
  expect(schema.parse(value)).toEqual(value);
}

function countNodes(roots: readonly SpanTree[]): number {
  return roots.reduce((sum, root) => sum + 1 + countNodes(root.children), 0);
}

describe('of all that real libraries sent', () => {
  it('every trace is seen whole as a list of spans, a tree, a timeline and a summary', async () => {
    const traces = await collect(client.traces.list.rows({ limit: 7 }));
    expect(traces.length).toBeGreaterThan(20);
    for (const { trace_id, span_count } of traces) {
      const detail = await client.traces.get({ trace_id, payloads: 'full', attributes: 'typed' });
      expectShape(TraceDetail, detail);
      const listed = await collect(client.traces.spans.rows({ trace_id, limit: 9 }));
      const ids = listed.map(({ span_id }) => span_id);
      expect(new Set(ids).size).toBe(span_count);
      expect(detail.spans.map(({ span_id }) => span_id)).toEqual(ids);
      const tree = await client.traces.tree({ trace_id });
      expectShape(TraceTree, tree);
      expect(countNodes(tree.roots)).toBe(span_count);
      const timeline = await collect(client.traces.timeline.rows({ trace_id, limit: 5 }));
      expectShape(z.array(TimelineEntry), timeline);
      expect(timeline.map(({ span_id }) => span_id)).toEqual(ids);
      expectShape(TraceSummary, await client.traces.summary({ trace_id }));
    }
  });

  it('every list is in the order that it says', async () => {
    for (const sort of ['started_at', 'duration_ms'] as const) {
      const descending = await collect(client.traces.list.rows({ sort, limit: 4 }));
      const ascending = await collect(client.traces.list.rows({ sort, order: 'asc', limit: 500 }));
      expect(ascending.map(({ trace_id }) => trace_id)).toEqual(
        descending.map(({ trace_id }) => trace_id).reverse(),
      );
      const keys = ascending.map((trace) =>
        sort === 'started_at' ? Date.parse(trace.started_at) : trace.duration_ms,
      );
      expect(keys).toEqual(keys.toSorted((a, b) => a - b));
    }
  });

  it('the usage that is counted adds up to that of the trace', async () => {
    const traces = await collect(client.traces.list.rows());
    let compared = 0;
    for (const trace of traces) {
      const spans = await collect(client.traces.spans.rows({ trace_id: trace.trace_id, limit: 500 }));
      const counted = spans.filter((span) => span.counted && span.input_tokens !== null);
      if (counted.length === 0) continue;
      compared += 1;
      const sum = counted.reduce((total, span) => total + (span.input_tokens ?? 0), 0);
      expect([trace.name, sum]).toEqual([trace.name, trace.input_tokens]);
    }
    expect(compared).toBeGreaterThan(10);
  });

  it('every execution, session, span and log record has the shape of the contract', async () => {
    const executions = await collect(client.executions.list.rows({}));
    expect(executions.length).toBeGreaterThan(10);
    expectShape(z.array(Execution), executions);
    for (const { id, trace_id: traceId, span_id: executionSpanId } of executions) {
      const { roots } = await client.executions.tree({ execution_id: id });
      expectShape(z.array(ExecutionTree), roots);
      expect(roots.map((root) => root.id)).toEqual([id]);
      const [first] = (await client.executions.spans({ execution_id: id })).data;
      // What log records alone report has no span.
      expect([id, first === undefined]).toEqual([id, traceId === null || executionSpanId === null]);
      if (first === undefined) continue;
      const ids = { trace_id: first.trace_id, span_id: first.span_id };
      expectShape(Span, await client.spans.get(ids));
      expectShape(SpanExplanation, await client.spans.explain(ids));
    }
    expectShape(z.array(Session), await collect(client.sessions.list.rows({ limit: 3 })));
    expectShape(z.array(LogRecord), await collect(client.logRecords.list.rows({ limit: 11 })));
  });

  it('every metric has points in the shape of the contract', async () => {
    const metrics = await collect(client.metrics.list.rows({ limit: 2 }));
    expectShape(z.array(Metric), metrics);
    expect(metrics.length).toBeGreaterThan(2);
    for (const { name } of metrics) {
      const points = await collect(client.metrics.points.rows({ name, limit: 3, attributes: 'typed' }));
      expectShape(z.array(MetricPoint), points);
      expect([name, points.length > 0]).toEqual([name, true]);
    }
  });

  it('the landing page links the latest traces', async () => {
    const html = await (await fetch(collector.url)).text();
    const { data } = await client.traces.list({ limit: 20 });
    for (const { trace_id } of data) expect(html).toContain(`href="/api/v1/traces/${trace_id}"`);
  });

  it('every session lists as many entries as it counts', async () => {
    for (const { session_id, entry_count } of await collect(client.sessions.list.rows())) {
      const entries = await collect(client.sessions.entries.rows({ session_id, limit: 100 }));
      expectShape(z.array(SessionEntry), entries);
      expect([session_id, entries.length]).toEqual([session_id, entry_count]);
    }
  });

  it('every trace has its sums again by model', async () => {
    let compared = 0;
    for (const trace of await collect(client.traces.list.rows())) {
      const { models } = await client.traces.summary({ trace_id: trace.trace_id });
      const sum = (pick: (model: (typeof models)[number]) => number | null) =>
        models.reduce<number | null>((total, model) => {
          const value = pick(model);
          return value === null ? total : (total ?? 0) + value;
        }, null);
      expect([
        trace.name,
        sum((model) => model.input_tokens),
        sum((model) => model.output_tokens),
        sum((model) => model.cached_input_tokens),
      ]).toEqual([trace.name, trace.input_tokens, trace.output_tokens, trace.cached_input_tokens]);
      expect(sum((model) => model.cost_usd) ?? 0).toBeCloseTo(trace.cost_usd ?? 0, 10);
      if (models.length > 0) compared += 1;
    }
    expect(compared).toBeGreaterThan(10);
  });

  it('every session lists as many traces as it counts', async () => {
    for (const { session_id, trace_count } of await collect(client.sessions.list.rows())) {
      const traces = await collect(client.sessions.traces.rows({ session_id, limit: 2 }));
      expect([session_id, new Set(traces.map(({ trace_id }) => trace_id)).size]).toEqual([
        session_id,
        trace_count,
      ]);
    }
  });
});
