import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestCollector, type TestCollector } from '../support/collector.js';

const MAIN = fileURLToPath(new URL('../../dist/collector/cli/main.js', import.meta.url));

let collector: TestCollector;

beforeAll(async () => {
  collector = await startTestCollector();
});

afterAll(async () => {
  await collector.close();
});

/** The built command in a process of its own. */
function start(...args: string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, SPANLEDGER_URL: collector.url, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let err = '';
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  const ended = once(child, 'close').then(([code, signal]: unknown[]) => ({ code, signal, err }));
  return { child, ended };
}

test('a reader that goes away ends a command quietly', async () => {
  const { child, ended } = start('openapi');
  child.stdout.destroy();
  expect(await ended).toEqual({ code: 0, signal: null, err: '' });
});

test('a slow reader gets everything', async () => {
  const { child, ended } = start('openapi');
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout) chunks.push(chunk as Buffer);
  expect(JSON.parse(Buffer.concat(chunks).toString())).toMatchObject({ openapi: '3.1.0' });
  expect(await ended).toEqual({ code: 0, signal: null, err: '' });
});

test('a usage error is the exit code 2 of the process', async () => {
  expect(await start('traces', 'show').ended).toMatchObject({ code: 2, signal: null });
});

test.skipIf(process.platform === 'win32').each(['SIGINT', 'SIGTERM'] as const)(
  '%s ends tail with exit code 0',
  async (signal) => {
    expect(await start('demo').ended).toMatchObject({ code: 0 });
    const { child, ended } = start('traces', 'tail');
    await once(child.stdout, 'data');
    child.kill(signal);
    expect(await ended).toEqual({ code: 0, signal: null, err: '' });
  },
);
