import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createIngest, createUnderstanding } from '../../collector/ingest.js';
import { DEFAULT_PROJECT_ID } from '../../collector/model/ids.js';
import type { PriceRow } from '../../collector/model/price.js';
import type { SpanData } from '../../collector/model/span-data.js';
import { renderTime } from '../../collector/model/time.js';
import type { WriteBatch } from '../../collector/model/write-batch.js';
import type { Storage } from '../../collector/storage/storage.js';
import { createTelemetry } from '../../collector/telemetry.js';
import {
  START,
  listAttributes,
  makeBatch,
  makeLog,
  makeSpan,
  spanIdOf,
  traceIdOf,
} from '../support/telemetry.js';
import { useStorage } from '../support/use-storage.js';

const PROJECT = DEFAULT_PROJECT_ID;
const OTHER_PROJECT = '00000000-0000-7000-8000-0000000000ff';

const used = useStorage();
const store = (): Storage => used.storage;

function makePrice(changes: Partial<PriceRow> = {}): PriceRow {
  return {
    id: randomUUID(),
    pattern: 'house-model*',
    provider: null,
    validFromUnixNano: null,
    validToUnixNano: null,
    unit: 'per_million_tokens',
    rates: { input: '2.50', output: '10' },
    tiers: [],
    note: null,
    ...changes,
  };
}

function makeCall(number: number, model: string, attributes: Record<string, string | number> = {}): SpanData {
  return makeSpan({
    traceId: traceIdOf(number),
    spanId: spanIdOf(number),
    attributes: listAttributes({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'house',
      'gen_ai.request.model': model,
      'gen_ai.usage.input_tokens': 1000,
      'gen_ai.usage.output_tokens': 100,
      ...attributes,
    }),
  });
}

function priceBatch(spans: readonly SpanData[], prices: readonly PriceRow[]): WriteBatch {
  const understanding = createUnderstanding(prices);
  return makeBatch({}, { spans: spans.map((span) => understanding.readSpan(span)) });
}

describe("a project's own prices", () => {
  test('are read back as they were put, replaced by id, and deleted', async () => {
    const price = makePrice({
      provider: 'house',
      validFromUnixNano: 1_700_000_000_000_001_000n,
      validToUnixNano: 1_800_000_000_000_000_000n,
      tiers: [{ aboveInputTokens: 200_000, serviceTier: 'batch', rates: { input: '0.000001' } }],
      note: 'by contract\u0000',
    });
    expect(await store().putPrice(PROJECT, price)).toEqual({ ...price, note: 'by contract\uFFFD' });
    expect(await store().listPrices(PROJECT)).toEqual([{ ...price, note: 'by contract\uFFFD' }]);
    expect(await store().listPrices(OTHER_PROJECT)).toEqual([]);
    await store().putPrice(PROJECT, { ...price, rates: { output: '3' }, note: null });
    expect(await store().listPrices(PROJECT)).toEqual([{ ...price, rates: { output: '3' }, note: null }]);
    expect(await store().deletePrice(OTHER_PROJECT, price.id)).toBe(false);
    expect(await store().deletePrice(PROJECT, 'no id')).toBe(false);
    expect(await store().deletePrice(PROJECT, price.id)).toBe(true);
    expect(await store().listPrices(PROJECT)).toEqual([]);
  });

  test('that are remembered are dropped at a change here, and the same rows stay the same array', async () => {
    const another = await used.harness.openAnother();
    const remembered = { maxAgeMillis: 60_000 };
    await store().putPrice(PROJECT, makePrice());
    const first = await store().listPrices(PROJECT, remembered);
    expect(await store().listPrices(PROJECT)).toBe(first);
    await another.putPrice(PROJECT, makePrice());
    expect(await store().listPrices(PROJECT, remembered)).toBe(first);
    expect(await store().listPrices(PROJECT, { maxAgeMillis: 0 })).toHaveLength(2);
    await store().putPrice(PROJECT, makePrice());
    expect(await store().listPrices(PROJECT, remembered)).toHaveLength(3);
    await another.close();
  });
});

