import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdvisedIssue, IssueGroup } from '../../collector/contract/answers.js';
import type { Page } from '../support/answers.js';
import { startTestCollector, type TestCollector } from '../support/collector.js';
import { sendCalls } from './sent-calls.js';

let collector: TestCollector;
beforeAll(async () => {
  collector = await startTestCollector();
  const cut = { 'gen_ai.input.messages': { stringValue: '[{"role":"user","parts":[{"type":"te' } };
  const negative = { 'gen_ai.usage.input_tokens': { intValue: '-5' } };
  await sendCalls(collector.url, [
    { model: 'm', serviceName: 'desk', attributes: cut },
    { model: 'm', serviceName: 'desk', attributes: cut },
    { model: 'm', serviceName: 'crawler', attributes: { ...cut, ...negative } },
  ]);
});
afterAll(async () => {
  await collector.close();
});

async function list(query: string): Promise<AdvisedIssue[]> {
  const { data } = await collector.get<Page<AdvisedIssue>>(`/api/v1/ingest/issues${query}`);
  for (const issue of data) expect(AdvisedIssue.parse(issue)).toEqual(issue);
  return data;
}

describe('ingest issues', () => {
  it('name the attribute and say what to change at the sender', async () => {
    const [issue] = await list('?service=crawler&code=USAGE_UNUSABLE');
    expect(issue).toMatchObject({
      code: 'USAGE_UNUSABLE',
      key: 'gen_ai.usage.input_tokens',
      signal: 'traces',
    });
    expect(issue?.advice).toContain('whole numbers');
    expect(issue?.trace_id).toMatch(/^[0-9a-f]{32}$/);
  });

  it('are filtered by code, service and time', async () => {
    expect((await list('')).length).toBe(4);
    expect(new Set((await list('?service=desk')).map(({ service_name: name }) => name))).toEqual(
      new Set(['desk']),
    );
    expect(await list('?code=ATTRIBUTE_JSON_INVALID')).toHaveLength(3);
    expect(await list('?service=nobody')).toEqual([]);
    expect(await list('?to=2001-01-01T00:00:00Z')).toEqual([]);
  });

  it('are summed up by code and sender, each with an example and the same advice', async () => {
    const path = '/api/v1/ingest/issues/summary?code=ATTRIBUTE_JSON_INVALID';
    const { data } = await collector.get<{ data: IssueGroup[] }>(path);
    for (const group of data) expect(IssueGroup.parse(group)).toEqual(group);
    expect(data.map(({ service_name: name, count }) => [name, count])).toEqual([
      ['desk', 2],
      ['crawler', 1],
    ]);
    const [issue] = await list('?code=ATTRIBUTE_JSON_INVALID&service=crawler');
    expect(data[1]).toMatchObject({ advice: issue?.advice, title: issue?.title, example: { id: issue?.id } });
  });

  it('of a sender that gets every span wrong are listed a hundred times a request, and the rest counted', async () => {
    const attributes = { 'gen_ai.usage.input_tokens': { stringValue: 'many' } };
    const calls = Array.from({ length: 130 }, () => ({ model: 'm', serviceName: 'flood', attributes }));
    await sendCalls(collector.url, calls);
    const issues = await list('?service=flood&limit=500');
    expect(issues).toHaveLength(100);
    const rest = 'and 30 more of this kind in the same request';
    expect(issues.filter(({ message }) => message.includes(rest))).toHaveLength(1);
  });

  it('of records that name neither trace nor span are listed once a record, however often it is sent', async () => {
    const time = `${Date.now() - 60_000}000000`;
    const attributes = Object.entries({
      'event.name': 'api_request',
      'session.id': 'coding',
      input_tokens: 'many',
    }).map(([key, stringValue]) => ({ key, value: { stringValue } }));
    const record = { timeUnixNano: time, body: { stringValue: 'claude_code.api_request' }, attributes };
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'coder' } }] };
    const scopeLogs = [{ scope: { name: 'com.anthropic.claude_code.events' }, logRecords: [record, record] }];
    for (let round = 0; round < 2; round++) {
      const response = await fetch(`${collector.url}/v1/logs`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ resourceLogs: [{ resource, scopeLogs }] }),
      });
      expect(response.status).toBe(200);
    }
    expect(await list('?service=coder')).toHaveLength(2);
  });
});
