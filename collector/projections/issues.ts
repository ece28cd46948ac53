import type { IngestIssue } from '../model/ingest-issue.js';
import type { TraceSpan } from '../model/rows.js';
import { startOf, type SpanNode, type TraceTree } from './tree.js';

/** Clocks that are kept by NTP differ by less. */
const CLOCK_TOLERANCE_NANOS = 1_000_000_000n;
const NANOS_PER_MILLI = 1_000_000n;

/** What only a whole trace shows to be wrong at its senders. Depends on the set of spans alone. */
export function findTraceIssues(tree: TraceTree): IngestIssue[] {
  const issues = findCircles(tree);
  return tree.isComplete ? [...issues, ...findSkews(tree)] : issues;
}

/** Spans at which a circle of parents was cut: their parent is here, and is below them. */
function findCircles({ nodes, tops }: TraceTree): IngestIssue[] {
  const cut = tops.filter(({ span }) => span.parentSpanId !== null);
  if (cut.length === 0) return [];
  const spanIds = new Set(nodes.map(({ span }) => span.spanId));
  return cut
    .filter(({ span }) => spanIds.has(span.parentSpanId ?? ''))
    .map(({ span }) => {
      const message =
        span.parentSpanId === span.spanId
          ? 'the span is its own parent: it is shown as a root'
          : 'the parents of the span lead back to itself: it is shown as a root';
      return createIssue('PARENT_CIRCLE', span, message);
    });
}

interface Skew {
  node: SpanNode;
  parent: SpanNode;
  nanos: bigint;
}

/** For each pair of services the worst: one clock that is off puts all its spans before their parents. */
function findSkews({ nodes }: TraceTree): IngestIssue[] {
  const worst = new Map<string, Skew>();
  for (const node of nodes) {
    const skew = findSkew(node);
    if (skew === undefined) continue;
    const pair = JSON.stringify([skew.parent.span.facts.serviceName, node.span.facts.serviceName]);
    const known = worst.get(pair);
    if (known === undefined || skew.nanos > known.nanos) worst.set(pair, skew);
  }
  return [...worst.values()].map(({ node: { span }, parent, nanos }) => {
    const message =
      `the span starts ${nanos / NANOS_PER_MILLI} ms before its parent in ` +
      `${nameService(parent.span)} does: the clocks of the two services differ`;
    return createIssue('CLOCK_SKEW', span, message);
  });
}

/**
 * That a span starts before its parent in another service. One that ends after its parent is no sign: work that
 * nobody waits for does.
 */
function findSkew(node: SpanNode): Skew | undefined {
  const { span, parent, origin } = node;
  if (parent?.origin !== 'span' || origin !== 'span') return undefined;
  if (span.facts.serviceName === parent.span.facts.serviceName) return undefined;
  const [start, parentStart] = [startOf(span), startOf(parent.span)];
  if (start === 0n || parentStart === 0n) return undefined;
  const nanos = parentStart - start;
  return nanos > CLOCK_TOLERANCE_NANOS ? { node, parent, nanos } : undefined;
}

function createIssue(code: string, span: TraceSpan, message: string): IngestIssue {
  return {
    code,
    message,
    signal: 'traces',
    serviceName: span.facts.serviceName,
    scopeName: null,
    traceId: span.traceId,
    spanId: span.spanId,
    key: null,
  };
}

function nameService({ facts }: TraceSpan): string {
  return facts.serviceName ?? 'an unnamed service';
}
