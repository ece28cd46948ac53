import { ATTR } from '../semconv.js';
import type { CollectedSpan } from './collected-span.js';
import { readCost, readOutcome, readUsage, type SpanUsage } from './span-facts.js';
import type { PlacedNode } from './span-tree.js';

/**
 * What spans come to. Each model call counts once, nearly as in the collector: what a span reports counts unless a span
 * inside reports, too, and unless another span with the same response id was counted. A model call inside a tool inside
 * a model call is a call of its own. The collector knows more: wrappers of other libraries, and sums that say more than
 * their parts.
 */
export interface Totals extends SpanUsage {
  /** All spans, records among them. */
  spans: number;
  /** Runs of agents. */
  agentRuns: number;
  /** Calls of models and embedding models that were answered. */
  llmCalls: number;
  /** Those that failed. */
  failedLlmCalls: number;
  /** Calls of tools, without hand-overs. */
  toolCalls: number;
  /** Spans that failed; what was cancelled is none. */
  errors: number;
  /** In US dollars, of the calls whose cost is known; left out where it is known of none. */
  costUsd?: number;
  /** Calls with tokens whose cost is not known. */
  unpricedCalls: number;
}

/** Adds up the spans of some trees, all that is inside them included. */
export function addUp(roots: readonly PlacedNode[]): Totals {
  const all = listNodes(roots);
  const counted = findInnermost(roots, (span) => readUsage(span) !== undefined);
  const paid = findInnermost(roots, (span) => readCost(span) !== undefined);
  const calls = findModelCalls(roots);
  const costs = [...paid].map(({ span }) => readCost(span) ?? 0);
  return {
    spans: all.length,
    agentRuns: all.filter(({ span }) => span.type === 'agent').length,
    llmCalls: calls.filter(({ span }) => readOutcome(span) === 'completed').length,
    failedLlmCalls: calls.filter(({ span }) => readOutcome(span) === 'failed').length,
    toolCalls: all.filter(({ span }) => span.type === 'tool').length,
    errors: all.filter(({ span }) => readOutcome(span) === 'failed').length,
    ...addUsage([...counted].map(({ span }) => readUsage(span))),
    ...(costs.length > 0 && { costUsd: roundDollars(costs.reduce((sum, cost) => sum + cost, 0)) }),
    unpricedCalls: [...counted].filter((node) => !isPaid(node, paid)).length,
  };
}

/** Calls of models: of several spans around each other that stand for one, the innermost. */
export function findModelCalls(roots: readonly PlacedNode[]): PlacedNode[] {
  const calls = findInnermost(roots, isModelCall);
  return listNodes(roots).filter((node) => calls.has(node));
}

/** The spans of some trees, each before what is inside it. */
function listNodes(roots: readonly PlacedNode[]): PlacedNode[] {
  return roots.flatMap((node) => [node, ...listNodes(node.children)]);
}

/** Spans of which something is true, and of none inside them. */
function findInnermost(
  roots: readonly PlacedNode[],
  isOne: (span: CollectedSpan) => boolean,
): Set<PlacedNode> {
  const found = new Set<PlacedNode>();
  const responseIds = new Set<unknown>();
  /** Gives whether there is one, and one that is not behind a tool. */
  const visit = (node: PlacedNode): { isAny: boolean; isNear: boolean } => {
    const inside = node.children.map(visit);
    const isAny = inside.some((one) => one.isAny);
    const isNear = inside.some((one) => one.isNear);
    const isTaken = isOne(node.span) && !(isModelCall(node.span) ? isNear : isAny);
    const id = node.span.attributes[ATTR.responseId];
    if (isTaken && (id === undefined || !responseIds.has(id))) {
      found.add(node);
      responseIds.add(id);
    }
    const isTool = node.span.type === 'tool' || node.span.type === 'handoff';
    return { isAny: isAny || isTaken, isNear: (isNear || isTaken) && !isTool };
  };
  roots.forEach(visit);
  return found;
}

function isModelCall({ type }: CollectedSpan): boolean {
  return type === 'llm' || type === 'embedding';
}

/** Whether the cost of a call is on its own span, on one inside it or on one around it. */
function isPaid(node: PlacedNode, paid: ReadonlySet<PlacedNode>): boolean {
  for (let at: PlacedNode | undefined = node; at !== undefined; at = at.parent) if (paid.has(at)) return true;
  return listNodes(node.children).some((one) => paid.has(one));
}

function addUsage(usages: readonly (SpanUsage | undefined)[]): SpanUsage {
  const sum = (key: keyof SpanUsage): number =>
    usages.reduce((total, usage) => total + (usage?.[key] ?? 0), 0);
  return {
    inputTokens: sum('inputTokens'),
    outputTokens: sum('outputTokens'),
    cachedInputTokens: sum('cachedInputTokens'),
    cacheWriteTokens: sum('cacheWriteTokens'),
    reasoningTokens: sum('reasoningTokens'),
  };
}

/** Without what floating point adds to sums such as 0.1 + 0.2. */
function roundDollars(usd: number): number {
  return Number(usd.toFixed(12));
}
