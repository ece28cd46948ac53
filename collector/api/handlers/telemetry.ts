import type { Routes } from '../../contract/routes.js';
import { presentReportExplanation } from '../explain-span.js';
import { cutFilter, presentPage, readLedger, readWholeTrace, requireFound } from '../handler.js';
import type { GroupHandlers, HandlerOptions } from '../handler.js';
import { adviseIssue } from '../issue-advice.js';
import { priceStoredReport } from '../stored-price.js';
import { presentWhereabouts } from '../whereabouts.js';
import { presentLogRecord, presentMetricPoint } from '../present-telemetry.js';

export function createLogRecordHandlers(options: HandlerOptions): GroupHandlers<Routes['logRecords']> {
  const { storage, understanding } = options;
  return {
    async list({ query }, projectId) {
      const { limit, cursor, attributes, ...filter } = query;
      const page = await storage.listLogRecords(projectId, cutFilter(filter), { limit, cursor });
      return presentPage(page, (record) => presentLogRecord(record, attributes));
    },
    async explain({ params, query }, projectId) {
      const { trace_id: traceId = null, session_id: sessionId = '' } = query;
      const [{ reports, verdicts }, prices] = await Promise.all([
        traceId === null
          ? readLedger(options, projectId, sessionId)
          : readWholeTrace(options, projectId, traceId),
        storage.listPrices(projectId),
      ]);
      const found = reports.find(({ recordId }) => recordId === params.record_id);
      const where = traceId === null ? `of session ${sessionId} without a trace` : `of trace ${traceId}`;
      const report = requireFound(found, `log record ${params.record_id} ${where} that reports something`);
      return presentReportExplanation({
        report,
        traceId,
        explained: understanding.explainReport(report.log),
        verdict: verdicts.get(report.span.spanId),
        today: priceStoredReport(report, understanding, prices),
      });
    },
  };
}

export function createMetricHandlers({ storage }: HandlerOptions): GroupHandlers<Routes['metrics']> {
  return {
    async list({ query }, projectId) {
      return presentPage(await storage.listMetrics(projectId, query), (metric) => metric);
    },
    async points({ params, query }, projectId) {
      const { limit, cursor, from, to, attributes } = query;
      const page = await storage.listMetricPoints(projectId, params.name, { from, to }, { limit, cursor });
      return presentPage(page, (point) => presentMetricPoint(point, attributes));
    },
  };
}

export function createIngestHandlers({
  storage,
  describeSpool,
}: HandlerOptions): GroupHandlers<Routes['ingest']> {
  return {
    async issues({ query }, projectId) {
      const { limit, cursor, ...filter } = query;
      const page = await storage.listIngestIssues(projectId, cutFilter(filter), { limit, cursor });
      return presentPage(page, (issue) => ({ ...issue, ...adviseIssue(issue.code) }));
    },
    async summary({ query }, projectId) {
      const groups = await storage.summarizeIngestIssues(projectId, cutFilter(query));
      return { data: groups.map((group) => ({ ...group, ...adviseIssue(group.code) })) };
    },
    async where({ query }, projectId) {
      const { trace_id: traceId, span_id: spanId = null } = query;
      const [found, retention] = await Promise.all([
        storage.findWhereabouts(projectId, traceId, spanId),
        storage.findRetention(projectId),
      ]);
      const asked = { traceId, spanId, spansDays: retention.spans_days, nowMillis: Date.now() };
      return presentWhereabouts(found, asked, describeSpool?.());
    },
  };
}
