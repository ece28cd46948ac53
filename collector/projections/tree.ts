import type { TraceSpan } from '../model/rows.js';

/**
 * What stands at a place of the tree: a span; what a log record reports that no span says; or an agent that is known
 * from such records alone.
 */
export type NodeOrigin = 'span' | 'report' | 'agent';

/** What comes into the tree beside the spans, in the form of a span. */
export interface AddedNode {
  span: TraceSpan;
  origin: Exclude<NodeOrigin, 'span'>;
}

/** A span, or something read as one, at its place in its trace. */
export interface SpanNode {
  readonly span: TraceSpan;
  readonly origin: NodeOrigin;
  /** Place in {@link TraceTree.nodes}. */
  index: number;
  /** null for a root, for a span whose parent has not come, and where a cycle of parents was cut. */
  parent: SpanNode | null;
  /** In the order of {@link TraceTree.nodes}. */
  readonly children: SpanNode[];
}

export interface TraceTree {
  /** By start, longer spans first, then span id: the same whatever the order of the input. */
  nodes: SpanNode[];
  /** Parents before children, siblings in the order of `nodes`. */
  depthFirst: SpanNode[];
  /** Nodes without a parent here. */
  tops: SpanNode[];
  /** Of the spans, tops that need no parent: they have none, or a remote one that another service may keep for itself. */
  roots: SpanNode[];
  /** What stands for the whole: the roots, as long as there are none the spans at the top, without spans all tops. */
  outermost: SpanNode[];
  /** There is a root, and no span misses a parent that should come. */
  isComplete: boolean;
}

/** Bits 8 and 9 of span flags: "has is remote" and "is remote" (opentelemetry-proto trace.proto, SpanFlags). */
const PARENT_IS_KNOWN_REMOTE = 0x300;

/**
 * Builds the tree of a trace. Takes chains of any depth and parents that run in circles. What is added has a place in
 * it, and no say in whether the trace is complete.
 */
export function buildTree(spans: readonly TraceSpan[], added: readonly AddedNode[] = []): TraceTree {
  const nodes = distinctSpans(spans).map((span) => createNode(span, 'span'));
  for (const { span, origin } of added) nodes.push(createNode(span, origin));
  nodes.sort(compareNodes);
  const bySpanId = new Map<string, SpanNode>();
  for (let index = 0; index < nodes.length; index += 1) {
    const node = nodes[index];
    if (node === undefined) continue;
    node.index = index;
    bySpanId.set(node.span.spanId, node);
  }
  for (const node of nodes) node.parent = bySpanId.get(node.span.parentSpanId ?? '') ?? null;
  cutCycles(nodes);
  for (const node of nodes) node.parent?.children.push(node);
  const tops = nodes.filter((node) => node.parent === null);
  const spanTops = tops.filter(({ origin }) => origin === 'span');
  const roots = spanTops.filter(
    ({ span }) => span.parentSpanId === null || (hasRemoteParent(span) && !bySpanId.has(span.parentSpanId)),
  );
  return {
    nodes,
    depthFirst: listDepthFirst(tops),
    tops,
    roots,
    outermost: [roots, spanTops].find((list) => list.length > 0) ?? tops,
    isComplete: roots.length > 0 && roots.length === spanTops.length,
  };
}

function createNode(span: TraceSpan, origin: NodeOrigin): SpanNode {
  return { span, origin, index: -1, parent: null, children: [] };
}

/** When a span started; its end where the start is unknown (0). */
export function startOf(span: TraceSpan): bigint {
  return span.startTimeUnixNano === 0n ? span.endTimeUnixNano : span.startTimeUnixNano;
}

/**
 * For each node, by index, what its ancestors hand down: `initial` at a top, otherwise what `pass` makes of the
 * parent and of what the parent was handed.
 */
export function passDown<T>(tree: TraceTree, initial: T, pass: (parent: SpanNode, above: T) => T): T[] {
  const values = new Array<T>(tree.nodes.length).fill(initial);
  for (const node of tree.depthFirst) {
    if (node.parent !== null) values[node.index] = pass(node.parent, values[node.parent.index] as T);
  }
  return values;
}

/** The final version of each span: an ended one beats a pending one, then the later end wins. */
export function distinctSpans(spans: readonly TraceSpan[]): TraceSpan[] {
  const bySpanId = new Map<string, TraceSpan>();
  for (const span of spans) {
    const known = bySpanId.get(span.spanId);
    if (known === undefined || isNewer(span, known)) bySpanId.set(span.spanId, span);
  }
  return [...bySpanId.values()];
}

function isNewer(span: TraceSpan, known: TraceSpan): boolean {
  if (span.facts.isPending !== known.facts.isPending) return known.facts.isPending;
  return span.endTimeUnixNano > known.endTimeUnixNano;
}

/** By start, longer spans first, then span id. */
function compareNodes({ span: left }: SpanNode, { span: right }: SpanNode): number {
  const [leftStart, rightStart] = [startOf(left), startOf(right)];
  if (leftStart !== rightStart) return leftStart < rightStart ? -1 : 1;
  if (left.endTimeUnixNano !== right.endTimeUnixNano) {
    return left.endTimeUnixNano > right.endTimeUnixNano ? -1 : 1;
  }
  return left.spanId < right.spanId ? -1 : left.spanId > right.spanId ? 1 : 0;
}

/** Makes the first node of each circle of parents a top. */
function cutCycles(nodes: SpanNode[]): void {
  const walkOf = new Array<number>(nodes.length).fill(-1);
  for (const start of nodes) {
    let node: SpanNode | null = start;
    while (node !== null && walkOf[node.index] === -1) {
      walkOf[node.index] = start.index;
      node = node.parent;
    }
    if (node !== null && walkOf[node.index] === start.index) firstOfCycle(node).parent = null;
  }
}

function firstOfCycle(member: SpanNode): SpanNode {
  let first = member;
  for (let node = member.parent; node !== null && node !== member; node = node.parent) {
    if (node.index < first.index) first = node;
  }
  return first;
}

function hasRemoteParent(span: TraceSpan): boolean {
  return (span.flags & PARENT_IS_KNOWN_REMOTE) === PARENT_IS_KNOWN_REMOTE;
}

function listDepthFirst(tops: readonly SpanNode[]): SpanNode[] {
  const listed: SpanNode[] = [];
  const waiting = tops.toReversed();
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    listed.push(node);
    for (let last = node.children.length - 1; last >= 0; last -= 1) {
      const child = node.children[last];
      if (child !== undefined) waiting.push(child);
    }
  }
  return listed;
}
