import type { Trace } from '../../contract/shapes.js';
import { renderAge, renderDuration, renderMoney, renderTokenFlow, UNKNOWN } from './figures.js';
import type { Canvas } from './paint.js';
import { chooseStatusBrush, renderStatus } from './status.js';
import { renderTable } from './table.js';

/** One line a trace, in the order given. */
export function renderTraceTable(traces: readonly Trace[], canvas: Canvas): string {
  const { paint, nowMillis } = canvas;
  return renderTable(
    traces,
    [
      { title: 'TRACE', read: (trace) => trace.trace_id, brush: () => paint.dim },
      { title: 'STARTED', read: (trace) => renderAge(trace.started_at, nowMillis) },
      {
        title: 'STATUS',
        read: (trace) => renderStatus(trace.status),
        brush: (trace) => chooseStatusBrush(trace.status, paint),
      },
      { title: 'NAME', read: (trace) => trace.name, leastWidth: 16, brush: () => paint.bold },
      { title: 'AGENTS', read: (trace) => trace.agents.join(', '), leastWidth: 10, dropOrder: 5 },
      { title: 'TIME', align: 'right', read: (trace) => renderDuration(trace.duration_ms), dropOrder: 1 },
      {
        title: 'TOKENS',
        align: 'right',
        read: (trace) => renderTokenFlow(trace.input_tokens, trace.output_tokens) || UNKNOWN,
        dropOrder: 3,
      },
      { title: 'COST', align: 'right', read: (trace) => renderMoney(trace.cost_usd), dropOrder: 2 },
      {
        title: 'ERRORS',
        align: 'right',
        read: (trace) => (trace.error_count === 0 ? '' : String(trace.error_count)),
        brush: () => paint.red,
        dropOrder: 4,
      },
    ],
    canvas,
  );
}
