import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Rerun } from '../../collector/contract/rerun-shapes.js';
import type { Problem } from '../../collector/contract/answers.js';
import type { UnpricedModel } from '../../collector/contract/price-shapes.js';
import type { Span, Trace } from '../../collector/contract/shapes.js';
import type { Page } from '../support/answers.js';
import { callApi } from '../support/api.js';
import { startTestCollector, type TestCollector } from '../support/collector.js';
import { sendCalls, type SentIds } from './sent-calls.js';

let collector: TestCollector;
beforeAll(async () => {
  collector = await startTestCollector();
});
afterAll(async () => {
  await collector.close();
});

function call<Body>(method: string, path: string, body?: unknown) {
  return callApi<Body>(collector.url, method, `/api/v1${path}`, body);
}

/** Starts a rerun and waits until it has ended. */
async function rerun(path: string, body: object): Promise<Rerun> {
  const started = await call<Rerun>('POST', path, body);
  expect(started.status).toBe(202);
  expect(Rerun.parse(started.body)).toEqual(started.body);
  return vi.waitFor(
    async () => {
      const { body: now } = await call<Rerun>('GET', `/reruns/${started.body.id}`);
      expect(now.completed_at).not.toBeNull();
      return now;
    },
    { timeout: 20_000 },
  );
}

async function readCost({ traceId, spanId }: SentIds) {
  const span = await collector.get<Span>(`/api/v1/spans/${traceId}/${spanId}`);
  const trace = await collector.get<Trace>(`/api/v1/traces/${traceId}`);
  return { span: span.cost_usd, source: span.cost_source, ref: span.price_ref, trace: trace.cost_usd };
}

const UNPRICED = { span: null, source: 'unknown', ref: 'unpriced:unknown_model', trace: null };

describe('calls of a model that nobody knows', () => {
  it('are unpriced and listed, until a price is set and what is stored is priced anew', async () => {
    const [sent, reported] = await sendCalls(collector.url, [
      { model: 'house-7b', inputTokens: 1_000_000, outputTokens: 1_000_000 },
      {
        model: 'house-7b',
        inputTokens: 1_000_000,
        outputTokens: 1_000_000,
        attributes: { 'gen_ai.usage.cost': { doubleValue: 0.5 } },
      },
    ]);
    if (sent === undefined || reported === undefined) throw new Error('nothing was sent');
    expect(await readCost(sent)).toEqual(UNPRICED);
    const missing = () => collector.get<Page<UnpricedModel>>('/api/v1/prices/missing');
    const [listed] = (await missing()).data.filter(({ model }) => model === 'house-7b');
    expect(listed).toMatchObject({ provider: null, reason: 'unknown_model', input_tokens: 1_000_000 });

    const price = await call<{ id: string }>('POST', '/prices', {
      pattern: 'house-*',
      rates: { input: '0.25', output: '1' },
    });
    const ref = `project:${price.body.id}`;
    const trial = await rerun('/prices/recompute', { since: '1d', dry_run: true });
    expect(trial).toMatchObject({ status: 'completed', dry_run: true, spans_changed: 1, traces_changed: 1 });
    expect(trial.changes.before.cost_usd).toBeNull();
    expect(trial.changes.after.cost_usd).toBe(1.25);
    expect(trial.changes.fields.map(({ field }) => field)).toEqual(['computed_cost_usd', 'price_ref']);
    expect(await readCost(sent)).toEqual(UNPRICED);

    const done = await rerun('/prices/recompute', {});
    expect(done).toMatchObject({ kind: 'prices', status: 'completed', error: null, changes: trial.changes });
    expect(await readCost(sent)).toEqual({ span: 1.25, source: 'computed', ref, trace: 1.25 });
    expect(await readCost(reported)).toEqual({ span: 0.5, source: 'reported', ref: 'reported', trace: 0.5 });
    expect((await missing()).data.filter(({ model }) => model === 'house-7b')).toEqual([]);

    const again = await rerun('/prices/recompute', {});
    expect(again).toMatchObject({ status: 'completed', spans_changed: 0, traces_changed: 0 });
    const listedReruns = await collector.get<Page<Rerun>>('/api/v1/reruns');
    expect(listedReruns.data.map(({ id }) => id)).toEqual([again.id, done.id, trial.id]);
  });

  it('that come in after the price was set have it at once', async () => {
    await call('POST', '/prices', { pattern: 'at-once', rates: { input: 2, output: 0 } });
    const [sent] = await sendCalls(collector.url, [
      { model: 'at-once', inputTokens: 500_000, outputTokens: 1 },
    ]);
    if (sent === undefined) throw new Error('nothing was sent');
    expect(await readCost(sent)).toMatchObject({ source: 'computed', trace: 1 });
  });
});

describe('a rerun', () => {
  it('that understands anew what was understood by the same dialects changes nothing', async () => {
    await sendCalls(collector.url, [
      { model: 'gpt-4o', provider: 'openai', inputTokens: 10, outputTokens: 1 },
    ]);
    const done = await rerun('/reproject', {});
    expect(done).toMatchObject({ kind: 'reproject', status: 'completed', spans_changed: 0 });
    expect(done.spans_done).toBeGreaterThan(0);
    expect(done.changes.fields).toEqual([]);
  });

  it('looks at its time range only', async () => {
    await sendCalls(collector.url, [
      { model: 'm', inputTokens: 1, outputTokens: 1, at: '2025-03-01T00:00:00Z' },
      { model: 'm', inputTokens: 1, outputTokens: 1, at: '2025-03-02T00:00:00Z' },
      { model: 'm', inputTokens: 1, outputTokens: 1, at: '2025-03-03T00:00:00Z' },
    ]);
    const range = { since: '2025-03-01T00:00:00Z', until: '2025-03-03T00:00:00Z' };
    expect(await rerun('/reproject', range)).toMatchObject({
      since: '2025-03-01T00:00:00.000Z',
      until: '2025-03-03T00:00:00.000Z',
      traces_total: 2,
      traces_done: 2,
    });
  });

  it('that has ended stays as it is when it is cancelled', async () => {
    const done = await rerun('/reproject', { until: '2001-01-01T00:00:00Z' });
    expect(done).toMatchObject({ status: 'completed', traces_done: 0 });
    expect(await call('POST', `/reruns/${done.id}/cancel`, {})).toEqual({ status: 200, body: done });
  });

  it.each([
    [{ since: 'soon' }, '/body/since'],
    [{ since: '1d', until: '2d' }, '/body/until'],
    [{ dry_run: 'yes' }, '/body/dry_run'],
    [{ form: '1d' }, '/body/form'],
  ])('%j is refused with a pointer to %s', async (body, pointer) => {
    for (const path of ['/reproject', '/prices/recompute']) {
      const answer = await call<Problem>('POST', path, body);
      expect([answer.status, answer.body.errors[0]?.pointer]).toEqual([400, pointer]);
    }
  });

  it('that is unknown is not found', async () => {
    const path = '/reruns/00000000-0000-4000-8000-000000000000';
    expect((await call('GET', path)).status).toBe(404);
    expect((await call('POST', `${path}/cancel`, {})).status).toBe(404);
  });
});
