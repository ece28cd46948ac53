import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutUtf8 } from '../../collector/api/cut-utf8.js';

describe('cutting a text', () => {
  it('leaves a text that fits as it is', () => {
    expect(cutUtf8('näive', 6)).toBe('näive');
  });

  it('cuts no character', () => {
    expect(cutUtf8('aä', 2)).toBe('a');
    expect(cutUtf8('a😀b', 4)).toBe('a');
    expect(cutUtf8('a😀b', 5)).toBe('a😀');
  });

  it('keeps as many whole characters as fit', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat({ max: 40 }), (text, limit) => {
        const cut = cutUtf8(text, limit);
        expect(text.startsWith(cut)).toBe(true);
        expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(limit);
        const next = text.codePointAt(cut.length);
        if (next !== undefined) {
          expect(Buffer.byteLength(cut + String.fromCodePoint(next))).toBeGreaterThan(limit);
        }
      }),
    );
  });
});
