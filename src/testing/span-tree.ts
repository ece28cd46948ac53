import { ATTR } from '../semconv.js';
import type { CollectedSpan } from './collected-span.js';

/** A span with the spans inside it, in the order in which they started. */
export interface SpanNode {
  /** The span itself. */
  span: CollectedSpan;
  /** The spans directly inside. */
  children: SpanNode[];
}

/** A node that knows what is around it. */
export interface PlacedNode extends SpanNode {
  parent: PlacedNode | undefined;
  children: PlacedNode[];
}

/** Puts spans into a tree; those whose parent is not among them come first in one of their own. Keeps their order. */
export function placeSpans(spans: readonly CollectedSpan[]): { all: PlacedNode[]; roots: PlacedNode[] } {
  const all = spans.map((span): PlacedNode => ({ span, parent: undefined, children: [] }));
  const byId = new Map(all.map((node) => [keyOf(node.span.traceId, node.span.spanId), node]));
  const roots: PlacedNode[] = [];
  for (const node of all) {
    const { traceId, parentSpanId } = node.span;
    const parent = parentSpanId === undefined ? undefined : byId.get(keyOf(traceId, parentSpanId));
    node.parent = parent;
    (parent?.children ?? roots).push(node);
  }
  return { all, roots };
}

/** The same tree without the way up, as plain data. */
export function toSpanNode({ span, children }: PlacedNode): SpanNode {
  return { span, children: children.map(toSpanNode) };
}

/** The agent's run that a span is or is in; undefined outside of any. */
export function findAgentRun(node: PlacedNode | undefined): PlacedNode | undefined {
  for (let at = node; at !== undefined; at = at.parent) if (at.span.type === 'agent') return at;
  return undefined;
}

/** The agent that a span belongs to: the one it names, else that of the run around it. */
export function readAgentName(node: PlacedNode): string | undefined {
  for (let at: PlacedNode | undefined = node; at !== undefined; at = at.parent) {
    const name = at.span.attributes[ATTR.agentName];
    if (typeof name === 'string') return name;
  }
  return undefined;
}

function keyOf(traceId: string, spanId: string): string {
  return `${traceId} ${spanId}`;
}
