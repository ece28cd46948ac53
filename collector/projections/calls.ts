import type { Usage } from '../model/gen-ai.js';
import type { TraceSpan, UsageRule } from '../model/rows.js';
import type { Cost } from './costs.js';
import { readComputedCost, readReportedCost } from './costs.js';
import { fillClasses, findPriced, hasTokens, haveSameCounts, isFuller } from './counts.js';
import { append, findFirst } from './sets.js';
import type { SpanNode, TraceTree } from './tree.js';
import { passDown } from './tree.js';

/**
 * One call of a model, whether one span reports it or several (a wrapper's span around the provider SDK's).
 * `answered` calls are llm calls, `failed` ones failed attempts; `open` is one that runs still or was cancelled
 * before it reported anything.
 */
export interface ModelCall {
  /** The innermost span of the call: it says where in the tree the call is. */
  node: SpanNode;
  /** All spans of the call, `node` first. */
  members: SpanNode[];
  /** Those of its members: a chain of wrappers may be as long as the trace, so they are not looked for. */
  responseIds: Set<string>;
  state: 'answered' | 'failed' | 'open';
  /** The member whose usage is counted; null where none reports any. */
  usageNode: SpanNode | null;
  usage: Usage;
  cost: Cost | null;
}

/** Why a span is not a call of its own: the call it belongs to, and what gives it away, by its name and in words. */
export interface Duplicate {
  call: ModelCall;
  rule: UsageRule;
  because: string;
}

export interface ModelCalls {
  /** Distinct calls, in the order of their nodes. */
  calls: ModelCall[];
  duplicates: ReadonlyMap<SpanNode, Duplicate>;
}

/** What the calls directly inside a span come to: the call that each stands for, and their tokens with all below. */
interface Inner {
  call: ModelCall;
  inputTokens: number;
  outputTokens: number;
}

const NONE_INSIDE: Inner[] = [];

/**
 * Tells distinct model calls from spans that report the same call again (double counting rules 3 and 4): nested
 * spans of one call, nested embeddings with the same model, and spans that share a response id.
 */
export function findModelCalls(tree: TraceTree): ModelCalls {
  const enclosing = passDown<SpanNode | null>(tree, null, enclosingCall);
  const inners = new Map<SpanNode, Inner[]>();
  const calls: ModelCall[] = [];
  const duplicates = new Map<SpanNode, Duplicate>();
  for (let place = tree.depthFirst.length - 1; place >= 0; place -= 1) {
    const node = tree.depthFirst[place];
    if (node === undefined || !isCall(node)) continue;
    const inside = inners.get(node) ?? NONE_INSIDE;
    if (inside.length > 1) inside.sort((left, right) => left.call.node.index - right.call.node.index);
    const duplicate = findSameCall(node, inside);
    const call = duplicate?.call ?? createCall(node);
    if (duplicate === null) {
      calls.push(call);
    } else {
      joinCall(call, node);
      duplicates.set(node, duplicate);
    }
    const outer = enclosing[node.index];
    if (outer != null) append(inners, outer, sumInner(call, node, inside));
  }
  const distinct = joinSameResponses(
    calls.sort((left, right) => left.node.index - right.node.index),
    duplicates,
  );
  for (const call of distinct) call.cost = billCall(call);
  return { calls: distinct, duplicates };
}

/** Answered calls, and failed attempts. */
export function countCalls(calls: readonly ModelCall[]): { llmCalls: number; failedLlmCalls: number } {
  let llmCalls = 0;
  let failedLlmCalls = 0;
  for (const { state } of calls) {
    if (state === 'answered') llmCalls += 1;
    else if (state === 'failed') failedLlmCalls += 1;
  }
  return { llmCalls, failedLlmCalls };
}

/** The model that answered a call; the requested one where the answer names none, null where there was no answer. */
export function readModel(call: ModelCall): string | null {
  if (call.state !== 'answered') return null;
  return (
    findFirst(call.members, ({ responseModel }) => responseModel) ??
    findFirst(call.members, ({ requestModel }) => requestModel)
  );
}

