import type { SpanTree } from '../../contract/shapes.js';
import { isUnpriced } from './figures.js';
import { titleSpan } from './span-title.js';

/** A line of a trace's tree: one span, or how many more of the same kind followed. */
export type TreeItem = { kind: 'span'; span: SpanTree } | RepeatItem | PlainItem;

/** Plain spans beside each other with all below them. */
interface PlainItem {
  kind: 'plain';
  count: number;
}

interface RepeatItem {
  kind: 'repeat';
  /** Of the steps of one round. */
  names: string[];
  /** Rounds. */
  count: number;
  durationMillis: number;
  inputTokens: number | null;
  outputTokens: number | null;
  costUsd: number | null;
  /** Some of them have no price. */
  hasUnpriced: boolean;
}

/** The steps of a loop: a model call and its tool, say. */
const LONGEST_ROUND = 3;
/** How many of a run of similar siblings are shown, and how many more there must be for them to be summed up. */
const SHOWN_OF_RUN = 2;
const LEAST_HIDDEN_SPANS = 3;
const LEAST_HIDDEN_ROUNDS = 2;

/** The items of siblings, the plain ones among them summed up at the end. */
export function foldSiblings(
  siblings: readonly SpanTree[],
  sets: { troubled: ReadonlySet<SpanTree>; plain: ReadonlySet<SpanTree> },
  showsAll: boolean,
): TreeItem[] {
  const folded = showsAll ? [] : siblings.filter((span) => sets.plain.has(span));
  const count = listParentsFirst(folded).length;
  if (count < 2) return collapseSiblings(siblings, sets.troubled, showsAll);
  const rest = siblings.filter((span) => !sets.plain.has(span));
  return [...collapseSiblings(rest, sets.troubled, showsAll), { kind: 'plain', count }];
}

/**
 * The spans as items. A run of similar siblings in which nothing failed, or of rounds of up to three alike, becomes its
 * first spans and a sum of the rest.
 */
function collapseSiblings(
  siblings: readonly SpanTree[],
  troubled: ReadonlySet<SpanTree>,
  showsAll: boolean,
): TreeItem[] {
  if (showsAll) return siblings.map((span) => ({ kind: 'span', span }));
  const kinds = siblings.map((span) =>
    troubled.has(span) ? undefined : `${span.type} ${titleSpan(span).name}`,
  );
  const items: TreeItem[] = [];
  for (let start = 0; start < siblings.length;) {
    const { roundLength, shownEnd, end } = findRun(kinds, start);
    for (const span of siblings.slice(start, shownEnd)) items.push({ kind: 'span', span });
    if (end > shownEnd) items.push(sumRun(siblings.slice(shownEnd, end), roundLength));
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

/**
 * Where the run of whole rounds that begins here ends, and up to where it is shown. The shortest round that repeats
 * often enough counts; without one the run is the span alone. An undefined kind repeats nothing.
 */
function findRun(
  kinds: readonly (string | undefined)[],
  start: number,
): { roundLength: number; shownEnd: number; end: number } {
  for (let length = 1; length <= LONGEST_ROUND; length += 1) {
    let end = start + length;
    while (kinds[end] !== undefined && kinds[end] === kinds[end - length]) end += 1;
    end -= (end - start) % length;
    const shownEnd = start + Math.max(length, SHOWN_OF_RUN);
    const isWhole = kinds.slice(start, start + length).every((kind) => kind !== undefined);
    const hidden = end - shownEnd;
    if (isWhole && hidden >= Math.max(LEAST_HIDDEN_SPANS, LEAST_HIDDEN_ROUNDS * length))
      return { roundLength: length, shownEnd, end };
  }
  return { roundLength: 1, shownEnd: start + 1, end: start + 1 };
}

function sumRun(rest: readonly SpanTree[], roundLength: number): RepeatItem {
  const counted = listParentsFirst(rest).filter((span) => span.counted);
  return {
    kind: 'repeat',
    names: rest.slice(0, roundLength).map((span) => titleSpan(span).name),
    count: rest.length / roundLength,
    durationMillis: rest.reduce((total, span) => total + span.duration_ms, 0),
    inputTokens: sumKnown(counted.map((span) => span.input_tokens)),
    outputTokens: sumKnown(counted.map((span) => span.output_tokens)),
    costUsd: sumKnown(counted.map((span) => span.cost_usd)),
    hasUnpriced: counted.some(isUnpriced),
  };
}

function sumKnown(values: readonly (number | null)[]): number | null {
  return values.reduce((total, value) => (value === null ? total : (total ?? 0) + value), null);
}
