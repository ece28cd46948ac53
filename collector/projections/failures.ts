import type { SpanNode, TraceTree } from './tree.js';
import { append } from './sets.js';

/**
 * Counts the failures a reader should see, each where it began: a failed span counts unless a failure below it does.
 * Attempts of one model operation count once, and not at all where the last of them was answered: the operation
 * has recovered (its attempts stay in the count of failed calls). Waiting and cancelled spans have not failed.
 * What only a log record reports is a failure of its own, unless it says that it is the next attempt at the one before.
 */
export function countFailures(tree: TraceTree): number {
  const counts = new Array<number>(tree.nodes.length).fill(0);
  for (const node of tree.depthFirst.toReversed()) {
    const below = countAmongSiblings(node.children, node, counts);
    counts[node.index] = below === 0 && isFailed(node) ? 1 : below;
  }
  let sum = 0;
  for (const siblings of groupTops(tree.tops)) sum += countAmongSiblings(siblings, null, counts);
  return sum;
}

/** Tops that wait for the same parent are siblings already. */
function groupTops(tops: readonly SpanNode[]): SpanNode[][] {
  const groups = new Map<string, SpanNode[]>();
  for (const top of tops) append(groups, top.span.parentSpanId ?? `none/${top.span.spanId}`, top);
  return [...groups.values()];
}

function countAmongSiblings(
  siblings: readonly SpanNode[],
  parent: SpanNode | null,
  counts: number[],
): number {
  let sum = 0;
  let failedAttempt: SpanNode | null = null;
  for (const node of siblings) {
    if (!mayEndAttempts(node, parent)) {
      sum += counts[node.index] ?? 0;
      continue;
    }
    const isRetry = failedAttempt !== null && isRetryOf(node, failedAttempt, parent);
    if (isFailed(node) && isAttempt(node, parent)) {
      const count = counts[node.index] ?? 0;
      sum += isRetry ? count - 1 : count;
      failedAttempt = node;
      continue;
    }
    if (isRetry && mayRecover(parent) && node.span.facts.outcome === 'completed') sum -= 1;
    sum += counts[node.index] ?? 0;
    failedAttempt = null;
  }
  return sum;
}

/** A model call, an embedding, or inside one the HTTP request that carries it. */
function isAttempt({ span: { facts } }: SpanNode, parent: SpanNode | null): boolean {
  if (facts.type === 'llm' || facts.type === 'embedding') return true;
  return facts.type === 'http' && parent !== null && isAttempt(parent, null);
}

/** Whatever else happens between two attempts (a log line, a connection) does not part them; a tool does. */
function mayEndAttempts(node: SpanNode, parent: SpanNode | null): boolean {
  const { type, attempt } = node.span.facts;
  if (node.origin !== 'span' && attempt === null) return false;
  return isAttempt(node, parent) || type === 'tool' || type === 'agent' || type === 'handoff';
}

/** The same request, begun after the attempt before it had ended. */
function isRetryOf(node: SpanNode, attempt: SpanNode, parent: SpanNode | null): boolean {
  if (!isAttempt(node, parent) || node.span.startTimeUnixNano < attempt.span.endTimeUnixNano) return false;
  const [facts, before] = [node.span.facts, attempt.span.facts];
  if (facts.type !== before.type) return false;
  if (facts.type === 'http') return node.span.name === attempt.span.name;
  if (node.origin !== 'span' && facts.attempt !== (before.attempt ?? 1) + 1) return false;
  return facts.requestModel === before.requestModel;
}

/**
 * Only inside an operation that makes the attempts itself is an answer after a failure known to be its retry:
 * below any other span it may be the next, unrelated call.
 */
function mayRecover(parent: SpanNode | null): boolean {
  const type = parent?.span.facts.type;
  return type === 'agent' || type === 'step' || type === 'llm' || type === 'embedding';
}

function isFailed({ span }: SpanNode): boolean {
  return span.facts.outcome === 'failed';
}
