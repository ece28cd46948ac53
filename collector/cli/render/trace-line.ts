import type { Trace } from '../../contract/shapes.js';
import { renderDuration, renderMoney, renderTokenFlow } from './figures.js';
import type { Canvas } from './paint.js';
import { chooseStatusBrush, renderStatus } from './status.js';
import { cleanLine, cutText, padText } from './text.js';

/** Columns of everything but the name and the tokens, and of the tokens, at their usual width. */
const OTHER_COLUMNS = 78;
const TOKENS_COLUMNS = 21;
const LEAST_NAME_COLUMNS = 16;

/** A trace on one line of a stream, whose columns can't wait for what comes next; the time is UTC. */
export function renderTraceLine(trace: Trace, { paint, width, nowMillis }: Canvas): string {
  const showsTokens = width >= OTHER_COLUMNS + TOKENS_COLUMNS + LEAST_NAME_COLUMNS;
  const room = width - OTHER_COLUMNS - (showsTokens ? TOKENS_COLUMNS : 0);
  const nameWidth = Math.max(LEAST_NAME_COLUMNS, room);
  const cells = [
    paint.dim(renderStart(trace.started_at, nowMillis)),
    chooseStatusBrush(trace.status, paint)(padText(renderStatus(trace.status), 11)),
    paint.bold(padText(cutText(cleanLine(trace.name), nameWidth), nameWidth)),
    padText(renderDuration(trace.duration_ms), 7, 'right'),
    padText(trace.cost_usd === null ? '' : renderMoney(trace.cost_usd), 8, 'right'),
    paint.dim(trace.trace_id),
  ];
  if (showsTokens) cells.push(renderTokenFlow(trace.input_tokens, trace.output_tokens));
  return cells.join('  ').trimEnd();
}

/** The time of day of a trace of today, and the day of any other. */
function renderStart(time: string, nowMillis: number): string {
  const isToday = time.slice(0, 10) === new Date(nowMillis).toISOString().slice(0, 10);
  return isToday ? `${time.slice(11, 19)}Z ` : time.slice(0, 10);
}
