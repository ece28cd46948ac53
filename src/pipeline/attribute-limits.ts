import type { Attributes } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { isContentKey } from './content-keys.js';
import { copySpan } from './copy-span.js';

/** Keys without which a span can't be told whose and what it is. */
const IDENTITY_KEYS: ReadonlySet<string> = new Set([
  'session.id',
  'user.id',
  'error.type',
  'openinference.span.kind',
  'langfuse.observation.type',
  'mastra.span.type',
  'traceloop.span.kind',
  'ai.operationId',
]);

/**
 * The span with at most `maxCount` attributes: those that identify it and count its tokens first (`gen_ai.*`,
 * `spanledger.*`, `session.id`, `user.id`, …), then others, then content, each in the order in which they were set.
 * What is left out is counted in `droppedAttributesCount`.
 *
 * The OTel SDK's own limit (`attributeCountLimit`, 128) drops what is set last whatever it is, which for a long
 * conversation is the usage (sdk-trace 2.12.1: Span.setAttribute). A provider of ours therefore has no limit and leaves it
 * to this; on a provider of somebody else this can't bring back what is gone.
 */
export function limitAttributes(span: ReadableSpan, maxCount: number): ReadableSpan {
  const keys = Object.keys(span.attributes);
  if (keys.length <= maxCount) return span;
  const ranked = [...keys.filter(isIdentity), ...keys.filter(isOther), ...keys.filter(isContentKey)];
  const kept = new Set(ranked.slice(0, maxCount));
  const attributes: Attributes = {};
  for (const key of keys) if (kept.has(key)) attributes[key] = span.attributes[key];
  return copySpan(span, {
    attributes,
    droppedAttributesCount: span.droppedAttributesCount + keys.length - kept.size,
  });
}

function isIdentity(key: string): boolean {
  if (isContentKey(key)) return false;
  return key.startsWith('gen_ai.') || key.startsWith('spanledger.') || IDENTITY_KEYS.has(key);
}

function isOther(key: string): boolean {
  return !isContentKey(key) && !isIdentity(key);
}
