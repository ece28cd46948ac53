import type { Trace } from '../../contract/shapes.js';
import { renderDuration, renderMoney, renderShortAge, renderTokenPair } from './figures.js';
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
      { title: 'AGE', read: (trace) => renderShortAge(trace.started_at, nowMillis) },
      {
        title: 'STATUS',
        read: (trace) => renderStatus(trace.status),
        brush: (trace) => chooseStatusBrush(trace.status, paint),
      },
      { title: 'NAME', read: (trace) => trace.name, leastWidth: 14, brush: () => paint.bold },
      { title: 'AGENTS', read: (trace) => trace.agents.join(', '), leastWidth: 10, dropOrder: 5 },
      {
        title: 'ERR',
        align: 'right',
        read: (trace) => (trace.error_count === 0 ? '' : String(trace.error_count)),
        brush: () => paint.red,
        dropOrder: 2,
      },
      { title: 'TIME', align: 'right', read: (trace) => renderDuration(trace.duration_ms), dropOrder: 1 },
      {
        title: 'IN / OUT',
        align: 'right',
        read: (trace) => renderTokenPair(trace.input_tokens, trace.output_tokens),
        dropOrder: 4,
      },
      { title: 'COST', align: 'right', read: (trace) => renderMoney(trace.cost_usd), dropOrder: 3 },
    ],
    canvas,
  );
}
