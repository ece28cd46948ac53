import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SpanExplanation } from '../../collector/contract/explanation-shapes.js';
import type { Span, Trace } from '../../collector/contract/shapes.js';
import { callApi } from '../support/api.js';
import type { Page } from '../support/answers.js';
import { startTestCollector, type TestCollector } from '../support/collector.js';
import { sendCalls, type SentCall, type SentIds } from './sent-calls.js';

let collector: TestCollector;
beforeAll(async () => {
  collector = await startTestCollector();
});
afterAll(async () => {
  await collector.close();
});

async function send(call: SentCall): Promise<SentIds> {
  const [ids] = await sendCalls(collector.url, [call]);
  if (ids === undefined) throw new Error('nothing was sent');
  return ids;
}

async function explain({ traceId, spanId }: SentIds): Promise<SpanExplanation> {
  const explanation = await collector.get<SpanExplanation>(`/api/v1/spans/${traceId}/${spanId}/explain`);
  expect(explanation).toEqual(SpanExplanation.parse(explanation));
  return explanation;
}

describe('the explanation of a model call', () => {
  it('leads from each field to its attribute, and lists what nobody understands', async () => {
    const ids = await send({
      model: 'gpt-4o',
      provider: 'openai',
      inputTokens: 100,
      outputTokens: 10,
      attributes: { 'house.colour': { stringValue: 'red' } },
    });
    const explanation = await explain(ids);
    expect(explanation).toMatchObject({
      trace_id: ids.traceId,
      span_id: ids.spanId,
      dialect: 'otel-genai',
      type: { value: 'llm', key: 'gen_ai.operation.name' },
      unmapped: ['house.colour'],
      log_records: [],
      payload_expired: false,
    });
    expect(explanation.fields).toContainEqual({
      field: 'request_model',
      value: 'gpt-4o',
      dialect: 'otel-genai',
      key: 'gen_ai.request.model',
      about: null,
      path: null,
    });
    expect(explanation.usage).toMatchObject({
      input_tokens: 100,
      counted: true,
      counting_rule: null,
      token_classes: { uncached_input: 100, output: 10, cache_read: null },
      as_sent: { input_tokens: 100, cache: 'inside', reasoning: 'inside', because: null },
    });
  });

  it('says how cached tokens that stand apart were told, and counts each class once', async () => {
    const ids = await send({
      model: 'm',
      inputTokens: 2,
      outputTokens: 5,
      attributes: { 'gen_ai.usage.cache_read.input_tokens': { intValue: '8' } },
    });
    const { usage } = await explain(ids);
    expect(usage).toMatchObject({
      as_sent: { input_tokens: 2, cached_input_tokens: 8, cache: 'apart' },
      input_tokens: 10,
      token_classes: { uncached_input: 2, cache_read: 8, output: 5 },
    });
    expect(usage.as_sent?.because).toMatch(/more cached tokens than input/);
    const listed = await collector.get<Page<Span>>(`/api/v1/traces/${ids.traceId}/spans`);
    expect(listed.data[0]).toMatchObject({
      token_classes: usage.token_classes,
      usage_as_sent: usage.as_sent,
    });
  });

  it('says by which price and on which path a cost was computed', async () => {
    const ids = await send({ model: 'gpt-4o', provider: 'openai', inputTokens: 1000, outputTokens: 1000 });
    const { cost } = await explain(ids);
    const trace = await collector.get<Trace>(`/api/v1/traces/${ids.traceId}`);
    expect(cost).toMatchObject({ cost_usd: trace.cost_usd, cost_source: 'computed', today: null });
    expect(cost.price_ref).toMatch(/^library:/);
    expect(cost.steps.length).toBeGreaterThan(0);
    const sum = cost.classes.reduce((total, line) => total + Number(line.usd), 0);
    expect(sum).toBeCloseTo(cost.cost_usd ?? 0, 12);
  });

  it('says beside the stored cost what the prices of today would make of it', async () => {
    const ids = await send({ model: 'house-1', inputTokens: 1_000_000, outputTokens: 0 });
    expect((await explain(ids)).cost).toMatchObject({
      cost_usd: null,
      cost_source: 'unknown',
      price_ref: 'unpriced:unknown_model',
      classes: [],
      today: null,
    });
    const price = { pattern: 'house-1', rates: { input: 3, output: 1 } };
    await callApi(collector.url, 'POST', '/api/v1/prices', price);
    expect((await explain(ids)).cost).toMatchObject({
      cost_usd: null,
      price_ref: 'unpriced:unknown_model',
      steps: [],
      today: { cost_usd: 3 },
    });
  });

  it('leaves a reported cost alone and says what would have been computed', async () => {
    const ids = await send({
      model: 'gpt-4o',
      provider: 'openai',
      inputTokens: 1000,
      outputTokens: 1000,
      attributes: { 'gen_ai.usage.cost': { doubleValue: 99 } },
    });
    const { cost } = await explain(ids);
    expect(cost).toMatchObject({ cost_usd: 99, cost_source: 'reported', steps: [], classes: [] });
    expect(cost.today?.price_ref).toMatch(/^library:/);
  });
});

describe('the explanation of a span with nothing to count', () => {
  it('has no usage and no cost', async () => {
    const ids = await send({ model: 'm' });
    expect(await explain(ids)).toMatchObject({
      usage: { as_sent: null, token_classes: null, counted: false },
      cost: { cost_usd: null, cost_source: 'unknown', price_ref: null, today: null },
    });
  });
});

describe('log records', () => {
  it('that name the span are shown with it', async () => {
    const ids = await send({ model: 'm', inputTokens: 1, outputTokens: 1 });
    const logRecord = { timeUnixNano: '1767225600000000000', body: { stringValue: 'hello' }, ...ids };
    await callApi(collector.url, 'POST', '/v1/logs', {
      resourceLogs: [{ scopeLogs: [{ logRecords: [logRecord] }] }],
    });
    const { log_records: records } = await explain(ids);
    expect(records.map(({ body, span_id: spanId }) => [body, spanId])).toEqual([['hello', ids.spanId]]);
  });
});
