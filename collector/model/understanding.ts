import type { ExplainedUsage, SpanExplanation } from './explanation.js';
import type { SpanContent } from './normalized-span.js';
import type { Billing, PriceBook, PriceRow } from './price.js';
import type { ModelUsage, TraceSpan, UsageVerdict } from './rows.js';
import type { LogRecordData, SpanData } from './span-data.js';

/** How the token counts of a span came about, and what its price depends on beside its facts. */
export interface BilledUsage extends ExplainedUsage {
  billing: Billing;
}

/** What readers ask of the dialects and projections about stored spans; made in the composition root. */
export interface Understanding {
  /** The message bodies of a span, from its own attributes and events and from the log records that belong to it. */
  readContent(data: SpanData, logs: readonly LogRecordData[]): SpanContent;
  /** The message bodies of a log record that reports something. */
  readReportContent(log: LogRecordData): SpanContent;
  /** Where everything that is understood of a span comes from. */
  explainSpan(data: SpanData, logs: readonly LogRecordData[]): SpanExplanation;
  /** Where everything that is understood of what a log record reports comes from. */
  explainReport(log: LogRecordData): SpanExplanation;
  /** The token counts of a span as sent and as understood; all null where they were in bodies that are not there. */
  readBilledUsage(data: SpanData): BilledUsage;
  /** The same of what a log record reports. */
  readBilledReport(log: LogRecordData): BilledUsage;
  /** The prices by which a project's calls are billed, its own before the library's. */
  createPriceBook(rows: readonly PriceRow[]): PriceBook;
  /** What helps where a call has no price, by the `<reason>` of its `unpriced:<reason>`; empty for one that is unknown. */
  adviseUnpriced(reason: string): string;
  /** For each span id of one whole trace, and each of its reports', whether its usage enters the totals. */
  judgeUsage(spans: readonly TraceSpan[], reports?: readonly TraceSpan[]): ReadonlyMap<string, UsageVerdict>;
  /** What is counted in one whole trace, by model and provider, most tokens first. */
  sumUsageByModel(spans: readonly TraceSpan[], reports: readonly TraceSpan[]): ModelUsage[];
}
