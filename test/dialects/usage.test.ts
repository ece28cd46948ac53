import { describe, expect, it } from 'vitest';
import type { AnyValue } from '../../collector/model/any-value.js';
import { factsOf, type Attributes } from './sent-span.js';

const CHAT = { 'gen_ai.operation.name': 'chat' };

function usageOf(attributes: Attributes, scope = ''): (number | null)[] {
  const { usage } = factsOf({ attributes: { ...CHAT, ...attributes }, scope });
  return [
    usage.inputTokens,
    usage.outputTokens,
    usage.cachedInputTokens,
    usage.cacheWriteTokens,
    usage.reasoningTokens,
  ];
}

describe('token counts', () => {
  it.each<[string, Attributes, (number | null)[]]>([
    [
      'generation 1',
      { 'gen_ai.usage.prompt_tokens': 7n, 'gen_ai.usage.completion_tokens': 3n },
      [7, 3, null, null, null],
    ],
    [
      'generation 3',
      {
        'gen_ai.usage.input_tokens': 70n,
        'gen_ai.usage.output_tokens': 30n,
        'gen_ai.usage.cache_read.input_tokens': 20n,
        'gen_ai.usage.cache_creation.input_tokens': 10n,
      },
      [70, 30, 20, 10, null],
    ],
    [
      'generation 4',
      {
        'gen_ai.usage.input_tokens': 70n,
        'gen_ai.usage.output_tokens': 30n,
        'gen_ai.usage.cache_write.input_tokens': 10n,
        'gen_ai.usage.reasoning.output_tokens': 12n,
      },
      [70, 30, null, 10, 12],
    ],
    ['AI SDK 5 embedding', { 'ai.usage.tokens': 4 }, [4, null, null, null, null]],
    [
      'AI SDK 6',
      {
        'ai.usage.inputTokens': 9,
        'ai.usage.outputTokens': 2,
        'ai.usage.inputTokenDetails.cacheReadTokens': 5,
        'ai.usage.outputTokenDetails.reasoningTokens': 1,
      },
      [9, 2, 5, null, 1],
    ],
    [
      'AI SDK 5 with what the provider said',
      {
        'ai.usage.promptTokens': 90n,
        'ai.response.providerMetadata': '{"openai":{"cachedPromptTokens":64}}',
      },
      [90, null, 64, null, null],
    ],
    [
      'OpenInference',
      {
        'llm.token_count.prompt': 5n,
        'llm.token_count.completion': 6n,
        'llm.token_count.prompt_details.cache_write': 4n,
      },
      [5, 6, null, 4, null],
    ],
  ])('%s', (_name, attributes, usage) => {
    expect(usageOf(attributes)).toEqual(usage);
  });

  it.each<[AnyValue, number | null]>([
    [5n, 5],
    [5, 5],
    ['5200', 5200],
    ['5.0', 5],
    [0n, 0],
    [-1n, null],
    [-1, null],
    [1.5, null],
    [Number.NaN, null],
    [Number.POSITIVE_INFINITY, null],
    [2n ** 53n, null],
    [1e300, null],
    ['12 tokens', null],
    ['', null],
    [true, null],
    [null, null],
    [[5n], null],
  ])('a count sent as %s reads as %s', (sent, read) => {
    expect(usageOf({ 'gen_ai.usage.input_tokens': sent })[0]).toBe(read);
  });

  it('a span that reports nothing has no usage', () => {
    expect(usageOf({})).toEqual([null, null, null, null, null]);
  });
});

