/** What a tree needs to know of a span. Spans come in start order. */
export interface TreeSpan {
  spanId: string;
  parentSpanId: string | null;
}

export interface TreeNode<Span extends TreeSpan> {
  span: Span;
  /** In the order of the spans. */
  children: TreeNode<Span>[];
  /** 0 for a root. */
  depth: number;
}

/**
 * Puts the spans of one trace under their parents. A span without a parent in the list is a root; of spans that are
 * each other's ancestors one is taken for a root, so that every span is in the answer exactly once. Iterative: chains
 * of any length are fine.
 */
export function buildSpanTree<Span extends TreeSpan>(spans: readonly Span[]): TreeNode<Span>[] {
  const nodes = new Map<string, TreeNode<Span>>();
  for (const span of spans) nodes.set(span.spanId, { span, children: [], depth: 0 });
  const cut = findCycleEntries(nodes);
  const roots: TreeNode<Span>[] = [];
  for (const node of nodes.values()) {
    const parent = cut.has(node) ? undefined : findParent(node, nodes);
    (parent?.children ?? roots).push(node);
  }
  for (const node of walkBreadthFirst(roots)) {
    for (const child of node.children) child.depth = node.depth + 1;
  }
  return roots;
}

/** Parents before children, and all of one depth before the next. */
export function* walkBreadthFirst<Span extends TreeSpan>(
  roots: readonly TreeNode<Span>[],
): Generator<TreeNode<Span>> {
  let level = roots;
  while (level.length > 0) {
    yield* level;
    level = level.flatMap((node) => node.children);
  }
}

/**
 * Renders each node with its children inside it. Of more than `limit` nodes those furthest from a root are left out.
 */
export function nestSpanTree<Span extends TreeSpan, Rendered extends object>(
  roots: readonly TreeNode<Span>[],
  limit: number,
  render: (span: Span) => Rendered,
): { roots: (Rendered & { children: unknown[] })[]; count: number; truncated: boolean } {
  const nested: (Rendered & { children: unknown[] })[] = [];
  const places = new Map<TreeNode<Span>, unknown[]>(roots.map((root) => [root, nested]));
  let count = 0;
  let truncated = false;
  for (const node of walkBreadthFirst(roots)) {
    if (count === limit) {
      truncated = true;
      break;
    }
    const rendered = { ...render(node.span), children: [] };
    places.get(node)?.push(rendered);
    for (const child of node.children) places.set(child, rendered.children);
    count += 1;
  }
  return { roots: nested, count, truncated };
}

function findParent<Span extends TreeSpan>(
  node: TreeNode<Span>,
  nodes: ReadonlyMap<string, TreeNode<Span>>,
): TreeNode<Span> | undefined {
  const { parentSpanId } = node.span;
  return parentSpanId === null ? undefined : nodes.get(parentSpanId);
}

/** One node of every circle of parents, the first that is met in the order of the spans. */
function findCycleEntries<Span extends TreeSpan>(
  nodes: ReadonlyMap<string, TreeNode<Span>>,
): Set<TreeNode<Span>> {
  const entries = new Set<TreeNode<Span>>();
  const settled = new Set<TreeNode<Span>>();
  for (const start of nodes.values()) {
    const path = new Set<TreeNode<Span>>();
    let node: TreeNode<Span> | undefined = start;
    while (node && !settled.has(node) && !path.has(node)) {
      path.add(node);
      node = findParent(node, nodes);
    }
    if (node && path.has(node)) entries.add(node);
    for (const passed of path) settled.add(passed);
  }
  return entries;
}
