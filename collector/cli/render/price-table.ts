import { RATE_CLASSES } from '../../contract/price-shapes.js';
import type {
  Price,
  PriceAnswer,
  PriceQuote,
  RateClass,
  UnpricedModel,
} from '../../contract/price-shapes.js';
import { renderFields } from './fields.js';
import { renderCount, renderExactMoney, renderShortAge, UNKNOWN } from './figures.js';
import type { Canvas } from './paint.js';
import { renderTable } from './table.js';
import { cleanLine, wrapText } from './text.js';

const UNITS: Readonly<Record<Price['unit'], string>> = {
  per_token: 'token',
  per_thousand_tokens: '1k',
  per_million_tokens: '1M',
};

/** One line for each price and each of its tiers. */
export function renderPriceTable(prices: readonly Price[], canvas: Canvas): string {
  const rows = prices.flatMap((price) => [
    { price, rates: price.rates, tier: null },
    ...price.tiers.map((tier) => ({ price, rates: tier.rates, tier })),
  ]);
  return renderTable(
    rows,
    [
      { title: 'PRICE', read: ({ price, tier }) => (tier ? '' : price.id), brush: () => canvas.paint.dim },
      {
        title: 'MODEL',
        read: ({ price, tier }) => (tier ? `└─ ${describeTier(tier)}` : price.pattern),
        leastWidth: 16,
      },
      { title: 'PROVIDER', read: ({ price, tier }) => (tier ? '' : (price.provider ?? 'any')), dropOrder: 2 },
      { title: 'FROM', read: ({ price, tier }) => (tier ? '' : describeDay(price.valid_from)), dropOrder: 3 },
      { title: 'TO', read: ({ price, tier }) => (tier ? '' : describeDay(price.valid_to)), dropOrder: 3 },
      { title: 'RATES', read: ({ price, rates }) => describeRates(rates, price.unit), leastWidth: 42 },
      {
        title: 'NOTE',
        read: ({ price, tier }) => (tier ? '' : (price.note ?? '')),
        leastWidth: 8,
        dropOrder: 4,
      },
    ],
    canvas,
  );
}

/** Everything of one price: nothing of it is cut. */
export function renderPrice(price: Price, canvas: Canvas): string {
  return renderFields(
    [
      { label: 'price', text: price.id },
      { label: 'model', text: price.pattern, brush: canvas.paint.bold },
      { label: 'provider', text: price.provider ?? 'any' },
      { label: 'from', text: describeDay(price.valid_from) },
      { label: 'to', text: describeDay(price.valid_to) },
      { label: 'rates', text: describeRates(price.rates, price.unit) },
      ...price.tiers.map((tier) => ({
        label: describeTier(tier),
        text: describeRates(tier.rates, price.unit),
      })),
      { label: 'note', text: price.note },
    ],
    canvas,
  );
}

/** `in $2.5, out $10 per 1M`. */
function describeRates(rates: Price['rates'], unit: Price['unit']): string {
  const said = RATE_CLASSES.flatMap((name) => {
    const rate = rates[name];
    return rate === undefined ? [] : `${nameClass(name)} ${renderExactMoney(rate)}`;
  });
  return `${said.join(', ')} per ${UNITS[unit]}`;
}

function nameClass(name: RateClass): string {
  return name === 'input' ? 'in' : name === 'output' ? 'out' : name.replaceAll('_', ' ');
}

function describeTier(tier: Price['tiers'][number]): string {
  const parts = [
    tier.above_input_tokens === null ? '' : `above ${tier.above_input_tokens.toLocaleString('en-US')} in`,
    tier.service_tier ?? '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function describeDay(time: string | null): string {
  return time === null ? '' : time.replace(/T00:00:00(\.0+)?Z$/, '');
}

/** What a call would cost and how that comes about. */
export function renderQuote(quote: PriceQuote, canvas: Canvas): string {
  const fields = renderFields(
    [
      { label: 'model', text: quote.model, brush: canvas.paint.bold },
      { label: 'provider', text: quote.provider },
      { label: 'at', text: quote.at },
      { label: 'cost', text: renderExactMoney(quote.cost_usd), brush: canvas.paint.bold },
      { label: 'price', text: quote.price_ref },
    ],
    canvas,
  );
  return [fields, renderPriceAnswer(quote, canvas)].filter((part) => part !== '').join('\n\n');
}

/** How a cost comes about: the bill by class, then how the model was matched. */
export function renderPriceAnswer(
  { classes, steps, advice }: Pick<PriceAnswer, 'classes' | 'steps' | 'advice'>,
  canvas: Canvas,
): string {
  const bill =
    classes.length === 0
      ? ''
      : renderTable(
          classes,
          [
            { title: 'TOKENS OF', read: (line) => line.class.replaceAll('_', ' ') },
            { title: 'COUNT', align: 'right', read: (line) => line.tokens.toLocaleString('en-US') },
            { title: 'PER 1M', align: 'right', read: (line) => renderExactMoney(line.usd_per_million) },
            {
              title: 'RATE OF',
              read: (line) => (line.rate_of === line.class ? '' : line.rate_of.replaceAll('_', ' ')),
              dropOrder: 1,
            },
            { title: 'COST', align: 'right', read: (line) => renderExactMoney(line.usd) },
          ],
          canvas,
        );
  const path = steps.flatMap((step, index) => indentLines(`${index + 1}. ${step}`, canvas)).join('\n');
  const help = advice === null ? '' : indentLines(advice.replaceAll('`', ''), canvas).join('\n');
  return [bill, path, help].filter((part) => part !== '').join('\n\n');
}

function indentLines(text: string, { width }: Canvas): string[] {
  return wrapText(cleanLine(text), width - 2).map((line) => `  ${line}`);
}

/** One line a model and reason, and beneath what helps against each reason. */
export function renderUnpricedTable(models: readonly UnpricedModel[], canvas: Canvas): string {
  const advice = [...new Map(models.map((row) => [row.reason, row.advice]))].map(
    ([reason, text]) => `${canvas.paint.bold(reason)}: ${text.replaceAll('`', '')}`,
  );
  const table = renderTable(
    models,
    [
      { title: 'MODEL', read: (row) => row.model ?? UNKNOWN, leastWidth: 20 },
      { title: 'PROVIDER', read: (row) => row.provider ?? UNKNOWN },
      { title: 'REASON', read: (row) => row.reason, brush: () => canvas.paint.yellow },
      { title: 'CALLS', align: 'right', read: (row) => row.calls.toLocaleString('en-US') },
      { title: 'IN', align: 'right', read: (row) => renderCount(row.input_tokens), dropOrder: 2 },
      { title: 'OUT', align: 'right', read: (row) => renderCount(row.output_tokens), dropOrder: 2 },
      { title: 'LAST', read: (row) => renderShortAge(row.last_seen_at, canvas.nowMillis), dropOrder: 1 },
    ],
    canvas,
  );
  return `${table}\n\n${advice.join('\n')}`;
}
