import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { listRecordings, loadRecording, sendCapture } from '../support/captures.js';
import { startTestCollector, type TestCollector } from '../support/collector.js';
import { describeExpected, findTexts, readStored, type Truth } from './stored.js';

/** Recordings of live runs; what is recorded otherwise has no script here. */
const RECORDED_RUNS = listRecordings().filter((name) =>
  existsSync(fileURLToPath(new URL(`./runs/${name}.json`, import.meta.url))),
);

let collector: TestCollector | undefined;
afterEach(async () => {
  await collector?.close();
  collector = undefined;
});

test.each(RECORDED_RUNS)('the recording %s gives the numbers that its bodies hold', async (name) => {
  collector = await startTestCollector();
  const recording = loadRecording(name);
  await sendCapture(collector.url, recording);
  const truth = recording.expected as unknown as Truth;
  expect(await readStored(collector)).toEqual(describeExpected(truth));
  expect(await findTexts(collector, truth)).toEqual({ input: true, output: true, thinking: true });
});
