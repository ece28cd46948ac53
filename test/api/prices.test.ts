import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Problem } from '../../collector/contract/answers.js';
import { Price, PriceQuote } from '../../collector/contract/price-shapes.js';
import type { Page } from '../support/answers.js';
import { callApi } from '../support/api.js';
import { startTestCollector, type TestCollector } from '../support/collector.js';

let collector: TestCollector;
beforeAll(async () => {
  collector = await startTestCollector();
});
afterAll(async () => {
  await collector.close();
});

function call<Body>(method: string, path: string, body?: unknown) {
  return callApi<Body>(collector.url, method, `/api/v1/prices${path}`, body);
}

async function create(body: object): Promise<Price> {
  const answer = await call<Price>('POST', '', body);
  expect(answer.status).toBe(201);
  return answer.body;
}

async function quote(query: Record<string, string>): Promise<PriceQuote> {
  const { status, body } = await call<PriceQuote>('GET', `/quote?${new URLSearchParams(query).toString()}`);
  expect([status, body]).toEqual([200, PriceQuote.parse(body)]);
  return body;
}

describe('a price', () => {
  it('is created, shown, listed, replaced and deleted', async () => {
    const created = await create({
      pattern: 'round-*',
      rates: { input: 2.5, output: '10.00', cache_read: '2.5e-1' },
      tiers: [{ above_input_tokens: 200_000, rates: { input: '5' } }],
      valid_from: '2026-01-01T01:00:00+01:00',
      note: 'contract 17',
    });
    expect(Price.parse(created)).toEqual(created);
    expect(created).toMatchObject({
      pattern: 'round-*',
      provider: null,
      valid_from: '2026-01-01T00:00:00.000Z',
      valid_to: null,
      unit: 'per_million_tokens',
      rates: { input: '2.5', output: '10', cache_read: '0.25' },
      tiers: [{ above_input_tokens: 200_000, service_tier: null, rates: { input: '5' } }],
      note: 'contract 17',
    });
    const path = `/${created.id}`;
    expect(await call('GET', path)).toEqual({ status: 200, body: created });
    expect((await call<Page<Price>>('GET', '?pattern=ROUND-*')).body.data).toEqual([created]);
    const replaced = await call<Price>('PUT', path, { pattern: 'round-*', rates: { input: 3 } });
    expect(replaced).toMatchObject({
      status: 200,
      body: { id: created.id, rates: { input: '3' }, tiers: [] },
    });
    expect((await call('GET', path)).body).toEqual(replaced.body);
    expect(await call('DELETE', path)).toEqual({ status: 200, body: replaced.body });
    for (const method of ['GET', 'DELETE']) {
      expect(await call(method, path)).toMatchObject({ status: 404, body: { code: 'API_NOT_FOUND' } });
    }
    expect((await call('PUT', path, { pattern: 'x', rates: { input: 1 } })).status).toBe(404);
  });

  it.each([
    [{ rates: { input: 1 } }, '/body/pattern'],
    [{ pattern: '', rates: { input: 1 } }, '/body/pattern'],
    [{ pattern: 'x' }, '/body/rates'],
    [{ pattern: 'x', rates: {} }, '/body/rates'],
    [{ pattern: 'x', rates: { input: -1 } }, '/body/rates/input'],
    [{ pattern: 'x', rates: { input: '-0.5' } }, '/body/rates/input'],
    [{ pattern: 'x', rates: { input: 'free' } }, '/body/rates/input'],
    [{ pattern: 'x', rates: { input: null } }, '/body/rates/input'],
    [{ pattern: 'x', rates: { inputs: 1, input: 1 } }, '/body/rates/inputs'],
    [{ pattern: 'x', rates: { input: 1 }, price: 1 }, '/body/price'],
    [{ pattern: 'x', rates: { input: 1 }, unit: 'per_page' }, '/body/unit'],
    [{ pattern: 'x', rates: { input: 1 }, valid_from: 'soon' }, '/body/valid_from'],
    [
      {
        pattern: 'x',
        rates: { input: 1 },
        valid_from: '2026-02-01T00:00:00Z',
        valid_to: '2026-02-01T00:00:00Z',
      },
      '/body/valid_to',
    ],
    [{ pattern: 'x', rates: { input: 1 }, tiers: [{ rates: { input: 1 } }] }, '/body/tiers/0'],
    [
      { pattern: 'x', rates: { input: 1 }, tiers: [{ above_input_tokens: 1, rates: {} }] },
      '/body/tiers/0/rates',
    ],
    [
      {
        pattern: 'x',
        rates: { input: 1 },
        tiers: [
          { service_tier: 'Batch', rates: { input: 1 } },
          { service_tier: 'batch', rates: { input: 2 } },
        ],
      },
      '/body/tiers/1',
    ],
  ])('%j is refused with a pointer to %s', async (body, pointer) => {
    const { status, body: problem } = await call<Problem>('POST', '', body);
    expect(status).toBe(400);
    expect(problem.errors.map((fault) => fault.pointer)).toEqual([pointer]);
    expect(problem.errors[0]?.detail).not.toMatch(/^Invalid/);
  });

  it('is listed in pages that neither repeat nor skip', async () => {
    const made: string[] = [];
    for (const provider of ['page-b', 'page-a']) {
      for (const pattern of ['page-2', 'page-1', 'page-3']) {
        made.push((await create({ pattern, provider, rates: { input: 1 } })).id);
      }
    }
    const seen: Price[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const next: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const page: Page<Price> = (await call<Page<Price>>('GET', `?limit=2${next}`)).body;
      expect(page.data.length).toBeLessThanOrEqual(2);
      seen.push(...page.data);
      cursor = page.next_cursor;
    }
    const own = seen.filter(({ id }) => made.includes(id));
    expect(own.map(({ pattern, provider }) => `${pattern} ${provider ?? ''}`)).toEqual([
      'page-1 page-a',
      'page-1 page-b',
      'page-2 page-a',
      'page-2 page-b',
      'page-3 page-a',
      'page-3 page-b',
    ]);
    const filtered = await call<Page<Price>>('GET', '?provider=page-a');
    expect(filtered.body.data.map(({ pattern }) => pattern)).toEqual(['page-1', 'page-2', 'page-3']);
    expect((await call<Problem>('GET', '?cursor=bm9uc2Vuc2U')).body.code).toBe('API_BAD_CURSOR');
  });
});

