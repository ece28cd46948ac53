import { expect, test } from 'vitest';
import {
  renderAge,
  renderBytes,
  renderCount,
  renderDuration,
  renderMoney,
  renderQuantity,
  renderTokenFlow,
} from '../../collector/cli/render/figures.js';
import { cleanLine, cutText, measureWidth, padText } from '../../collector/cli/render/text.js';
import { NOW } from './samples.js';

test('durations are in units a reader knows', () => {
  const cases: [number, string][] = [
    [0, '0ms'],
    [0.4, '<1ms'],
    [840, '840ms'],
    [999.6, '1.0s'],
    [1234, '1.2s'],
    [59_960, '1m 00s'],
    [184_000, '3m 04s'],
    [3_599_700, '1h 00m'],
    [7_500_000, '2h 05m'],
    [273_600_000, '3d 04h'],
  ];
  for (const [millis, text] of cases) expect(renderDuration(millis)).toBe(text);
});

test('money is never shown as nothing, and unknown is not zero', () => {
  expect([null, 0, 0.00001, 0.0042, 0.5, 3.2, 1204.4].map(renderMoney)).toEqual([
    '–',
    '$0',
    '<$0.0001',
    '$0.0042',
    '$0.5000',
    '$3.20',
    '$1,204',
  ]);
});

test('counts, sizes and quantities', () => {
  expect([null, 0, 488, 12_400, 999_960, 3_100_000].map(renderCount)).toEqual([
    '–',
    '0',
    '488',
    '12.4k',
    '1.0M',
    '3.1M',
  ]);
  expect(renderTokenFlow(12_400, 488)).toBe('12.4k in / 488 out');
  expect(renderTokenFlow(null, null)).toBe('');
  expect([0, 1023, 1024, 1_288_490_189].map(renderBytes)).toEqual(['0 B', '1023 B', '1.0 KiB', '1.2 GiB']);
  expect(renderQuantity(1, 'span')).toBe('1 span');
  expect(renderQuantity(1200, 'span')).toBe('1,200 spans');
});

test('ages are relative until they are a month old', () => {
  const before = (millis: number) => renderAge(new Date(NOW - millis).toISOString(), NOW);
  expect(before(2000)).toBe('just now');
  expect(before(40_000)).toBe('40s ago');
  expect(before(3_700_000)).toBe('1h ago');
  expect(before(3 * 86_400_000)).toBe('3d ago');
  expect(before(40 * 86_400_000)).toBe('2026-01-20');
  expect(before(-3_600_000)).toBe('2026-03-01');
  expect(renderAge('never', NOW)).toBe('–');
});

test('width is what a terminal shows', () => {
  expect(measureWidth('plain')).toBe(5);
  expect(measureWidth('漢字')).toBe(4);
  expect(measureWidth('e\u0301')).toBe(1);
  expect(measureWidth('🇩🇪')).toBe(2);
  expect(measureWidth('👩‍👩‍👧')).toBe(2);
  expect(measureWidth('⚠️')).toBe(2);
  expect(measureWidth('\u200b')).toBe(0);
});

test('cutting never exceeds the width and never splits a character', () => {
  expect(cutText('abcdef', 4)).toBe('abc…');
  expect(cutText('abcd', 4)).toBe('abcd');
  expect(cutText('漢字漢字', 4)).toBe('漢…');
  expect(cutText('漢字', 4)).toBe('漢字');
  expect(cutText('👩‍👩‍👧👩‍👩‍👧', 3)).toBe('👩‍👩‍👧…');
  expect(cutText('abc', 0)).toBe('');
  expect(padText('漢', 4)).toBe('漢  ');
  expect(padText('7', 3, 'right')).toBe('  7');
});

test('a line from outside is made harmless', () => {
  expect(cleanLine('a\u001b[31mb')).toBe('a␛[31mb');
  expect(cleanLine('a\r\n\tb')).toBe('a b');
  expect(cleanLine('a\u0085b\u2028c')).toBe('a b c');
  expect(cleanLine('\u202eevil\u2066')).toBe('\ufffdevil\ufffd');
  expect(cleanLine('\ud800x')).toBe('\ufffdx');
  expect(cleanLine('\u009b2J\u007f')).toBe('\ufffd2J␡');
});
