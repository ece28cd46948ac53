import type { ClientBase } from 'pg';
import { cutIdentifier } from '../../../model/ids.js';
import type { LogRow } from '../../../model/write-batch.js';
import { loadDictionaries } from '../rows/dictionary-row.js';
import type { Dictionaries } from '../rows/dictionary-row.js';
import { LOG_COLUMNS, readLogRecord } from '../rows/log-row.js';
import type { StoredRow } from '../rows/queryable.js';
import { encodeReport, readReport, reportSpanId } from '../rows/report-codec.js';
import type { TimeWindow } from '../rows/time-window.js';
import { renderWindows, widenForLogs, widenTo } from '../rows/time-window.js';
import { renderTimestamp } from '../rows/timestamp.js';
import { hexBytes, selectRows } from '../write/record-set.js';
import type { RecordOf } from '../write/record-set.js';
import { takePrice } from './reread-spans.js';
import type { Rereading, RerunTrace } from './rereading.js';
import { addDifferences, listDifferences } from './rerun-tally.js';
import type { FieldValues } from './rerun-tally.js';
import { UnderstandingFailure } from './understanding-failure.js';

/** Every record of a trace may turn out to report something; to be priced it must. */
const listStatement = (traceCondition: string, ledgerCondition: string): string => `
  select ${LOG_COLUMNS}, is_content, report, joined_trace_id from log_records
  where project_id = $1 and ($2 or report is not null)
    and ((trace_id = any($3::bytea[]) and ${traceCondition})
      or (trace_id = ''::bytea and session_id = any($4::text[]) and ${ledgerCondition}))`;

const COLUMNS = {
  trace_id: 'bytea',
  record_id: 'bytea',
  time: 'timestamptz',
  is_content: 'boolean',
  session_id: 'text',
  report: 'jsonb',
} as const;

const updateStatement = (timeCondition: string): string => `
  update log_records set is_content = source.is_content, session_id = source.session_id,
    report = source.report::jsonb,
    joined_trace_id = case when source.report is not null then log_records.joined_trace_id end,
    joined_span_id = case when source.report is not null then log_records.joined_span_id end
  from ${selectRows(COLUMNS).source}
  where log_records.project_id = $1 and log_records.trace_id = source.trace_id
    and log_records.record_id = source.record_id and log_records.time = source.time and ${timeCondition}`;

export interface RereadRecords {
  /** Traces, and ledgers under their trace ids, of which a record changed. */
  changedTraceIds: Set<string>;
  /** Traces that records which name none and changed are joined with. */
  joinedTraceIds: Set<string>;
  /** Times of the records of the sessions whose ledgers are to be derived anew. */
  ledgers: Map<string, TimeWindow>;
}

/** Reads the log records of traces and ledgers anew. */
export async function rereadRecords(
  rereading: Rereading,
  traces: readonly RerunTrace[],
): Promise<RereadRecords> {
  const { client, rerun } = rereading;
  const rows = await listRecords(rereading, traces);
  const dictionaries = await loadDictionaries(client, rerun.projectId, rows);
  const ledgerIds = new Map(
    traces.flatMap((trace) => (trace.isLedger ? [[trace.sessionKey, trace.traceId]] : [])),
  );
  const result: RereadRecords = { changedTraceIds: new Set(), joinedTraceIds: new Set(), ledgers: new Map() };
  for (const { sessionKey, isLedger, window } of traces) {
    if (isLedger && rerun.kind === 'reproject') result.ledgers.set(sessionKey, window);
  }
  const updated: RecordOf<typeof COLUMNS>[] = [];
  for (const row of rows) {
    const reread = rereadRecord(rereading, row, dictionaries);
    if (reread === undefined) continue;
    updated.push(reread.record);
    const traceId = (row.trace_id as Buffer).toString('hex');
    const oldKey = row.session_id as string | null;
    result.changedTraceIds.add(traceId === '' ? (ledgerIds.get(oldKey ?? '') ?? '') : traceId);
    if (traceId !== '') continue;
    if (row.joined_trace_id instanceof Buffer) result.joinedTraceIds.add(row.joined_trace_id.toString('hex'));
    for (const key of [oldKey, reread.record.session_id as string | null]) {
      if (key !== null) result.ledgers.set(key, widenTo(result.ledgers.get(key), row.time as bigint));
    }
  }
  await updateRecords(client, rerun.projectId, updated, rows);
  return result;
}

