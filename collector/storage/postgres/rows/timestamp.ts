import { renderTime } from '../../../model/time.js';

/** The text of a timestamptz parameter for microseconds since the epoch, as the pool's parsers give them. */
export function renderTimestamp(micros: bigint): string {
  return renderTime(micros * 1000n);
}
