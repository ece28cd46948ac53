import type { Usage } from '../model/gen-ai.js';
import type { TraceSpan, UsageRule, UsageVerdict } from '../model/rows.js';
import type { Duplicate, ModelCall, ModelCalls } from './calls.js';
import { findModelCalls, hasUsage } from './calls.js';
import type { Cost } from './costs.js';
import { readCost } from './costs.js';
import { hasTokens } from './counts.js';
import type { MergedTrace } from './reports.js';
import { mergeReports } from './reports.js';
import type { SpanNode, TraceTree } from './tree.js';
import { buildTree } from './tree.js';

/** Something that is paid for once: a model call, or an agent run that reports only its sum. */
export interface CountedUsage {
  node: SpanNode;
  /** null for an agent run whose own calls nobody reports: it has tokens but is no llm call. */
  call: ModelCall | null;
  usage: Usage;
  cost: Cost | null;
}

export interface UsageJudgement extends ModelCalls {
  /** What the totals are sums of, in the order of the nodes. */
  counted: CountedUsage[];
  /** By node index: a call, or an agent, that is counted accounts for its usage. */
  accounted: readonly boolean[];
}

const COUNTED: UsageVerdict = Object.freeze({ counted: true, rule: null, because: null });
const NOTHING_TO_COUNT: UsageVerdict = Object.freeze({ counted: false, rule: null, because: null });

/**
 * For each span id of one whole trace, and each of its reports', whether its usage enters the totals, and if not why.
 * Depends on the sets alone, never on their order; what comes later may change the verdict on others.
 */
export function judgeUsage(
  spans: readonly TraceSpan[],
  reports: readonly TraceSpan[] = [],
): ReadonlyMap<string, UsageVerdict> {
  const merged = mergeReports(spans, reports);
  const tree = buildTree(merged.spans, merged.added);
  const verdicts = judgeNodes(tree, judgeTree(tree));
  return merged.joined.size === 0 ? verdicts : judgeMembers(verdicts, merged, [...spans, ...reports]);
}

/** Parts the verdict on a span between it and the records of the same call: the counts of one of them are taken. */
function judgeMembers(
  verdicts: ReadonlyMap<string, UsageVerdict>,
  { joined, usageFrom }: MergedTrace,
  members: readonly TraceSpan[],
): ReadonlyMap<string, UsageVerdict> {
  const parted = new Map(verdicts);
  const byId = new Map(members.map((member) => [member.spanId, member]));
  const judge = (member: TraceSpan | undefined, rule: UsageRule, because: string): UsageVerdict =>
    member !== undefined && reportsUsage(member) ? { counted: false, rule, because } : NOTHING_TO_COUNT;
  for (const [spanId, reports] of joined) {
    const taken = usageFrom.get(spanId);
    const verdict = verdicts.get(spanId) ?? NOTHING_TO_COUNT;
    for (const report of reports) {
      const because = 'It reports the same call as a span or another log record, whose counts are taken.';
      parted.set(report.spanId, report === taken ? verdict : judge(report, 'same_call_in_log', because));
    }
    if (taken === undefined) continue;
    const because = `Log record ${taken.spanId} reports the same call and says more: its counts are taken.`;
    parted.set(spanId, judge(byId.get(spanId), 'replaced_by_log', because));
  }
  return parted;
}

/** The distinct calls of a tree, and everything that is counted. */
export function judgeTree(tree: TraceTree): UsageJudgement {
  const { calls, duplicates } = findModelCalls(tree);
  const counted: CountedUsage[] = [];
  for (const call of calls) {
    if (isPaid(call)) counted.push({ node: call.node, call, usage: call.usage, cost: call.cost });
  }
  const accounted = markAccounted(tree, calls);
  // Depth first from the end: children before their parents, to which each hands up whether it is accounted for.
  for (let place = tree.depthFirst.length - 1; place >= 0; place -= 1) {
    const node = tree.depthFirst[place];
    if (node === undefined) continue;
    const below = node.children.some((child) => accounted[child.index] === true);
    if (!below && tree.isComplete && reportsOnlySum(node)) {
      const { usage } = node.span.facts;
      counted.push({ node, call: null, usage, cost: readCost(node.span) });
      accounted[node.index] = true;
    }
    if (below) accounted[node.index] = true;
  }
  counted.sort((left, right) => left.node.index - right.node.index);
  return { calls, duplicates, counted, accounted };
}

function judgeNodes(
  tree: TraceTree,
  { duplicates, counted, accounted }: UsageJudgement,
): Map<string, UsageVerdict> {
  const countedNodes = new Set(counted.map(({ node, call }) => call?.usageNode ?? node));
  const verdicts = new Map<string, UsageVerdict>();
  for (const node of tree.nodes) {
    let verdict = COUNTED;
    if (!countedNodes.has(node)) {
      const why =
        duplicates.get(node) ?? explainExclusion(node, accounted[node.index] === true, tree.isComplete);
      const { rule, because } = why;
      verdict = reportsUsage(node.span) ? { counted: false, rule, because } : NOTHING_TO_COUNT;
    }
    verdicts.set(node.span.spanId, verdict);
  }
  return verdicts;
}

function isPaid(call: ModelCall): boolean {
  return call.usageNode !== null || call.cost !== null;
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

function reportsUsage({ facts }: TraceSpan): boolean {
  return facts.reportedCostUsd !== null || hasTokens(facts.usage);
}

type Exclusion = Pick<Duplicate, 'rule' | 'because'>;

function explainExclusion({ span }: SpanNode, isAccounted: boolean, isComplete: boolean): Exclusion {
  const { type, isPending } = span.facts;
  if (isPending) return { rule: 'pending', because: 'The span is still running.' };
  if (isAccounted) {
    return { rule: 'sum_of_children', because: 'It repeats the usage of the model calls below it.' };
  }
  if ((type !== 'agent' && type !== 'workflow') || isComplete) {
    const because = 'Usage counts on model calls and embeddings, and on agents that have none below them.';
    return { rule: 'not_a_call', because };
  }
  const because = 'No model call has come below it, and the trace is not complete: calls may follow.';
  return { rule: 'not_complete', because };
}
