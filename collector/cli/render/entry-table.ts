import type { SessionEntry } from '../../contract/shapes.js';
import { isUnpriced, renderCallCost, renderDuration, renderTokenFlow } from './figures.js';
import type { Canvas } from './paint.js';
import { describeError, titleSpan } from './span-title.js';
import { renderTable } from './table.js';

/** The id by which an entry can be explained. */
export function nameEntry(entry: SessionEntry): string {
  return entry.record_id?.slice(0, 16) ?? entry.span_id ?? '';
}

/**
 * One line an entry, in the order given: spans, and what log records report (`log`). Tokens and cost only of what is
 * counted, so that each stands there once.
 */
export function renderEntryTable(
  entries: readonly SessionEntry[],
  canvas: Canvas,
  { showsIds = false }: { showsIds?: boolean } = {},
): string {
  const { paint } = canvas;
  const start = Math.min(...entries.map((entry) => Date.parse(entry.started_at)));
  return renderTable(
    entries,
    [
      {
        title: 'AT',
        align: 'right',
        read: (entry) => `+${renderDuration(Date.parse(entry.started_at) - start)}`,
        brush: () => paint.dim,
      },
      { title: 'FROM', read: (entry) => entry.kind, dropOrder: 4, brush: () => paint.dim },
      {
        title: 'STEP',
        read: describeStep,
        leastWidth: 24,
        brush: (entry) => (entry.outcome === 'failed' ? paint.red : paint.plain),
      },
      { title: 'TIME', align: 'right', read: (entry) => renderDuration(entry.duration_ms), dropOrder: 3 },
      {
        title: 'TOKENS',
        align: 'right',
        read: (entry) => (entry.counted ? renderTokenFlow(entry.input_tokens, entry.output_tokens) : ''),
        dropOrder: 2,
      },
      {
        title: 'COST',
        align: 'right',
        read: (entry) => (entry.counted ? renderCallCost(entry.cost_usd, isUnpriced(entry)) : ''),
        dropOrder: 1,
      },
      ...(showsIds ? [{ title: 'ID', read: nameEntry, brush: () => paint.dim }] : []),
    ],
    canvas,
  );
}

function describeStep(entry: SessionEntry): string {
  const { label, name } = titleSpan(entry);
  const title = `${label === '' ? '' : `${label} `}${name}`;
  if (entry.outcome !== 'failed') return title;
  const error = describeError(entry);
  return `✗ ${title}${error === '' ? '' : `: ${error}`}`;
}
