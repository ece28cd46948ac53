import { cutIdentifier } from '../model/ids.js';
import type { RunStatus, TraceRow } from '../model/rows.js';
import type { TraceAnalysis } from './analysis.js';
import type { ModelCall } from './calls.js';
import { countCalls, readModel } from './calls.js';
import { countFailures } from './failures.js';
import { readPreviews } from './preview.js';
import { collectSet, findFirst, listDistinct } from './sets.js';
import type { SpanNode, TraceTree } from './tree.js';
import { startOf } from './tree.js';
import type { UsageJudgement } from './usage.js';

/**
 * Projects the row of a trace. What log records report counts in it like spans, but is no span: not in the number of
 * spans, and with no say in when the trace was and which services made it, unless there are no spans.
 */
export function projectTraceRow(analysis: TraceAnalysis): TraceRow {
  const { traceId, tree, judgement, toolRuns, content, identity, bill } = analysis;
  const { nodes } = tree;
  const spans = analysis.reportCount === 0 ? nodes : nodes.filter(({ origin }) => origin === 'span');
  const seen = spans.length > 0 ? spans : nodes;
  return {
    traceId,
    isLedger: false,
    reportCount: analysis.reportCount,
    sessionId: identity.sessionId,
    conversationId: identity.conversationId,
    userId: identity.userId,
    name: readName(tree),
    status: readStatus(tree),
    ...readTimes(seen),
    isComplete: tree.isComplete,
    spanCount: spans.length,
    ...countCalls(judgement.calls),
    toolCalls: toolRuns.length,
    errorCount: countFailures(tree),
    failedSpanCount: spans.filter(({ span }) => span.facts.outcome === 'failed').length,
    totals: bill.totals,
    costSource: bill.costSource,
    agents: listAgents(analysis),
    models: listModels(judgement),
    providers: listProviders(nodes, judgement.calls),
    tools: listDistinct(toolRuns.map(({ name }) => name)),
    services: collectSet(seen, ({ serviceName }) => serviceName),
    dialects: collectSet(nodes, ({ dialect }) => dialect),
    tags: listTags(nodes),
    environment: identity.environment,
    ...readPreviews(tree, content),
  };
}

/** The outermost span's; of a trace that is known from log records alone, its agent's or sender's. */
function readName({ outermost, nodes }: TraceTree): string {
  const first = outermost[0];
  if (first === undefined) return '';
  if (first.origin === 'span') return cutIdentifier(first.span.name);
  return first.span.facts.agentName ?? findFirst(nodes, ({ serviceName }) => serviceName) ?? first.span.name;
}

/**
 * By the agents' own spans; where there is none, by the calls that say whose they are. A name that is the service's
 * says only what sent them (Gemini CLI 0.61 puts it on every span).
 */
function listAgents({ tree, agentRuns }: TraceAnalysis): string[] {
  const named = collectSet(agentRuns, ({ agentName }) => agentName);
  if (named.length > 0) return named;
  return collectSet(tree.nodes, ({ type, agentName, serviceName }) =>
    type === 'llm' && agentName !== serviceName ? agentName : null,
  );
}

/** Distinct models by first use, those of agents included whose calls nobody reports. */
function listModels({ calls, counted }: UsageJudgement): string[] {
  const used = calls.map((call) => ({ node: call.node, model: readModel(call) }));
  for (const { node, call } of counted) {
    const { responseModel, requestModel } = node.span.facts;
    if (call === null) used.push({ node, model: responseModel ?? requestModel });
  }
  used.sort((left, right) => left.node.index - right.node.index);
  return listDistinct(used.map(({ model }) => model));
}

function listTags(nodes: readonly SpanNode[]): string[] {
  const tags: string[] = [];
  for (const { span } of nodes) for (const tag of span.facts.tags) tags.push(tag);
  return listDistinct(tags);
}

/** By the model calls; by the agents where no call names its provider. */
function listProviders(nodes: readonly SpanNode[], calls: readonly ModelCall[]): string[] {
  const providers = calls.map((call) => findFirst(call.members, ({ provider }) => provider));
  const named = listDistinct(providers);
  if (named.length > 0) return named;
  return collectSet(nodes, ({ type, provider }) => (type === 'agent' ? provider : null));
}

/**
 * `running` while a pending copy stands for any span, `waiting` while the last AI span waits for a person, otherwise
 * what became of the roots, or of the tops as long as there is no root. What failed below a completed root is in the
 * error count alone. An agent that is known from log records alone failed where its last model call did.
 */
function readStatus(tree: TraceTree): RunStatus {
  if (tree.nodes.some(({ span }) => span.facts.outcome === 'running')) return 'running';
  if (isWaiting(tree)) return 'waiting';
  if (tree.outermost.some(({ span }) => span.facts.outcome === 'failed')) return 'failed';
  return tree.outermost.some(({ span }) => span.facts.outcome === 'cancelled') ? 'cancelled' : 'completed';
}

const WORK = new Set(['agent', 'llm', 'tool', 'embedding', 'handoff']);

/** A wait is over once work has begun after it. */
function isWaiting({ nodes }: TraceTree): boolean {
  let waitingSince: bigint | null = null;
  for (const { span } of nodes) {
    if (span.facts.outcome === 'waiting') {
      if (waitingSince === null || span.endTimeUnixNano > waitingSince) waitingSince = span.endTimeUnixNano;
    } else if (waitingSince !== null && WORK.has(span.facts.type) && startOf(span) > waitingSince) {
      waitingSince = null;
    }
  }
  return waitingSince !== null;
}

/** First start and last end; times that are unknown (0) count only where there are no others. */
function readTimes(nodes: readonly SpanNode[]): { startTimeUnixNano: bigint; endTimeUnixNano: bigint } {
  let start: bigint | null = null;
  let end = 0n;
  for (const { span } of nodes) {
    const spanStart = startOf(span);
    if (spanStart !== 0n && (start === null || spanStart < start)) start = spanStart;
    if (spanStart > end) end = spanStart;
    if (span.endTimeUnixNano > end) end = span.endTimeUnixNano;
  }
  return { startTimeUnixNano: start ?? 0n, endTimeUnixNano: end };
}
