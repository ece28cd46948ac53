import { TraceFlags, type Attributes } from '@opentelemetry/api';
import type { ReadableSpan, Span } from '@opentelemetry/sdk-trace-base';

/** Ended spans that are remembered at most: four times the queue of a BatchSpanProcessor (sdk-trace 2.12.1: 2,048). */
const MAX_UNSENT = 8_192;

/** What their texts may have together, in characters: more than that no spool takes (64 MiB). */
const MAX_UNSENT_LENGTH = 64 * 1024 * 1024;

/** Open spans that are remembered at most: one that is never ended must not stay in memory for ever. */
const MAX_OPEN = 16_384;

/** Limits of what is remembered. */
export interface UnsentSpansOptions {
  /** Ended spans that are kept at most, 8,192 by default; beyond it the oldest are forgotten and counted. */
  maxUnsent?: number;
  /**
   * Characters of text that these have in attributes and events together, 67,108,864 by default: while a collector is away,
   * spans with long conversations must not fill the memory.
   */
  maxUnsentLength?: number;
}

interface Unsent {
  span: ReadableSpan;
  textLength: number;
}

/**
 * Knows which spans are open, and which have ended without that an exporter has confirmed them. It decides nothing:
 * the exit guard asks it what is left when the process ends.
 *
 * Spans are told apart by trace id and span id, so that copies made by a transform count as the span they are of.
 * Only sampled spans are watched. None of the methods throws.
 */
export class UnsentSpans {
  readonly #open = new Map<string, Span>();
  readonly #unsent = new Map<string, Unsent>();
  readonly #maxUnsent: number;
  readonly #maxUnsentLength: number;
  #unsentLength = 0;
  #forgottenCount = 0;
  #endedCount = 0;

  /** Remembers nothing yet. */
  constructor({ maxUnsent = MAX_UNSENT, maxUnsentLength = MAX_UNSENT_LENGTH }: UnsentSpansOptions = {}) {
    this.#maxUnsent = maxUnsent;
    this.#maxUnsentLength = maxUnsentLength;
  }

  /** A span has started. */
  onStart(span: Span): void {
    if (!isSampled(span)) return;
    this.#open.set(keyOf(span), span);
    if (this.#open.size > MAX_OPEN) removeOldest(this.#open);
  }

  /** A span has ended, and is to be exported; it is unsent until it is confirmed. */
  onEnd(span: ReadableSpan): void {
    const key = keyOf(span);
    this.#open.delete(key);
    if (!isSampled(span)) return;
    this.#endedCount += 1;
    this.#forget(key);
    const textLength = measureTexts(span);
    this.#unsent.set(key, { span, textLength });
    this.#unsentLength += textLength;
    for (const oldest of this.#unsent.keys()) {
      if (this.#unsent.size <= this.#maxUnsent && this.#unsentLength <= this.#maxUnsentLength) return;
      this.#forget(oldest);
      this.#forgottenCount += 1;
    }
  }

  /**
   * Spans that need no further care: an exporter took them, or somebody chose not to send them (sampling). Unknown
   * ones are ignored.
   */
  confirm(spans: Iterable<ReadableSpan>): void {
    for (const span of spans) {
      const key = keyOf(span);
      this.#forget(key);
      this.#open.delete(key);
    }
  }

  #forget(key: string): void {
    this.#unsentLength -= this.#unsent.get(key)?.textLength ?? 0;
    this.#unsent.delete(key);
  }

  /** Ended spans that nobody has confirmed, oldest first. */
  listUnsent(): ReadableSpan[] {
    return [...this.#unsent.values()].map(({ span }) => span);
  }

  /** Spans that have started and not ended, oldest first. */
  listOpen(): Span[] {
    return [...this.#open.values()];
  }

  /** How many ended spans were forgotten because there were too many. */
  get forgottenCount(): number {
    return this.#forgottenCount;
  }

  /** How many spans have ended so far, sent or not: tells whether something happened since one last looked. */
  get endedCount(): number {
    return this.#endedCount;
  }
}

function keyOf(span: ReadableSpan): string {
  const { traceId, spanId } = span.spanContext();
  return traceId + spanId;
}

function measureTexts({ attributes, events }: ReadableSpan): number {
  return events.reduce(
    (sum, event) => sum + measureAttributes(event.attributes),
    measureAttributes(attributes),
  );
}

function measureAttributes(attributes: Attributes = {}): number {
  let length = 0;
  for (const key in attributes) {
    const value = attributes[key];
    if (typeof value === 'string') length += value.length;
    else if (Array.isArray(value))
      for (const item of value) if (typeof item === 'string') length += item.length;
  }
  return length;
}

function removeOldest(spans: Map<string, unknown>): void {
  const oldest = spans.keys().next();
  if (oldest.done !== true) spans.delete(oldest.value);
}

function isSampled(span: ReadableSpan): boolean {
  return (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0;
}
