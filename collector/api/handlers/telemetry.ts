import type { Routes } from '../../contract/routes.js';
import { cutFilter, presentPage } from '../handler.js';
import type { GroupHandlers, HandlerOptions } from '../handler.js';
import { adviseIssue } from '../issue-advice.js';
import { presentLogRecord, presentMetricPoint } from '../present-telemetry.js';

export function createLogRecordHandlers({ storage }: HandlerOptions): GroupHandlers<Routes['logRecords']> {
  return {
    async list({ query }, projectId) {
      const { limit, cursor, attributes, ...filter } = query;
      const page = await storage.listLogRecords(projectId, cutFilter(filter), { limit, cursor });
      return presentPage(page, (record) => presentLogRecord(record, attributes));
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

export function createIngestHandlers({ storage }: HandlerOptions): GroupHandlers<Routes['ingest']> {
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
  };
}
