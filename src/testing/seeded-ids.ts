import type { IdGenerator } from '@opentelemetry/sdk-trace-base';

const MAX_SEED = 0xffff_ffff;

/** Ids that count up from 1, the seed in front: the same code has the same ids each time. */
export function createSeededIds(seed: number): IdGenerator {
  if (!Number.isInteger(seed) || seed < 0 || seed > MAX_SEED) {
    throw new RangeError(
      `spanledger/testing: the seed is ${seed}, and must be a whole number from 0 to 2^32 - 1`,
    );
  }
  const prefix = seed.toString(16).padStart(8, '0');
  let traces = 0;
  let spans = 0;
  return {
    generateTraceId: () => prefix + (traces += 1).toString(16).padStart(24, '0'),
    generateSpanId: () => prefix + (spans += 1).toString(16).padStart(8, '0'),
  };
}
