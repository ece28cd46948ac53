import { describe, expect, it } from 'vitest';
import { findTraceIssues } from '../../collector/projections/issues.js';
import { buildTree } from '../../collector/projections/tree.js';
import { TraceSketch, type SpanSketch } from '../support/spans.js';

const ABSENT = 'ffffffffffffffff';

function issuesOf(trace: TraceSketch) {
  return findTraceIssues(buildTree(trace.spans));
}

/** A call from one service to another, in milliseconds. */
function callAcross(child: SpanSketch, parent: SpanSketch = {}): TraceSketch {
  const trace = new TraceSketch();
  const caller = trace.add('http', null, { serviceName: 'web', start: 10_000, duration: 500, ...parent });
  trace.add('http', caller, { serviceName: 'agents', ...child });
  return trace;
}

describe('clocks', () => {
  it('a span that begins seconds before its parent in another service does is reported with the difference', () => {
    const trace = callAcross({ start: 7_000, duration: 400 });
    expect(issuesOf(trace)).toEqual([
      {
        code: 'CLOCK_SKEW',
        message:
          'the span starts 3000 ms before its parent in web does: the clocks of the two services differ',
        signal: 'traces',
        serviceName: 'agents',
        scopeName: null,
        traceId: trace.spans[1]?.traceId,
        spanId: trace.spans[1]?.spanId,
        key: null,
      },
    ]);
  });

  it.each([
    ['within a second', { start: 9_100, duration: 10 }],
    ['at its end, as work does that nobody waits for', { start: 12_000, duration: 60_000 }],
    ['in its own service', { start: 7_000, duration: 10, serviceName: 'web' }],
  ])('a span that lies outside its parent %s is not', (_how, child) => {
    expect(issuesOf(callAcross(child))).toEqual([]);
  });

  it('nothing is said of a trace that is not complete, or where a time is not known', () => {
    const trace = callAcross({ start: 7_000 });
    trace.add('span', ABSENT);
    expect(issuesOf(trace)).toEqual([]);
    const timeless = callAcross({ start: 7_000 });
    for (const span of timeless.spans) span.startTimeUnixNano = span.endTimeUnixNano = 0n;
    expect(issuesOf(timeless)).toEqual([]);
  });

  it('of each pair of services the worst span stands for all, whatever the order of the spans', () => {
    const trace = callAcross({ start: 7_000, duration: 10 });
    for (const start of [5_000, 6_000]) {
      trace.add('llm', trace.spans[0] ?? null, { serviceName: 'agents', start, duration: 10 });
    }
    const expected = issuesOf(trace);
    expect(expected.map(({ message }) => message.split(' ')[3])).toEqual(['5000']);
    trace.spans.reverse();
    expect(issuesOf(trace)).toEqual(expected);
  });
});

describe('circles', () => {
  it('a span that is its own parent is reported', () => {
    const trace = new TraceSketch();
    const span = trace.add('span', null);
    span.parentSpanId = span.spanId;
    expect(issuesOf(trace)).toMatchObject([{ code: 'PARENT_CIRCLE', spanId: span.spanId }]);
  });

  it('of parents that run in a circle the span where it was cut is reported', () => {
    const trace = new TraceSketch();
    const first = trace.add('agent', null);
    first.parentSpanId = trace.add('llm', first).spanId;
    expect(issuesOf(trace)).toMatchObject([{ code: 'PARENT_CIRCLE', spanId: first.spanId }]);
  });

  it('a parent that has not come is no circle', () => {
    const trace = new TraceSketch();
    trace.add('tool', ABSENT);
    expect(issuesOf(trace)).toEqual([]);
  });
});
