/** How long after it was last seen an incomplete trace is taken to be still running. */
const QUIET_INTERVAL = `interval '1 hour'`;

/**
 * The SQL condition that a row of `traces` is of a run whose end has not come, at a time given as a placeholder:
 * spans are missing, and some came not long ago. One that waits for a person is not running.
 */
export function isTraceRunning(nowPlaceholder: string): string {
  const quietSince = `${nowPlaceholder}::timestamptz - ${QUIET_INTERVAL}`;
  return `(not traces.is_complete and traces.last_seen_at > ${quietSince} and traces.status <> 'waiting')`;
}

/** The SQL expression for a trace's status at that time, for what is shown and for filters alike. */
export function traceStatus(nowPlaceholder: string): string {
  return `case when ${isTraceRunning(nowPlaceholder)} then 'running' else traces.status end`;
}

/** The SQL expression for a session's status at that time: it runs while one of its traces does. */
export function sessionStatus(nowPlaceholder: string): string {
  return `case when exists (
      select from traces
      where traces.project_id = sessions.project_id and traces.session_key = sessions.session_id
        and ${isTraceRunning(nowPlaceholder)}
    ) then 'running' else sessions.status end`;
}
