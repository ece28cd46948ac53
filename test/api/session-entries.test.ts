import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SessionEntry } from '../../collector/contract/shapes.js';
import type { Execution, Session } from '../../collector/contract/shapes.js';
import type { Page } from '../support/answers.js';
import { loadCapture } from '../support/captures.js';
import { startTestCollector, type TestCollector } from '../support/collector.js';
import { sendTrace, SESSION_ID, TRACE_ID } from './sent-trace.js';

let collector: TestCollector;
let codingSession: string;
beforeAll(async () => {
  collector = await startTestCollector();
  await sendTrace(collector.url);
  const { requests, expected } = loadCapture('claude-code-logs-metrics');
  codingSession = String(expected['session_id']);
  for (const { method, path, headers, body } of requests) {
    const response = await fetch(collector.url + path, { method, headers, body: new Uint8Array(body) });
    expect(response.status).toBe(200);
  }
});
afterAll(async () => {
  await collector.close();
});

async function list(sessionId: string, query = ''): Promise<Page<SessionEntry>> {
  const page = await collector.get<Page<SessionEntry>>(
    `/api/v1/sessions/${encodeURIComponent(sessionId)}/entries${query}`,
  );
  for (const entry of page.data) expect(SessionEntry.parse(entry)).toEqual(entry);
  return page;
}

describe('the entries of a session', () => {
  it('are the spans of its traces, in start order', async () => {
    const { data, next_cursor: cursor } = await list(SESSION_ID);
    expect(cursor).toBeNull();
    expect(data.map(({ kind, type, trace_id: traceId }) => [kind, type, traceId])).toEqual([
      ['span', 'agent', TRACE_ID],
      ['span', 'llm', TRACE_ID],
      ['span', 'tool', TRACE_ID],
    ]);
    expect(data[1]).toMatchObject({
      record_id: null,
      event_name: null,
      span_kind: 'internal',
      input_tokens: 1200,
    });
  });

  it('of a sender that speaks through log records alone have no trace, and add up to the session', async () => {
    const { data } = await list(codingSession);
    expect(data.map(({ kind, trace_id: traceId, span_id: spanId }) => [kind, traceId, spanId])).toEqual(
      data.map(() => ['log', null, null]),
    );
    const calls = data.filter(({ type, outcome }) => type === 'llm' && outcome === 'completed');
    expect(calls).toHaveLength(2);
    expect(calls[0]).toMatchObject({
      event_name: 'api_request',
      model: 'claude-sonnet-5',
      cost_source: 'reported',
    });
    const session = await collector.get<Session>(`/api/v1/sessions/${codingSession}`);
    expect(session).toMatchObject({
      trace_count: 0,
      entry_count: data.length,
      llm_calls: 2,
      input_tokens: 32_461,
    });
    const sum = (pick: (entry: SessionEntry) => number | null) =>
      data.reduce((total, entry) => total + (pick(entry) ?? 0), 0);
    expect(sum(({ input_tokens: tokens }) => tokens)).toBe(session.input_tokens);
    expect(sum(({ cost_usd: cost }) => cost)).toBeCloseTo(session.cost_usd ?? 0, 10);
  });

  it('come in pages that neither repeat nor skip', async () => {
    const whole = (await list(codingSession)).data.map(({ record_id: id }) => id);
    const paged: (string | null)[] = [];
    for (let query = '?limit=2'; query !== '';) {
      const page = await list(codingSession, query);
      paged.push(...page.data.map(({ record_id: id }) => id));
      query = page.next_cursor === null ? '' : `?limit=2&cursor=${encodeURIComponent(page.next_cursor)}`;
    }
    expect(whole.length).toBeGreaterThan(4);
    expect(paged).toEqual(whole);
  });

  it('have executions without a trace, whose spans are an empty list', async () => {
    const { data } = await collector.get<Page<Execution>>(`/api/v1/executions?session_id=${codingSession}`);
    expect(data.map(({ agent_name: name, trace_id: traceId }) => [name, traceId])).toEqual([
      ['claude-code', null],
    ]);
    const spans = await collector.get<Page<unknown>>(`/api/v1/executions/${data[0]?.id ?? ''}/spans`);
    expect(spans).toEqual({ data: [], next_cursor: null });
  });
});
