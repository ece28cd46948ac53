import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTimeFilter } from '../../collector/contract/parameters.js';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');

describe('a time filter', () => {
  it.each([
    ['15m', '2026-03-01T11:45:00.000Z'],
    ['24h', '2026-02-28T12:00:00.000Z'],
    ['7d', '2026-02-22T12:00:00.000Z'],
    ['90s', '2026-03-01T11:58:30.000Z'],
    ['2w', '2026-02-15T12:00:00.000Z'],
  ])('reads %s as so long before now', (text, expected) => {
    expect(readTimeFilter(text, NOW)).toBe(expected);
  });

  it.each([
    ['2026-01-31T10:20:30Z', '2026-01-31T10:20:30.000Z'],
    ['2026-01-31t10:20:30z', '2026-01-31T10:20:30.000Z'],
    ['2026-01-31T10:20:30.5Z', '2026-01-31T10:20:30.500Z'],
    ['2026-01-31T10:20:30.123456789Z', '2026-01-31T10:20:30.123456789Z'],
    ['2026-01-31T10:20:30.1234567891234Z', '2026-01-31T10:20:30.123456789Z'],
    ['2026-01-31T00:20:30+02:00', '2026-01-30T22:20:30.000Z'],
    ['2026-01-31T00:20:30 02:00', '2026-01-30T22:20:30.000Z'],
    ['2026-01-31T23:20:30-02:00', '2026-02-01T01:20:30.000Z'],
    ['0001-01-01T00:00:00Z', '1970-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59-23:59', '9999-12-31T00:00:00.000Z'],
    ['999999999w', '1970-01-01T00:00:00.000Z'],
  ])('reads %s as %s', (text, expected) => {
    expect(readTimeFilter(text, NOW)).toBe(expected);
  });

  it.each([
    '',
    'yesterday',
    '2026-01-31',
    '2026-01-31T10:20:30',
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
  ])('does not take %j for a time', (text) => {
    expect(readTimeFilter(text, NOW)).toBeUndefined();
  });

  it.each(['2026-01-31T25:00:00Z', '2026-01-31T10:61:00Z', '15', 'm', '-5m', '1.5h', '15M'])(
    'does not take %j for a time either',
    (text) => {
      expect(readTimeFilter(text, NOW)).toBeUndefined();
    },
  );

  it('keeps every moment that a machine writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Date.UTC(9999, 0, 1) }), (millis) => {
        const text = new Date(millis).toISOString();
        expect(readTimeFilter(text, NOW)).toBe(text);
      }),
    );
  });
});
