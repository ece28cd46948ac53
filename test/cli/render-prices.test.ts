import { expect, test } from 'vitest';
import {
  renderPrice,
  renderPriceTable,
  renderQuote,
  renderUnpricedTable,
} from '../../collector/cli/render/price-table.js';
import { renderProgress, renderRerun } from '../../collector/cli/render/rerun.js';
import type { Price, PriceQuote } from '../../collector/contract/price-shapes.js';
import type { Rerun, RerunChanges } from '../../collector/contract/rerun-shapes.js';
import { makeCanvas, NOW } from './samples.js';

const PRICE: Price = {
  id: '0c8a6b1e-5d1f-4e9c-9a57-8a5c1e0f7b21',
  pattern: 'house-*',
  provider: null,
  valid_from: '2026-01-01T00:00:00.000Z',
  valid_to: '2026-03-01T12:30:00.000Z',
  unit: 'per_million_tokens',
  rates: { input: '0.25', output: '1.5' },
  tiers: [
    { above_input_tokens: 200_000, service_tier: null, rates: { input: '0.5' } },
    { above_input_tokens: null, service_tier: 'batch', rates: { input: '0.125' } },
  ],
  note: null,
};

test('prices are listed with their tiers beneath, rates to the last digit', () => {
  expect(renderPriceTable([PRICE], makeCanvas(140))).toMatchInlineSnapshot(`
    "PRICE                                 MODEL                PROVIDER  FROM        TO                        RATES
    0c8a6b1e-5d1f-4e9c-9a57-8a5c1e0f7b21  house-*              any       2026-01-01  2026-03-01T12:30:00.000Z  in $0.25, out $1.5 per 1M
                                          └─ above 200,000 in                                                  in $0.5 per 1M
                                          └─ batch                                                             in $0.125 per 1M"
  `);
});

test('one price is shown with nothing cut, however narrow the terminal', () => {
  const shown = renderPrice(
    { ...PRICE, note: 'contract 17 with the house, page 4 and its annex' },
    makeCanvas(48),
  );
  expect(shown).toMatchInlineSnapshot(`
    "  price             0c8a6b1e-5d1f-4e9c-9a57-8a5c
                        1e0f7b21
      model             house-*
      provider          any
      from              2026-01-01
      to                2026-03-01T12:30:00.000Z
      rates             in $0.25, out $1.5 per 1M
      above 200,000 in  in $0.5 per 1M
      batch             in $0.125 per 1M
      note              contract 17 with the house,
                        page 4 and its annex"
  `);
});

const QUOTE: PriceQuote = {
  model: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
  provider: 'aws.bedrock',
  at: '2026-03-01T12:00:00.000Z',
  token_classes: {
    uncached_input: 1000,
    cache_read: null,
    cache_write: null,
    cache_write_5m: null,
    cache_write_1h: null,
    input_audio: null,
    input_image: null,
    output: 1000,
    reasoning: null,
    output_audio: null,
    output_image: null,
  },
  cost_usd: 0.018,
  price_ref: 'library:0.1.8:anthropic/claude-sonnet-4-5',
  steps: ['dropped the region prefix `us.`', 'matched anthropic/claude-sonnet-4-5'],
  classes: [
    { class: 'input', tokens: 1000, usd_per_million: '3', rate_of: 'input', usd: '0.003' },
    { class: 'reasoning', tokens: 1000, usd_per_million: '15', rate_of: 'output', usd: '0.015' },
  ],
  advice: null,
};

test('a quote says the cost, the bill and the way to the price', () => {
  expect(renderQuote(QUOTE, makeCanvas())).toMatchInlineSnapshot(`
    "  model     us.anthropic.claude-sonnet-4-5-20250929-v1:0
      provider  aws.bedrock
      at        2026-03-01T12:00:00.000Z
      cost      $0.018
      price     library:0.1.8:anthropic/claude-sonnet-4-5

    TOKENS OF  COUNT  PER 1M  RATE OF    COST
    input      1,000      $3           $0.003
    reasoning  1,000     $15  output   $0.015

      1. dropped the region prefix \`us.\`
      2. matched anthropic/claude-sonnet-4-5"
  `);
});

