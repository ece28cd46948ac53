import { afterAll, beforeAll, expect, test } from 'vitest';
import { main } from '../../collector/cli/main.js';
import type { Trace } from '../../collector/contract/shapes.js';
import type { Page } from '../support/answers.js';
import { loadCapture, sendCapture } from '../support/captures.js';
import { startTestCollector, type TestCollector } from '../support/collector.js';
import { createTestIo } from './test-io.js';

const CODEX_SESSION = '01a1fbef-b668-74e1-b5ff-9fef6e49423a';

let collector: TestCollector;
let codexTrace: Trace;
beforeAll(async () => {
  collector = await startTestCollector();
  await sendCapture(collector.url, loadCapture('codex-cli-exec'));
  await sendCapture(collector.url, loadCapture('claude-code-logs-metrics'));
  const { data } = await collector.get<Page<Trace>>('/api/v1/traces?min_tokens=1');
  const [trace] = data;
  if (trace === undefined) throw new Error('no trace has tokens');
  codexTrace = trace;
});
afterAll(async () => {
  await collector.close();
});

async function run(...args: string[]): Promise<string> {
  const io = createTestIo({ SPANLEDGER_URL: collector.url });
  expect([await main(args, io), io.err()]).toEqual([0, '']);
  return io.out();
}

test('traces of no session that did nothing with a model are left out of the sessions, and counted', async () => {
  const listed = await run('sessions');
  expect(listed).toContain(CODEX_SESSION);
  expect(listed).toMatch(/^\d+ traces of no session without model calls: --all$/m);
  expect(listed).not.toMatch(/^[0-9a-f]{32} /m);
  const all = await run('sessions', 'list', '--all');
  expect(all).toMatch(/^[0-9a-f]{32} /m);
  const hidden = Number(/^(\d+) traces of no session/m.exec(listed)?.[1]);
  expect(all.trimEnd().split('\n')).toHaveLength(listed.trimEnd().split('\n').length - 1 + hidden);
});

test('the tree of a trace whose calls are known from log records shows them with their tokens', async () => {
  const tree = await run('traces', 'show', codexTrace.trace_id);
  expect(tree.match(/llm gpt-5-codex from a log record .* 5\.\dk in \/ \d+ out +\$0\.00/g)).toHaveLength(2);
  expect(tree).toMatch(/× \d+ plain spans$/m);
  expect(tree.split('\n').length).toBeLessThan(80);
  expect((await run('traces', 'show', codexTrace.trace_id, '--all')).split('\n').length).toBeGreaterThan(380);
});

test('a log record is explained like a span, of a trace and of a session without one', async () => {
  const [id = ''] =
    /(?<=from a log record .*)[0-9a-f]{16}$/m.exec(await run('explain', codexTrace.trace_id)) ?? [];
  const call = await run('explain', codexTrace.trace_id, id);
  expect(call).toMatch(new RegExp(`^log record ${id}`, 'm'));
  expect(call).toMatch(/^input_tokens +5[24]00 +codex-cli +input_token_count$/m);
  expect(call).toMatch(/^ +cost +\$0\.00\d+ \(computed\)$/m);
  expect(await run('explain', CODEX_SESSION, id)).toBe(call);
  const entries = await run('sessions', 'show', '0b7d2a51', '--ids');
  const [claudeId = ''] = /(?<=llm claude-sonnet-5 .*)[0-9a-f]{16}$/m.exec(entries) ?? [];
  expect(await run('explain', '0b7d2a51', claudeId.slice(0, 8))).toMatch(/^ +cost +\$0\.0123 \(reported\)$/m);
});

test('spans whose call a log record is counted for are not missing a price', async () => {
  expect(await run('prices', 'missing', '--from', '2020-01-01')).toBe('Every call has a price.\n');
});
