import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { PriceRow } from '../../collector/model/price.js';
import { createPriceBook } from '../../collector/prices/price-book.js';
import { matchesGlob } from '../../collector/prices/project-rows.js';
import { billedCall, nanos, type CallFacts } from './billed-call.js';
import { priceRow } from './price-row.js';

function refOf(rows: Partial<PriceRow>[], call: CallFacts): string {
  const book = createPriceBook(rows.map(priceRow));
  return book.price(billedCall({ inputTokens: 1_000, outputTokens: 1_000, ...call })).ref;
}

describe("a project's price", () => {
  it('wins over the library and over a local model', () => {
    expect(refOf([{ id: 'ours', pattern: 'gpt-4o' }], {})).toBe('project:ours');
    expect(refOf([{ id: 'gpu', pattern: 'llama*' }], { provider: 'ollama', model: 'llama3.2:3b' })).toBe(
      'project:gpu',
    );
  });

  it('may be nothing', () => {
    const book = createPriceBook([priceRow({ id: 'gift', rates: { input: '0', output: '0' } })]);
    expect(book.price(billedCall({ inputTokens: 5, outputTokens: 5 }))).toEqual({
      costUsd: '0',
      ref: 'project:gift',
    });
  });

  it('without a rate for some of the tokens gives no price at all', () => {
    const book = createPriceBook([priceRow({ rates: { cache_read: '0.1', output: '2' } })]);
    const answer = book.explain(billedCall({ inputTokens: 9, cachedInputTokens: 4, outputTokens: 1 }));
    expect(answer).toMatchObject({ costUsd: null, ref: 'unpriced:no_token_rate' });
    expect(answer.steps).toEqual([
      'model `gpt-4o`',
      "the project's price `*` fits `gpt-4o`",
      'it has no rate for input',
    ]);
    expect(book.price(billedCall({ inputTokens: 4, cachedInputTokens: 4, outputTokens: 1 })).costUsd).toBe(
      '0.0000024',
    );
  });

  it('fits the name as sent or in any simpler form, whatever its case', () => {
    const bedrock = { provider: 'aws.bedrock', model: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0' };
    for (const pattern of [
      'us.anthropic.*',
      'US.Anthropic.Claude-Sonnet-4-5-20250929-v1:0',
      'claude-sonnet-4-5',
      'claude-*-4-?',
    ])
      expect(refOf([{ pattern }], bedrock), pattern).toBe('project:row');
    expect(refOf([{ pattern: 'gpt-4o' }], { model: 'openai/gpt-4o-2024-08-06' })).toBe('project:row');
    expect(refOf([{ pattern: 'gpt-4o' }], { model: 'gpt-4o-mini' })).toContain('library:');
  });

  it('tells how the name was made simpler until it fitted', () => {
    const book = createPriceBook([priceRow({ pattern: 'gpt-4o' })]);
    const call = { provider: null, model: 'openai/gpt-4o-2024-08-06', inputTokens: 1, outputTokens: 1 };
    expect(book.explain(billedCall(call)).steps).toEqual([
      'model `openai/gpt-4o-2024-08-06`',
      'dropped the prefix `openai/`',
      'dropped the date `-2024-08-06`',
      "the project's price `gpt-4o` fits `gpt-4o`",
    ]);
  });

  it('does not fit a fine-tuned model or a free variant by the name of its base', () => {
    expect(refOf([{ pattern: 'gpt-4o' }], { model: 'ft:gpt-4o:org::id' })).toBe('unpriced:fine_tuned');
    expect(refOf([{ pattern: 'ft:gpt-4o:*' }], { model: 'ft:gpt-4o:org::id' })).toBe('project:row');
    expect(refOf([{ pattern: 'acme/m' }], { provider: 'openrouter', model: 'acme/m:free' })).toBe(
      'unpriced:variant',
    );
  });

  it('gives a price to what has none', () => {
    const deployment = { provider: 'azure.ai.openai', model: 'Chat Prod' };
    expect(refOf([], deployment)).toBe('unpriced:azure_deployment');
    expect(refOf([{ pattern: 'chat prod' }], deployment)).toBe('project:row');
    const profile = 'arn:aws:bedrock:us-east-1:1:application-inference-profile/abc';
    expect(refOf([{ pattern: '*application-inference-profile/abc' }], { model: profile })).toBe(
      'project:row',
    );
  });

  it("fits the request's model where none fits the response's", () => {
    const rows = [{ id: 'asked', pattern: 'my-deployment' }];
    expect(refOf(rows, { model: 'my-deployment', response: 'gpt-4o-2024-08-06' })).toBe('project:asked');
    rows.push({ id: 'answered', pattern: 'gpt-*' });
    expect(refOf(rows, { model: 'my-deployment', response: 'gpt-4o-2024-08-06' })).toBe('project:answered');
  });

  it('of one provider does not hold for another', () => {
    const rows = [{ id: 'azure', pattern: 'gpt-4o', provider: 'azure.ai.openai' }];
    expect(refOf(rows, { provider: 'azure.ai.openai' })).toBe('project:azure');
    expect(refOf(rows, { provider: 'openai' })).toContain('library:');
    expect(refOf(rows, { provider: null })).toContain('library:');
  });

  it('is in force from its first moment up to before its last', () => {
    const rows = [
      { id: 'first', validToUnixNano: nanos('2026-02-01') },
      { id: 'second', validFromUnixNano: nanos('2026-02-01'), validToUnixNano: nanos('2026-03-01') },
    ];
    expect(refOf(rows, { at: '2026-01-31T23:59:59.999Z' })).toBe('project:first');
    expect(refOf(rows, { at: '2026-02-01' })).toBe('project:second');
    expect(refOf(rows, { at: '2026-03-01' })).toContain('library:');
  });

  it('that says more wins: provider, then longer pattern, then later start, then id', () => {
    const ranked: Partial<PriceRow>[] = [
      { id: 'z-provider', pattern: '*', provider: 'openai' },
      { id: 'y-long', pattern: 'gpt-4*' },
      { id: 'x-late', pattern: 'gpt*', validFromUnixNano: nanos('2026-01-01') },
      { id: 'w-early', pattern: '*gpt', validFromUnixNano: nanos('2025-01-01') },
      { id: 'a', pattern: 'gpt*' },
      { id: 'b', pattern: 'gpt*' },
    ];
    const model = { model: 'gpt-4o' };
    for (let from = 0; from < ranked.length; from++) {
      const rest = ranked.slice(from).filter((row) => row.id !== 'w-early');
      const winner = rest[0]?.id ?? '';
      expect(refOf(rest, model)).toBe(`project:${winner}`);
      expect(refOf(rest.toReversed(), model)).toBe(`project:${winner}`);
    }
  });
});

describe("a tier of a project's price", () => {
  const row = priceRow({
    pattern: 'm',
    rates: { input: '2', output: '10', cache_read: '0.2' },
    tiers: [
      { aboveInputTokens: 1_000, serviceTier: null, rates: { input: '4', output: '15' } },
      { aboveInputTokens: 2_000, serviceTier: null, rates: { input: '8' } },
      { aboveInputTokens: null, serviceTier: 'batch', rates: { input: '1', output: '5' } },
      { aboveInputTokens: 1_000, serviceTier: 'batch', rates: { input: '3' } },
    ],
  });
  const book = createPriceBook([row]);
  const ratesOf = (facts: CallFacts): Record<string, string> | string => {
    const answer = book.explain(billedCall({ model: 'm', outputTokens: 1, ...facts }));
    if (answer.costUsd === null) return answer.ref;
    return Object.fromEntries(answer.classes.map((line) => [line.rateClass, line.usdPerMillion]));
  };

  it('holds for the whole call from one token above its limit', () => {
    expect(ratesOf({ inputTokens: 1_000 })).toEqual({ input: '2', output: '10' });
    expect(ratesOf({ inputTokens: 1_001 })).toEqual({ input: '4', output: '15' });
  });

  it('leaves the rates that it does not name as they are', () => {
    expect(ratesOf({ inputTokens: 1_001, cachedInputTokens: 1 })).toEqual({
      input: '4',
      cache_read: '0.2',
      output: '15',
    });
    expect(ratesOf({ inputTokens: 2_001 })).toEqual({ input: '8', output: '10' });
  });

  it('holds for the service tier that it names', () => {
    expect(ratesOf({ inputTokens: 10, serviceTier: 'BATCH' })).toEqual({ input: '1', output: '5' });
    expect(ratesOf({ inputTokens: 1_001, serviceTier: 'batch' })).toEqual({ input: '3', output: '10' });
  });

  it('is named on the path to the price', () => {
    const stepsOf = (facts: CallFacts) =>
      book.explain(billedCall({ model: 'm', outputTokens: 1, ...facts })).steps.slice(2);
    expect(stepsOf({ inputTokens: 10 })).toEqual([]);
    expect(stepsOf({ inputTokens: 1_001 })).toEqual(['rates of calls with more than 1000 input tokens']);
    expect(stepsOf({ inputTokens: 10, serviceTier: 'BATCH' })).toEqual([
      'rates of calls in the service tier `batch`',
    ]);
    expect(stepsOf({ inputTokens: 1_001, serviceTier: 'batch' })).toEqual([
      'rates of calls in the service tier `batch` with more than 1000 input tokens',
    ]);
  });

  it('that is missing leaves the price that was looked at on the path', () => {
    const call = billedCall({ model: 'm', inputTokens: 10, outputTokens: 1, serviceTier: 'flex' });
    expect(book.explain(call).steps).toEqual([
      'model `m`',
      "the project's price `m` fits `m`",
      'it has no rates for the service tier `flex`',
    ]);
  });

  it('is needed for any service tier but the standard one', () => {
    expect(ratesOf({ inputTokens: 10, serviceTier: 'flex' })).toBe('unpriced:service_tier');
    expect(refOf([{ pattern: 'gpt-4o' }], { serviceTier: 'flex' })).toBe('unpriced:service_tier');
  });
});

test('a glob matches what the same regular expression does', () => {
  const pieces = fc.array(fc.constantFrom('a', 'b', '.', '*', '?'), { maxLength: 8 });
  const names = fc.array(fc.constantFrom('a', 'b', '.'), { maxLength: 10 });
  fc.assert(
    fc.property(pieces, names, (pattern, name) => {
      const expression = pattern
        .map((piece) => (piece === '*' ? '.*' : piece === '?' ? '.' : piece === '.' ? '\\.' : piece))
        .join('');
      expect(matchesGlob(pattern.join(''), name.join(''))).toBe(
        new RegExp(`^${expression}$`).test(name.join('')),
      );
    }),
    { numRuns: 2_000 },
  );
});
