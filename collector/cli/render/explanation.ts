import type { ReportExplanation, SpanExplanation } from '../../contract/explanation-shapes.js';
import type { UsageAsSent } from '../../contract/shapes.js';
import { renderFields } from './fields.js';
import { renderExactMoney, renderQuantity, UNKNOWN } from './figures.js';
import { previewJson } from './headers.js';
import type { Canvas } from './paint.js';
import { renderPriceAnswer } from './price-table.js';
import { renderTable } from './table.js';
import { cleanLine } from './text.js';

/** What a span and a log record have in common. */
type Explained = Omit<SpanExplanation, 'trace_id' | 'span_id' | 'log_records'>;

/**
 * Where everything that is said of a span, or of what a log record reports, comes from: fields, what was passed over,
 * tokens, cost.
 */
export function renderExplanation(explanation: SpanExplanation | ReportExplanation, canvas: Canvas): string {
  const { paint } = canvas;
  const section = (title: string, body: string) => (body === '' ? '' : `${paint.bold(title)}\n${body}`);
  const sections = [
    `${paint.bold(cleanLine(explanation.name))}  ${explanation.dialect ?? 'no dialect'}\n${paint.dim(nameStep(explanation))}`,
    section('Fields', renderExplainedFields(explanation, canvas)),
    section('Not used', renderPassedOver(explanation, canvas)),
    section('Not understood', explanation.unmapped.map((key) => `  ${cleanLine(key)}`).join('\n')),
    section('Tokens', renderUsage(explanation.usage, canvas)),
    section('Cost', renderCost(explanation.cost, canvas)),
    'log_records' in explanation ? renderRecords(explanation) : '',
    explanation.payload_expired
      ? paint.yellow('The message bodies were deleted by retention: what was read from them stays.')
      : '',
  ];
  return sections.filter((text) => text !== '').join('\n\n');
}

function nameStep(explanation: SpanExplanation | ReportExplanation): string {
  return 'record_id' in explanation
    ? `log record ${explanation.record_id}`
    : `span ${explanation.span_id} of trace ${explanation.trace_id}`;
}

function renderRecords({ log_records: records }: SpanExplanation): string {
  if (records.length === 0) return '';
  const names = [...new Set(records.map((record) => record.event_name || '(no name)'))].join(', ');
  return `${renderQuantity(records.length, 'log record')} of the same thing: ${cleanLine(names)}`;
}

interface ExplainedRow {
  field: string;
  value: string;
  dialect: string;
  from: string;
}

function renderExplainedFields(explanation: Explained, canvas: Canvas): string {
  const rows: ExplainedRow[] = [
    { field: 'type', value: explanation.type.value, ...describeSource(explanation.type) },
    ...explanation.fields.map((entry) => ({
      field: entry.field,
      value: previewJson(entry.value) ?? '',
      ...describeSource(entry),
    })),
    ...explanation.bodies.map((body) => ({
      field: body.field,
      value: '',
      dialect: body.dialect,
      from: body.keys.length === 0 ? 'events or log records' : body.keys.join(', '),
    })),
  ];
  return renderTable(
    rows,
    [
      { title: 'FIELD', read: (row) => row.field },
      { title: 'VALUE', read: (row) => row.value, leastWidth: 16 },
      { title: 'DIALECT', read: (row) => row.dialect, dropOrder: 1 },
      { title: 'FROM', read: (row) => row.from, leastWidth: 24, wraps: true },
    ],
    canvas,
  );
}

function describeSource(
  source: Pick<SpanExplanation['type'], 'dialect' | 'key' | 'about'> & { path?: string | null },
): {
  dialect: string;
  from: string;
} {
  const { dialect, key, about, path } = source;
  const place = key === null ? (about ?? '') : key + (path ? ` → ${path}` : '');
  return { dialect: dialect ?? '', from: key !== null && about !== null ? `${place} (${about})` : place };
}

function renderPassedOver({ passed_over: passedOver }: Explained, canvas: Canvas): string {
  if (passedOver.length === 0) return '';
  return renderTable(
    passedOver,
    [
      { title: 'KEY', read: (row) => row.key, leastWidth: 20, wraps: true },
      { title: 'FOR', read: (row) => row.field },
      { title: 'DIALECT', read: (row) => row.dialect, dropOrder: 1 },
      { title: 'BECAUSE', read: (row) => row.because, leastWidth: 24, wraps: true },
    ],
    canvas,
  );
}

function renderUsage(usage: SpanExplanation['usage'], canvas: Canvas): string {
  if (usage.token_classes === null) return '';
  const { as_sent: sent } = usage;
  const classes = Object.entries(usage.token_classes)
    .filter(([, count]) => count !== null)
    .map(([name, count]) => `${name.replaceAll('_', ' ')} ${(count ?? 0).toLocaleString('en-US')}`);
  const counts = (tokens: SentCounts) =>
    `${renderWhole(tokens.input_tokens)} in / ${renderWhole(tokens.output_tokens)} out` +
    ` (cache read ${renderWhole(tokens.cached_input_tokens)}, cache write ${renderWhole(tokens.cache_write_tokens)},` +
    ` reasoning ${renderWhole(tokens.reasoning_tokens)})`;
  return renderFields(
    [
      { label: 'as sent', text: sent === null ? null : counts(sent) },
      { label: 'cache', text: sent === null ? null : describeCache(sent) },
      {
        label: 'reasoning',
        text: sent === null ? null : `${sent.reasoning === 'apart' ? 'apart from' : 'inside'} the output`,
      },
      { label: 'understood', text: counts(usage) },
      { label: 'classes', text: classes.join(', ') },
      {
        label: 'counted',
        text: usage.counted
          ? 'yes'
          : `no${usage.counting_rule === null ? '' : ` (${usage.counting_rule})`}${
              usage.because === null ? '' : `: ${usage.because}`
            }`,
      },
    ],
    canvas,
  );
}

function describeCache({ cache, because }: UsageAsSent): string {
  const place = cache === 'apart' ? 'apart from the input' : 'inside the input';
  return because === null ? place : `${place}: ${because}`;
}

type SentCounts = Pick<
  SpanExplanation['usage'],
  'input_tokens' | 'output_tokens' | 'cached_input_tokens' | 'cache_write_tokens' | 'reasoning_tokens'
>;

function renderWhole(count: number | null): string {
  return count === null ? UNKNOWN : count.toLocaleString('en-US');
}

function renderCost(cost: SpanExplanation['cost'], canvas: Canvas): string {
  const { today } = cost;
  if (cost.cost_usd === null && cost.price_ref === null && today === null) return '';
  const fields = renderFields(
    [
      { label: 'cost', text: `${renderExactMoney(cost.cost_usd)} (${cost.cost_source})` },
      { label: 'price', text: cost.price_ref },
      {
        label: 'by today’s prices',
        text: today === null ? null : `${renderExactMoney(today.cost_usd)}, ${today.price_ref}`,
        brush: canvas.paint.yellow,
      },
    ],
    canvas,
  );
  return [fields, renderPriceAnswer(today ?? cost, canvas)].filter((part) => part !== '').join('\n\n');
}