async function listRecords(
  { client, rerun }: Rereading,
  traces: readonly RerunTrace[],
): Promise<StoredRow[]> {
  const own = traces.filter(({ isLedger }) => !isLedger);
  const ledgers = traces.filter(({ isLedger }) => isLedger);
  const values: unknown[] = [
    rerun.projectId,
    rerun.kind === 'reproject',
    own.map(({ traceId }) => hexBytes(traceId)),
    ledgers.map(({ sessionKey }) => sessionKey),
  ];
  const windowsOf = (list: readonly RerunTrace[]): string =>
    renderWindows(
      'time',
      list.map(({ window }) => widenForLogs(window)),
      values,
    );
  const statement = listStatement(windowsOf(own), windowsOf(ledgers));
  return (await client.query<StoredRow>(statement, values)).rows;
}

/** Undefined where the record is left as it is. */
function rereadRecord(
  { rerun, understanding }: Rereading,
  row: StoredRow,
  dictionaries: Dictionaries,
): { record: RecordOf<typeof COLUMNS> } | undefined {
  const { counts } = rerun.tally;
  const stored = readReport(row);
  const data = readLogRecord(row, dictionaries);
  if (stored !== undefined) counts.spans_done += 1;
  const isExpired = data.body === null && data.attributes.length === 0;
  if (isExpired) {
    if (stored !== undefined) counts.spans_skipped += 1;
    return undefined;
  }
  const read = UnderstandingFailure.guard(() => understanding.readLog(data));
  const storedReport = row.report as string | null;
  const before: FieldValues = storedReport === null ? {} : (JSON.parse(storedReport) as FieldValues);
  let next: Pick<LogRow, 'isContent' | 'sessionId'> & { report: string | null };
  if (rerun.kind === 'prices') {
    const facts = stored && read.report ? takePrice(stored.span.facts, read.report.facts) : undefined;
    if (facts === undefined || read.report === null) {
      counts.spans_skipped += 1;
      return undefined;
    }
    const report = encodeReport({ data: read.report.data, facts });
    next = { isContent: row.is_content === true, sessionId: row.session_id as string | null, report };
  } else {
    next = { ...read, report: read.report === null ? null : encodeReport(read.report) };
  }
  const sessionId = next.sessionId === null ? null : cutIdentifier(next.sessionId);
  const after: FieldValues = next.report === null ? {} : (JSON.parse(next.report) as FieldValues);
  const names = listDifferences(before, after);
  if (names.length > 0) addDifferences(rerun.tally, placeOf(row), before, after, names);
  else if (sessionId === row.session_id && next.isContent === row.is_content) return undefined;
  return {
    record: {
      trace_id: hexBytes((row.trace_id as Buffer).toString('hex')),
      record_id: hexBytes((row.record_id as Buffer).toString('hex')),
      time: renderTimestamp(row.time as bigint),
      is_content: next.isContent,
      session_id: sessionId,
      report: next.report,
    },
  };
}

function placeOf(row: StoredRow): { trace_id: string | null; span_id: string } {
  const traceId = row.trace_id as Buffer;
  return {
    trace_id: traceId.length === 0 ? null : traceId.toString('hex'),
    span_id: reportSpanId((row.record_id as Buffer).toString('hex')),
  };
}

async function updateRecords(
  client: ClientBase,
  projectId: string,
  records: readonly RecordOf<typeof COLUMNS>[],
  rows: readonly StoredRow[],
): Promise<void> {
  if (records.length === 0) return;
  const values: unknown[] = [projectId, JSON.stringify(records)];
  const windows = rows.map((row) => ({ fromMicros: row.time as bigint, toMicros: row.time as bigint }));
  await client.query(updateStatement(renderWindows('log_records.time', windows, values)), values);
}
