import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { calcPrice, findProvider, type MatchLogic, type Provider } from '@pydantic/genai-prices';
import { describe, expect, it } from 'vitest';
import { createPriceBook } from '../../collector/prices/price-book.js';
import { bundledLibrary, LIBRARY_VERSION } from '../../collector/prices/price-library.js';
import { listedProviderNames } from '../../collector/prices/providers.js';
import { billedCall } from './billed-call.js';

const require = createRequire(import.meta.url);
const bundle = require.resolve('@pydantic/genai-prices');

function readProviders(): Provider[] {
  const ids = new Set(
    [...readFileSync(bundle, 'utf8').matchAll(/\bid:\s?["`]([a-z0-9_-]+)["`],name:/g)].map((m) => m[1] ?? ''),
  );
  const providers = [...ids]
    .map((id) => findProvider({ providerId: id }))
    .filter((found) => found !== undefined);
  return [...new Map(providers.map((provider) => [provider.id, provider])).values()];
}

const providers = readProviders();

function namesIn(logic: MatchLogic): string[] {
  if ('or' in logic) return logic.or.flatMap(namesIn);
  if ('and' in logic) return logic.and.flatMap(namesIn);
  return 'equals' in logic ? [logic.equals] : 'starts_with' in logic ? [logic.starts_with] : [];
}

describe('the price library', () => {
  it('is the version that prices name', () => {
    const manifest = readFileSync(join(dirname(bundle), '..', 'package.json'), 'utf8');
    expect((JSON.parse(manifest) as { version: string }).version).toBe(LIBRARY_VERSION);
  });

  it('has a list for every provider that is said to have one', () => {
    expect(listedProviderNames().length).toBeGreaterThan(60);
    for (const { id } of providers) expect(bundledLibrary.findList(id)?.id).toBe(id);
    expect(providers.length).toBeGreaterThan(40);
  });

  it('prices by keys that are known: those of tokens, and those that tokens do not tell', () => {
    const prices = providers.flatMap(({ models }) =>
      models.flatMap((model) =>
        Array.isArray(model.prices) ? model.prices.map((price) => price.prices) : [model.prices],
      ),
    );
    expect([...new Set(prices.flatMap((price) => Object.keys(price)))].sort()).toEqual([
      'audio_hours',
      'cache_audio_read_mtok',
      'cache_image_read_mtok',
      'cache_read_mtok',
      'cache_write_1h_mtok',
      'cache_write_mtok',
      'input_annotated_document_kpages',
      'input_audio_hours',
      'input_audio_mtok',
      'input_document_kpages',
      'input_image_mtok',
      'input_mtok',
      'input_text_messages_kcount',
      'input_video_mtok',
      'output_audio_mtok',
      'output_citation_mtok',
      'output_image_mtok',
      'output_mtok',
      'output_reasoning_mtok',
      'output_video_mtok',
      'requests_kcount',
      'storage_searches_kcount',
      'web_searches_kcount',
    ]);
  });

  it('gives the model that it gives itself for each of the names in its data', () => {
    let compared = 0;
    for (const provider of providers)
      for (const name of provider.models.flatMap((model) => namesIn(model.match))) {
        const theirs = calcPrice({}, name, { provider })?.model.id;
        const ours = bundledLibrary.findList(provider.id)?.findModel(name.toLowerCase(), 'loose');
        expect(ours === 'ambiguous' ? ours : ours?.id, `${provider.id} ${name}`).toBe(theirs);
        compared++;
      }
    expect(compared).toBeGreaterThan(2_000);
  });

  it('comes to the cost that it comes to itself, but for its rounding', () => {
    const book = createPriceBook([]);
    const usage = {
      input_tokens: 300_000,
      cache_read_tokens: 20_000,
      cache_write_tokens: 10_000,
      output_tokens: 5_000,
    };
    const call = {
      inputTokens: 300_000,
      cachedInputTokens: 20_000,
      cacheWriteTokens: 10_000,
      outputTokens: 5_000,
    };
    const at = ['2025-01-01T12:00:00Z', '2026-08-01T20:00:00Z', '2026-10-01T02:00:00Z'];
    let compared = 0;
    for (const { id, models } of providers.filter((provider) =>
      ['openai', 'anthropic', 'deepseek'].includes(provider.id),
    ))
      for (const model of models)
        for (const time of at) {
          const answer = book.price(billedCall({ provider: id, model: model.id, at: time, ...call }));
          if (answer.costUsd === null || !answer.ref.endsWith(`:${id}/${model.id}`)) continue;
          const theirs = calcPrice(usage, model.id, { providerId: id, timestamp: new Date(time) });
          if (theirs === null || theirs.model.id !== model.id) continue;
          expect(Number(answer.costUsd), `${id}/${model.id} ${time}`).toBeCloseTo(theirs.total_price, 9);
          compared++;
        }
    expect(compared).toBeGreaterThan(200);
  });
});
