import type { TraceSpan, UsageVerdict } from '../model/rows.js';
import type { LeftOutCalls, StoredSessionEntry, UnpricedFilter } from '../storage/storage.js';
import { readLedger, readWholeTrace, type HandlerOptions } from './handler.js';
import { hasUsage } from './present-span.js';

/** Traces that are judged at once. */
const WIDTH = 8;
/** The most traces, and the most ledgers, that are judged to answer one request for unpriced calls. */
const MOST_DOUBTS = 200;

/** For entries of one session that have usage: whether it enters the totals. By their id as a span. */
export async function judgeEntries(
  options: HandlerOptions,
  projectId: string,
  sessionId: string,
  entries: readonly StoredSessionEntry[],
): Promise<(entry: StoredSessionEntry) => UsageVerdict | undefined> {
  const traceIds = [...new Set(entries.filter(({ span }) => hasUsage(span)).map(nameTrace))];
  const judged = new Map<string, ReadonlyMap<string, UsageVerdict>>();
  await forEach(traceIds, async (traceId) => {
    const verdicts =
      traceId === ''
        ? (await readLedger(options, projectId, sessionId)).verdicts
        : (await readWholeTrace(options, projectId, traceId)).verdicts;
    judged.set(traceId, verdicts);
  });
  return (entry) => judged.get(nameTrace(entry))?.get(entry.span.spanId);
}

/** The trace that an entry belongs to; empty where it is in the ledger of its session. */
function nameTrace({ span, record }: StoredSessionEntry): string {
  return span.traceId === '' ? (record?.joinedTraceId ?? '') : span.traceId;
}

/**
 * Calls without a price that are others again, and so have none to be missed. Only the traces and ledgers in doubt are
 * judged, the newest {@link MOST_DOUBTS} of each: in more of them such calls are taken for calls of their own.
 */
export async function findUncountedCalls(
  options: HandlerOptions,
  projectId: string,
  filter: UnpricedFilter,
): Promise<LeftOutCalls> {
  const { traceIds, sessionIds } = await options.storage.listUnpricedDoubts(projectId, filter, MOST_DOUBTS);
  const spans: { traceId: string; spanId: string }[] = [];
  const reportSpanIds: string[] = [];
  await forEach(traceIds, async (traceId) => {
    const { spans: own, reported, verdicts } = await readWholeTrace(options, projectId, traceId);
    const isUncounted = ({ spanId, facts }: TraceSpan) =>
      facts.priceRef?.startsWith('unpriced:') === true && verdicts.get(spanId)?.counted !== true;
    spans.push(...own.filter(isUncounted).map(({ spanId }) => ({ traceId, spanId })));
    reportSpanIds.push(...reported.filter(isUncounted).map(({ spanId }) => spanId));
  });
  await forEach(sessionIds, async (sessionId) => {
    for (const [spanId, { counted }] of (await readLedger(options, projectId, sessionId)).verdicts)
      if (!counted) reportSpanIds.push(spanId);
  });
  return { spans, reportSpanIds };
}

/** Runs over all, a few at a time. */
async function forEach<Item>(items: readonly Item[], run: (item: Item) => Promise<void>): Promise<void> {
  for (let start = 0; start < items.length; start += WIDTH)
    await Promise.all(items.slice(start, start + WIDTH).map(run));
}
