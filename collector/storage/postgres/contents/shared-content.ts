import type { ContentRef } from '../value-codec.js';

/** A piece of text that several spans of a day have in common. */
export interface SharedContent extends ContentRef {
  /** Midnight of the UTC day of the spans that name it, in microseconds. */
  dayMicros: bigint;
  text: string;
}
