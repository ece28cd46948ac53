import type { Queryable } from '../rows/queryable.js';

/** What every read needs. */
export interface ReadContext {
  /** Its failures are `SpanledgerError`s. */
  database: Queryable;
  /** Now, in nanoseconds since the epoch. */
  clock: () => bigint;
}
