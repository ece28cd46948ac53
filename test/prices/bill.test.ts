import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { PriceAnswer, PriceRow, Rates } from '../../collector/model/price.js';
import { createPriceBook } from '../../collector/prices/price-book.js';
import { billedCall, type CallFacts } from './billed-call.js';
import { priceRow } from './price-row.js';

const library = createPriceBook([]);

function billOf(answer: PriceAnswer): Record<string, string> {
  return Object.fromEntries(
    answer.classes.map((line) => [
      line.rateClass,
      `${String(line.tokens)} × ${line.usdPerMillion} = ${line.usd}`,
    ]),
  );
}

/** Every class with tokens of its own: input 1,000,000, output 100,000. */
const EVERY_CLASS: CallFacts = {
  model: 'of-ours',
  inputTokens: 1_000_000,
  cachedInputTokens: 400_000,
  cacheWriteTokens: 60_000,
  cacheWrite5mTokens: 20_000,
  cacheWrite1hTokens: 30_000,
  inputAudioTokens: 5_000,
  inputImageTokens: 7_000,
  outputTokens: 100_000,
  reasoningTokens: 40_000,
  outputAudioTokens: 1_000,
  outputImageTokens: 2_000,
};

const EVERY_RATE: Rates = {
  input: '3',
  cache_read: '0.3',
  cache_write: '3.75',
  cache_write_5m: '3.8',
  cache_write_1h: '6',
  input_audio: '40',
  input_image: '5',
  output: '15',
  reasoning: '16',
  output_audio: '80',
  output_image: '30',
};

function bookOf(...rows: Partial<PriceRow>[]): ReturnType<typeof createPriceBook> {
  return createPriceBook(rows.map((row) => priceRow({ pattern: 'of-ours', ...row })));
}

describe('a bill', () => {
  it('charges every class at its own rate', () => {
    const answer = bookOf({ id: 'all', rates: EVERY_RATE }).explain(billedCall(EVERY_CLASS));
    expect(billOf(answer)).toEqual({
      input: '528000 × 3 = 1.584',
      cache_read: '400000 × 0.3 = 0.12',
      cache_write: '10000 × 3.75 = 0.0375',
      cache_write_5m: '20000 × 3.8 = 0.076',
      cache_write_1h: '30000 × 6 = 0.18',
      input_audio: '5000 × 40 = 0.2',
      input_image: '7000 × 5 = 0.035',
      output: '57000 × 15 = 0.855',
      reasoning: '40000 × 16 = 0.64',
      output_audio: '1000 × 80 = 0.08',
      output_image: '2000 × 30 = 0.06',
    });
    expect(answer).toMatchObject({ costUsd: '3.8675', ref: 'project:all' });
  });

  it('charges a class without a rate at that of the class it is part of, and says so', () => {
    const answer = bookOf({ rates: { input: '1', cache_write: '2', output: '10' } }).explain(
      billedCall(EVERY_CLASS),
    );
    expect(Object.fromEntries(answer.classes.map((line) => [line.rateClass, line.rateOf]))).toEqual({
      input: 'input',
      cache_read: 'input',
      cache_write: 'cache_write',
      cache_write_5m: 'cache_write',
      cache_write_1h: 'cache_write',
      input_audio: 'input',
      input_image: 'input',
      output: 'output',
      reasoning: 'output',
      output_audio: 'output',
      output_image: 'output',
    });
    // 940,000 at 1, 60,000 cache writes at 2, 100,000 output at 10.
    expect(answer.costUsd).toBe('2.06');
    expect(answer.steps).toContain('cache_write_1h charged at the rate of cache_write');
  });

  it("takes the library's rates for cached, written and audio tokens", () => {
    const claude = library.explain(
      billedCall({
        provider: 'anthropic',
        model: 'claude-haiku-4-5',
        inputTokens: 100_000,
        cachedInputTokens: 50_000,
        cacheWriteTokens: 30_000,
        cacheWrite5mTokens: 10_000,
        cacheWrite1hTokens: 20_000,
        outputTokens: 1_000,
      }),
    );
    expect(billOf(claude)).toEqual({
      input: '20000 × 1 = 0.02',
      cache_read: '50000 × 0.1 = 0.005',
      cache_write_5m: '10000 × 1.25 = 0.0125',
      cache_write_1h: '20000 × 2 = 0.04',
      output: '1000 × 5 = 0.005',
    });
    expect(claude.costUsd).toBe('0.0825');
    const spoken = library.explain(
      billedCall({
        model: 'gpt-realtime',
        inputTokens: 2_000,
        inputAudioTokens: 1_500,
        outputTokens: 1_000,
        outputAudioTokens: 900,
      }),
    );
    expect(billOf(spoken)).toEqual({
      input: '500 × 4 = 0.002',
      input_audio: '1500 × 32 = 0.048',
      output: '100 × 16 = 0.0016',
      output_audio: '900 × 64 = 0.0576',
    });
    expect(spoken.costUsd).toBe('0.1092');
    const researched = library.explain(
      billedCall({
        provider: 'perplexity',
        model: 'sonar-deep-research',
        inputTokens: 0,
        outputTokens: 3_000,
        reasoningTokens: 2_000,
      }),
    );
    expect(researched.costUsd).toBe('0.014');
    expect(researched.steps).toContain('tokens only: web searches of the list not charged');
  });

  it('keeps every digit', () => {
    const tiny = bookOf({ unit: 'per_token', rates: { input: '0.000000123456789012345', output: '1e-7' } });
    expect(tiny.price(billedCall({ model: 'of-ours', inputTokens: 7, outputTokens: 3 })).costUsd).toBe(
      '0.000001164197523086415',
    );
  });

  it.each([
    ['per_token', '0.0000025'],
    ['per_thousand_tokens', '0.0025'],
    ['per_million_tokens', '2.5'],
  ] as const)('reads rates %s', (unit, rate) => {
    const { classes, costUsd } = bookOf({ unit, rates: { input: rate, output: '0' } }).explain(
      billedCall({ model: 'of-ours', inputTokens: 1_000, outputTokens: 1 }),
    );
    expect(costUsd).toBe('0.0025');
    expect(classes[0]?.usdPerMillion).toBe('2.5');
  });
});

