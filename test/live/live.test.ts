import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { startTestCollector, type TestCollector } from '../support/collector.js';
import { describeExpected, findTexts, readStored, type Truth } from './stored.js';

const LIVE = fileURLToPath(new URL('.', import.meta.url));
const RUNS = readdirSync(`${LIVE}runs`)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.replace('.json', ''))
  .sort();
const IS_SKIPPED = process.env.SPANLEDGER_SKIP_LIVE === '1';
if (IS_SKIPPED) process.stderr.write('live runs are skipped: SPANLEDGER_SKIP_LIVE=1\n');

/** What `play.mjs` says of a run. */
interface Played {
  exitCode: number | null;
  output: string;
  expected: Truth;
}

let collector: TestCollector | undefined;
afterEach(async () => {
  await collector?.close();
  collector = undefined;
});

describe.skipIf(IS_SKIPPED)('a live run', () => {
  test('has the packages of test/live', () => {
    expect(
      existsSync(`${LIVE}node_modules`),
      'run `npm test`, which installs them (`npm ci` in test/live), or set SPANLEDGER_SKIP_LIVE=1',
    ).toBe(true);
  });

  test.each(RUNS)('of %s is stored with the numbers that the model server answered', async (name) => {
    collector = await startTestCollector();
    const { exitCode, output, expected } = await playRun(name, collector.url);
    expect(exitCode, output).toBe(0);
    expect(await readStored(collector)).toEqual(describeExpected(expected));
    expect(await findTexts(collector, expected)).toEqual({ input: true, output: true, thinking: true });
  });
});

/** Runs a script in a process of its own, as an application would run it, until it has exported everything. */
function playRun(name: string, collectorUrl: string): Promise<Played> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [`${LIVE}play.mjs`, name, collectorUrl], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(output.trim().split('\n').at(-1) ?? '') as Played);
      else reject(new Error(`${name} could not be played:\n${output}`));
    });
  });
}
