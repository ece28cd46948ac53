import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPriceBook } from '../../collector/prices/price-book.js';
import { hostOf, isLocalHost } from '../../collector/prices/server-address.js';
import { billedCall } from './billed-call.js';
import { priceRow } from './price-row.js';

const ANSWER = /^(?:project:row|local|library:[0-9.]+:[^/]+\/.+|unpriced:[a-z_]+)$/;

describe('odd input', () => {
  const book = createPriceBook([
    priceRow({
      pattern: '*a*a*a*a*a*a*a*b',
      provider: 'none',
      rates: { input: 'free', output: '-1', cache_read: '1e999' },
    }),
  ]);

  it('never throws', () => {
    const text = fc.oneof(
      fc.constant(null),
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc
        .array(
          fc.constantFrom(
            'gpt-4o',
            'claude-',
            'us.',
            'anthropic.',
            '/',
            ':',
            '@',
            '-20250101',
            'arn:aws:',
            'ft:',
            '-v1:0',
          ),
        )
        .map((parts) => parts.join('')),
    );
    const count = fc.oneof(fc.constant(null), fc.double(), fc.nat());
    fc.assert(
      fc.property(
        text,
        text,
        text,
        text,
        text,
        count,
        count,
        (provider, model, response, server, serviceTier, inputTokens, outputTokens) => {
          const call = billedCall({
            provider,
            model,
            response,
            server,
            serviceTier,
            inputTokens,
            outputTokens,
          });
          const { ref, costUsd } = book.explain(call);
          expect(ref).toMatch(ANSWER);
          expect(costUsd === null).toBe(ref.startsWith('unpriced:'));
          expect(book.price(call)).toEqual({ costUsd, ref });
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it.each([
    ['one letter', 'a'],
    ['hyphens', '-'],
    ['dots', '.'],
    ['slashes', '/'],
    ['colons', ':'],
    ['spaces between letters', 'a '],
    ['dates', '-20250101'],
    ['region prefixes', 'us.'],
    ['provider prefixes', 'openai/'],
    ['emoji', '🦙'],
  ])('answers over names of 100 KB and of 256 bytes: %s', (_, piece) => {
    for (const length of [102_400, 256]) {
      const model = piece.repeat(Math.ceil(length / piece.length)).slice(0, length);
      for (const provider of [null, 'openai', 'aws.bedrock', 'google', 'openrouter'])
        expect(book.price(billedCall({ provider, model, server: model, inputTokens: 1 })).ref).toMatch(
          ANSWER,
        );
    }
  });

  it('takes no price from a rate that is no amount of money', () => {
    const broken = createPriceBook([priceRow({ rates: { input: 'free', output: '2' } })]);
    const answer = broken.explain(billedCall({ inputTokens: 1_000_000, outputTokens: 1_000_000 }));
    expect(answer).toMatchObject({ costUsd: null, ref: 'unpriced:no_token_rate', classes: [] });
    expect(answer.steps).toContain('it has no rate for input');
    expect(broken.price(billedCall({ inputTokens: 0, outputTokens: 1_000_000 })).costUsd).toBe('2');
  });
});

describe('a server address', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1', true],
    ['http://localhost:11434/v1', 'localhost', true],
    ['[::1]:8080', '::1', true],
    ['::ffff:10.1.2.3', '::ffff:10.1.2.3', true],
    ['fd00::7', 'fd00::7', true],
    ['172.31.0.9', '172.31.0.9', true],
    ['172.32.0.9', '172.32.0.9', false],
    ['100.64.0.1', '100.64.0.1', true],
    ['Studio.local', 'studio.local', true],
    ['host.docker.internal', 'host.docker.internal', true],
    ['ollama', 'ollama', true],
    ['https://user:secret@api.openai.com:443/v1', 'api.openai.com', false],
    ['8.8.8.8', '8.8.8.8', false],
    ['2001:db8::1', '2001:db8::1', false],
    ['local.example.com', 'local.example.com', false],
    ['', '', false],
  ])('%s is the host %s, local: %s', (address, host, isLocal) => {
    expect(hostOf(address)).toBe(host);
    expect(isLocalHost(host)).toBe(isLocal);
  });
});
