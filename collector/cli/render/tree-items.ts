import type { SpanTree } from '../../contract/shapes.js';
import { titleSpan } from './span-title.js';

/** A line of a trace's tree: one span, or how many more of the same kind followed. */
export type TreeItem = { kind: 'span'; span: SpanTree } | RepeatItem;

interface RepeatItem {
  kind: 'repeat';
  name: string;
  count: number;
  durationMillis: number;
  inputTokens: number | null;
  outputTokens: number | null;
  costUsd: number | null;
}

/** How many of a run of similar siblings are shown, and from which length on the rest is summed up. */
const SHOWN_OF_RUN = 2;
const SHORTEST_RUN = 5;

/** The spans as items; a run of similar siblings in which nothing failed becomes its first two and a sum of the rest. */
export function collapseSiblings(
  siblings: readonly SpanTree[],
  troubled: ReadonlySet<SpanTree>,
  showsAll: boolean,
): TreeItem[] {
  const items: TreeItem[] = [];
  for (let start = 0; start < siblings.length;) {
    const end = showsAll ? start + 1 : findRunEnd(siblings, start, troubled);
    const run = siblings.slice(start, end);
    const isCollapsed = run.length >= SHORTEST_RUN;
    const shown = isCollapsed ? run.slice(0, SHOWN_OF_RUN) : run;
    for (const span of shown) items.push({ kind: 'span', span });
    if (isCollapsed) items.push(sumRun(run.slice(SHOWN_OF_RUN)));
    start = end;
  }
  return items;
}

/** Every span that did not simply complete, with all its ancestors: no run may hide it. */
export function findTroubled(roots: readonly SpanTree[]): Set<SpanTree> {
  const troubled = new Set<SpanTree>();
  for (const span of listParentsFirst(roots).reverse()) {
    if (span.outcome !== 'completed' || span.children.some((child) => troubled.has(child)))
      troubled.add(span);
  }
  return troubled;
}

/** All spans of the trees, parents before children. */
export function listParentsFirst(roots: readonly SpanTree[]): SpanTree[] {
  const spans = [...roots];
  // The list grows while it is walked.
  for (const span of spans) for (const child of span.children) spans.push(child);
  return spans;
}

function findRunEnd(siblings: readonly SpanTree[], start: number, troubled: ReadonlySet<SpanTree>): number {
  const first = siblings[start];
  if (first === undefined || troubled.has(first)) return start + 1;
  const name = titleSpan(first).name;
  let end = start + 1;
  for (let next = siblings[end]; next !== undefined; next = siblings[end]) {
    if (next.type !== first.type || titleSpan(next).name !== name || troubled.has(next)) break;
    end += 1;
  }
  return end;
}

function sumRun(rest: readonly SpanTree[]): RepeatItem {
  const counted = listParentsFirst(rest).filter((span) => span.counted);
  return {
    kind: 'repeat',
    name: rest[0] === undefined ? '' : titleSpan(rest[0]).name,
    count: rest.length,
    durationMillis: rest.reduce((total, span) => total + span.duration_ms, 0),
    inputTokens: sumKnown(counted.map((span) => span.input_tokens)),
    outputTokens: sumKnown(counted.map((span) => span.output_tokens)),
    costUsd: sumKnown(counted.map((span) => span.cost_usd)),
  };
}

function sumKnown(values: readonly (number | null)[]): number | null {
  return values.reduce((total, value) => (value === null ? total : (total ?? 0) + value), null);
}