describe('a quote', () => {
  it('is by the price of the project that is in force at the time, else by the library or not at all', async () => {
    const { id } = await create({
      pattern: 'gpt-4o',
      provider: 'openai',
      rates: { input: '1', output: '2' },
      valid_from: '2026-01-01T00:00:00Z',
      valid_to: '2026-02-01T00:00:00Z',
    });
    const query = { model: 'gpt-4o', provider: 'openai', input_tokens: '1000000', output_tokens: '500000' };
    const inside = await quote({ ...query, at: '2026-01-31T23:59:59.999999999Z' });
    expect(inside).toMatchObject({
      cost_usd: 2,
      price_ref: `project:${id}`,
      at: '2026-01-31T23:59:59.999999999Z',
    });
    expect(inside.classes.map(({ class: name, tokens, usd }) => [name, tokens, usd])).toEqual([
      ['input', 1_000_000, '1'],
      ['output', 500_000, '1'],
    ]);
    const after = await quote({ ...query, at: '2026-02-01T00:00:00Z' });
    expect(after.price_ref).toMatch(/^library:/);
    expect(after.steps.length).toBeGreaterThan(0);
    const unknown = await quote({ model: 'no-such-model-at-all' });
    expect(unknown).toMatchObject({ cost_usd: null, classes: [] });
    expect(unknown.price_ref).toMatch(/^unpriced:/);
  });

  it('charges each class of tokens once', async () => {
    await create({ pattern: 'classes', rates: { input: 1, cache_read: '0.1', output: 4, reasoning: 8 } });
    const counts = {
      input_tokens: '100',
      cached_input_tokens: '40',
      output_tokens: '10',
      reasoning_tokens: '3',
    };
    const { token_classes: classes, cost_usd: cost } = await quote({ model: 'classes', ...counts });
    expect(classes).toMatchObject({ uncached_input: 60, cache_read: 40, output: 7, reasoning: 3 });
    expect(cost).toBe((60 + 4 + 28 + 24) / 1e6);
  });

  it('without counts is for 1,000 tokens in and 1,000 out', async () => {
    await create({ pattern: 'usual', rates: { input: 1, output: 2 } });
    expect(await quote({ model: 'usual' })).toMatchObject({
      token_classes: { uncached_input: 1000, output: 1000 },
      cost_usd: 0.003,
    });
  });

  it.each([
    ['', '/query/model'],
    ['?model=x&input_tokens=-1', '/query/input_tokens'],
    ['?model=x&input_tokens=1.5', '/query/input_tokens'],
    ['?model=x&at=never', '/query/at'],
    ['?model=x&input_tokens=10&cached_input_tokens=20', '/query/cached_input_tokens'],
    ['?model=x&cached_input_tokens=20', '/query/cached_input_tokens'],
    ['?model=x&input_tokens=30&cached_input_tokens=20&cache_write_tokens=20', '/query/cache_write_tokens'],
    ['?model=x&output_tokens=5&reasoning_tokens=6', '/query/reasoning_tokens'],
  ])('of %s is refused with a pointer to %s', async (query, pointer) => {
    const { status, body } = await call<Problem>('GET', `/quote${query}`);
    expect([status, body.errors[0]?.pointer]).toEqual([400, pointer]);
    expect(body.errors[0]?.detail).not.toMatch(/^Invalid/);
  });

  it('without what is required says so in words', async () => {
    const { body } = await call<Problem>('GET', '/quote');
    expect(body.errors).toEqual([{ pointer: '/query/model', detail: 'is required' }]);
    expect(body.detail).toBe('/query/model: is required');
  });

  it('of a model without a price says what helps', async () => {
    expect(await quote({ model: 'no-such-model-at-all' })).toMatchObject({ advice: 'Add a price for it.' });
    expect(await quote({ model: 'gpt-4o' })).toMatchObject({ advice: null });
  });
});
