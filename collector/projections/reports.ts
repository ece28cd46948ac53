import type { TraceSpan } from '../model/rows.js';
import { addReports, countTold } from './report-facts.js';
import { compareEnds, ReportMatcher } from './report-matcher.js';
import { workOf } from './report-target.js';
import { placeUnderAgents } from './reported-agents.js';
import type { AddedNode } from './tree.js';
import { distinctSpans } from './tree.js';
import { append } from './sets.js';

/** The spans of a trace with what log records add to them. */
export interface MergedTrace {
  spans: readonly TraceSpan[];
  /** Reports that repeat no span, each with its place in the tree, and agents that are known from them alone. */
  added: AddedNode[];
  /** All reports, each once, in order of time. */
  reports: TraceSpan[];
  /** By the id of a span or an added report: the reports that are of the same call or tool run. */
  joined: ReadonlyMap<string, readonly TraceSpan[]>;
  /** By the id of a span or an added report: the report whose counts took the place of its own. */
  usageFrom: ReadonlyMap<string, TraceSpan>;
}

/**
 * Joins what log records report with the spans that say the same; what is left gets a place in the tree, as a call, a
 * tool run or an event of its own. Times and tree are the spans'; a record fills in what its span does not say.
 */
export function mergeReports(spans: readonly TraceSpan[], reports: readonly TraceSpan[]): MergedTrace {
  const joined = new Map<string, readonly TraceSpan[]>();
  const usageFrom = new Map<string, TraceSpan>();
  if (reports.length === 0) return { spans, added: [], reports: [], joined, usageFrom };

  const distinct = distinctSpans(reports).sort(compareEnds);
  const isWork = ({ facts }: TraceSpan): boolean => workOf(facts.type) !== undefined;
  const known = distinctSpans(spans);
  const matcher = new ReportMatcher(known);
  const { rest, matcher: own } = joinAmongThemselves(matcher.match(distinct.filter(isWork)));
  const events = own.matchMessages(matcher.matchMessages(distinct.filter((report) => !isWork(report))));

  const merge = (span: TraceSpan, repeats: readonly TraceSpan[] | undefined): TraceSpan => {
    if (repeats === undefined) return span;
    const sorted = repeats.toSorted(compareEnds);
    const merged = addReports(span, sorted);
    joined.set(span.spanId, sorted);
    if (merged.usageFrom !== null) usageFrom.set(span.spanId, merged.usageFrom);
    return merged.span;
  };
  const merged = known.map((span) => merge(span, matcher.joined.get(span)));
  const left = rest.map((report) => merge(report, own.joined.get(report)));
  const added = placeReports(merged, [...left, ...events].sort(compareEnds));
  return { spans: merged, added, reports: distinct, joined, usageFrom };
}

/**
 * Several records may report one call (Gemini CLI 0.61: one of its own and one of the conventions'). Records of the
 * kind that tells most stand for themselves; those of each further kind are laid against what stands by then.
 */
function joinAmongThemselves(reports: readonly TraceSpan[]): { rest: TraceSpan[]; matcher: ReportMatcher } {
  const kinds = new Map<string, TraceSpan[]>();
  for (const report of reports) append(kinds, report.name, report);
  const ranked = [...kinds].map(([name, records]) => ({ name, records, told: mostTold(records) }));
  ranked.sort((left, right) => right.told - left.told || (left.name < right.name ? -1 : 1));
  const matcher = new ReportMatcher([]);
  const rest: TraceSpan[] = [];
  for (const { records } of ranked) {
    const own = matcher.match(records);
    matcher.addTargets(own);
    rest.push(...own);
  }
  return { rest, matcher };
}

function mostTold(records: readonly TraceSpan[]): number {
  return records.reduce((most, record) => Math.max(most, countTold(record)), 0);
}

/**
 * A report stands below the span that it names; a call is not inside another, so there beside it. Where it names none
 * that is here, it stands below the only top of the trace. Without any spans agents are made of what the records say.
 */
function placeReports(spans: readonly TraceSpan[], reports: readonly TraceSpan[]): AddedNode[] {
  if (spans.length === 0) return placeUnderAgents(reports);
  const bySpanId = new Map(spans.map((span) => [span.spanId, span]));
  const tops = spans.filter(({ parentSpanId }) => parentSpanId === null || !bySpanId.has(parentSpanId));
  const top = tops.length === 1 ? tops[0] : undefined;
  const isCall = (span: TraceSpan | undefined): boolean =>
    span?.facts.type === 'llm' || span?.facts.type === 'embedding';
  return reports.map((report): AddedNode => {
    let place = bySpanId.get(report.parentSpanId ?? '');
    if (isCall(place) && isCall(report)) place = bySpanId.get(place?.parentSpanId ?? '');
    const parent = place ?? (isCall(top) ? undefined : top);
    return { span: { ...report, parentSpanId: parent?.spanId ?? null }, origin: 'report' };
  });
}
