import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { toCollectedSpan, type CollectedSpan } from './collected-span.js';
import { renderTree } from './render-tree.js';
import type { SpanCollection } from './span-collection.js';
import type { Evidence, MatcherResult } from './span-matchers.js';

/** The spans in what was given to `expect`; throws where there can be none in it. */
export function readEvidence(received: unknown): Evidence {
  if (Array.isArray(received)) return { spans: received.map(readSpan), openSpans: undefined };
  const { spans, openSpans } = (received ?? {}) as { spans?: unknown; openSpans?: unknown };
  if (typeof spans !== 'function' || typeof openSpans !== 'function') {
    throw new TypeError(
      'spanledger/testing: expect() was given neither a collection of collectSpans() nor a list of ended spans',
    );
  }
  const collection = received as Pick<SpanCollection, 'spans' | 'openSpans'>;
  return { spans: collection.spans(), openSpans: collection.openSpans() };
}

function readSpan(value: unknown): CollectedSpan {
  const { spanContext, spanId, type } = (value ?? {}) as Record<string, unknown>;
  if (typeof spanContext === 'function') return toCollectedSpan(value as ReadableSpan);
  if (typeof spanId === 'string' && typeof type === 'string') return value as CollectedSpan;
  throw new TypeError(
    'spanledger/testing: expect() was given a list with something in it that is no ended span',
  );
}

/** A matcher's answer. `claim` follows "expected" and "not"; `found` says what there was instead. */
export function judge(
  evidence: Evidence,
  { pass, claim, found = [] }: { pass: boolean; claim: string; found?: readonly string[] },
): MatcherResult {
  return {
    pass,
    message: () =>
      [
        `expected ${pass ? 'not ' : ''}${claim}`,
        ...(found.length > 0 ? ['', ...found] : []),
        '',
        ...describe(evidence),
      ].join('\n'),
  };
}

function describe({ spans, openSpans = [] }: Evidence): string[] {
  const lines =
    spans.length === 0 ? ['No span has ended.'] : ['The spans:', renderTree(spans, { content: true })];
  return openSpans.length === 0 ? lines : [...lines, `Still open: ${openSpans.join(', ')}`];
}
