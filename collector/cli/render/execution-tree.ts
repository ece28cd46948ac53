import type { ExecutionTree } from '../../contract/shapes.js';
import { nameExecution } from './execution-table.js';
import { renderDuration, renderMoney, renderTokenFlow, UNKNOWN } from './figures.js';
import type { Canvas } from './paint.js';
import { chooseStatusBrush, renderStatus } from './status.js';
import { renderTable } from './table.js';
import { cleanLine } from './text.js';
import { placeTree } from './tree-guides.js';

/** Executions under the ones that started them; in start order; tokens and cost with nested executions in. */
export function renderExecutionTree(roots: readonly ExecutionTree[], canvas: Canvas): string {
  const { paint } = canvas;
  return renderTable(
    placeTree(sortByStart(roots), (execution) => sortByStart(execution.children)),
    [
      { title: 'AGENT', read: ({ node, guide }) => guide + cleanLine(nameExecution(node)), leastWidth: 20 },
      {
        title: 'STATUS',
        read: ({ node }) => renderStatus(node.status),
        brush: ({ node }) => chooseStatusBrush(node.status, paint),
      },
      { title: 'MODEL', read: ({ node }) => node.model_name ?? '', leastWidth: 10, dropOrder: 3 },
      { title: 'TOOLS', align: 'right', read: ({ node }) => String(node.tool_calls), dropOrder: 4 },
      {
        title: 'TIME',
        align: 'right',
        read: ({ node }) => (node.duration_ms === null ? UNKNOWN : renderDuration(node.duration_ms)),
      },
      {
        title: 'TOKENS',
        align: 'right',
        read: ({ node }) => renderTokenFlow(node.input_tokens, node.output_tokens) || UNKNOWN,
        dropOrder: 2,
      },
      { title: 'COST', align: 'right', read: ({ node }) => renderMoney(node.cost_usd), dropOrder: 1 },
      { title: 'EXECUTION', read: ({ node }) => node.id, brush: () => paint.dim, dropOrder: 5 },
    ],
    canvas,
  );
}

function sortByStart(executions: readonly ExecutionTree[]): ExecutionTree[] {
  return [...executions].sort((one, other) => Date.parse(one.started_at) - Date.parse(other.started_at));
}
