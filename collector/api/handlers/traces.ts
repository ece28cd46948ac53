import type { Routes } from '../../contract/routes.js';
import type { Trace } from '../../contract/shapes.js';
import type {
  Page,
  StoredLogRecord,
  StoredReport,
  StoredSpan,
  TraceSpanWithKind,
} from '../../storage/storage.js';
import { cutFilter, presentPage, readWholeTrace, requireFound } from '../handler.js';
import type { GroupHandlers, HandlerOptions } from '../handler.js';
import { presentExplanation } from '../explain-span.js';
import { presentReport } from '../session-entry.js';
import { priceStoredSpan } from '../stored-price.js';
import { presentSpan, presentSpanSummary, hasUsage } from '../present-span.js';
import type { AttributeStyle, TraceContext } from '../present-span.js';
import { presentTimeline } from '../timeline.js';
import { summarizeTrace } from '../trace-summary.js';
import { compareNanos } from '../critical-path.js';
import { buildSpanTree, nestSpanTree } from '../span-tree.js';
import type { TraceTree } from '../../contract/answers.js';

const DETAIL_SPANS = 1_000;
/** The most rows that one read of storage gives. */
const READ_ROWS = 500;
const EXPLAINED_RECORDS = 100;
const TREE_REPORTS = 10_000;

export function createTraceHandlers(options: HandlerOptions): GroupHandlers<Routes['traces']> {
  const { storage, understanding } = options;
  return {
    async list({ query }, projectId) {
      const { limit, cursor, sort, order, ...filter } = query;
      const page = await storage.listTraces(projectId, cutFilter(filter), { limit, cursor, sort, order });
      return presentPage(page, (trace) => trace);
    },
    async get({ params, query }, projectId) {
      const trace = requireFound(await storage.findTrace(projectId, params.trace_id), describe(params));
      const page = await readSpans(options, projectId, params.trace_id, query.payloads === 'full');
      const spans = await presentSpans(options, projectId, trace, page.rows, query.attributes);
      return { ...trace, spans, spans_next_cursor: page.nextCursor };
    },
    async spans({ params, query }, projectId) {
      const trace = requireFound(await storage.findTrace(projectId, params.trace_id), describe(params));
      const { limit, cursor, payloads, attributes } = query;
      const page = await storage.listSpans(projectId, params.trace_id, {
        limit,
        cursor,
        payloads: payloads === 'full',
      });
      const data = await presentSpans(options, projectId, trace, page.rows, attributes);
      return { data, next_cursor: page.nextCursor };
    },
    async tree({ params, query }, projectId) {
      const { spans, reports, context } = await readTrace(projectId, params);
      const counted = reports.filter(({ span }) => context.verdicts.get(span.spanId)?.counted === true);
      const tree = nestSpanTree(buildSpanTree(orderSteps(spans)), query.max_spans, (span) =>
        presentSpanSummary(span, context),
      );
      return {
        // Children are rendered by the same function; the nesting can't be said without recursion.
        roots: tree.roots as TraceTree['roots'],
        span_count: tree.count,
        truncated: tree.truncated,
        reports: counted
          .slice(0, TREE_REPORTS)
          .map((report) => presentReport(report, params.trace_id, context.verdicts.get(report.span.spanId))),
      };
    },
    async timeline({ params, query }, projectId) {
      const { spans, context } = await readTrace(projectId, params);
      return presentTimeline(spans, context, query);
    },
    async summary({ params }, projectId) {
      const [trace, { spans, reported }] = await Promise.all([
        storage.findTrace(projectId, params.trace_id),
        readWholeTrace(options, projectId, params.trace_id),
      ]);
      const models = understanding.sumUsageByModel(spans, reported);
      return summarizeTrace(requireFound(trace, describe(params)), spans, models);
    },
  };

  async function readTrace(
    projectId: string,
    params: { trace_id: string },
  ): Promise<{ spans: TraceSpanWithKind[]; reports: StoredReport[]; context: TraceContext }> {
    const [trace, { spans, reports, verdicts }] = await Promise.all([
      storage.findTrace(projectId, params.trace_id),
      readWholeTrace(options, projectId, params.trace_id),
    ]);
    requireFound(trace, describe(params));
    return { spans, reports, context: { trace, verdicts } };
  }
}

