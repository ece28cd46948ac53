import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { COST_SOURCE, createCostStamp } from '../../../src/pipeline/cost.js';
import { computeCost, findPrice } from '../../../src/pipeline/price-table.js';
import { createSpanTransform } from '../../../src/pipeline/span-transform.js';
import { createEndedSpan } from '../../support/sdk-spans.js';

const CALL = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-4o',
  'gen_ai.usage.input_tokens': 1_000,
  'gen_ai.usage.output_tokens': 100,
  'gen_ai.usage.cache_read.input_tokens': 200,
};

test('own prices: each class of tokens at its rate, without the noise of fractions', () => {
  const usage = { input: 1_000, output: 100, cacheRead: 200, cacheWrite: 100, reasoning: 40 };
  const price = { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75, reasoning: 20 };
  expect(computeCost(price, usage)).toBe((700 * 3 + 200 * 0.3 + 100 * 3.75 + 60 * 15 + 40 * 20) / 1e6);
  expect(computeCost({ input: 0.1 }, { ...usage, input: 3, cacheRead: 0, cacheWrite: 0 })).toBe(0.0000003);
  expect(computeCost({ input: NaN }, usage)).toBeUndefined();
});

test('a model is found with its provider, by its name, then by the longest beginning', () => {
  const [a, b, c, d] = [{ input: 1 }, { input: 2 }, { input: 3 }, { input: 4 }];
  const table = { 'azure/gpt-5': a, 'gpt-5': b, 'gpt-*': c, 'gpt-5*': d };
  expect(findPrice(table, 'gpt-5', 'azure')).toBe(a);
  expect(findPrice(table, 'gpt-5', 'openai')).toBe(b);
  expect(findPrice(table, 'gpt-5-mini', undefined)).toBe(d);
  expect(findPrice(table, 'gpt-4', undefined)).toBe(c);
  expect(findPrice(table, 'toString', undefined)).toBeUndefined();
});

test('own prices are written as the cost of the call, and say where they come from', () => {
  const { stamp } = createCostStamp({ prices: { 'gpt-4o': { input: 1, output: 2 } } });
  const span = createEndedSpan({ attributes: CALL });
  expect(stamp(span).attributes).toMatchObject({
    'gen_ai.usage.cost': 0.0012,
    'spanledger.cost.usd': 0.0012,
    'spanledger.cost.source': COST_SOURCE.ownPrices,
  });
  expect(span.attributes['gen_ai.usage.cost']).toBeUndefined();
});

test('who does not count cached tokens as input pays for both', () => {
  const { stamp } = createCostStamp({ prices: { 'gpt-4o': { input: 1, cacheRead: 0.1 } } });
  const attributes = {
    ...CALL,
    'gen_ai.usage.input_tokens': 50,
    'gen_ai.usage.cache_read.input_tokens': 1_000,
  };
  expect(stamp(createEndedSpan({ attributes })).attributes['spanledger.cost.usd']).toBe(0.00015);
});

test.each([
  ['an agent around the call', { ...CALL, 'gen_ai.operation.name': 'invoke_agent' }],
  ['a call that says its cost', { ...CALL, 'gen_ai.usage.cost': 0 }],
  ['a call whose cost another key says', { ...CALL, 'llm.cost.total': 0.1 }],
  ['a call of another model', { ...CALL, 'gen_ai.request.model': 'other' }],
  ['a call without tokens', { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-4o' }],
  ['a call that still runs', { ...CALL, 'spanledger.pending': true }],
])('%s is not stamped', (_name, attributes) => {
  const span = createEndedSpan({ attributes });
  expect(createCostStamp({ prices: { 'gpt-4o': { input: 1 } } }).stamp(span)).toBe(span);
});

test('the library is loaded for a call with tokens, and its price is no reported cost', async () => {
  const transform = createSpanTransform({ cost: { library: true } });
  const call = createEndedSpan({ attributes: CALL });
  expect(transform.prepare?.([createEndedSpan()])).toBeUndefined();
  expect(transform(call)).toBe(call);
  await transform.prepare?.([call]);
  expect(transform(call).attributes).toMatchObject({
    'spanledger.cost.usd': 0.00325,
    'spanledger.cost.source': COST_SOURCE.library,
  });
  expect(transform(call).attributes['gen_ai.usage.cost']).toBeUndefined();
  expect(transform.prepare?.([call])).toBeUndefined();
});

test('the library may speak for backends that have no prices, and own prices go before it', async () => {
  const { stamp, prepare } = createCostStamp({
    prices: { own: { input: 1 } },
    library: true,
    libraryAsReported: true,
  });
  const own = createEndedSpan({ attributes: { ...CALL, 'gen_ai.request.model': 'own' } });
  const call = createEndedSpan({ attributes: CALL });
  expect(prepare([own])).toBeUndefined();
  await prepare([own, call]);
  expect(stamp(call).attributes['gen_ai.usage.cost']).toBe(0.00325);
  expect(stamp(own).attributes['spanledger.cost.source']).toBe(COST_SOURCE.ownPrices);
  const unknown = createEndedSpan({ attributes: { ...CALL, 'gen_ai.request.model': 'nobody-knows-it' } });
  expect(stamp(unknown)).toBe(unknown);
});

test('the library is no import of the module', () => {
  const built = fileURLToPath(new URL('../../../src/pipeline/cost.ts', import.meta.url));
  const graph = execFileSync('grep', ['-n', '^import .*genai-prices', built], { encoding: 'utf8' });
  expect(graph.trim().split('\n')).toEqual([expect.stringContaining('import type')]);
});
