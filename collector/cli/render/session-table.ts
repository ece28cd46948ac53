import type { Session } from '../../contract/shapes.js';
import { renderDuration, renderMoney, renderShortAge, renderTokenPair } from './figures.js';
import type { Canvas } from './paint.js';
import { chooseStatusBrush, markStatus, renderStatus } from './status.js';
import { renderTable } from './table.js';

/** One line a session, in the order given. */
export function renderSessionTable(sessions: readonly Session[], canvas: Canvas): string {
  const { paint, nowMillis } = canvas;
  return renderTable(
    sessions,
    [
      // A UUID stays whole, so that it can be pasted.
      { title: 'SESSION', read: (session) => session.session_id, leastWidth: 36 },
      { title: 'AGE', read: (session) => renderShortAge(session.last_seen_at, nowMillis), dropOrder: 3 },
      {
        title: 'STATUS',
        read: (session) => renderStatus(session.status),
        short: { order: 6, title: '', read: (session) => markStatus(session.status) },
        brush: (session) => chooseStatusBrush(session.status, paint),
      },
      {
        title: 'TASK',
        read: (session) => session.task ?? '',
        leastWidth: 10,
        brush: () => paint.bold,
        dropOrder: 4,
      },
      { title: 'TRACES', align: 'right', read: (session) => String(session.trace_count), dropOrder: 7 },
      { title: 'TIME', align: 'right', read: (session) => renderDuration(session.duration_ms), dropOrder: 5 },
      {
        title: 'IN / OUT',
        align: 'right',
        read: (session) => renderTokenPair(session.input_tokens, session.output_tokens),
        dropOrder: 2,
      },
      { title: 'COST', align: 'right', read: (session) => renderMoney(session.cost_usd), dropOrder: 1 },
    ],
    canvas,
  );
}
