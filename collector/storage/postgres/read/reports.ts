import { cutIdentifier } from '../../../model/ids.js';
import type { StoredReport } from '../../storage.js';
import { loadDictionaries } from '../rows/dictionary-row.js';
import { LOG_COLUMNS, readLogRecord } from '../rows/log-row.js';
import { readReport } from '../rows/report-codec.js';
import { RowReader } from '../rows/stored-row.js';
import type { TimeWindow } from '../rows/time-window.js';
import { renderWindows, widenForLogs } from '../rows/time-window.js';
import { parseHex } from './filters.js';
import type { ReadContext } from './read-context.js';

const TRACE_REPORTS_LIMIT = 100_000;

/** A record that was joined with a span without naming its trace may be of any time: its index says where it is. */
const listStatement = (timeCondition: string): string => `
  select ${LOG_COLUMNS}, report, joined_span_id from log_records
  where project_id = $1 and trace_id = $2 and report is not null and ${timeCondition}
  union all
  select ${LOG_COLUMNS}, report, joined_span_id from log_records
  where project_id = $1 and joined_trace_id = $2
  order by time, time_nanos, record_id limit ${TRACE_REPORTS_LIMIT}`;

export async function listTraceReports(
  { database }: ReadContext,
  projectId: string,
  traceId: string,
): Promise<StoredReport[]> {
  const id = parseHex(traceId);
  if (id === undefined) return [];
  const window = await findWindow(database, projectId, id);
  if (window === undefined) return [];
  const values: unknown[] = [projectId, id];
  const condition = renderWindows('time', [widenForLogs(window)], values);
  return readReports(database, projectId, listStatement(condition), values);
}

/** The window of the ledger is that of its first and last record, so that the planner leaves out other partitions. */
const listLedgerStatement = (timeCondition: string): string => `
  select ${LOG_COLUMNS}, report, joined_span_id from log_records
  where project_id = $1 and session_id = $2 and trace_id = ''::bytea and joined_trace_id is null
    and report is not null and ${timeCondition}
  order by time, time_nanos, record_id limit ${TRACE_REPORTS_LIMIT}`;

export async function listLedgerReports(
  { database }: ReadContext,
  projectId: string,
  sessionId: string,
): Promise<StoredReport[]> {
  const key = cutIdentifier(sessionId);
  const { rows } = await database.query(
    `select ledger_from, ledger_to from sessions
     where project_id = $1 and session_id = $2 and ledger_from is not null and ledger_to is not null`,
    [projectId, key],
  );
  const ledger = rows[0] as { ledger_from: bigint; ledger_to: bigint } | undefined;
  if (ledger === undefined) return [];
  const values: unknown[] = [projectId, key];
  const window = { fromMicros: ledger.ledger_from, toMicros: ledger.ledger_to };
  return readReports(
    database,
    projectId,
    listLedgerStatement(renderWindows('time', [window], values)),
    values,
  );
}

async function readReports(
  database: ReadContext['database'],
  projectId: string,
  statement: string,
  values: unknown[],
): Promise<StoredReport[]> {
  const { rows } = await database.query(statement, values);
  const dictionaries = await loadDictionaries(database, projectId, rows);
  return rows.flatMap((stored) => {
    const report = readReport(stored);
    if (report === undefined) return [];
    const row = new RowReader(stored);
    return {
      recordId: row.hex('record_id'),
      joinedSpanId: row.hexOrNull('joined_span_id'),
      span: report.span,
      log: readLogRecord(stored, dictionaries),
      payloadExpired: report.isExpired,
    };
  });
}

/** From the trace's start to its end; undefined where it has no reports. */
async function findWindow(
  database: ReadContext['database'],
  projectId: string,
  traceId: Buffer,
): Promise<TimeWindow | undefined> {
  const { rows } = await database.query(
    `select started_at, ended_at from traces
     where project_id = $1 and trace_id = $2 and report_count > 0 and not is_ledger`,
    [projectId, traceId],
  );
  const trace = rows[0] as { started_at: bigint; ended_at: bigint } | undefined;
  return trace && { fromMicros: trace.started_at, toMicros: trace.ended_at };
}
