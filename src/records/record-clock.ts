import type { HrTime } from '@opentelemetry/api';
import { state } from '../setup/state.js';

const MICROS_OF_SECOND = 1_000_000;

let lastMicros = 0;

/**
 * The present moment, later than the one before by a microsecond at least: what is folded in order of time (spec/README.md)
 * has an order within one process, however fast it is emitted. A clock that is set back by a second or more is followed.
 * The clock of a test is taken as it is.
 */
export function nextMoment(): HrTime {
  if (state.readMillis !== undefined) return toHrTime(Math.round(state.readMillis() * 1_000));
  const nowMicros = Date.now() * 1_000;
  const isFollowed = nowMicros > lastMicros || lastMicros - nowMicros >= MICROS_OF_SECOND;
  lastMicros = isFollowed ? nowMicros : lastMicros + 1;
  return toHrTime(lastMicros);
}

function toHrTime(micros: number): HrTime {
  const seconds = Math.floor(micros / MICROS_OF_SECOND);
  return [seconds, (micros - seconds * MICROS_OF_SECOND) * 1_000];
}
