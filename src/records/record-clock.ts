import type { HrTime } from '@opentelemetry/api';

const MICROS_OF_SECOND = 1_000_000;

let lastMicros = 0;

/**
 * The present moment, later than the one before by a microsecond at least: what is folded in order of time (spec/README.md)
 * has an order within one process, however fast it is emitted. A clock that is set back by a second or more is followed.
 */
export function nextMoment(): HrTime {
  const nowMicros = Date.now() * 1_000;
  const isAhead = nowMicros > lastMicros || lastMicros - nowMicros >= MICROS_OF_SECOND;
  lastMicros = isAhead ? nowMicros : lastMicros + 1;
  return [Math.floor(lastMicros / MICROS_OF_SECOND), (lastMicros % MICROS_OF_SECOND) * 1_000];
}
