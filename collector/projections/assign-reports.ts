import type { TraceSpan } from '../model/rows.js';
import { ReportMatcher } from './report-matcher.js';
import { workOf } from './report-target.js';
import { distinctSpans } from './tree.js';
import { append } from './sets.js';

/** The span that a log record repeats. */
export interface Assignment {
  traceId: string;
  spanId: string;
}

/**
 * Finds for the reports of one session that name no trace the spans of the session's traces that they repeat, by the
 * rules by which the reports of a trace are joined with its spans; answered by the reports' own span ids. Reports
 * that repeat none are not in the answer: they stay in the session's ledger. Depends on the sets alone.
 */
export function assignReports(
  spans: readonly TraceSpan[],
  reports: readonly TraceSpan[],
): ReadonlyMap<string, Assignment> {
  const assigned = new Map<string, Assignment>();
  if (spans.length === 0 || reports.length === 0) return assigned;
  const distinct = distinctSpans(reports);
  const isWork = ({ facts }: TraceSpan): boolean => workOf(facts.type) !== undefined;
  const matcher = new ReportMatcher(listTargets(spans));
  matcher.match(distinct.filter(isWork));
  matcher.matchMessages(distinct.filter((report) => !isWork(report)));
  for (const [{ traceId, spanId }, joined] of matcher.joined) {
    for (const report of joined) assigned.set(report.spanId, { traceId, spanId });
  }
  return assigned;
}

/** Span ids are distinct within a trace only. */
function listTargets(spans: readonly TraceSpan[]): TraceSpan[] {
  const byTrace = new Map<string, TraceSpan[]>();
  for (const span of spans) {
    if (workOf(span.facts.type) === undefined && span.facts.type !== 'agent') continue;
    append(byTrace, span.traceId, span);
  }
  return [...byTrace.values()].flatMap(distinctSpans);
}
