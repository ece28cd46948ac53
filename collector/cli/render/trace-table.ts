import type { Trace } from '../../contract/shapes.js';
import { renderDuration, renderMoney, renderShortAge, renderTokenPair } from './figures.js';
import type { Canvas } from './paint.js';
import { chooseStatusBrush, markStatus, renderStatus } from './status.js';
import { renderTable } from './table.js';

/** One line a trace, in the order given. */
export function renderTraceTable(traces: readonly Trace[], canvas: Canvas): string {
  const { paint, nowMillis } = canvas;
  return renderTable(
    traces,
    [
      { title: 'TRACE', read: (trace) => trace.trace_id, brush: () => paint.dim },
      { title: 'AGE', read: (trace) => renderShortAge(trace.started_at, nowMillis), dropOrder: 3 },
      {
        title: 'STATUS',
        read: (trace) => renderStatus(trace.status),
        short: { order: 6, title: '', read: (trace) => markStatus(trace.status) },
        brush: (trace) => chooseStatusBrush(trace.status, paint),
      },
      { title: 'NAME', read: (trace) => trace.name, leastWidth: 14, brush: () => paint.bold },
      { title: 'AGENTS', read: (trace) => trace.agents.join(', '), leastWidth: 10, dropOrder: 7 },
      {
        title: 'ERR',
        align: 'right',
        read: (trace) => (trace.error_count === 0 ? '' : String(trace.error_count)),
        brush: () => paint.red,
        dropOrder: 5,
      },
      { title: 'TIME', align: 'right', read: (trace) => renderDuration(trace.duration_ms), dropOrder: 4 },
      {
        title: 'IN / OUT',
        align: 'right',
        read: (trace) => renderTokenPair(trace.input_tokens, trace.output_tokens),
        dropOrder: 2,
      },
      { title: 'COST', align: 'right', read: (trace) => renderMoney(trace.cost_usd), dropOrder: 1 },
    ],
    canvas,
  );
}
