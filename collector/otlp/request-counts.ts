import type { IngestCounts } from '../model/answered-export.js';
import type { LogRecordData, SpanData } from '../model/span-data.js';
import type { DecodedRequest, RequestRemark } from './decoded-request.js';

/** What is known of the records of a request before any is stored. */
export function countArrived(
  decoded: DecodedRequest,
): Pick<IngestCounts, 'received' | 'rejected' | 'truncated' | 'repaired'> {
  const { spans, logRecords, metricPoints } = decoded;
  const rejected = sumCounts(decoded.rejected);
  return {
    received: spans.length + logRecords.length + metricPoints.length + rejected,
    rejected,
    truncated: [...spans, ...logRecords].filter(isTruncated).length,
    repaired: sumCounts(decoded.repaired),
  };
}

/** Whether the SDK that sent a record had dropped some of it. */
function isTruncated(record: SpanData | LogRecordData): boolean {
  if (record.droppedAttributesCount > 0) return true;
  return 'events' in record && record.droppedEventsCount + record.droppedLinksCount > 0;
}

export function sumCounts(remarks: readonly RequestRemark[]): number {
  return remarks.reduce((sum, { count }) => sum + count, 0);
}

/** One sentence for the sender; the first three kinds of reason are named, each with its count. */
export function describeRejections(rejected: readonly Pick<RequestRemark, 'reason' | 'count'>[]): string {
  const counts = new Map<string, number>();
  for (const { reason, count } of rejected) counts.set(reason, (counts.get(reason) ?? 0) + count);
  const named = [...counts].slice(0, 3).map(([reason, count]) => `${count} × ${reason}`);
  const rest = counts.size - named.length;
  return named.join('; ') + (rest > 0 ? `; and ${rest} more kinds` : '');
}
