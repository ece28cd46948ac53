import type { SpanType } from '../../../model/normalized-span.js';
import { renderTime } from '../../../model/time.js';
import type { StoredWhereabouts } from '../../storage.js';
import type { StoredRow } from '../rows/queryable.js';
import { RowReader } from '../rows/stored-row.js';
import { parseHex } from './filters.js';
import { ISSUE_COLUMNS, readIssue } from './issues.js';
import type { ReadContext } from './read-context.js';

const FIND_TRACE = `
  select span_count, created_at, last_seen_at, started_at, start_nanos, ended_at, end_nanos, services, is_complete
  from traces where project_id = $1 and trace_id = $2 and not is_ledger`;

const FIND_SPAN = `
  select name, type, service_name, start_time, start_nanos, end_time, end_nanos, received_at, is_pending, odd
  from spans where project_id = $1 and trace_id = $2 and span_id = $3 limit 1`;

const COUNT_CHILDREN = `
  select count(*) as count from spans where project_id = $1 and trace_id = $2 and parent_span_id = $3`;

const COUNT_RECORDS = `
  select count(*) as count, min(received_at) as first, max(received_at) as last
  from log_records where project_id = $1 and trace_id = $2`;

const ISSUES_LIMIT = 20;

const LIST_ISSUES = `
  select ${ISSUE_COLUMNS} from ingest_issues where project_id = $1 and trace_id = $2
  order by (span_id = $3) desc nulls last, time desc, id desc limit ${ISSUES_LIMIT}`;

export async function findWhereabouts(
  { database }: ReadContext,
  projectId: string,
  traceId: string,
  spanId: string | null,
): Promise<StoredWhereabouts> {
  const trace = [projectId, parseHex(traceId)];
  const span = spanId === null ? undefined : [...trace, parseHex(spanId)];
  const ofSpan = async (statement: string): Promise<StoredRow | undefined> =>
    span && (await database.query(statement, span)).rows[0];
  const records = span
    ? database.query(`${COUNT_RECORDS} and span_id = $3`, span)
    : database.query(COUNT_RECORDS, trace);
  const [traces, spanRow, children, counted, issues] = await Promise.all([
    database.query(FIND_TRACE, trace),
    ofSpan(FIND_SPAN),
    ofSpan(COUNT_CHILDREN),
    records,
    database.query(LIST_ISSUES, [projectId, traceId, spanId]),
  ]);
  const [traceRow] = traces.rows;
  const [recordRow = {}] = counted.rows;
  return {
    trace: traceRow === undefined ? null : readTrace(traceRow),
    span: spanRow === undefined ? null : readSpan(spanRow),
    child_count: Number(children?.count ?? 0),
    log_records: readRecords(recordRow),
    issues: issues.rows.map(readIssue),
  };
}

function readTrace(stored: StoredRow): StoredWhereabouts['trace'] {
  const row = new RowReader(stored);
  return {
    span_count: row.number('span_count'),
    first_received_at: renderTime(row.unixNano('created_at')),
    last_received_at: renderTime(row.unixNano('last_seen_at')),
    started_at: renderTime(row.unixNano('started_at', 'start_nanos')),
    ended_at: renderTime(row.unixNano('ended_at', 'end_nanos')),
    services: row.texts('services'),
    complete: row.boolean('is_complete'),
  };
}

function readSpan(stored: StoredRow): StoredWhereabouts['span'] {
  const row = new RowReader(stored);
  return {
    name: row.text('name'),
    type: row.text('type') as SpanType,
    service_name: row.textOrNull('service_name'),
    started_at: renderTime(row.unixNano('start_time', 'start_nanos')),
    ended_at: renderTime(row.unixNano('end_time', 'end_nanos')),
    received_at: renderTime(row.unixNano('received_at')),
    pending: row.boolean('is_pending'),
  };
}

function readRecords(stored: StoredRow): StoredWhereabouts['log_records'] {
  const row = new RowReader(stored);
  return {
    count: row.number('count'),
    first_received_at: row.isNull('first') ? null : renderTime(row.unixNano('first')),
    last_received_at: row.isNull('last') ? null : renderTime(row.unixNano('last')),
  };
}
