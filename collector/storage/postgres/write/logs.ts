import { createHash } from 'node:crypto';
import type { ClientBase } from 'pg';
import { cutIdentifier } from '../../../model/ids.js';
import type { TraceReport } from '../../../model/rows.js';
import type { LogRecordData } from '../../../model/span-data.js';
import { splitMicros } from '../../../model/time.js';
import type { LogRow } from '../../../model/write-batch.js';
import { OddTexts } from '../odd-text.js';
import { loadDictionaries } from '../rows/dictionary-row.js';
import { LOG_COLUMNS, readLogRecord } from '../rows/log-row.js';
import type { StoredRow } from '../rows/queryable.js';
import { encodeReport, readReport } from '../rows/report-codec.js';
import type { TimeWindow } from '../rows/time-window.js';
import { isWithin, renderWindows, widenForLogs } from '../rows/time-window.js';
import { renderTimestamp } from '../rows/timestamp.js';
import { encodeValue } from '../value-codec.js';
import type { DictionaryEntries } from './dictionaries.js';
import { encodeSorted } from './dictionaries.js';
import { hexBytes, insertStatement, sendRows } from './record-set.js';
import type { RecordOf } from './record-set.js';
import { findServiceName } from './service-name.js';

const COLUMNS = {
  trace_id: 'bytea',
  time: 'timestamptz',
  record_id: 'bytea',
  observed_time: 'timestamptz',
  received_at: 'timestamptz',
  time_nanos: 'smallint',
  observed_nanos: 'smallint',
  has_time: 'boolean',
  is_content: 'boolean',
  severity_number: 'integer',
  flags: 'bigint',
  dropped_attributes_count: 'bigint',
  resource_id: 'bytea',
  scope_id: 'bytea',
  span_id: 'bytea',
  severity_text: 'text',
  event_name: 'text',
  session_id: 'text',
  service_name: 'text',
  body: 'jsonb',
  attributes: 'jsonb',
  report: 'jsonb',
  odd: 'jsonb',
} as const;

const INSERT = insertStatement(
  'log_records',
  COLUMNS,
  'source.trace_id, source.record_id, source.time',
  'on conflict do nothing returning record_id',
);

const listStatement = (timeCondition: string): string => `
  select ${LOG_COLUMNS}, is_content, report from log_records
  where project_id = $1 and trace_id = any($2::bytea[]) and (is_content or report is not null) and ${timeCondition}
  order by trace_id, time, time_nanos, record_id`;

const ID_BYTES = 16;

/** A log record with its row and identity. */
export interface EncodedLog {
  id: string;
  /** The trace whose derived rows depend on the record; null where none do. */
  derivedTraceId: string | null;
  /** The session whose ledger the record is first entered in, since it reports something and names no trace. */
  ledgerKey: string | null;
  isReport: boolean;
  timeMicros: bigint;
  row: RecordOf<typeof COLUMNS>;
}

