import { describe, expect, it, test } from 'vitest';
import { createPriceBook } from '../../collector/prices/price-book.js';
import { LIBRARY_VERSION } from '../../collector/prices/price-library.js';
import { billedCall } from './billed-call.js';
import { NAMED_CALLS, type NamedCall } from './model-names.js';

const book = createPriceBook([]);

function callOf({ isEmbedding, expect: _, ...facts }: NamedCall): ReturnType<typeof billedCall> {
  const output = isEmbedding === true ? {} : { outputTokens: 10_000 };
  return billedCall({ ...facts, inputTokens: 100_000, ...output });
}

function expectedAnswer({ expect: expected }: NamedCall): { costUsd: string | null; ref: string } {
  if (expected === 'local') return { costUsd: '0', ref: 'local' };
  if ('reason' in expected) return { costUsd: null, ref: `unpriced:${expected.reason}` };
  return { costUsd: expected.usd, ref: `library:${LIBRARY_VERSION}:${expected.model}` };
}

describe('a model name as gateways and clouds write it has its price or a reason', () => {
  test.each(NAMED_CALLS.map((call) => [JSON.stringify(call), call] as const))('%s', (_, call) => {
    const { costUsd, ref, steps } = book.explain(callOf(call));
    expect({ costUsd, ref }, steps.join(' → ')).toEqual(expectedAnswer(call));
    expect(book.price(callOf(call))).toEqual({ costUsd, ref });
  });

  it('covers many providers', () => {
    expect(NAMED_CALLS.length).toBeGreaterThan(100);
    expect(new Set(NAMED_CALLS.map((call) => call.provider)).size).toBeGreaterThan(15);
  });

  it('gives the same answers in any order and when asked again', () => {
    const other = createPriceBook([]);
    const backwards = NAMED_CALLS.toReversed().map((call) => other.price(callOf(call)));
    expect(backwards.toReversed()).toEqual(NAMED_CALLS.map((call) => book.price(callOf(call))));
    expect(NAMED_CALLS.map((call) => other.price(callOf(call)))).toEqual(backwards.toReversed());
  });
});

describe('the path of a name', () => {
  const stepsOf = (facts: Parameters<typeof billedCall>[0]): readonly string[] =>
    book.explain(billedCall({ inputTokens: 1, outputTokens: 1, ...facts })).steps;

  it('tells each part that was dropped and what was matched', () => {
    expect(
      stepsOf({
        provider: null,
        model:
          'arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.anthropic.claude-opus-4-1-20250805-v1:0',
      }),
    ).toEqual([
      'model `arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.anthropic.claude-opus-4-1-20250805-v1:0`',
      'took the model out of the ARN',
      "dropped `global.anthropic.`: the global endpoint has the maker's price",
      'matched anthropic/claude-opus-4-1',
      'tokens only: web searches of the list not charged',
    ]);
  });

  it("says when the maker's price stands in for that of a gateway", () => {
    expect(stepsOf({ provider: 'azure.ai.openai', model: 'gpt-4o' })).toContain(
      'not in the price list azure: the price of its maker openai is taken',
    );
  });

  it('says which price was in force', () => {
    expect(stepsOf({ model: 'o3' })).toContain('rates in force since 2025-06-10');
    expect(stepsOf({ provider: 'deepseek', model: 'deepseek-chat', at: '2026-10-01T09:00:00Z' })).toContain(
      'rates in force from 00:30:00Z to 16:30:00Z',
    );
  });

  it('says that the mark of a context window was dropped', () => {
    expect(stepsOf({ provider: 'anthropic', model: 'claude-sonnet-4-5[1m]' })).toEqual([
      'model `claude-sonnet-4-5[1m]`',
      'dropped the context mark `[1m]`',
      'matched anthropic/claude-sonnet-4-5',
      'tokens only: web searches of the list not charged',
    ]);
  });

  it("tries the request's model when the response's is not known", () => {
    expect(stepsOf({ response: 'served-by-us', model: 'gpt-4o' })).toEqual([
      'model `served-by-us`',
      'not in the price list openai',
      'model `gpt-4o`',
      'matched openai/gpt-4o',
      'tokens only: web searches, storage searches of the list not charged',
    ]);
  });

  it("does not take the request's price for a fine-tuned response", () => {
    const answer = book.price(billedCall({ inputTokens: 1, response: 'ft:gpt-4o:org::id', model: 'gpt-4o' }));
    expect(answer).toEqual({ costUsd: null, ref: 'unpriced:fine_tuned' });
  });
});
