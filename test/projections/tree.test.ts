import { describe, expect, it } from 'vitest';
import type { TraceSpan } from '../../collector/model/rows.js';
import { createProjector } from '../../collector/projections/projector.js';
import { buildTree } from '../../collector/projections/tree.js';
import { TraceSketch } from '../support/spans.js';

const REMOTE_PARENT = 0x301;
const ABSENT = 'ffffffffffffffff';

describe('buildTree', () => {
  it('a trace whose spans all have their parents is complete', () => {
    const trace = new TraceSketch();
    trace.add('tool', trace.add('agent', trace.add('span', null)));
    expect(buildTree(trace.spans)).toMatchObject({ isComplete: true, roots: [{ index: 0 }] });
  });

  it('a span that misses a parent which should come makes it incomplete', () => {
    const trace = new TraceSketch();
    trace.add('span', null);
    trace.add('tool', ABSENT);
    const tree = buildTree(trace.spans);
    expect(tree.isComplete).toBe(false);
    expect(tree.tops).toHaveLength(2);
    expect(tree.roots).toHaveLength(1);
  });

  it('a remote parent may stay away for good', () => {
    const trace = new TraceSketch();
    trace.add('http', ABSENT, { flags: REMOTE_PARENT });
    expect(buildTree(trace.spans).isComplete).toBe(true);
  });

  it('a final span replaces its pending copy, whichever comes first', () => {
    const trace = new TraceSketch();
    const span = trace.add('agent', null, { duration: 50 });
    const pending: TraceSpan = {
      ...span,
      endTimeUnixNano: span.startTimeUnixNano,
      facts: { ...span.facts, isPending: true, outcome: 'running' },
    };
    for (const spans of [
      [span, pending],
      [pending, span],
    ]) {
      expect(buildTree(spans).nodes.map((node) => node.span)).toEqual([span]);
    }
  });

  it('of two final versions of a span the one that ended later stays', () => {
    const trace = new TraceSketch();
    const span = trace.add('agent', null, { duration: 50 });
    const early: TraceSpan = { ...span, endTimeUnixNano: span.startTimeUnixNano };
    for (const spans of [
      [span, early],
      [early, span],
    ]) {
      expect(buildTree(spans).nodes.map((node) => node.span)).toEqual([span]);
    }
  });

  it('a span that is its own parent, and parents in a circle, become tops of an incomplete trace', () => {
    const trace = new TraceSketch();
    const own = trace.add('span', null);
    own.parentSpanId = own.spanId;
    const first = trace.add('span', null, { flags: REMOTE_PARENT });
    const second = trace.add('span', first);
    const third = trace.add('span', second);
    first.parentSpanId = third.spanId;
    trace.add('span', third);
    for (const spans of [trace.spans, trace.spans.toReversed()]) {
      const tree = buildTree(spans);
      expect(tree.tops.map(({ span }) => span.spanId)).toEqual([own.spanId, first.spanId]);
      expect(tree.depthFirst).toHaveLength(5);
      expect(tree).toMatchObject({ roots: [], isComplete: false });
    }
  });

  it('a chain of 100,000 spans, each an agent or a call inside the other, is projected', () => {
    const trace = new TraceSketch();
    let parent: TraceSpan | null = null;
    for (let depth = 0; depth < 100_000; depth += 1) {
      const type = depth % 2 === 0 ? 'agent' : 'llm';
      parent = trace.add(type, parent, { usage: { inputTokens: depth }, outcome: 'failed' });
    }
    const { trace: row, executions } = createProjector(trace).projectTrace('p', trace.material());
    expect(row).toMatchObject({ spanCount: 100_000, failedLlmCalls: 50_000, errorCount: 1 });
    expect(executions[0]).toMatchObject({ own: { inputTokens: 1 }, total: { inputTokens: 50_000 ** 2 } });
  });

  it('a chain of 50,000 calls inside one another is one call', () => {
    const trace = new TraceSketch();
    let parent: TraceSpan | null = null;
    for (let depth = 0; depth < 50_000; depth += 1) parent = trace.add('llm', parent);
    expect(createProjector(trace).projectTrace('p', trace.material()).trace.llmCalls).toBe(1);
  });
});
