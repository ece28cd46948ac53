import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TraceTree, type Problem } from '../../collector/contract/answers.js';
import { ReportExplanation } from '../../collector/contract/explanation-shapes.js';
import type { UnpricedModel } from '../../collector/contract/price-shapes.js';
import { SessionEntry, type Session, type Trace } from '../../collector/contract/shapes.js';
import type { Page } from '../support/answers.js';
import { callApi } from '../support/api.js';
import { loadCapture, sendCapture } from '../support/captures.js';
import { startTestCollector, type TestCollector } from '../support/collector.js';
import { sendCalls } from './sent-calls.js';

const CODEX_SESSION = '01a1fbef-b668-74e1-b5ff-9fef6e49423a';
const CLAUDE_SESSION = '0b7d2a51-6c1e-4a52-9d8c-aaaaaaaaaaa1';

let collector: TestCollector;
let trace: Trace;
beforeAll(async () => {
  collector = await startTestCollector();
  await sendCapture(collector.url, loadCapture('codex-cli-exec'));
  await sendCapture(collector.url, loadCapture('claude-code-logs-metrics'));
  const { data } = await collector.get<Page<Trace>>(`/api/v1/traces?session_id=${CODEX_SESSION}`);
  expect(data).toHaveLength(1);
  trace = data[0] as Trace;
});
afterAll(async () => {
  await collector.close();
});

async function listEntries(sessionId: string): Promise<SessionEntry[]> {
  const { data } = await collector.get<Page<unknown>>(`/api/v1/sessions/${sessionId}/entries?limit=500`);
  return data.map((entry) => SessionEntry.parse(entry));
}

describe('entries of a session', () => {
  it.each([CODEX_SESSION, CLAUDE_SESSION])('that are counted add up to the sums of %s', async (sessionId) => {
    const session = await collector.get<Session>(`/api/v1/sessions/${sessionId}`);
    const counted = (await listEntries(sessionId)).filter((entry) => entry.counted);
    const sum = (pick: (entry: SessionEntry) => number | null) =>
      counted.reduce((total, entry) => total + (pick(entry) ?? 0), 0);
    expect(counted.length).toBeGreaterThan(0);
    expect(sum((entry) => entry.input_tokens)).toBe(session.input_tokens);
    expect(sum((entry) => entry.cost_usd)).toBeCloseTo(session.cost_usd ?? 0, 10);
  });

  it('that are not counted say by which rule, where they have usage', async () => {
    const entries = await listEntries(CODEX_SESSION);
    const rules = entries.flatMap((entry) =>
      !entry.counted && entry.input_tokens !== null ? [entry.counting_rule] : [],
    );
    expect(rules).toContain('replaced_by_log');
    expect(rules).not.toContain(null);
  });
});

describe('models without a price', () => {
  it('are those of counted calls: a span whose call a log record is counted for has none to miss', async () => {
    const [lost] = await sendCalls(collector.url, [{ model: 'house-7b', inputTokens: 5, outputTokens: 1 }]);
    expect(lost).toBeDefined();
    const { data } = await collector.get<Page<UnpricedModel>>(
      '/api/v1/prices/missing?from=2020-01-01T00:00:00Z',
    );
    expect(data.map(({ model, reason, calls, advice }) => [model, reason, calls, advice])).toEqual([
      ['house-7b', 'unknown_model', 1, 'Add a price for it.'],
    ]);
  });

  it('are counted once where two spans tell of one call', async () => {
    const traceId = 'ab'.repeat(16);
    const call = (spanId: string, parentSpanId: string, startMillis: number) => ({
      traceId,
      spanId,
      parentSpanId,
      name: 'chat twice-1',
      startTimeUnixNano: `${startMillis}000000`,
      endTimeUnixNano: `${startMillis + 1000}000000`,
      attributes: Object.entries({
        'gen_ai.operation.name': { stringValue: 'chat' },
        'gen_ai.request.model': { stringValue: 'twice-1' },
        'gen_ai.response.id': { stringValue: 'resp_1' },
        'gen_ai.usage.input_tokens': { intValue: '7' },
        'gen_ai.usage.output_tokens': { intValue: '2' },
      }).map(([key, value]) => ({ key, value })),
    });
    const now = Date.now() - 60_000;
    const spans = [call('11'.repeat(8), '', now), call('22'.repeat(8), '11'.repeat(8), now)];
    await callApi(collector.url, 'POST', '/v1/traces', { resourceSpans: [{ scopeSpans: [{ spans }] }] });
    const { data } = await collector.get<Page<UnpricedModel>>('/api/v1/prices/missing');
    expect(data.find(({ model }) => model === 'twice-1')).toMatchObject({ calls: 1, input_tokens: 7 });
  });
});

describe('the tree of a trace', () => {
  it('has the log records whose usage is counted, which come to its sums', async () => {
    const tree = TraceTree.parse(await collector.get(`/api/v1/traces/${trace.trace_id}/tree`));
    expect(tree.reports.map(({ kind, counted, type }) => [kind, counted, type])).toEqual([
      ['log', true, 'llm'],
      ['log', true, 'llm'],
    ]);
    const input = tree.reports.reduce((sum, report) => sum + (report.input_tokens ?? 0), 0);
    expect(input).toBe(trace.input_tokens);
  });
});

describe('the explanation of a log record', () => {
  it('leads from its tokens and cost to its attributes and the price', async () => {
    const entries = await listEntries(CODEX_SESSION);
    const report = entries.find((entry) => entry.kind === 'log' && entry.counted);
    const place = report?.trace_id ?? report?.joined_trace_id ?? '';
    expect(place).toBe(trace.trace_id);
    const path = `/api/v1/log-records/${report?.record_id ?? ''}/explain?trace_id=${place}`;
    const explanation = ReportExplanation.parse(await collector.get(path));
    expect(explanation).toMatchObject({
      record_id: report?.record_id,
      type: { value: 'llm', dialect: 'codex-cli' },
      usage: { counted: true, input_tokens: report?.input_tokens },
      cost: { cost_usd: report?.cost_usd, cost_source: 'computed', today: null, advice: null },
    });
    expect(explanation.fields.find(({ field }) => field === 'input_tokens')?.key).toBe('input_token_count');
    expect(explanation.cost.classes.length).toBeGreaterThan(1);
  });

  it('is found by its session where it belongs to no trace', async () => {
    const entries = await listEntries(CLAUDE_SESSION);
    const report = entries.find((entry) => entry.type === 'llm' && entry.counted);
    const path = `/api/v1/log-records/${report?.record_id ?? ''}/explain?session_id=${CLAUDE_SESSION}`;
    const explanation = ReportExplanation.parse(await collector.get(path));
    expect(explanation).toMatchObject({
      trace_id: null,
      usage: { counted: true },
      cost: { cost_source: 'reported', cost_usd: report?.cost_usd },
    });
  });

  it('needs to be told where the record belongs, and knows what is not there', async () => {
    const ask = (query: string) =>
      callApi<Problem>(collector.url, 'GET', `/api/v1/log-records/${'ab'.repeat(16)}/explain${query}`);
    const nowhere = await ask('');
    expect([nowhere.status, nowhere.body.errors[0]?.pointer]).toEqual([400, '/query/trace_id']);
    expect((await ask(`?trace_id=${trace.trace_id}`)).status).toBe(404);
    expect((await ask('?session_id=nobody')).status).toBe(404);
  });
});
