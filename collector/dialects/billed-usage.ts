import type { LogRecordData, SpanData } from '../model/span-data.js';
import type { BilledUsage } from '../model/understanding.js';
import { Candidates } from './candidates.js';
import { readSpan } from './facts.js';
import { viewLog } from './log.js';
import { SpanView } from './span-view.js';

/** The token counts of a span as sent and as understood, with what its price depends on beside its facts. */
export function readBilledUsage(data: SpanData): BilledUsage {
  return readView(new SpanView(data));
}

/** The same of what a log record reports. */
export function readBilledReport(log: LogRecordData): BilledUsage {
  return readView(viewLog(log));
}

function readView(view: SpanView): BilledUsage {
  const { usage, billing } = readSpan(view, new Candidates(view));
  const { rule } = usage;
  return {
    ...usage,
    billing,
    rule: rule === undefined ? null : { isCacheApart: false, isReasoningApart: false, ...rule },
  };
}
