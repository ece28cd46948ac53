import { expect, test } from 'vitest';
import { createUnderstanding } from '../../collector/ingest.js';
import { DEFAULT_PROJECT_ID } from '../../collector/model/ids.js';
import type { Storage } from '../../collector/storage/storage.js';
import { START, listAttributes, makeBatch, makeLog } from '../support/telemetry.js';
import { useStorage } from '../support/use-storage.js';

const PROJECT = DEFAULT_PROJECT_ID;
const DAY = 86_400_000_000_000n;

const used = useStorage({ connections: 1 });
const store = (): Storage => used.storage;

/** A prompt and the call that answers it, as Claude Code tells them, some days ago; they arrived then. */
async function storeTelling(daysAgo: bigint, tokens: number): Promise<void> {
  const timeUnixNano = START - daysAgo * DAY;
  const understanding = createUnderstanding([]);
  const logs = [
    { 'event.name': 'user_prompt', prompt: `question of ${daysAgo} days ago` },
    { 'event.name': 'api_request', model: 'claude-x', input_tokens: String(tokens), output_tokens: '1' },
  ].map((attributes, index) =>
    makeLog({
      timeUnixNano: timeUnixNano + BigInt(index),
      eventName: `claude_code.${attributes['event.name']}`,
      body: null,
      scope: { ...makeLog().scope, name: 'com.anthropic.claude_code.events' },
      attributes: listAttributes({ ...attributes, 'session.id': 'a session' }),
    }),
  );
  const logRecords = logs.map((data) => ({ data, ordinal: 0, ...understanding.readLog(data) }));
  await store().write(makeBatch({}, { logRecords }));
  await used.pool.query('update log_records set received_at = time');
  await used.pool.query(
    `update traces set last_seen_at = ended_at, created_at = ended_at;
     update agent_executions set created_at = started_at`,
  );
}

async function readSession(): Promise<unknown> {
  return store().findSession(PROJECT, 'a session');
}

test('a ledger goes with its records, and its session with it; its executions stay for their own time', async () => {
  await storeTelling(40n, 5);
  expect(await readSession()).toMatchObject({ input_tokens: 5 });
  const dry = await store().runRetention({ dryRun: true });
  const run = await store().runRetention({ dryRun: false });
  const sum = (deleted: typeof run.deleted) =>
    deleted.flatMap(({ what, rows }) => (rows === 0 ? [] : `${what} ${rows}`)).sort();
  expect(sum(run.deleted)).toEqual(['log_records 2', 'sessions 1', 'traces 1']);
  expect(sum(dry.deleted)).toEqual(sum(run.deleted));
  expect(await readSession()).toBeUndefined();
  expect((await store().listExecutions(PROJECT, {}, { limit: 5 })).rows).toMatchObject([{ input_tokens: 5 }]);
});

test('a ledger with a record that must stay stays, and so do its sums of what has gone by then', async () => {
  await storeTelling(40n, 5);
  await storeTelling(2n, 7);
  await store().runRetention({ dryRun: false });
  expect(await readSession()).toMatchObject({ entry_count: 4, input_tokens: 12 });
  await storeTelling(1n, 9);
  expect(await readSession()).toMatchObject({ entry_count: 4, input_tokens: 16 });
});

test('payload retention leaves what records report, and what was told of their bodies', async () => {
  await storeTelling(20n, 5);
  const readInput = async (): Promise<unknown> =>
    (await store().listExecutions(PROJECT, {}, { limit: 5 })).rows[0]?.input_data;
  expect(JSON.stringify(await readInput())).toContain('question of 20 days ago');
  await store().runRetention({ dryRun: false });
  const { rows } = await used.pool.query<{ body: unknown; attributes: unknown; report: string }>(
    'select body, attributes, report from log_records order by time, time_nanos',
  );
  expect(rows).toMatchObject([
    { body: null, attributes: null },
    { body: null, attributes: null },
  ]);
  expect(JSON.parse(rows[1]?.report ?? '')).toMatchObject({ input_tokens: 5, payload_expired: true });
  await storeTelling(1n, 7);
  expect(await readSession()).toMatchObject({ entry_count: 4, llm_calls: 2, input_tokens: 12 });
  expect(JSON.stringify(await readInput())).toContain('question of 20 days ago');
});
