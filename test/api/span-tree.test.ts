import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TreeNode, TreeSpan } from '../../collector/api/span-tree.js';
import { buildSpanTree, nestSpanTree, walkBreadthFirst } from '../../collector/api/span-tree.js';
import { stringifyJson } from '../../collector/model/value-json.js';

function span(spanId: string, parentSpanId: string | null = null): TreeSpan {
  return { spanId, parentSpanId };
}

function outline(nodes: readonly TreeNode<TreeSpan>[]): string {
  return nodes
    .map(({ span: { spanId }, children }) =>
      children.length > 0 ? `${spanId}(${outline(children)})` : spanId,
    )
    .join(' ');
}

describe('a span tree', () => {
  it('puts spans under their parents in the order in which they came', () => {
    const tree = buildSpanTree([span('a'), span('b', 'a'), span('c', 'b'), span('d', 'a')]);
    expect(outline(tree)).toBe('a(b(c) d)');
  });

  it('holds children that came before their parent', () => {
    expect(outline(buildSpanTree([span('b', 'a'), span('a')]))).toBe('a(b)');
  });

  it('takes a span whose parent is unknown for a root', () => {
    expect(outline(buildSpanTree([span('a'), span('b', 'missing'), span('c', 'b')]))).toBe('a b(c)');
  });

  it('breaks circles of parents', () => {
    expect(outline(buildSpanTree([span('a', 'b'), span('b', 'c'), span('c', 'a'), span('d', 'd')]))).toBe(
      'a(c(b)) d',
    );
  });

  it('breaks a circle where it is, not in what hangs below it', () => {
    expect(outline(buildSpanTree([span('x', 'b'), span('a', 'b'), span('b', 'a')]))).toBe('b(x a)');
  });

  it('counts depth from the root', () => {
    const tree = buildSpanTree([span('a'), span('b', 'a'), span('c', 'b')]);
    expect([...walkBreadthFirst(tree)].map(({ span: { spanId }, depth }) => `${spanId}${depth}`)).toEqual([
      'a0',
      'b1',
      'c2',
    ]);
  });

  it('has every span exactly once, whatever the parents', () => {
    const ids = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
    const spans = fc.uniqueArray(fc.record({ spanId: ids, parentSpanId: fc.option(ids) }), {
      selector: ({ spanId }) => spanId,
    });
    fc.assert(
      fc.property(spans, (list) => {
        const found = [...walkBreadthFirst(buildSpanTree(list))].map((node) => node.span.spanId);
        expect(found.toSorted()).toEqual(list.map(({ spanId }) => spanId).toSorted());
      }),
    );
  });

  it('is built of a chain of 50,000 spans and written as JSON', () => {
    const chain = Array.from({ length: 50_000 }, (_, index) =>
      span(index.toString(), index === 0 ? null : (index - 1).toString()),
    );
    const nested = nestSpanTree(buildSpanTree(chain), 100_000, ({ spanId }) => ({ spanId }));
    expect(nested).toMatchObject({ count: 50_000, truncated: false });
    const text = stringifyJson(nested.roots);
    expect(text.endsWith('}]'.repeat(50_000))).toBe(true);
    expect(text).toContain('"spanId":"49999","children":[]');
  });

  it('leaves out the deepest beyond the limit and says so', () => {
    const tree = buildSpanTree([span('a'), span('b', 'a'), span('c', 'b'), span('d', 'a')]);
    expect(nestSpanTree(tree, 3, ({ spanId }) => ({ spanId }))).toEqual({
      roots: [
        {
          spanId: 'a',
          children: [
            { spanId: 'b', children: [] },
            { spanId: 'd', children: [] },
          ],
        },
      ],
      count: 3,
      truncated: true,
    });
  });
});