describe('a call', () => {
  test('is stored with its price and where that is from, and its trace adds it up', async () => {
    const price = makePrice();
    await store().putPrice(PROJECT, price);
    const ingest = createIngest({ storage: store(), telemetry: createTelemetry({ logLevel: 'silent' }) });
    const decoded = {
      spans: [makeCall(1, 'house-model-2')],
      logRecords: [],
      metricPoints: [],
      rejected: [],
      repaired: [],
    };
    await ingest({ projectId: PROJECT, signal: 'traces', decoded });
    const found = await store().findSpan(PROJECT, traceIdOf(1), spanIdOf(1));
    expect(found?.facts).toMatchObject({ computedCostUsd: '0.0035', priceRef: `project:${price.id}` });
    expect(await store().findTrace(PROJECT, traceIdOf(1))).toMatchObject({
      cost_usd: 0.0035,
      cost_source: 'computed',
    });
  });

  test('keeps the price of its first delivery, whatever prices are when it is sent again', async () => {
    const [dear, cheap] = [makePrice(), makePrice({ rates: { input: '1', output: '1' } })];
    await store().write(priceBatch([makeCall(1, 'house-model')], [dear]));
    const before = await used.harness.dump();
    const again = await store().write(priceBatch([makeCall(1, 'house-model')], [cheap]));
    expect(again).toEqual({ stored: 0, updated: 0, duplicate: 1, rejected: [] });
    expect(await used.harness.dump()).toEqual(before);
  });

  test('whose sender reports a cost is not priced', () => {
    const understanding = createUnderstanding([makePrice()]);
    const { facts } = understanding.readSpan(makeCall(1, 'house-model', { 'gen_ai.usage.cost': '0.5' }));
    if (facts.reportedCostUsd === null) throw new Error('the key of a reported cost is read no longer');
    expect(facts).toMatchObject({ computedCostUsd: null, priceRef: 'reported' });
  });

  test('without a price is listed by model and reason, most calls first, page by page', async () => {
    const calls = [makeCall(1, 'unheard-of'), makeCall(2, 'unheard-of'), makeCall(3, 'another one')];
    const tool = makeSpan({
      traceId: traceIdOf(4),
      attributes: listAttributes({ 'gen_ai.operation.name': 'execute_tool' }),
    });
    await store().write(priceBatch([...calls, tool, makeCall(5, 'house-model')], [makePrice()]));
    const understanding = createUnderstanding([]);
    const log = makeLog({
      eventName: 'claude_code.api_request',
      scope: { ...makeLog().scope, name: 'com.anthropic.claude_code.events' },
      attributes: listAttributes({
        'event.name': 'api_request',
        'session.id': 'a session',
        model: 'unheard-of-claude',
        input_tokens: '7',
        output_tokens: '8',
      }),
    });
    await store().write(
      makeBatch({}, { logRecords: [{ data: log, ordinal: 0, ...understanding.readLog(log) }] }),
    );
    const first = await store().listUnpriced(PROJECT, {}, { limit: 1 });
    expect(first.rows).toMatchObject([
      { model: 'unheard-of', provider: 'house', calls: 2, input_tokens: 2000, output_tokens: 200 },
    ]);
    const rest = await store().listUnpriced(PROJECT, {}, { limit: 5, cursor: first.nextCursor ?? '' });
    expect(rest.rows.map(({ model, calls: count }) => `${model ?? ''} ${count}`).sort()).toEqual([
      'another one 1',
      'unheard-of-claude 1',
    ]);
    const later = { from: renderTime(START + 60_000_000_000n) };
    expect((await store().listUnpriced(PROJECT, later, { limit: 5 })).rows).toEqual([]);
    const earlier = { to: renderTime(START - 1_000n) };
    expect((await store().listUnpriced(PROJECT, earlier, { limit: 5 })).rows).toEqual([]);
    expect((await store().listUnpriced(OTHER_PROJECT, {}, { limit: 5 })).rows).toEqual([]);
  });
});
