import type { SessionEntry, SpanTree } from '../../contract/shapes.js';
import { listParentsFirst } from './tree-items.js';

/** A tree in which some steps are known from log records. */
export interface ReportedTree {
  roots: SpanTree[];
  /** The ids of the records, by the step that each is drawn as. */
  recordIds: ReadonlyMap<SpanTree, string>;
}

/** Draws each record as a step below the span that it names, in start order; the spans themselves stay as they are. */
export function addReportedSteps(roots: readonly SpanTree[], reports: readonly SessionEntry[]): ReportedTree {
  const recordIds = new Map<SpanTree, string>();
  if (reports.length === 0) return { roots: [...roots], recordIds };
  const copies = copyTree(roots);
  const bySpanId = new Map(listParentsFirst(copies).map((span) => [span.span_id, span]));
  const touched = new Set<SpanTree[]>();
  for (const report of reports) {
    const step = drawReport(report);
    recordIds.set(step, report.record_id ?? '');
    const siblings = bySpanId.get(report.parent_span_id ?? '')?.children ?? copies;
    siblings.push(step);
    touched.add(siblings);
  }
  for (const siblings of touched) siblings.sort(compareStarts);
  return { roots: copies, recordIds };
}

/** Not recursive: a trace may be a long chain. */
function copyTree(roots: readonly SpanTree[]): SpanTree[] {
  const copies = roots.map((span) => ({ ...span }));
  // The list grows while it is walked.
  const pending = [...copies];
  for (const copy of pending) {
    copy.children = copy.children.map((child) => ({ ...child }));
    pending.push(...copy.children);
  }
  return copies;
}

function drawReport(report: SessionEntry): SpanTree {
  return {
    ...report,
    kind: report.span_kind,
    trace_id: report.trace_id ?? '',
    span_id: (report.record_id ?? '').slice(0, 16),
    children: [],
  };
}

function compareStarts(left: SpanTree, right: SpanTree): number {
  const [one, other] = [BigInt(left.start_time_unix_nano), BigInt(right.start_time_unix_nano)];
  return one < other ? -1 : one > other ? 1 : 0;
}