export function createSpanHandlers(options: HandlerOptions): GroupHandlers<Routes['spans']> {
  return {
    async get({ params, query }, projectId) {
      const [stored, trace] = await Promise.all([
        options.storage.findSpan(projectId, params.trace_id, params.span_id),
        options.storage.findTrace(projectId, params.trace_id),
      ]);
      const span = requireFound(stored, `span ${params.span_id} in trace ${params.trace_id}`);
      const context = await readContext(options, projectId, params.trace_id, trace, [span]);
      return presentSpan(span, context, {
        understanding: options.understanding,
        attributes: query.attributes,
        raw: 'whole',
      });
    },
    async explain({ params, query }, projectId) {
      const { storage, understanding } = options;
      const { trace_id: traceId, span_id: spanId } = params;
      const [found, { reports, verdicts }, records, prices] = await Promise.all([
        storage.findSpan(projectId, traceId, spanId),
        readWholeTrace(options, projectId, traceId),
        storage.listLogRecords(
          projectId,
          { trace_id: traceId, span_id: spanId },
          { limit: EXPLAINED_RECORDS },
        ),
        storage.listPrices(projectId),
      ]);
      const stored = requireFound(found, `span ${spanId} in trace ${traceId}`);
      const span = {
        stored,
        explained: understanding.explainSpan(stored.data, stored.logs),
        verdict: verdicts.get(spanId),
        today: priceStoredSpan(stored, understanding, prices),
        records: joinRecords(
          records.rows,
          reports.filter(({ joinedSpanId }) => joinedSpanId === spanId),
        ),
      };
      return presentExplanation(span, query.attributes);
    },
  };
}

/** Log records that name a span, and those that were joined with it without naming it. */
function joinRecords(naming: readonly StoredLogRecord[], joined: readonly StoredReport[]): StoredLogRecord[] {
  const records = new Map(naming.map((record) => [record.id, record]));
  for (const { recordId, log, span } of joined) {
    const receivedAtUnixNano = log.observedTimeUnixNano;
    records.set(recordId, { id: recordId, data: log, sessionId: span.facts.sessionId, receivedAtUnixNano });
  }
  return [...records.values()].slice(0, EXPLAINED_RECORDS);
}

function describe(params: { trace_id: string }): string {
  return `trace ${params.trace_id}`;
}

async function readSpans(
  { storage }: HandlerOptions,
  projectId: string,
  traceId: string,
  payloads: boolean,
): Promise<Page<StoredSpan>> {
  const rows: StoredSpan[] = [];
  let cursor: string | null | undefined;
  while (cursor !== null && rows.length < DETAIL_SPANS) {
    const limit = Math.min(READ_ROWS, DETAIL_SPANS - rows.length);
    const page = await storage.listSpans(projectId, traceId, { limit, cursor, payloads });
    rows.push(...page.rows);
    cursor = page.nextCursor;
  }
  return { rows, nextCursor: cursor ?? null };
}

async function presentSpans(
  options: HandlerOptions,
  projectId: string,
  trace: Trace,
  spans: StoredSpan[],
  attributes: AttributeStyle,
) {
  const context = await readContext(options, projectId, trace.trace_id, trace, spans);
  return spans.map((span) =>
    presentSpan(span, context, { understanding: options.understanding, attributes, raw: 'cut' }),
  );
}

/** Verdicts need the whole trace, which is read only where one of the spans has usage to judge. */
async function readContext(
  options: HandlerOptions,
  projectId: string,
  traceId: string,
  trace: Trace | undefined,
  spans: readonly StoredSpan[],
): Promise<TraceContext> {
  if (!spans.some(hasUsage)) return { trace, verdicts: new Map() };
  const { verdicts } = await readWholeTrace(options, projectId, traceId);
  return { trace, verdicts };
}

/**
 * By start, and of spans that start at once the one that ended first: the clocks of many senders tick in milliseconds,
 * and a tool that took less has the same start as the model call that read its result.
 */
function orderSteps(spans: readonly TraceSpanWithKind[]): TraceSpanWithKind[] {
  return spans.toSorted(
    (left, right) =>
      compareNanos(left.startTimeUnixNano, right.startTimeUnixNano) ||
      compareNanos(left.endTimeUnixNano, right.endTimeUnixNano) ||
      (left.spanId < right.spanId ? -1 : 1),
  );
}
