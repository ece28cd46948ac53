import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTime, renderTime } from '../../collector/model/time.js';

describe('renderTime', () => {
  it('has as many digits as hold all that is known', () => {
    const second = 1_763_000_000_000_000_000n;
    expect(renderTime(second)).toBe('2025-11-13T02:13:20.000Z');
    expect(renderTime(second + 7_000_000n)).toBe('2025-11-13T02:13:20.007Z');
    expect(renderTime(second + 70_000n)).toBe('2025-11-13T02:13:20.000070Z');
    expect(renderTime(second + 999_999_999n)).toBe('2025-11-13T02:13:20.999999999Z');
    expect(renderTime(second + 1_000_000_000n)).toBe('2025-11-13T02:13:21.000Z');
  });

  it('can be read back, whatever was rendered before', () => {
    const time = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    fc.assert(
      fc.property(time, fc.integer({ min: 0, max: 2_000_000_000 }), (unixNano, later) => {
        expect(parseTime(renderTime(unixNano))).toBe(unixNano);
        const next = unixNano + BigInt(later);
        expect(parseTime(renderTime(next))).toBe(next);
      }),
    );
  });
});