export function encodeLog(
  { data, isContent, sessionId, report, ordinal }: LogRow,
  dictionaries: DictionaryEntries,
  receivedMicros: bigint,
): EncodedLog {
  const odd = new OddTexts();
  const unixNano = data.timeUnixNano === 0n ? data.observedTimeUnixNano : data.timeUnixNano;
  const time = splitMicros(unixNano);
  const observed = splitMicros(data.observedTimeUnixNano);
  const serviceName = findServiceName(data.resource);
  const content = {
    trace_id: hexBytes(data.traceId ?? ''),
    time: renderTimestamp(time.micros),
    observed_time: renderTimestamp(observed.micros),
    time_nanos: time.nanos,
    observed_nanos: observed.nanos,
    has_time: data.timeUnixNano !== 0n,
    severity_number: data.severityNumber,
    flags: data.flags,
    dropped_attributes_count: data.droppedAttributesCount,
    resource_id: hexBytes(dictionaries.addResource(data.resource).toString('hex')),
    scope_id: hexBytes(dictionaries.addScope(data.scope).toString('hex')),
    span_id: data.spanId === null ? null : hexBytes(data.spanId),
    severity_text: odd.store('severity_text', data.severityText),
    event_name: odd.store('event_name', data.eventName),
    service_name: serviceName === null ? null : odd.storeIdentifier('service_name', serviceName),
    body: data.body === null ? null : encodeValue(data.body),
    attributes: data.attributes.length === 0 ? null : encodeSorted(data.attributes),
  };
  const id = hashIdentity(content, odd.encode(), ordinal);
  const row = {
    ...content,
    record_id: hexBytes(id),
    received_at: renderTimestamp(receivedMicros),
    is_content: isContent,
    session_id: sessionId === null ? null : odd.storeIdentifier('session_id', sessionId),
    report: report === null ? null : encodeReport(report),
    odd: odd.encode(),
  };
  const isReport = report !== null;
  const isForLedger = isReport && data.traceId === null && sessionId !== null;
  return {
    id,
    derivedTraceId: isContent || isReport ? data.traceId : null,
    ledgerKey: isForLedger ? cutIdentifier(sessionId) : null,
    isReport,
    timeMicros: time.micros,
    row,
  };
}

/** Inserts records that are not there yet, in key order; answers with the ids of those inserted. */
export async function insertLogs(
  client: ClientBase,
  projectId: string,
  logs: readonly EncodedLog[],
): Promise<Set<string>> {
  const rows = [...new Map(logs.map((log) => [log.id, log.row])).values()];
  const inserted = await sendRows<{ record_id: Buffer }>(client, INSERT, projectId, rows);
  return new Set(inserted.map((row) => row.record_id.toString('hex')));
}

/** The log records that the derived rows of a trace depend on, in order of time. */
export interface TraceRecords {
  /** Those that carry message bodies. */
  logs: LogRecordData[];
  reports: TraceReport[];
  /** Span ids of reports whose records payload retention has deleted. */
  expiredReportIds: string[];
}

/**
 * The records with content or a report of some traces, by trace id; those from more than a day before or after the
 * trace's window are left out. Traces without any, or without a window, are absent.
 */
export async function listTraceRecords(
  client: ClientBase,
  projectId: string,
  traces: readonly { traceId: string; window: TimeWindow | undefined }[],
): Promise<Map<string, TraceRecords>> {
  const byTrace = new Map<string, TraceRecords>();
  const windows = new Map(
    traces.flatMap(({ traceId, window }) => (window === undefined ? [] : [[traceId, widenForLogs(window)]])),
  );
  if (windows.size === 0) return byTrace;
  const values: unknown[] = [projectId, [...windows.keys()].map(hexBytes)];
  const condition = renderWindows('time', [...windows.values()], values);
  const { rows } = await client.query<StoredRow>(listStatement(condition), values);
  const dictionaries = await loadDictionaries(client, projectId, rows);
  for (const row of rows) {
    const log = readLogRecord(row, dictionaries);
    const window = windows.get(log.traceId ?? '');
    // The windows of other traces may be wider, and which traces are here is chance.
    if (log.traceId === null || window === undefined || !isWithin(row.time as bigint, window)) continue;
    const records = byTrace.get(log.traceId) ?? { logs: [], reports: [], expiredReportIds: [] };
    byTrace.set(log.traceId, records);
    if (row.is_content === true) records.logs.push(log);
    const report = readReport(row);
    if (report === undefined) continue;
    records.reports.push({ span: report.span, log });
    if (report.isExpired) records.expiredReportIds.push(report.span.spanId);
  }
  return byTrace;
}

function hashIdentity(content: object, odd: string | null, ordinal: number): string {
  const text = JSON.stringify([content, odd, ordinal]);
  return createHash('sha256')
    .update(text)
    .digest('hex')
    .slice(0, 2 * ID_BYTES);
}
