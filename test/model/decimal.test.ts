import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDecimal, sumDecimals } from '../../collector/model/decimal.js';

describe('sumDecimals', () => {
  it('adds what binary fractions can not', () => {
    expect(sumDecimals(['0.1', '0.2'])).toBe('0.3');
    expect(sumDecimals(Array.from({ length: 10_000 }, () => '0.000123'))).toBe('1.23');
  });

  it('keeps every digit of the largest and the smallest term', () => {
    expect(sumDecimals(['123456789012345678901234567890', '0.000000000000000000000000000001'])).toBe(
      '123456789012345678901234567890.000000000000000000000000000001',
    );
  });

  it('reads exponents and signs', () => {
    expect(sumDecimals(['1e-7', '2.5E+3', '-0.5', '+1.'])).toBe('2500.5000001');
  });

  it('takes digits with or without a point for what they are, few or many', () => {
    expect(sumDecimals(['0.00', '5.', '007.10'])).toBe('12.1');
    expect(sumDecimals(['0.123456789012345678901', '9007199254740993'])).toBe(
      '9007199254740993.123456789012345678901',
    );
    for (const text of ['.5', '.', '1.2.3', '']) expect(isDecimal(text)).toBe(false);
    expect(isDecimal(' 1.5 ')).toBe(true);
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 20n }), fc.nat(25), (units, scale) => {
        const digits = units.toString().padStart(scale + 1, '0');
        const point = digits.length - scale;
        const text = scale === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
        expect(sumDecimals([text])).toBe(sumDecimals([`${units}e-${scale}`]));
      }),
    );
  });

  it('is null where nothing is a number, and leaves out what is none', () => {
    expect(sumDecimals([])).toBeNull();
    expect(sumDecimals(['free', 'NaN', '1e999999999', ''])).toBeNull();
    expect(sumDecimals(['free', '0'])).toBe('0');
    expect(isDecimal('1,5')).toBe(false);
  });

  it('gives the sum that integers give, in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1e9, max: 1e9 }), { minLength: 1 }), (millionths) => {
        const texts = millionths.map((units) => `${units}e-6`);
        const sum = sumDecimals(texts);
        expect(sum).toBe(sumDecimals(texts.toReversed()));
        expect(Number(sum) * 1e6).toBeCloseTo(
          millionths.reduce((total, units) => total + units, 0),
          2,
        );
      }),
    );
  });
});
