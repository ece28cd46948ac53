import { isSpanContextValid, type Link, type SpanContext } from '@opentelemetry/api';
import { quietly } from '../quietly.js';
import { ATTR, LINK } from '../semconv.js';
import { extractSpanContext } from './extract.js';

/** What a link can point at: a span, its context, or a carrier that tells of it (see `extractContext`). */
export type LinkTarget =
  | {
      /** As that of a span of the OTel API, or of an operation's `span`. */
      spanContext(): SpanContext;
    }
  | SpanContext
  | object
  | null
  | undefined;

/**
 * Links that say: this is another attempt at what that span tried (`spanledger.link = retry_of`). One link, or none where
 * the target is no span that was recorded; never throws.
 *
 * ```ts
 * await agent({ name: 'researcher', attempt: 2, links: retryOf(failed) }, run);
 * ```
 */
export function retryOf(target: LinkTarget): Link[] {
  return linkTo(target, LINK.retryOf);
}

/**
 * Links that say: that span handed its work over to this one (`spanledger.link = handoff_from`), where this one begins a
 * trace of its own. One link, or none where the target is no span that was recorded; never throws.
 */
export function handoffFrom(target: LinkTarget): Link[] {
  return linkTo(target, LINK.handoffFrom);
}

function linkTo(target: LinkTarget, relation: string): Link[] {
  const context = quietly(() => findSpanContext(target));
  return context === undefined ? [] : [{ context, attributes: { [ATTR.link]: relation } }];
}

function findSpanContext(target: LinkTarget): SpanContext | undefined {
  if (typeof target !== 'object' || target === null) return undefined;
  const context =
    'spanContext' in target && typeof target.spanContext === 'function' ? target.spanContext() : target;
  return isSpanContext(context) ? context : extractSpanContext(target);
}

function isSpanContext(value: unknown): value is SpanContext {
  const { traceId, spanId } = value as Partial<SpanContext>;
  return (
    typeof traceId === 'string' && typeof spanId === 'string' && isSpanContextValid(value as SpanContext)
  );
}
