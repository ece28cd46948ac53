import { expect, test } from 'vitest';
import { DEFAULT_PROJECT_ID } from '../../collector/model/ids.js';
import type { IngestIssue } from '../../collector/model/ingest-issue.js';
import { renderTime } from '../../collector/model/time.js';
import type { Storage } from '../../collector/storage/storage.js';
import { makeAgentRun, makeBatch, makeSpan, spanIdOf, traceIdOf } from '../support/telemetry.js';
import { useStorage } from '../support/use-storage.js';

const PROJECT = DEFAULT_PROJECT_ID;

const used = useStorage({ connections: 1 });
const store = (): Storage => used.storage;

function makeIssue(changes: Partial<IngestIssue> = {}): IngestIssue {
  return {
    code: 'ATTRIBUTE_JSON_INVALID',
    message: 'no JSON',
    signal: 'traces',
    serviceName: 'planner',
    scopeName: 'test',
    traceId: traceIdOf(1),
    spanId: spanIdOf(1),
    key: 'gen_ai.input.messages',
    ...changes,
  };
}

const list = async (filter = {}) => (await store().listIngestIssues(PROJECT, filter, { limit: 50 })).rows;

test('an issue of a span is listed once however often it is sent, with its attribute', async () => {
  const issues = [makeIssue(), makeIssue(), makeIssue({ key: 'another' })];
  await store().write(makeBatch({}, { issues }));
  await store().write(makeBatch({}, { issues }));
  expect((await list()).map(({ key }) => key).sort()).toEqual(['another', 'gen_ai.input.messages']);
  const nowhere = makeIssue({ traceId: null, spanId: null, key: null });
  await store().write(makeBatch({}, { issues: [nowhere] }));
  await store().write(makeBatch({}, { issues: [nowhere] }));
  expect(await list()).toHaveLength(4);
});

test('issues are filtered by code, service and time', async () => {
  await store().write(
    makeBatch(
      {},
      {
        issues: [
          makeIssue(),
          makeIssue({ code: 'USAGE_UNUSABLE' }),
          makeIssue({ spanId: null, serviceName: 'other' }),
        ],
      },
    ),
  );
  expect(await list({ code: 'USAGE_UNUSABLE' })).toMatchObject([{ code: 'USAGE_UNUSABLE' }]);
  expect(await list({ service: 'other' })).toMatchObject([{ service_name: 'other' }]);
  const now = BigInt(Date.now()) * 1_000_000n;
  expect(await list({ from: renderTime(now + 60_000_000_000n) })).toEqual([]);
  expect(await list({ to: renderTime(now + 60_000_000_000n) })).toHaveLength(3);
  expect(await list({ to: renderTime(now - 60_000_000_000n) })).toEqual([]);
});

test('issues are summed up by code and sender, the most frequent first', async () => {
  const issues = [1, 2, 3].map((number) => makeIssue({ spanId: spanIdOf(number) }));
  await store().write(makeBatch({}, { issues: [...issues, makeIssue({ code: 'USAGE_UNUSABLE' })] }));
  await store().write(makeBatch({}, { issues: [makeIssue({ serviceName: null, spanId: spanIdOf(9) })] }));
  const summaries = await store().summarizeIngestIssues(PROJECT, {});
  expect(summaries).toMatchObject([
    { code: 'ATTRIBUTE_JSON_INVALID', service_name: 'planner', scope_name: 'test', count: 3 },
    { code: 'ATTRIBUTE_JSON_INVALID', service_name: null, count: 1, example: { span_id: spanIdOf(9) } },
    { code: 'USAGE_UNUSABLE', count: 1 },
  ]);
  expect(await store().summarizeIngestIssues(PROJECT, { service: 'planner' })).toHaveLength(2);
});

test('what a whole trace shows to be wrong is listed once', async () => {
  const circle = makeSpan({ parentSpanId: spanIdOf(1) });
  await store().write(makeBatch({ spans: [circle] }));
  await store().write(makeBatch({ spans: [makeSpan({ spanId: spanIdOf(2), parentSpanId: spanIdOf(1) })] }));
  expect(await list()).toMatchObject([{ trace_id: traceIdOf(1), span_id: spanIdOf(1) }]);
});

test('a trace that lacks parents is noted once it has been quiet, once', async () => {
  const [agent, ...rest] = makeAgentRun(1);
  await store().write(makeBatch({ spans: rest }));
  await store().write(makeBatch({ spans: makeAgentRun(2) }));
  expect(await store().noteMissingParents({ quietSeconds: 600 })).toBe(0);
  await used.pool.query(`update traces set last_seen_at = now() - interval '11 minutes'`);
  const another = await used.harness.openAnother();
  expect(await another.noteMissingParents({ quietSeconds: 600 })).toBe(1);
  expect(await another.noteMissingParents({ quietSeconds: 600 })).toBe(0);
  await another.close();
  expect(await list()).toMatchObject([
    {
      code: 'TRACE_PARENT_MISSING',
      trace_id: traceIdOf(1),
      span_id: null,
      service_name: 'planner',
      message: 'the parents of 4 spans never came',
    },
  ]);
  const third = await used.harness.openAnother();
  expect(await third.noteMissingParents({ quietSeconds: 600 })).toBe(1);
  expect(await list()).toHaveLength(1);
  if (agent !== undefined) await store().write(makeBatch({ spans: [agent] }));
  await used.pool.query(`update traces set last_seen_at = now() - interval '11 minutes'`);
  expect(await third.noteMissingParents({ quietSeconds: 0 })).toBe(0);
  await third.close();
});
