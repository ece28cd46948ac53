import type { SpanContent } from './normalized-span.js';
import type { TraceSpan, UsageVerdict } from './rows.js';
import type { LogRecordData, SpanData } from './span-data.js';

/** What readers ask of the dialects and projections about stored spans; made in the composition root. */
export interface Understanding {
  /** The message bodies of a span, from its own attributes and events and from the log records that belong to it. */
  readContent(data: SpanData, logs: readonly LogRecordData[]): SpanContent;
  /** For each span id of one whole trace, whether its usage enters the totals. */
  judgeUsage(spans: readonly TraceSpan[]): ReadonlyMap<string, UsageVerdict>;
}
