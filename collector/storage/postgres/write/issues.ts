import { randomUUID } from 'node:crypto';
import type { ClientBase } from 'pg';
import { cleanText, issueId } from '../../../model/ids.js';
import type { IngestIssue } from '../../../model/ingest-issue.js';
import { renderTimestamp } from '../rows/timestamp.js';
import { insertStatement, sendRows } from './record-set.js';
import type { RecordOf } from './record-set.js';
import { cleanOrNull } from './summary-columns.js';

const COLUMNS = {
  id: 'uuid',
  time: 'timestamptz',
  code: 'text',
  message: 'text',
  signal: 'text',
  service_name: 'text',
  scope_name: 'text',
  trace_id: 'text',
  span_id: 'text',
  key: 'text',
} as const;

const INSERT = insertStatement('ingest_issues', COLUMNS, 'source.id', 'on conflict do nothing returning id');

export type EncodedIssue = RecordOf<typeof COLUMNS>;

/** An issue of a trace, span or record has an id derived from what it says, so that it is listed once. */
export function encodeIssue(issue: IngestIssue, projectId: string, receivedMicros: bigint): EncodedIssue {
  const hasPlace = issue.traceId !== null || issue.spanId !== null || issue.recordKey !== undefined;
  return {
    id: hasPlace ? issueId(projectId, issue) : randomUUID(),
    time: renderTimestamp(receivedMicros),
    code: issue.code,
    message: cleanText(issue.message),
    signal: issue.signal,
    service_name: cleanOrNull(issue.serviceName),
    scope_name: cleanOrNull(issue.scopeName),
    trace_id: cleanOrNull(issue.traceId),
    span_id: cleanOrNull(issue.spanId),
    key: cleanOrNull(issue.key),
  };
}

/** Inserts in key order what is not listed yet; answers with the number of those. */
export async function insertIssues(
  client: ClientBase,
  projectId: string,
  issues: readonly EncodedIssue[],
): Promise<number> {
  const distinct = new Map(issues.map((issue) => [String(issue.id), issue]));
  const rows = [...distinct].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, issue]) => issue);
  return (await sendRows<{ id: string }>(client, INSERT, projectId, rows)).length;
}
