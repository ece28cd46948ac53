/** A node with the lines that lead to it. */
export interface Placed<Node> {
  node: Node;
  /** Before the node itself. */
  guide: string;
  /** Before what is written beneath the node. */
  beneath: string;
}

/** Deeper levels stay at this one's indentation: on such a trace the guides would leave no room for names. */
const DEEPEST_GUIDE = 24;

interface Pending<Node> {
  node: Node;
  guide: string;
  under: string;
  depth: number;
}

/** Depth first, parents before children, each with its box-drawing guides. Not recursive: a trace may be a long chain. */
export function placeTree<Node>(
  roots: readonly Node[],
  listChildren: (node: Node) => readonly Node[],
): Placed<Node>[] {
  const placed: Placed<Node>[] = [];
  const pending: Pending<Node>[] = roots.map((node) => ({ node, guide: '', under: '', depth: 0 })).reverse();
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { node, guide, under, depth } = next;
    const children = listChildren(node);
    placed.push({ node, guide, beneath: under + (children.length > 0 ? '│  ' : '   ') });
    for (let index = children.length - 1; index >= 0; index -= 1) {
      const child = children[index] as Node;
      const isLast = index === children.length - 1;
      pending.push({
        node: child,
        guide: under + (isLast ? '└─ ' : '├─ '),
        under: depth >= DEEPEST_GUIDE ? under : under + (isLast ? '   ' : '│  '),
        depth: depth + 1,
      });
    }
  }
  return placed;
}