describe('cached tokens outside of the input are added', () => {
  const cached = { 'gen_ai.usage.cache_read.input_tokens': 20n };

  it('where they exceed the input', () => {
    expect(usageOf({ ...cached, 'gen_ai.usage.input_tokens': 5n })[0]).toBe(25);
  });

  it('where the sender’s own total shows it', () => {
    const sent = { ...cached, 'gen_ai.usage.input_tokens': 50n, 'gen_ai.usage.output_tokens': 10n };
    expect(usageOf({ ...sent, 'gen_ai.usage.total_tokens': 80n })[0]).toBe(70);
    expect(usageOf({ ...sent, 'gen_ai.usage.total_tokens': 60n })[0]).toBe(50);
  });

  it('where the AI SDK hands on Anthropic’s own count of the input, as 5 does and 6 does not', () => {
    const usage = { input_tokens: 40, cache_read_input_tokens: 20, output_tokens: 5 };
    const metadata = JSON.stringify({ anthropic: { usage, cacheCreationInputTokens: 10 } });
    const sent = { 'ai.usage.outputTokens': 5, 'ai.response.providerMetadata': metadata };
    expect(usageOf({ ...sent, 'ai.usage.inputTokens': 40 })).toEqual([70, 5, 20, 10, null]);
    expect(usageOf({ ...sent, 'ai.usage.inputTokens': 70 })).toEqual([70, 5, 20, 10, null]);
  });

  it('where Strands hands on the numbers of a Claude model', () => {
    const sent = { ...cached, 'gen_ai.usage.input_tokens': 50n, 'gen_ai.request.model': 'claude-sonnet-4-5' };
    expect(usageOf(sent, 'strands-agents')[0]).toBe(70);
    expect(usageOf(sent)[0]).toBe(50);
  });
});

describe('reasoning outside of the output is added', () => {
  const sent = { 'gen_ai.usage.input_tokens': 10n, 'gen_ai.usage.output_tokens': 5n };
  const reasoning = 'gen_ai.usage.reasoning.output_tokens';
  const total = 'gen_ai.usage.total_tokens';

  it('where it exceeds the output', () => {
    expect(usageOf({ ...sent, [reasoning]: 30n })).toEqual([10, 35, null, null, 30]);
    expect(usageOf({ ...sent, [reasoning]: 5n })[1]).toBe(5);
  });

  it('where the sender’s own total shows it, as that of Gemini does', () => {
    expect(usageOf({ ...sent, [reasoning]: 4n, [total]: 19n })[1]).toBe(9);
    expect(usageOf({ ...sent, [reasoning]: 4n, [total]: 15n })[1]).toBe(5);
    expect(usageOf({ ...sent, [reasoning]: 4n, [total]: 99n })[1]).toBe(5);
  });

  it('together with cached tokens, where the total has both or one is beyond its whole', () => {
    const both = { ...sent, [reasoning]: 4n, 'gen_ai.usage.cache_read.input_tokens': 7n };
    expect(usageOf({ ...both, [total]: 26n })).toEqual([17, 9, 7, null, 4]);
    expect(usageOf({ ...both, [total]: 22n })).toEqual([17, 5, 7, null, 4]);
    const beyond = { ...both, 'gen_ai.usage.cache_read.input_tokens': 70n };
    expect(usageOf(beyond)).toEqual([80, 5, 70, null, 4]);
    expect(usageOf({ ...beyond, [total]: 89n })).toEqual([80, 9, 70, null, 4]);
  });
});

describe('cost', () => {
  it.each<[Attributes, string | null]>([
    [{ 'gen_ai.usage.cost': 0.0123 }, '0.0123'],
    [{ 'gen_ai.usage.cost': 1.5e-7 }, '0.00000015'],
    [{ 'gen_ai.usage.cost': '0.0200' }, '0.02'],
    [{ 'gen_ai.usage.cost': 3n }, '3'],
    [{ 'gen_ai.usage.cost': -1 }, null],
    [{ 'gen_ai.usage.cost': Number.NaN }, null],
    [{ 'gen_ai.usage.cost': 'free' }, null],
    [{ 'llm.cost.prompt': 0.1, 'llm.cost.completion': 0.2 }, '0.3'],
    [{ 'llm.cost.total': 0.5, 'llm.cost.prompt': 0.1 }, '0.5'],
  ])('%o', (attributes, cost) => {
    expect(factsOf({ attributes: { ...CHAT, ...attributes } }).reportedCostUsd).toBe(cost);
  });

  it('of 0 is believed of an answered call and not of a failed one', () => {
    const attributes = { ...CHAT, 'gen_ai.usage.cost': 0 };
    expect(factsOf({ attributes }).reportedCostUsd).toBe('0');
    expect(factsOf({ attributes, statusCode: 2 }).reportedCostUsd).toBeNull();
  });
});
