import type { ClientBase } from 'pg';
import type { TraceReport } from '../../../model/rows.js';
import { loadDictionaries } from '../rows/dictionary-row.js';
import { LOG_COLUMNS, readLogRecord } from '../rows/log-row.js';
import type { StoredRow } from '../rows/queryable.js';
import { readReport } from '../rows/report-codec.js';
import type { TimeWindow } from '../rows/time-window.js';
import { renderWindows, widenTo } from '../rows/time-window.js';
import { renderTimestamp } from '../rows/timestamp.js';
import { hexBytes } from './record-set.js';

export interface JoinedSpan {
  traceId: string;
  spanId: string;
}

/** A record that reports something and names no trace. */
export interface LedgerRecord {
  id: string;
  timeMicros: bigint;
  report: TraceReport;
  /** Payload retention has deleted its body and attributes. */
  isExpired: boolean;
  /** The span that says the same; null where none does. */
  joined: JoinedSpan | null;
}

const listStatement = (timeCondition: string): string => `
  select ${LOG_COLUMNS}, report, joined_trace_id, joined_span_id from log_records
  where project_id = $1 and session_id = any($2::text[]) and trace_id = ''::bytea and report is not null
    and ${timeCondition}
  order by time, time_nanos, record_id`;

/** The times are those of the rows, so that the planner leaves out the partitions of other days. */
const moveStatement = (timeCondition: string): string => `
  update log_records set joined_trace_id = target.joined_trace_id, joined_span_id = target.joined_span_id
  from unnest($2::bytea[], $3::timestamptz[], $4::bytea[], $5::bytea[])
    as target (record_id, time, joined_trace_id, joined_span_id)
  where log_records.project_id = $1 and log_records.trace_id = ''::bytea
    and log_records.record_id = target.record_id and log_records.time = target.time and ${timeCondition}`;

/**
 * The records of ledgers in order of time, by session; `ledgers` has the times of their first and last one. With
 * `joinedTraceIds` only those that are joined with spans of these traces.
 */
export async function listLedgerRecords(
  client: ClientBase,
  projectId: string,
  ledgers: ReadonlyMap<string, TimeWindow>,
  joinedTraceIds?: readonly string[],
): Promise<Map<string, LedgerRecord[]>> {
  const values: unknown[] = [projectId, [...ledgers.keys()]];
  const conditions = [renderWindows('time', [...ledgers.values()], values)];
  if (joinedTraceIds !== undefined)
    conditions.push(`joined_trace_id = any($${values.push(joinedTraceIds.map(hexBytes))}::bytea[])`);
  const { rows } = await client.query<StoredRow>(listStatement(conditions.join(' and ')), values);
  const dictionaries = await loadDictionaries(client, projectId, rows);
  const bySession = new Map<string, LedgerRecord[]>([...ledgers.keys()].map((key) => [key, []]));
  for (const row of rows) {
    const report = readReport(row);
    if (report === undefined) continue;
    bySession.get(row.session_id as string)?.push({
      id: (row.record_id as Buffer).toString('hex'),
      timeMicros: row.time as bigint,
      report: { span: report.span, log: readLogRecord(row, dictionaries) },
      isExpired: report.isExpired,
      joined: readJoined(row),
    });
  }
  return bySession;
}

/** Stores to which spans these records belong now. */
export async function moveRecords(
  client: ClientBase,
  projectId: string,
  records: readonly LedgerRecord[],
): Promise<void> {
  if (records.length === 0) return;
  const values: unknown[] = [
    projectId,
    records.map(({ id }) => hexBytes(id)),
    records.map(({ timeMicros }) => renderTimestamp(timeMicros)),
    records.map(({ joined }) => (joined === null ? null : hexBytes(joined.traceId))),
    records.map(({ joined }) => (joined === null ? null : hexBytes(joined.spanId))),
  ];
  const window = findLedgerWindow(records);
  const condition = renderWindows('log_records.time', window === null ? [] : [window], values);
  await client.query(moveStatement(condition), values);
}

/** From the first to the last of these records; null where there are none. */
export function findLedgerWindow(records: readonly LedgerRecord[]): TimeWindow | null {
  let window: TimeWindow | undefined;
  for (const { timeMicros } of records) window = widenTo(window, timeMicros);
  return window ?? null;
}

function readJoined(row: StoredRow): JoinedSpan | null {
  const { joined_trace_id: traceId, joined_span_id: spanId } = row;
  if (!(traceId instanceof Buffer) || !(spanId instanceof Buffer)) return null;
  return { traceId: traceId.toString('hex'), spanId: spanId.toString('hex') };
}
