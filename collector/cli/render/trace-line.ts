import type { Trace } from '../../contract/shapes.js';
import { renderDuration, renderMoney, renderTokenFlow } from './figures.js';
import type { Canvas } from './paint.js';
import { chooseStatusBrush, renderStatus } from './status.js';
import { cleanLine, cutText, padText } from './text.js';

/** Room for everything but the name: times, status, id and the figures at their usual width. */
const OTHER_COLUMNS = 88;

/** A trace on one line of a stream, whose columns can't wait for what comes next. */
export function renderTraceLine(trace: Trace, { paint, width }: Canvas): string {
  const nameWidth = Math.max(16, width - OTHER_COLUMNS);
  const status = padText(renderStatus(trace.status), 11);
  return [
    paint.dim(trace.started_at.slice(11, 19)),
    chooseStatusBrush(trace.status, paint)(status),
    paint.bold(padText(cutText(cleanLine(trace.name), nameWidth), nameWidth)),
    padText(renderDuration(trace.duration_ms), 7, 'right'),
    padText(trace.cost_usd === null ? '' : renderMoney(trace.cost_usd), 8, 'right'),
    paint.dim(trace.trace_id),
    renderTokenFlow(trace.input_tokens, trace.output_tokens),
  ]
    .join('  ')
    .trimEnd();
}
