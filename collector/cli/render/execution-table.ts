import type { Execution } from '../../contract/shapes.js';
import { renderDuration, renderMoney, renderShortAge, renderTokenPair, UNKNOWN } from './figures.js';
import type { Canvas } from './paint.js';
import { chooseStatusBrush, markStatus, renderStatus } from './status.js';
import { renderTable } from './table.js';

/** Who ran: the agent's name, or `(implicit)` for model calls that no agent claims. */
export function nameExecution(execution: Execution): string {
  return execution.agent_name ?? `(${execution.agent_type ?? 'unnamed'})`;
}

/** One line an execution, in the order given. */
export function renderExecutionTable(executions: readonly Execution[], canvas: Canvas): string {
  const { paint, nowMillis } = canvas;
  return renderTable(
    executions,
    [
      { title: 'EXECUTION', read: (execution) => execution.id, brush: () => paint.dim },
      { title: 'AGE', read: (execution) => renderShortAge(execution.started_at, nowMillis), dropOrder: 3 },
      {
        title: 'STATUS',
        read: (execution) => renderStatus(execution.status),
        short: { order: 6, title: '', read: (execution) => markStatus(execution.status) },
        brush: (execution) => chooseStatusBrush(execution.status, paint),
      },
      { title: 'AGENT', read: nameExecution, leastWidth: 10, brush: () => paint.bold },
      { title: 'MODEL', read: (execution) => execution.model_name ?? '', leastWidth: 10, dropOrder: 5 },
      {
        title: 'TIME',
        align: 'right',
        read: ({ duration_ms }) => (duration_ms === null ? UNKNOWN : renderDuration(duration_ms)),
        dropOrder: 4,
      },
      {
        title: 'IN / OUT',
        align: 'right',
        read: (execution) => renderTokenPair(execution.input_tokens, execution.output_tokens),
        dropOrder: 2,
      },
      { title: 'COST', align: 'right', read: (execution) => renderMoney(execution.cost_usd), dropOrder: 1 },
    ],
    canvas,
  );
}
