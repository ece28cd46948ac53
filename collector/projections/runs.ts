import type { TraceAnalysis } from './analysis.js';
import type { ModelCall } from './calls.js';
import { countCalls } from './calls.js';
import type { ToolRun } from './tools.js';
import type { Bill } from './totals.js';
import { sumBills, sumCounted } from './totals.js';
import type { SpanNode, TraceTree } from './tree.js';
import { passDown } from './tree.js';
import type { CountedUsage, UsageJudgement } from './usage.js';

/** What belongs to one run of an agent, what agents inside it did left out. */
export interface Run {
  node: SpanNode;
  /** The nearest enclosing agent's run. */
  parent: Run | null;
  /** It stands for the calls and tool runs outside all agents. */
  isImplicit: boolean;
  calls: ModelCall[];
  counted: CountedUsage[];
  tools: ToolRun[];
  /** Prompts and answers that log records report and that belong to no call, in order. */
  messages: SpanNode[];
  /** The failed span below, agents inside it included, that ended last; undefined where none has failed. */
  lastFailure: SpanNode | undefined;
}

/** Sums over a run with the runs inside it. */
export interface RunSums {
  /** Without the runs inside it. */
  own: Bill;
  bill: Bill;
  llmCalls: number;
  failedLlmCalls: number;
  toolCalls: number;
}

/** The runs of a trace, parents before children, the implicit one last. */
export function listRuns({ tree, judgement, agentRuns, toolRuns }: TraceAnalysis): Run[] {
  const runs: Run[] = [];
  const owners = new Array<Run | null>(tree.nodes.length).fill(null);
  for (const node of tree.depthFirst) {
    const above = node.parent === null ? null : (owners[node.parent.index] ?? null);
    const run = agentRuns.has(node) ? emptyRun(node, above, isUnnamed(node)) : null;
    owners[node.index] = run ?? above;
    if (run !== null) runs.push(run);
  }
  const ownerOf = (node: SpanNode): Run | null => owners[node.index] ?? null;
  const unowned = listWork(judgement, toolRuns).filter((node) => ownerOf(node) === null);
  const implicit = createImplicitRun(tree, unowned);
  for (const call of judgement.calls) (ownerOf(call.node) ?? implicit)?.calls.push(call);
  for (const counted of judgement.counted) (ownerOf(counted.node) ?? implicit)?.counted.push(counted);
  for (const tool of toolRuns) (ownerOf(tool.node) ?? implicit)?.tools.push(tool);
  for (const node of tree.nodes) if (isMessage(node)) (ownerOf(node) ?? implicit)?.messages.push(node);
  if (implicit !== null) runs.push(implicit);
  noteFailures(tree, runs);
  return runs;
}

function emptyRun(node: SpanNode, parent: Run | null, isImplicit = false): Run {
  return {
    node,
    parent,
    isImplicit,
    calls: [],
    counted: [],
    tools: [],
    messages: [],
    lastFailure: undefined,
  };
}

/** It stands for what log records report of nobody by name. */
function isUnnamed({ span: { facts }, origin }: SpanNode): boolean {
  return origin === 'agent' && facts.agentName === null;
}

function isMessage({ span: { facts }, origin }: SpanNode): boolean {
  return origin === 'report' && facts.type === 'event';
}

/** Where calls are, and tool runs: a trace may hold the tools of a session alone (Gemini CLI). */
function listWork({ calls, counted }: UsageJudgement, toolRuns: readonly ToolRun[]): SpanNode[] {
  return [...calls, ...counted, ...toolRuns].map(({ node }) => node);
}

function createImplicitRun(tree: TraceTree, unowned: readonly SpanNode[]): Run | null {
  let first: SpanNode | null = null;
  for (const node of unowned) if (first === null || node.index < first.index) first = node;
  if (first === null) return null;
  const topOf = passDown<SpanNode | null>(tree, null, (parent, above) => above ?? parent);
  return emptyRun(topOf[first.index] ?? first, null, true);
}

/** For each run, the failed span inside it that ended last, the innermost where several ended together. */
function noteFailures(tree: TraceTree, runs: readonly Run[]): void {
  const byNode = new Map(runs.map((run) => [run.node, run]));
  const last = new Array<SpanNode | undefined>(tree.nodes.length);
  for (const node of tree.depthFirst.toReversed()) {
    const below = last[node.index];
    const run = byNode.get(node);
    if (run !== undefined) run.lastFailure = below;
    const mine = below ?? (node.span.facts.outcome === 'failed' ? node : undefined);
    if (mine === undefined || node.parent === null) continue;
    const known = last[node.parent.index];
    if (known === undefined || isLater(mine, known)) last[node.parent.index] = mine;
  }
}

function isLater(left: SpanNode, right: SpanNode): boolean {
  const [leftEnd, rightEnd] = [left.span.endTimeUnixNano, right.span.endTimeUnixNano];
  return leftEnd === rightEnd ? left.index > right.index : leftEnd > rightEnd;
}

/**
 * Sums each run with the runs inside it. Children come after their parents in `runs`, so folding from the end adds
 * each to its parent once.
 */
export function sumRuns(runs: readonly Run[], { judgement, bill }: TraceAnalysis): Map<Run, RunSums> {
  const sums = new Map<Run, RunSums>();
  for (const run of runs) {
    // Nothing is counted in two runs: as many as in the trace are the same.
    const own = run.counted.length === judgement.counted.length ? bill : sumCounted(run.counted);
    const { llmCalls, failedLlmCalls } = countCalls(run.calls);
    sums.set(run, { own, bill: own, llmCalls, failedLlmCalls, toolCalls: run.tools.length });
  }
  for (const run of runs.toReversed()) {
    const inner = sums.get(run);
    const outer = run.parent === null ? undefined : sums.get(run.parent);
    if (inner === undefined || outer === undefined) continue;
    outer.bill = sumBills([outer.bill, inner.bill]);
    outer.llmCalls += inner.llmCalls;
    outer.failedLlmCalls += inner.failedLlmCalls;
    outer.toolCalls += inner.toolCalls;
  }
  return sums;
}
