import type { SpanTree } from '../../contract/shapes.js';
import { listParentsFirst } from './tree-items.js';

/** Plain spans, with nothing else below them, that are drawn before they are summed up. */
const MOST_DRAWN = 40;

/**
 * Spans in which nothing is to be seen of agents, models and tools, and nothing went wrong: the insides of a framework.
 * Empty where there are few, and where the trace has nothing else.
 */
export function findPlainSpans(
  roots: readonly SpanTree[],
  troubled: ReadonlySet<SpanTree>,
): ReadonlySet<SpanTree> {
  const spans = listParentsFirst(roots);
  const plain = new Set<SpanTree>();
  for (const span of spans.toReversed()) {
    const isPlain = span.type === 'span' && !span.counted && !troubled.has(span);
    if (isPlain && span.children.every((child) => plain.has(child))) plain.add(span);
  }
  return plain.size <= MOST_DRAWN || plain.size === spans.length ? new Set() : plain;
}
