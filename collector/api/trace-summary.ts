import type { TraceSummary } from '../contract/answers.js';
import type { Trace } from '../contract/shapes.js';
import { NO_USAGE_DETAILS } from '../model/gen-ai.js';
import type { Usage } from '../model/gen-ai.js';
import type { SpanType } from '../model/normalized-span.js';
import type { ModelUsage } from '../model/rows.js';
import { durationMillis, renderTime } from '../model/time.js';
import { splitTokens } from '../model/token-classes.js';
import type { TraceSpanWithKind } from '../storage/storage.js';
import { compareNanos, findCriticalPath, measureSelfNanos } from './critical-path.js';
import { presentCounts, presentTokenClasses } from './present-usage.js';
import { buildSpanTree, walkBreadthFirst } from './span-tree.js';
import type { TreeNode } from './span-tree.js';

const SLOWEST = 10;
const LISTED_ERRORS = 100;
const LISTED_PATH = 200;

/** What a trace came to: the stored sums, and what its spans show together. */
export function summarizeTrace(
  trace: Trace,
  spans: readonly TraceSpanWithKind[],
  models: readonly ModelUsage[],
): TraceSummary {
  const roots = buildSpanTree(spans);
  const nodes = [...walkBreadthFirst(roots)];
  const start = spans[0]?.startTimeUnixNano ?? 0n;
  return {
    ...pickSums(trace),
    token_classes: presentTokenClasses(splitTokens(readUsage(trace), NO_USAGE_DETAILS)),
    models: models.map(presentModel),
    steps: countSteps(spans),
    errors: listFailureOrigins(nodes)
      .slice(0, LISTED_ERRORS)
      .map(({ span }) => ({
        ...presentStep(span, start),
        error_type: span.facts.errorType,
        error_message: span.facts.errorMessage,
      })),
    slowest_spans: nodes
      .toSorted((a, b) => compareNanos(nanosOf(b.span), nanosOf(a.span)))
      .slice(0, SLOWEST)
      .map((node) => ({ ...presentStep(node.span, start), self_ms: toMillis(measureSelfNanos(node)) })),
    critical_path: keepLongest(findCriticalPath(roots)).map(({ span, selfNanos }) => ({
      ...presentStep(span, start),
      self_ms: toMillis(selfNanos),
    })),
  };
}

function pickSums(trace: Trace) {
  return {
    trace_id: trace.trace_id,
    name: trace.name,
    status: trace.status,
    started_at: trace.started_at,
    ended_at: trace.ended_at,
    duration_ms: trace.duration_ms,
    span_count: trace.span_count,
    llm_calls: trace.llm_calls,
    failed_llm_calls: trace.failed_llm_calls,
    tool_calls: trace.tool_calls,
    error_count: trace.error_count,
    failed_span_count: trace.failed_span_count,
    input_tokens: trace.input_tokens,
    output_tokens: trace.output_tokens,
    cached_input_tokens: trace.cached_input_tokens,
    cache_write_tokens: trace.cache_write_tokens,
    reasoning_tokens: trace.reasoning_tokens,
    cost_usd: trace.cost_usd,
    cost_source: trace.cost_source,
  };
}

/** Cached tokens and reasoning are all that the sums of a trace tell apart. */
function readUsage(trace: Trace): Usage {
  return {
    inputTokens: trace.input_tokens,
    outputTokens: trace.output_tokens,
    cachedInputTokens: trace.cached_input_tokens,
    cacheWriteTokens: trace.cache_write_tokens,
    reasoningTokens: trace.reasoning_tokens,
  };
}

function presentModel({
  model,
  provider,
  calls,
  unpricedCalls,
  totals,
  costSource,
}: ModelUsage): TraceSummary['models'][number] {
  return {
    model,
    provider,
    calls,
    unpriced_calls: unpricedCalls,
    ...presentCounts(totals),
    cost_usd: totals.costUsd === null ? null : Number(totals.costUsd),
    cost_source: costSource,
  };
}

function countSteps(spans: readonly TraceSpanWithKind[]): TraceSummary['steps'] {
  const steps = new Map<SpanType, { count: number; failed: number; nanos: bigint }>();
  for (const span of spans) {
    const step = steps.get(span.facts.type) ?? { count: 0, failed: 0, nanos: 0n };
    step.count += 1;
    step.failed += isFailed(span) ? 1 : 0;
    step.nanos += nanosOf(span);
    steps.set(span.facts.type, step);
  }
  return [...steps]
    .map(([type, { count, failed, nanos }]) => ({ type, count, failed, total_ms: toMillis(nanos) }))
    .sort((a, b) => b.count - a.count);
}

/** A span that failed because one below it did is not where the failure began. In start order. */
function listFailureOrigins(nodes: readonly TreeNode<TraceSpanWithKind>[]): TreeNode<TraceSpanWithKind>[] {
  const failedInside = new Set<TreeNode<TraceSpanWithKind>>();
  const origins: TreeNode<TraceSpanWithKind>[] = [];
  // Children before parents.
  for (const node of nodes.toReversed()) {
    const isInherited = node.children.some((child) => failedInside.has(child));
    if (isFailed(node.span) && !isInherited) origins.push(node);
    if (isFailed(node.span) || isInherited) failedInside.add(node);
  }
  return origins.sort((a, b) => compareNanos(a.span.startTimeUnixNano, b.span.startTimeUnixNano));
}

function isFailed(span: TraceSpanWithKind): boolean {
  return span.facts.outcome === 'failed';
}

function keepLongest<Entry extends { selfNanos: bigint }>(path: readonly Entry[]): Entry[] {
  if (path.length <= LISTED_PATH) return [...path];
  const longest = path.toSorted((a, b) => compareNanos(b.selfNanos, a.selfNanos)).slice(0, LISTED_PATH);
  const kept = new Set(longest);
  return path.filter((entry) => kept.has(entry));
}

function presentStep(span: TraceSpanWithKind, start: bigint) {
  return {
    span_id: span.spanId,
    name: span.name,
    type: span.facts.type,
    started_at: renderTime(span.startTimeUnixNano),
    offset_ms: durationMillis(start, span.startTimeUnixNano),
    duration_ms: durationMillis(span.startTimeUnixNano, span.endTimeUnixNano),
  };
}

function nanosOf(span: TraceSpanWithKind): bigint {
  const nanos = span.endTimeUnixNano - span.startTimeUnixNano;
  return nanos > 0n ? nanos : 0n;
}

function toMillis(nanos: bigint): number {
  return durationMillis(0n, nanos);
}
