import { expect, test } from 'vitest';
import { wantsBrowser } from '../../collector/cli/open-browser.js';
import { parseConfig } from '../../collector/config.js';

const config = parseConfig({ flags: {}, env: {} });
const sitting = { stdout: { write: () => true, isTTY: true }, env: { DISPLAY: ':0' } };
const io = (change: object) => ({
  ...sitting,
  stderr: sitting.stdout,
  nowMillis: () => 0,
  confirm: null,
  listenForStop: () => new AbortController().signal,
  ...change,
});

test('a browser is opened where somebody sits in front of a screen', () => {
  expect(wantsBrowser(config, io({}), 'linux')).toBe(true);
  expect(wantsBrowser(config, io({ env: {} }), 'darwin')).toBe(true);
});

test.each([
  ['with --no-open', { ...config, noOpen: true }, io({}), 'linux'],
  ['in a pipe', config, io({ stdout: { write: () => true } }), 'linux'],
  ['on a build machine', config, io({ env: { DISPLAY: ':0', CI: 'true' } }), 'linux'],
  ['over SSH', config, io({ env: { DISPLAY: ':0', SSH_CONNECTION: '1' } }), 'linux'],
  ['without a display', config, io({ env: {} }), 'linux'],
] as const)('no browser is opened %s', (_name, given, where, platform) => {
  expect(wantsBrowser(given, where, platform)).toBe(false);
});
