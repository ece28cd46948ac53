import type { Condition } from './filters.js';
import { isText } from './filters.js';

/** How long after it was last seen an incomplete trace is taken to be still running. */
const QUIET_INTERVAL = `interval '1 hour'`;

/**
 * The SQL condition that a row of `traces` is of a run whose end has not come, at a time given as a placeholder:
 * spans are missing, and some came not long ago. One that waits for a person is not running.
 */
function isTraceRunning(nowPlaceholder: string): string {
  const quietSince = `${nowPlaceholder}::timestamptz - ${QUIET_INTERVAL}`;
  return `(not traces.is_complete and traces.last_seen_at > ${quietSince} and traces.status <> 'waiting')`;
}

/** The SQL expression for a trace's status at that time. */
export function traceStatus(nowPlaceholder: string): string {
  return `case when ${isTraceRunning(nowPlaceholder)} then 'running' else traces.status end`;
}

/** Traces whose {@link traceStatus} is the given one, in the form that the index on the stored status can serve. */
export function hasTraceStatus(nowPlaceholder: string): Condition<string> {
  const isRunning = isTraceRunning(nowPlaceholder);
  return (value, parameters) => {
    const isStored = isText('traces.status')(value, parameters);
    return value === 'running' ? `(${isStored} or ${isRunning})` : `(${isStored} and not ${isRunning})`;
  };
}

/** The SQL expression for a session's status at that time: it runs while one of its traces does. */
export function sessionStatus(nowPlaceholder: string): string {
  return `case when exists (
      select from traces
      where traces.project_id = sessions.project_id and traces.session_key = sessions.session_id
        and ${isTraceRunning(nowPlaceholder)}
    ) then 'running' else sessions.status end`;
}