/** Whether a span says how many tokens it took. What a pending copy says is not final. */
export function hasUsage({ facts: { usage, isPending } }: TraceSpan): boolean {
  return !isPending && hasTokens(usage);
}

/** What somebody reported goes before what follows from the counts that are taken. */
function billCall({ members, usageNode, usage }: ModelCall): Cost | null {
  for (const { span } of members) {
    const usd = readReportedCost(span);
    if (usd !== null) return { usd, source: 'reported' };
  }
  if (usageNode === null) return null;
  // The only member of most calls is the one whose usage is counted.
  const candidates = members.length === 1 ? members : [usageNode, ...members];
  const priced = candidates.filter(({ span }) => readComputedCost(span) !== null);
  const payer = findPriced(priced, usage, ({ span }) => span.facts.usage);
  const usd = payer === undefined ? null : readComputedCost(payer.span);
  return usd === null ? null : { usd, source: 'computed' };
}

function isCall({ span }: SpanNode): boolean {
  return span.facts.type === 'llm' || span.facts.type === 'embedding';
}

/**
 * A wrapper's span holds the same call only as far as no tool begins in between. An agent in between is the operation
 * that was wrapped: Langfuse's `generation` around `generateText`.
 */
function enclosingCall(parent: SpanNode, above: SpanNode | null): SpanNode | null {
  if (isCall(parent)) return parent;
  const { type } = parent.span.facts;
  return type === 'tool' || type === 'handoff' ? null : above;
}

function createCall(node: SpanNode): ModelCall {
  const { responseId } = node.span.facts;
  return {
    node,
    members: [node],
    responseIds: new Set(responseId === null ? [] : [responseId]),
    state: stateOf(node.span),
    usageNode: hasUsage(node.span) ? node : null,
    usage: node.span.facts.usage,
    cost: null,
  };
}

/**
 * A wait for a person comes after the answer that asked for it. A call that was cancelled after tokens had
 * come was answered in part, and is paid for.
 */
function stateOf(span: TraceSpan): ModelCall['state'] {
  const { outcome, isPending } = span.facts;
  if (isPending || outcome === 'running') return 'open';
  if (outcome === 'failed') return 'failed';
  if (outcome === 'cancelled') return hasUsage(span) ? 'answered' : 'open';
  return 'answered';
}

function findSameCall(outer: SpanNode, inside: readonly Inner[]): Duplicate | null {
  if (inside.length === 0) return null;
  const same = inside.filter(({ call }) => call.node.span.facts.type === outer.span.facts.type);
  if (same.length === 0) return null;
  const name = ({ call }: Inner): string => nameNode(call.node);
  const found = (inner: Inner, rule: UsageRule, because: string): Duplicate => {
    return { call: inner.call, rule, because };
  };
  const byId = same.find(({ call }) => sharesResponseId(call, outer));
  if (byId) {
    const because = `The same call as ${name(byId)} inside it, which has the same response id.`;
    return found(byId, 'same_response_id', because);
  }
  const byCounts = same.find(({ call }) => haveSameCounts(call.usage, outer.span.facts.usage));
  if (byCounts) {
    return found(byCounts, 'same_counts', `The same call as ${name(byCounts)} inside it: the counts agree.`);
  }
  const byModel = same.findLast(({ call }) => isSameEmbedding(call.node.span, outer.span));
  if (byModel) {
    const because = `The same embedding as ${name(byModel)} inside it: the model is equal.`;
    return found(byModel, 'same_embedding', because);
  }
  if (!hasUsage(outer.span)) {
    const silent = same.findLast(({ call }) => mayStandFor(call, outer));
    if (silent === undefined) return null;
    const because = `The same call as ${name(silent)} inside it; this span has no usage.`;
    return found(silent, 'wrapper_without_usage', because);
  }
  if (same.length > 1 && isSum(outer.span.facts.usage, same)) {
    const last = same[same.length - 1] as Inner;
    return found(last, 'sum_of_children', 'It repeats the sum of the model calls inside it.');
  }
  const silent = findSilentAnswer(outer, same);
  if (silent === undefined) return null;
  return found(silent, 'only_answer_inside', `The same call as ${name(silent)} inside it.`);
}

