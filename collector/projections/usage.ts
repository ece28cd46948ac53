import type { Usage } from '../model/gen-ai.js';
import type { TraceSpan, UsageVerdict } from '../model/rows.js';
import type { ModelCall, ModelCalls } from './calls.js';
import { findModelCalls, hasUsage, readCost } from './calls.js';
import type { SpanNode, TraceTree } from './tree.js';
import { buildTree } from './tree.js';

/** Something that is paid for once: a model call, or an agent run that reports only its sum. */
export interface CountedUsage {
  node: SpanNode;
  /** null for an agent run whose own calls nobody reports: it has tokens but is no llm call. */
  call: ModelCall | null;
  usage: Usage;
  costUsd: string | null;
}

export interface UsageJudgement extends ModelCalls {
  /** What the totals are sums of, in the order of the nodes. */
  counted: CountedUsage[];
  verdicts: ReadonlyMap<string, UsageVerdict>;
}

const COUNTED: UsageVerdict = Object.freeze({ counted: true, because: null });
const NOTHING_TO_COUNT: UsageVerdict = Object.freeze({ counted: false, because: null });

/**
 * For each span id of one whole trace, whether its usage enters the totals, and if not why. Depends on the set of
 * spans alone, never on their order; a span that comes later may change the verdict on others.
 */
export function judgeUsage(spans: readonly TraceSpan[]): ReadonlyMap<string, UsageVerdict> {
  return judgeTree(buildTree(spans)).verdicts;
}

/** The same for a tree, with the distinct calls and everything that is counted. */
export function judgeTree(tree: TraceTree): UsageJudgement {
  const { calls, duplicates } = findModelCalls(tree);
  const counted: CountedUsage[] = calls.filter(isPaid).map((call) => ({ ...call, call }));
  const accounted = markAccounted(tree, calls);
  for (const node of tree.depthFirst.toReversed()) {
    const below = node.children.some((child) => accounted[child.index] === true);
    if (!below && tree.isComplete && reportsOnlySum(node)) {
      const { usage } = node.span.facts;
      counted.push({ node, call: null, usage, costUsd: readCost(node.span) });
      accounted[node.index] = true;
    }
    accounted[node.index] ||= below;
  }
  counted.sort((left, right) => left.node.index - right.node.index);
  const judgement = { calls, duplicates, counted };
  return { ...judgement, verdicts: judgeNodes(tree, judgement, accounted) };
}

function judgeNodes(
  tree: TraceTree,
  { duplicates, counted }: Omit<UsageJudgement, 'verdicts'>,
  accounted: readonly boolean[],
): Map<string, UsageVerdict> {
  const countedNodes = new Set(counted.map(({ node, call }) => call?.usageNode ?? node));
  const verdicts = new Map<string, UsageVerdict>();
  for (const node of tree.nodes) {
    let verdict = COUNTED;
    if (!countedNodes.has(node)) {
      const because =
        duplicates.get(node)?.because ??
        explainExclusion(node, accounted[node.index] === true, tree.isComplete);
      verdict = reports(node) ? { counted: false, because } : NOTHING_TO_COUNT;
    }
    verdicts.set(node.span.spanId, verdict);
  }
  return verdicts;
}

function isPaid(call: ModelCall): boolean {
  return call.usageNode !== null || call.costUsd !== null;
}

/** Nodes whose usage a call accounts for, or will once it has ended. */
function markAccounted(tree: TraceTree, calls: readonly ModelCall[]): boolean[] {
  const accounted = new Array<boolean>(tree.nodes.length).fill(false);
  for (const call of calls) {
    if (!isPaid(call) && call.state !== 'open') continue;
    for (const member of call.members) accounted[member.index] = true;
  }
  return accounted;
}

/** Rule 2: an agent or a workflow with usage and no countable call below, such as a hosted agent. */
function reportsOnlySum({ span }: SpanNode): boolean {
  const { type } = span.facts;
  return (type === 'agent' || type === 'workflow') && (hasUsage(span) || readCost(span) !== null);
}

function reports({ span: { facts } }: SpanNode): boolean {
  return facts.reportedCostUsd !== null || Object.values(facts.usage).some((tokens) => tokens !== null);
}

function explainExclusion({ span }: SpanNode, isAccounted: boolean, isComplete: boolean): string {
  const { type, isPending } = span.facts;
  if (isPending) return 'The span is still running.';
  if (isAccounted) return 'It repeats the usage of the model calls below it.';
  if (type !== 'agent' && type !== 'workflow') {
    return 'Usage counts on model calls and embeddings, and on agents that have none below them.';
  }
  return isComplete
    ? 'It reports no usage of its own.'
    : 'No model call has come below it, and the trace is not complete: calls may follow.';
}
