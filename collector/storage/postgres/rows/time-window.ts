import type { TraceSpan } from '../../../model/rows.js';
import { splitMicros } from '../../../model/time.js';
import { renderTimestamp } from './timestamp.js';

/** From one time to another, both included, in microseconds since the epoch. */
export interface TimeWindow {
  fromMicros: bigint;
  toMicros: bigint;
}

const DAY_MICROS = 86_400_000_000n;

/**
 * From the first start of a trace's spans to its last end, as its row has them: all its spans begin between these, or
 * at the epoch where their start is unknown. Undefined where there are no spans.
 */
export function findTraceWindow(
  spans: readonly Pick<TraceSpan, 'startTimeUnixNano' | 'endTimeUnixNano'>[],
): TimeWindow | undefined {
  if (spans.length === 0) return undefined;
  let start: bigint | undefined;
  let end = 0n;
  for (const { startTimeUnixNano, endTimeUnixNano } of spans) {
    const spanStart = startTimeUnixNano === 0n ? endTimeUnixNano : startTimeUnixNano;
    if (spanStart !== 0n && (start === undefined || spanStart < start)) start = spanStart;
    if (spanStart > end) end = spanStart;
    if (endTimeUnixNano > end) end = endTimeUnixNano;
  }
  return { fromMicros: splitMicros(start ?? 0n).micros, toMicros: splitMicros(end).micros };
}

/** When the log records of a trace with message bodies or reports count as its own: clocks may be a day apart. */
export function widenForLogs({ fromMicros, toMicros }: TimeWindow): TimeWindow {
  return {
    fromMicros: fromMicros > DAY_MICROS ? fromMicros - DAY_MICROS : 0n,
    toMicros: toMicros + DAY_MICROS,
  };
}

/** A window with one more time in it; one that is unknown, which is kept as the epoch, moves no bound. */
export function widenTo(window: TimeWindow | undefined, micros: bigint): TimeWindow {
  if (window === undefined) return { fromMicros: micros, toMicros: micros };
  if (micros === 0n) return window;
  const { fromMicros, toMicros } = window;
  return {
    fromMicros: fromMicros === 0n || micros < fromMicros ? micros : fromMicros,
    toMicros: micros > toMicros ? micros : toMicros,
  };
}

export function joinWindows(
  left: TimeWindow | undefined,
  right: TimeWindow | undefined,
): TimeWindow | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return widenTo(widenTo(left, right.fromMicros), right.toMicros);
}

/** Whether a time is in the window, or unknown, which is kept as the epoch. */
export function isWithin(micros: bigint, { fromMicros, toMicros }: TimeWindow): boolean {
  return micros === 0n || (micros >= fromMicros && micros <= toMicros);
}

/**
 * A condition that holds at the times in any of these windows, and at the epoch, where what has no time is kept. Its
 * bounds are appended to `values` as parameters, so that the planner leaves out the partitions of other days.
 */
export function renderWindows(column: string, windows: readonly TimeWindow[], values: unknown[]): string {
  const bind = (micros: bigint): string => `$${values.push(renderTimestamp(micros))}`;
  const ranges = joinNeighbours(windows).map(
    ({ fromMicros, toMicros }) => `${column} between ${bind(fromMicros)} and ${bind(toMicros)}`,
  );
  return `(${[...ranges, `${column} = timestamptz '1970-01-01 00:00:00+00'`].join(' or ')})`;
}

/** Few windows that cover all: one trace of last year must not bring in every day since. */
function joinNeighbours(windows: readonly TimeWindow[]): TimeWindow[] {
  const joined: TimeWindow[] = [];
  for (const window of windows.toSorted((a, b) => (a.fromMicros < b.fromMicros ? -1 : 1))) {
    const last = joined.at(-1);
    if (last === undefined || window.fromMicros > last.toMicros + DAY_MICROS) joined.push({ ...window });
    else if (window.toMicros > last.toMicros) last.toMicros = window.toMicros;
  }
  return joined;
}
