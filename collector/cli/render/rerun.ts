import type { Rerun } from '../../contract/rerun-shapes.js';
import { renderCount, renderExactMoney, renderQuantity } from './figures.js';
import { previewJson } from './headers.js';
import type { Canvas } from './paint.js';
import { renderTable } from './table.js';

/** One line: how far it is. */
export function renderProgress(rerun: Rerun): string {
  const share =
    rerun.traces_total === 0 ? 100 : Math.floor((rerun.traces_done / Math.max(1, rerun.traces_total)) * 100);
  const done = `${rerun.traces_done.toLocaleString('en-US')} of ${renderQuantity(rerun.traces_total, 'trace')}`;
  const changed = `${countRecords(rerun.spans_changed)} ${rerun.dry_run ? 'would change' : 'changed'}`;
  return `${Math.min(100, share)}%  ${done}, ${changed}`;
}

/** A rerun's counts hold both: a call may be known from either. */
function countRecords(count: number): string {
  return renderQuantity(count, 'span or log record', 'spans and log records');
}

/** What a rerun changed, or would have: by field, with an example each, then the sums before and after. */
export function renderRerun(rerun: Rerun, canvas: Canvas): string {
  const sections = [renderOutcome(rerun, canvas)];
  if (rerun.changes.fields.length > 0) {
    sections.push(renderFieldChanges(rerun, canvas), renderTotals(rerun, canvas));
  }
  if (rerun.spans_skipped > 0) {
    const skipped = countRecords(rerun.spans_skipped);
    sections.push(canvas.paint.dim(`${skipped} left as they are: their message bodies are gone.`));
  }
  return sections.filter((section) => section !== '').join('\n\n');
}

/** How it ended, or how far it is, in a line. */
export function renderOutcome(rerun: Rerun, { paint }: Canvas): string {
  const looked = `${renderQuantity(rerun.traces_done, 'trace')} and ${countRecords(rerun.spans_done)} looked at`;
  const verb = rerun.dry_run ? 'would change' : 'changed';
  const found =
    rerun.spans_changed === 0
      ? `nothing ${verb}`
      : `${countRecords(rerun.spans_changed)} in ${renderQuantity(rerun.traces_changed, 'trace')} ${verb}`;
  switch (rerun.status) {
    case 'completed':
      return `${looked}, ${found}.`;
    case 'failed':
      return paint.red(`Failed: ${rerun.error ?? 'unknown'}. ${looked}, ${found}.`);
    case 'cancelled':
      return paint.yellow(`Cancelled. ${looked}, ${found}.`);
    case 'pending':
    case 'running':
      return `${renderProgress(rerun)}; it goes on at the server.`;
  }
}

function renderFieldChanges({ changes, dry_run: isDry }: Rerun, canvas: Canvas): string {
  const rows = changes.fields.map((entry) => ({ ...entry, example: entry.examples[0] }));
  const title = `Fields that ${isDry ? 'would change' : 'changed'}, with one example of each`;
  const table = renderTable(
    rows,
    [
      { title: 'DIALECT', read: (row) => row.dialect ?? '', dropOrder: 1 },
      { title: 'FIELD', read: (row) => row.field },
      { title: 'TIMES', align: 'right', read: (row) => row.count.toLocaleString('en-US') },
      {
        title: 'EXAMPLE BEFORE',
        read: (row) => previewJson(row.example?.before) ?? 'null',
        leastWidth: 14,
      },
      { title: 'AND AFTER', read: (row) => previewJson(row.example?.after) ?? 'null', leastWidth: 12 },
    ],
    canvas,
  );
  return `${canvas.paint.bold(title)}\n${table}`;
}

function renderTotals({ changes: { before, after }, traces_changed: traces }: Rerun, canvas: Canvas): string {
  const figures = [
    { name: 'model calls', before: renderCount(before.llm_calls), after: renderCount(after.llm_calls) },
    {
      name: 'failed model calls',
      before: renderCount(before.failed_llm_calls),
      after: renderCount(after.failed_llm_calls),
    },
    { name: 'tool calls', before: renderCount(before.tool_calls), after: renderCount(after.tool_calls) },
    { name: 'errors', before: renderCount(before.error_count), after: renderCount(after.error_count) },
    {
      name: 'input tokens',
      before: renderCount(before.input_tokens),
      after: renderCount(after.input_tokens),
    },
    {
      name: 'output tokens',
      before: renderCount(before.output_tokens),
      after: renderCount(after.output_tokens),
    },
    {
      name: 'cached',
      before: renderCount(before.cached_input_tokens),
      after: renderCount(after.cached_input_tokens),
    },
    {
      name: 'reasoning',
      before: renderCount(before.reasoning_tokens),
      after: renderCount(after.reasoning_tokens),
    },
    { name: 'cost', before: renderExactMoney(before.cost_usd), after: renderExactMoney(after.cost_usd) },
  ];
  const table = renderTable(
    figures.filter((figure) => figure.before !== figure.after),
    [
      { title: 'SUM', read: (row) => row.name },
      { title: 'BEFORE', align: 'right', read: (row) => row.before },
      { title: 'AFTER', align: 'right', read: (row) => row.after },
    ],
    canvas,
  );
  if (!figures.some((figure) => figure.before !== figure.after)) return '';
  return `${canvas.paint.bold(`Sums over ${renderQuantity(traces, 'trace that changes', 'traces that change')}`)}\n${table}`;
}