test('what has no price is unpriced, never $0, and what is free is $0', () => {
  const unpriced = {
    ...QUOTE,
    cost_usd: null,
    price_ref: 'unpriced:unknown_model',
    classes: [],
    advice: 'Add a price for it.',
  };
  expect(renderQuote(unpriced, makeCanvas())).toMatch(/Add a price for it\.$/);
  expect(renderQuote(unpriced, makeCanvas())).toContain('unpriced\n');
  expect(renderQuote(unpriced, makeCanvas())).not.toContain('$');
  expect(renderQuote({ ...QUOTE, cost_usd: 0, price_ref: 'local' }, makeCanvas())).toContain('$0\n');
});

test('a cost is shown with every digit that was sent', () => {
  expect(renderQuote({ ...QUOTE, cost_usd: 1.25e-7 }, makeCanvas())).toContain('$0.000000125\n');
});

test('models without a price are listed with the reason and what helps against it', () => {
  const row = {
    model: 'house-7b',
    provider: null,
    reason: 'unknown_model',
    advice: 'Add a price for it.',
    calls: 1234,
    input_tokens: 1_500_000,
    output_tokens: null,
    last_seen_at: new Date(NOW - 60_000).toISOString(),
  };
  expect(renderUnpricedTable([row], makeCanvas())).toMatchInlineSnapshot(`
    "MODEL     PROVIDER  REASON         CALLS    IN  OUT  LAST
    house-7b  –         unknown_model  1,234  1.5M    –  1m

    unknown_model: Add a price for it."
  `);
});

const TOTALS: RerunChanges['before'] = {
  llm_calls: 3,
  failed_llm_calls: 0,
  tool_calls: 0,
  error_count: 0,
  input_tokens: 300,
  output_tokens: 30,
  cached_input_tokens: null,
  cache_write_tokens: null,
  reasoning_tokens: null,
  cost_usd: null,
};

const RERUN: Rerun = {
  id: '0c8a6b1e-5d1f-4e9c-9a57-8a5c1e0f7b21',
  project_id: 'project',
  kind: 'prices',
  dry_run: true,
  since: null,
  until: null,
  status: 'completed',
  traces_total: 4,
  traces_done: 4,
  traces_changed: 1,
  spans_done: 12,
  spans_changed: 3,
  spans_skipped: 0,
  changes: {
    fields: [
      {
        dialect: 'otel-genai',
        field: 'computedCostUsd',
        count: 3,
        examples: [{ trace_id: 'ab'.repeat(16), span_id: 'cd'.repeat(8), before: null, after: '0.000125' }],
      },
    ],
    before: TOTALS,
    after: { ...TOTALS, cost_usd: 0.000375 },
  },
  error: null,
  created_at: new Date(NOW).toISOString(),
  updated_at: new Date(NOW).toISOString(),
  completed_at: new Date(NOW).toISOString(),
};

test('a dry run says what would change: fields with an example, and the sums that differ', () => {
  expect(renderRerun(RERUN, makeCanvas())).toMatchInlineSnapshot(`
    "4 traces and 12 spans and log records looked at, 3 spans and log records in 1 trace would change.

    Fields that would change, with one example of each
    DIALECT     FIELD            TIMES  EXAMPLE BEFORE  AND AFTER
    otel-genai  computedCostUsd      3  null            0.000125

    Sums over 1 trace that changes
    SUM     BEFORE      AFTER
    cost  unpriced  $0.000375"
  `);
});

test('a rerun that changed nothing says only that', () => {
  const changes = { ...RERUN.changes, fields: [] };
  const rerun = { ...RERUN, dry_run: false, spans_changed: 0, traces_changed: 0, changes };
  expect(renderRerun(rerun, makeCanvas())).toBe(
    '4 traces and 12 spans and log records looked at, nothing changed.',
  );
});

test('a rerun that failed says why, and one with skipped spans how many', () => {
  const failed = { ...RERUN, status: 'failed' as const, error: 'no room', spans_skipped: 2 };
  expect(renderRerun(failed, makeCanvas())).toMatch(/^Failed: no room\. /);
  expect(renderRerun(failed, makeCanvas())).toContain(
    '2 spans and log records left as they are: their message bodies are gone.',
  );
});

test('progress never goes beyond all, also where traces came in since it began', () => {
  expect(renderProgress({ ...RERUN, traces_done: 5 })).toBe(
    '100%  5 of 4 traces, 3 spans and log records would change',
  );
  expect(renderProgress({ ...RERUN, traces_total: 0, traces_done: 0 })).toMatch(/^100%/);
  expect(renderProgress({ ...RERUN, traces_done: 1 })).toMatch(/^25%/);
});
