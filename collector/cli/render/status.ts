import type { Trace } from '../../contract/shapes.js';
import type { Brush, Paint } from './paint.js';

export type Status = Trace['status'];

const MARKS: Readonly<Record<Status, string>> = {
  running: '…',
  waiting: '‖',
  completed: '✓',
  failed: '✗',
  cancelled: '○',
};

/** A mark and the word, so that nothing rests on colour alone. */
export function renderStatus(status: Status): string {
  return `${MARKS[status]} ${status}`;
}

/** The mark alone, where there is no room for the word. */
export function markStatus(status: Status): string {
  return MARKS[status];
}

export function chooseStatusBrush(status: Status, paint: Paint): Brush {
  switch (status) {
    case 'failed':
      return paint.red;
    case 'completed':
      return paint.green;
    case 'cancelled':
      return paint.dim;
    case 'running':
    case 'waiting':
      return paint.cyan;
  }
}
