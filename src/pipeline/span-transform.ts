import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { limitAttributes } from './attribute-limits.js';
import { createCapture, type CaptureOptions } from './capture.js';
import { copySpan } from './copy-span.js';
import { createCostStamp, type CostOptions } from './cost.js';
import { createRedactor, type RedactionOptions } from './redaction.js';
import { createTruncation, type TruncationOptions } from './truncation.js';

/**
 * What is done to a span on its way to our exporter. It copies and never mutates, because other processors see the span
 * as it was, and it never throws. A span that needs no change may come back as it is.
 */
export interface SpanTransform {
  (span: ReadableSpan): ReadableSpan;
  /**
   * Begins to load what the spans need (the price library), and resolves when it is there. Undefined where nothing has
   * to be waited for. Never rejects.
   */
  prepare?(spans: readonly ReadableSpan[]): Promise<void> | undefined;
}

/** Settings of {@link createSpanTransform}. */
export interface TransformOptions {
  /** How much of what was said leaves the process; `all` by default. */
  capture?: CaptureOptions;
  /** What is made unreadable; secrets of known forms by default, `false` for nothing. */
  redaction?: RedactionOptions | false;
  /** When values are cut; `false` for never. */
  truncation?: TruncationOptions | false;
  /** Attributes that a span may have, 1,024 by default; those that identify it are kept before others. */
  maxAttributes?: number;
  /** Prices that spans are stamped with; none by default, since the collector prices what it receives. */
  cost?: CostOptions;
}

/** Attributes that a span may have where nothing else is said. */
const DEFAULT_MAX_ATTRIBUTES = 1_024;

/**
 * Puts together what happens to each span between its end and the exporter: cost, capture level, redaction, truncation
 * and the limit on attributes, in this order: secrets are looked for before a cut could make them unrecognisable.
 */
export function createSpanTransform(options: TransformOptions = {}): SpanTransform {
  const { maxAttributes = DEFAULT_MAX_ATTRIBUTES } = options;
  const cost = options.cost === undefined ? undefined : createCostStamp(options.cost);
  const steps: ((span: ReadableSpan) => ReadableSpan)[] = [];
  if (cost !== undefined) steps.push(cost.stamp);
  const capture = createCapture(options.capture ?? 'all');
  if (capture !== undefined) steps.push(capture);
  if (options.redaction !== false) steps.push(createRedactor(options.redaction ?? {}).redactSpan);
  if (options.truncation !== false) steps.push(createTruncation(options.truncation ?? {}));
  steps.push((span) => limitAttributes(span, maxAttributes));

  const transform = (span: ReadableSpan): ReadableSpan => {
    let current = span;
    try {
      for (const step of steps) current = step(current);
      return current;
    } catch {
      return withoutDetails(span);
    }
  };
  return cost === undefined ? transform : Object.assign(transform, { prepare: cost.prepare });
}

/** The bare span, for when what it carries could not be gone through: rather too little than a secret. */
export function withoutDetails(span: ReadableSpan): ReadableSpan {
  return copySpan(span, { attributes: {}, events: [], links: [], status: { code: span.status.code } });
}
