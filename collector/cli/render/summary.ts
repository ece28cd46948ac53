import type { TraceSummary } from '../../contract/answers.js';
import { renderCallCost, renderDuration, renderTokenPair, UNKNOWN } from './figures.js';
import type { Canvas } from './paint.js';
import { describeError } from './span-title.js';
import { renderTable } from './table.js';

/** Where the time went and where failures began: steps by type, the slowest, the critical path, the errors. */
export function renderSummary(summary: TraceSummary, canvas: Canvas): string {
  const sections = [
    renderSection('Models', renderModels(summary, canvas), canvas),
    renderSection('Steps', renderSteps(summary, canvas), canvas),
    renderSection('Slowest', renderSpent(summary.slowest_spans.slice(0, 5), summary, canvas), canvas),
    renderSection(
      'Critical path',
      renderSpent(pickLongest(summary.critical_path, 8), summary, canvas),
      canvas,
    ),
    renderErrors(summary.errors, canvas),
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

/** Each failure where it began, with its message; empty where nothing failed. */
export function renderErrors(errors: TraceSummary['errors'], canvas: Canvas): string {
  const { paint } = canvas;
  if (errors.length === 0) return '';
  const table = renderTable(
    errors,
    [
      { title: 'AT', align: 'right', read: (error) => `+${renderDuration(error.offset_ms)}` },
      { title: 'STEP', read: (error) => `${error.type} ${error.name}`, leastWidth: 16 },
      { title: 'ERROR', read: (error) => describeError(error), leastWidth: 20, brush: () => paint.red },
    ],
    canvas,
  );
  return renderSection(`Errors (${errors.length})`, table, canvas);
}

function renderSection(title: string, body: string, { paint }: Canvas): string {
  return body === '' ? '' : `${paint.bold(title)}\n${body}`;
}

function renderSteps({ steps }: TraceSummary, canvas: Canvas): string {
  if (steps.length === 0) return '';
  return renderTable(
    steps,
    [
      { title: 'TYPE', read: (step) => step.type },
      { title: 'COUNT', align: 'right', read: (step) => String(step.count) },
      {
        title: 'FAILED',
        align: 'right',
        read: (step) => (step.failed === 0 ? '' : String(step.failed)),
        brush: () => canvas.paint.red,
      },
      { title: 'TIME', align: 'right', read: (step) => renderDuration(step.total_ms) },
    ],
    canvas,
  );
}

function renderModels({ models }: TraceSummary, canvas: Canvas): string {
  if (models.length === 0) return '';
  return renderTable(
    models,
    [
      { title: 'MODEL', read: (row) => row.model ?? UNKNOWN, leastWidth: 16 },
      { title: 'PROVIDER', read: (row) => row.provider ?? '', dropOrder: 2 },
      { title: 'CALLS', align: 'right', read: (row) => String(row.calls) },
      {
        title: 'IN / OUT',
        align: 'right',
        read: (row) => renderTokenPair(row.input_tokens, row.output_tokens),
        dropOrder: 1,
      },
      { title: 'COST', align: 'right', read: (row) => renderCallCost(row.cost_usd, row.unpriced_calls > 0) },
    ],
    canvas,
  );
}

type SpentStep = TraceSummary['critical_path'][number];

function renderSpent(steps: readonly SpentStep[], summary: TraceSummary, canvas: Canvas): string {
  if (steps.length === 0) return '';
  const share = (millis: number) =>
    summary.duration_ms === 0 ? '' : `${Math.round((millis / summary.duration_ms) * 100)}%`;
  return renderTable(
    steps,
    [
      { title: 'AT', align: 'right', read: (step) => `+${renderDuration(step.offset_ms)}` },
      { title: 'STEP', read: (step) => `${step.type} ${step.name}`, leastWidth: 16 },
      { title: 'TIME', align: 'right', read: (step) => renderDuration(step.duration_ms) },
      { title: 'OWN', align: 'right', read: (step) => renderDuration(step.self_ms) },
      { title: 'SHARE', align: 'right', read: (step) => share(step.self_ms) },
    ],
    canvas,
  );
}

/** The steps with the most time of their own, still in their order. */
function pickLongest(steps: readonly SpentStep[], count: number): SpentStep[] {
  const longest = new Set([...steps].sort((one, other) => other.self_ms - one.self_ms).slice(0, count));
  return steps.filter((step) => longest.has(step));
}
