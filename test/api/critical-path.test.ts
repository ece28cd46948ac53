import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TimedSpan } from '../../collector/api/critical-path.js';
import { findCriticalPath, measureSelfNanos } from '../../collector/api/critical-path.js';
import { buildSpanTree } from '../../collector/api/span-tree.js';

function span(spanId: string, parentSpanId: string | null, start: number, end: number): TimedSpan {
  return { spanId, parentSpanId, startTimeUnixNano: BigInt(start), endTimeUnixNano: BigInt(end) };
}

function outline(spans: TimedSpan[]): string {
  return findCriticalPath(buildSpanTree(spans))
    .map(({ span: { spanId }, selfNanos }) => `${spanId}:${selfNanos}`)
    .join(' ');
}

describe('the critical path', () => {
  it('of nothing is empty', () => {
    expect(findCriticalPath([])).toEqual([]);
  });

  it('goes through children that ran one after the other', () => {
    expect(outline([span('root', null, 0, 100), span('a', 'root', 10, 40), span('b', 'root', 50, 90)])).toBe(
      'root:30 a:30 b:40',
    );
  });

  it('of parallel children goes through the one that ended last', () => {
    expect(
      outline([span('root', null, 0, 100), span('fast', 'root', 0, 60), span('slow', 'root', 0, 100)]),
    ).toBe('slow:100');
  });

  it('goes down to what a child itself waited for', () => {
    expect(
      outline([span('root', null, 0, 100), span('agent', 'root', 0, 100), span('llm', 'agent', 20, 100)]),
    ).toBe('agent:20 llm:80');
  });

  it('cuts children to the time of their parent', () => {
    expect(
      outline([span('root', null, 10, 20), span('late', 'root', 15, 90), span('early', 'root', 0, 12)]),
    ).toBe('early:2 root:3 late:5');
  });

  it('goes from root to root', () => {
    expect(outline([span('a', null, 0, 10), span('b', null, 30, 40)])).toBe('a:10 b:10');
  });

  it('adds up to the duration of a single root, whatever lies below it', () => {
    const child = fc.record({
      parent: fc.nat({ max: 8 }),
      start: fc.nat({ max: 120 }),
      length: fc.integer({ min: -5, max: 60 }),
    });
    fc.assert(
      fc.property(fc.array(child, { maxLength: 12 }), (children) => {
        const spans = children.map(({ parent, start, length }, index) =>
          span(String(index + 1), String(Math.min(parent, index)), start + 10, start + 10 + length),
        );
        const path = findCriticalPath(buildSpanTree([span('0', null, 10, 110), ...spans]));
        expect(path.reduce((sum, { selfNanos }) => sum + selfNanos, 0n)).toBe(100n);
        expect(path.every(({ selfNanos }) => selfNanos > 0n)).toBe(true);
      }),
    );
  });

  it('is found in a chain of 50,000 spans', () => {
    const chain = Array.from({ length: 50_000 }, (_, index) =>
      span(index.toString(), index === 0 ? null : (index - 1).toString(), index, 100_000),
    );
    expect(findCriticalPath(buildSpanTree(chain))).toHaveLength(50_000);
  });
});

describe('the time of a span itself', () => {
  it('leaves out the time of its children, overlaps counted once', () => {
    const [root] = buildSpanTree([
      span('root', null, 0, 100),
      span('a', 'root', 10, 50),
      span('b', 'root', 30, 60),
      span('c', 'root', 90, 200),
    ]);
    expect(root && measureSelfNanos(root)).toBe(40n);
  });
});
