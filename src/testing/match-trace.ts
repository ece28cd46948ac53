import { showValue } from './match-value.js';
import { isOne, type SpanCriteria } from './span-queries.js';
import type { PlacedNode } from './span-tree.js';

/** What a trace has to look like: a span's name, or criteria with the spans inside. */
export type TraceShape = string | RegExp | TraceShapeNode;

/** A span of a shape. */
export interface TraceShapeNode extends SpanCriteria {
  /** Spans directly inside, in this order; others may stand between them unless `exactly` is given. */
  children?: readonly TraceShape[] | undefined;
  /** Whether there may be no other spans directly inside. Default false. */
  exactly?: boolean | undefined;
}

/** Where a trace is not what its shape says; undefined where it is. */
export function findMismatch(
  nodes: readonly PlacedNode[],
  shapes: readonly TraceShape[],
  { exactly, path = [] }: { exactly?: boolean | undefined; path?: readonly string[] } = {},
): string | undefined {
  let next = 0;
  for (const [index, shape] of shapes.entries()) {
    const criteria = toCriteria(shape);
    // The earliest span that fits leaves most to choose from for those behind.
    const found = nodes.findIndex((node, place) => place >= next && fits(node, criteria));
    if (found === -1) return explain(nodes.slice(next), criteria, shapes[index - 1], path);
    if (exactly === true && found > next) return describeExtra(nodes[next], path);
    next = found + 1;
  }
  return exactly === true && next < nodes.length ? describeExtra(nodes[next], path) : undefined;
}

function fits(node: PlacedNode, criteria: TraceShapeNode): boolean {
  return isOne(node, criteria) && findInside(node, criteria, []) === undefined;
}

function findInside(node: PlacedNode, { children, exactly }: TraceShapeNode, path: readonly string[]) {
  return findMismatch(node.children, children ?? [], { exactly, path: [...path, node.span.name] });
}

/** Goes into the first span that is the right one but for what is inside, because that is where to look. */
function explain(
  nodes: readonly PlacedNode[],
  criteria: TraceShapeNode,
  previous: TraceShape | undefined,
  path: readonly string[],
): string {
  const nearly = nodes.find((node) => isOne(node, criteria));
  const inside = nearly && findInside(nearly, criteria, path);
  if (inside !== undefined) return inside;
  const behind = previous === undefined ? '' : `, behind ${describeShape(toCriteria(previous))}`;
  return `${describePlace(path)} there is no ${describeShape(criteria)}${behind}`;
}

function describeExtra(node: PlacedNode | undefined, path: readonly string[]): string {
  return `${describePlace(path)} there is also ${node?.span.name ?? 'another span'}`;
}

function describePlace(path: readonly string[]): string {
  return path.length === 0 ? 'at the top' : `inside ${path.join(' > ')}`;
}

function describeShape({ children: _children, exactly: _exactly, ...criteria }: TraceShapeNode): string {
  const { name, ...others } = criteria;
  const rest = Object.values(others).some((value) => value !== undefined) ? showValue(others) : undefined;
  const words = [name === undefined ? undefined : String(name), rest];
  return `span ${words.filter((word) => word !== undefined).join(' ')}`.trim();
}

function toCriteria(shape: TraceShape): TraceShapeNode {
  return typeof shape === 'string' || shape instanceof RegExp ? { name: shape } : shape;
}