describe('what is not known', () => {
  it('is not charged on the side it is missing from, and said', () => {
    const answer = library.explain(billedCall({ inputTokens: 1_000 }));
    expect(answer.costUsd).toBe('0.0025');
    expect(answer.steps).toContain('output tokens unknown: not charged');
    const other = library.explain(billedCall({ outputTokens: 1_000 }));
    expect(other.costUsd).toBe('0.01');
    expect(other.steps).toContain('input tokens unknown: not charged');
  });

  it('leaves the call without a price where no count is known', () => {
    expect(library.explain(billedCall())).toEqual({
      costUsd: null,
      ref: 'unpriced:no_usage',
      steps: [],
      classes: [],
      advice: 'Let the instrumentation record token counts.',
    });
    expect(library.price(billedCall({ inputTokens: Number.NaN, outputTokens: -1 })).ref).toBe(
      'unpriced:no_usage',
    );
  });

  it('is not charged for output where a list has a rate for input only', () => {
    const answer = library.explain(
      billedCall({ model: 'text-embedding-3-small', inputTokens: 1_000, outputTokens: 5 }),
    );
    expect(answer.costUsd).toBe('0.00002');
    expect(answer.steps).toContain('no rate for output: not charged');
  });

  it('is told apart from a call of no tokens, which costs nothing', () => {
    expect(library.price(billedCall({ inputTokens: 0, outputTokens: 0 })).costUsd).toBe('0');
  });
});

describe('long context', () => {
  const sonnet: CallFacts = { provider: 'anthropic', model: 'claude-sonnet-4-5', outputTokens: 1_000 };

  it("has the tier's rates for the whole call from one token above the limit", () => {
    const below = library.price(billedCall({ ...sonnet, inputTokens: 200_000 }));
    const above = library.explain(billedCall({ ...sonnet, inputTokens: 200_001 }));
    expect(below.costUsd).toBe('0.615');
    expect(above.costUsd).toBe('1.222506');
    expect(above.steps).toContain('rates of calls with more than 200000 input tokens');
  });

  it('counts cached input towards the limit', () => {
    const answer = library.explain(
      billedCall({ ...sonnet, inputTokens: 250_000, cachedInputTokens: 249_000 }),
    );
    expect(billOf(answer)).toMatchObject({
      cache_read: '249000 × 0.6 = 0.1494',
      output: '1000 × 22.5 = 0.0225',
    });
  });

  it("follows each list's own limit", () => {
    const at = (inputTokens: number): string | null =>
      library.price(billedCall({ model: 'gpt-5.5', inputTokens, outputTokens: 0 })).costUsd;
    expect([at(271_999), at(272_000)]).toEqual(['1.359995', '2.72']);
  });
});

describe('the service tier', () => {
  test.each([null, 'default', 'auto', 'standard', 'Default', 'on_demand', ''])(
    '%s has the list price',
    (serviceTier) => {
      expect(library.price(billedCall({ inputTokens: 1_000, outputTokens: 0, serviceTier })).costUsd).toBe(
        '0.0025',
      );
    },
  );

  test.each(['batch', 'flex', 'priority', 'scale'])('%s has no list price', (serviceTier) => {
    expect(library.price(billedCall({ inputTokens: 1_000, outputTokens: 0, serviceTier }))).toEqual({
      costUsd: null,
      ref: 'unpriced:service_tier',
    });
  });
});

test('a bill is the sum that integers give', () => {
  const rate = fc.record({
    units: fc.bigInt({ min: 0n, max: 10n ** 12n }),
    scale: fc.integer({ min: 0, max: 18 }),
  });
  const tokens = fc.integer({ min: 0, max: 2 ** 40 });
  fc.assert(
    fc.property(
      rate,
      rate,
      rate,
      tokens,
      tokens,
      tokens,
      (input, read, output, uncached, cached, written) => {
        const text = ({ units, scale }: { units: bigint; scale: number }): string =>
          `${String(units)}e-${String(scale)}`;
        const book = bookOf({ rates: { input: text(input), cache_read: text(read), output: text(output) } });
        const { costUsd } = book.price(
          billedCall({
            model: 'of-ours',
            inputTokens: uncached + cached,
            cachedInputTokens: cached,
            outputTokens: written,
          }),
        );
        const atScale = (count: number, { units, scale }: { units: bigint; scale: number }): bigint =>
          BigInt(count) * units * 10n ** BigInt(18 - scale);
        const expected = atScale(uncached, input) + atScale(cached, read) + atScale(written, output);
        const [whole = '', fraction = ''] = (costUsd ?? 'none').split('.');
        expect(BigInt(whole + fraction.padEnd(24, '0'))).toBe(expected);
      },
    ),
  );
});
