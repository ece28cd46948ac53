import { isOddKey } from '../value-codec.js';

/** In code units of the keys, of which each takes some more: a few MB. */
const REMEMBERED_LENGTH = 500_000;
const ENTRY_LENGTH = 100;

/** An attribute key, as far as one span goes. */
export interface SpanKey {
  /** `"key":` in UTF-8. */
  readonly json: Uint8Array;
  /** Whether an object with it is stored as `$pairs`. */
  readonly isOdd: boolean;
  /** Whether the span has several attributes of that key. */
  isRepeated: boolean;
  /** Whether one of these has a large value or a message body; not so in the beginning. */
  isHeavy: boolean;
}

/**
 * The keys of one span's attributes after those of the other. Most spans have the same: what is the same for all of
 * them is made once, and with the one look-up goes what a set of a span's keys would be for.
 */
class SpanKeys {
  private readonly known = new Map<string, SpanKey & { span: number }>();
  private length = 0;
  private span = 0;

  /** Turns to another span. What was answered for the last one is no longer valid. */
  begin(): void {
    this.span += 1;
    if (this.length <= REMEMBERED_LENGTH) return;
    this.known.clear();
    this.length = 0;
  }

  add(key: string): SpanKey {
    const known = this.known.get(key);
    if (known === undefined) return this.remember(key);
    if (known.span === this.span) {
      known.isRepeated = true;
      return known;
    }
    known.span = this.span;
    known.isRepeated = false;
    known.isHeavy = false;
    return known;
  }

  private remember(key: string): SpanKey {
    const added = {
      json: Buffer.from(`${JSON.stringify(key)}:`, 'utf8'),
      isOdd: isOddKey(key),
      isRepeated: false,
      isHeavy: false,
      span: this.span,
    };
    this.known.set(key, added);
    this.length += key.length + ENTRY_LENGTH;
    return added;
  }
}

export const SPAN_KEYS = new SpanKeys();
