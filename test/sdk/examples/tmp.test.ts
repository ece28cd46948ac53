import { expect, test } from 'vitest';
import { startTestCollector } from '../../support/collector.js';
import { createExamplesFolder } from './examples-folder.js';
test('t', async () => {
  const collector = await startTestCollector();
  const examples = createExamplesFolder();
  const found = await Promise.allSettled([
    examples.run('human-checkpoint', collector.url),
    examples.run('agent-question', collector.url),
  ]);
  const running = (async () => 0)();
  await running;
  console.log(found);
  console.log(await collector.get('/api/v1/traces?service=newsroom'));
  await collector.close();
  examples.remove();
  expect(1).toBe(1);
}, 120_000);