function sharesResponseId(call: ModelCall, node: SpanNode): boolean {
  const id = node.span.facts.responseId;
  return id !== null && call.responseIds.has(id);
}

/** The SDK of Vercel (7) names the outer operation and each batch inside it `embeddings`, both with counts. */
function isSameEmbedding(inner: TraceSpan, outer: TraceSpan): boolean {
  if (inner.facts.type !== 'embedding') return false;
  const names = [inner.facts.requestModel, inner.facts.responseModel].filter((name) => name !== null);
  return names.some((name) => name === outer.facts.requestModel || name === outer.facts.responseModel);
}

/** An answered wrapper is not one of the failed attempts inside it. */
function mayStandFor(call: ModelCall, outer: SpanNode): boolean {
  return stateOf(outer.span) !== 'answered' || call.state === 'answered';
}

/** The only answer inside a span, where it says nothing of tokens and its id does not contradict. */
function findSilentAnswer(outer: SpanNode, inside: readonly Inner[]): Inner | undefined {
  const answers = inside.filter(({ call }) => call.state === 'answered');
  const [only] = answers;
  if (only === undefined || answers.length > 1 || only.call.usageNode !== null) return undefined;
  const ids = [outer.span.facts.responseId, only.call.node.span.facts.responseId];
  return stateOf(outer.span) === 'answered' && ids.includes(null) ? only : undefined;
}

function isSum(usage: Usage, inside: readonly Inner[]): boolean {
  let input = 0;
  let output = 0;
  for (const { inputTokens, outputTokens } of inside) {
    input += inputTokens;
    output += outputTokens;
  }
  return input + output > 0 && (usage.inputTokens ?? 0) === input && (usage.outputTokens ?? 0) === output;
}

function sumInner(call: ModelCall, node: SpanNode, inside: readonly Inner[]): Inner {
  const usage = call.usageNode === node ? call.usage : null;
  let inputTokens = usage?.inputTokens ?? 0;
  let outputTokens = usage?.outputTokens ?? 0;
  for (const inner of inside) {
    inputTokens += inner.inputTokens;
    outputTokens += inner.outputTokens;
  }
  return { call, inputTokens, outputTokens };
}

/** Adds a span to its call: what the call does not know yet comes from it. */
function joinCall(call: ModelCall, node: SpanNode): void {
  const { span } = node;
  call.members.push(node);
  if (span.facts.responseId !== null) call.responseIds.add(span.facts.responseId);
  if (stateOf(span) === 'answered' && sharesResponseId(call, node)) call.state = 'answered';
  if (!hasUsage(span)) return;
  const { usage } = span.facts;
  if (call.usageNode === null || isFuller(usage, call.usage)) {
    call.usageNode = node;
    call.usage = fillClasses(usage, call.usage);
  } else {
    call.usage = fillClasses(call.usage, usage);
  }
}

/** Rule 4: spans of one trace with the same response id are one call, wherever they are. */
function joinSameResponses(calls: ModelCall[], duplicates: Map<SpanNode, Duplicate>): ModelCall[] {
  const byResponseId = new Map<string, ModelCall>();
  const repeated = new Set<ModelCall>();
  for (const call of calls) {
    const id = findFirst(call.members, ({ responseId }) => responseId);
    if (id === null) continue;
    const known = byResponseId.get(id);
    if (known === undefined) {
      byResponseId.set(id, call);
      continue;
    }
    const [kept, dropped] = tells(call) > tells(known) ? [call, known] : [known, call];
    byResponseId.set(id, kept);
    repeated.add(dropped);
    for (const member of dropped.members) {
      joinCall(kept, member);
      const because = `The same call as ${nameNode(kept.node)}, which has the same response id.`;
      duplicates.set(member, { call: kept, rule: 'same_response_id', because });
    }
  }
  return repeated.size === 0 ? calls : calls.filter((call) => !repeated.has(call));
}

/** As a reader is told of it. */
function nameNode({ span: { spanId }, origin }: SpanNode): string {
  return origin === 'span' ? `span ${spanId}` : `log record ${spanId}`;
}

function tells(call: ModelCall): number {
  return (call.state === 'answered' ? 2 : 0) + (call.usageNode === null ? 0 : 1);
}
