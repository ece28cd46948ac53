import type { TimelineEntry } from '../contract/answers.js';
import { durationMillis } from '../model/time.js';
import type { PageOptions, TraceSpanWithKind } from '../storage/storage.js';
import { presentSpanSummary } from './present-span.js';
import type { TraceContext } from './present-span.js';
import { pageSpans } from './span-cursor.js';
import { buildSpanTree, walkBreadthFirst } from './span-tree.js';

export interface TimelineOptions extends PageOptions {
  type?: string | undefined;
  errors_only: boolean;
  slower_than_ms?: number | undefined;
}

/** A page of a trace's spans in start order. Depth and offset are those in the whole trace, whatever is filtered. */
export function presentTimeline(
  spans: readonly TraceSpanWithKind[],
  context: TraceContext,
  options: TimelineOptions,
): { data: TimelineEntry[]; next_cursor: string | null } {
  const depths = new Map<string, number>();
  for (const { span, depth } of walkBreadthFirst(buildSpanTree(spans))) depths.set(span.spanId, depth);
  const start = spans[0]?.startTimeUnixNano ?? 0n;
  const page = pageSpans(
    spans.filter((span) => isWanted(span, options)),
    options,
  );
  return {
    data: page.rows.map((span) => ({
      ...presentSpanSummary(span, context),
      depth: depths.get(span.spanId) ?? 0,
      offset_ms: durationMillis(start, span.startTimeUnixNano),
    })),
    next_cursor: page.nextCursor,
  };
}

function isWanted(span: TraceSpanWithKind, options: TimelineOptions): boolean {
  if (options.type !== undefined && span.facts.type !== options.type) return false;
  if (options.errors_only && span.facts.outcome !== 'failed') return false;
  const { slower_than_ms: floor } = options;
  return floor === undefined || durationMillis(span.startTimeUnixNano, span.endTimeUnixNano) > floor;
}
