import { randomUUID } from 'node:crypto';
import type { ClientBase } from 'pg';
import { cleanText } from '../../../model/ids.js';
import type { IngestIssue } from '../../../model/write-batch.js';
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
} as const;

const INSERT = insertStatement('ingest_issues', COLUMNS, 'source.id', '');

export type EncodedIssue = RecordOf<typeof COLUMNS>;

export function encodeIssue(issue: IngestIssue, receivedMicros: bigint): EncodedIssue {
  return {
    id: randomUUID(),
    time: renderTimestamp(receivedMicros),
    code: issue.code,
    message: cleanText(issue.message),
    signal: issue.signal,
    service_name: cleanOrNull(issue.serviceName),
    scope_name: cleanOrNull(issue.scopeName),
    trace_id: cleanOrNull(issue.traceId),
    span_id: cleanOrNull(issue.spanId),
  };
}

export async function insertIssues(
  client: ClientBase,
  projectId: string,
  issues: readonly EncodedIssue[],
): Promise<void> {
  await sendRows(client, INSERT, projectId, issues);
}
