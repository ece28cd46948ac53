import type { TreeNode, TreeSpan } from './span-tree.js';

export interface TimedSpan extends TreeSpan {
  startTimeUnixNano: bigint;
  endTimeUnixNano: bigint;
}

export interface PathSpan<Span extends TimedSpan> {
  span: Span;
  /** Time that this span itself, and no child that was waited for, added to the total. */
  selfNanos: bigint;
}

interface Frame<Span extends TimedSpan> {
  span: Span | null;
  /** By end, latest first. */
  children: TreeNode<Span>[];
  nextChild: number;
  start: bigint;
  /** What comes after this moment is accounted for. */
  until: bigint;
}

/**
 * What the total time was spent on, in start order. Walked backwards from the end: at each moment the child that ended
 * last is what was waited for; where no child ran, the span itself. The times add up to the span of the roots, less
 * the gaps between them. Children are cut to their parent's time. Iterative.
 */
export function findCriticalPath<Span extends TimedSpan>(roots: readonly TreeNode<Span>[]): PathSpan<Span>[] {
  const selfNanos = new Map<Span, bigint>();
  const start = roots.reduce<bigint | null>((least, { span }) => minOf(least, span.startTimeUnixNano), null);
  const end = roots.reduce<bigint>((most, { span }) => maxOf(most, span.endTimeUnixNano), 0n);
  if (start === null) return [];
  const stack: Frame<Span>[] = [createFrame(null, roots, start, end)];
  for (let frame = stack.at(-1); frame; frame = stack.at(-1)) {
    const child = takeChild(frame);
    const resumesAt = child ? minOf(frame.until, child.span.endTimeUnixNano) : frame.start;
    if (frame.span && frame.until > resumesAt) {
      selfNanos.set(frame.span, (selfNanos.get(frame.span) ?? 0n) + frame.until - resumesAt);
    }
    if (!child) {
      stack.pop();
      continue;
    }
    // A span may end before it starts where clocks disagree.
    const childStart = minOf(resumesAt, maxOf(frame.start, child.span.startTimeUnixNano));
    frame.until = childStart;
    stack.push(createFrame(child.span, child.children, childStart, resumesAt));
  }
  return [...selfNanos]
    .map(([span, nanos]) => ({ span, selfNanos: nanos }))
    .sort((a, b) => compareNanos(a.span.startTimeUnixNano, b.span.startTimeUnixNano));
}

/** The time in which a span ran and none of its children did. */
export function measureSelfNanos<Span extends TimedSpan>(node: TreeNode<Span>): bigint {
  const { startTimeUnixNano, endTimeUnixNano } = node.span;
  let self = 0n;
  let covered = startTimeUnixNano;
  const children = [...node.children].sort((a, b) =>
    compareNanos(a.span.startTimeUnixNano, b.span.startTimeUnixNano),
  );
  for (const { span } of children) {
    const begins = minOf(span.startTimeUnixNano, endTimeUnixNano);
    if (begins > covered) self += begins - covered;
    covered = maxOf(covered, span.endTimeUnixNano);
  }
  return endTimeUnixNano > covered ? self + endTimeUnixNano - covered : self;
}

function createFrame<Span extends TimedSpan>(
  span: Span | null,
  children: readonly TreeNode<Span>[],
  start: bigint,
  until: bigint,
): Frame<Span> {
  const byEnd = [...children].sort((a, b) => compareNanos(b.span.endTimeUnixNano, a.span.endTimeUnixNano));
  return { span, children: byEnd, nextChild: 0, start, until };
}

/** The child that ended last before what is accounted for; those that lie in what is accounted for are passed over. */
function takeChild<Span extends TimedSpan>(frame: Frame<Span>): TreeNode<Span> | undefined {
  while (frame.nextChild < frame.children.length) {
    const child = frame.children[frame.nextChild++];
    if (child && child.span.startTimeUnixNano < frame.until && child.span.endTimeUnixNano > frame.start)
      return child;
  }
  return undefined;
}

function minOf(a: bigint | null, b: bigint): bigint {
  return a === null || b < a ? b : a;
}

function maxOf(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

export function compareNanos(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
