import { cutIdentifier } from '../../../model/ids.js';
import type { Page, PageOptions, StoredSessionEntry } from '../../storage.js';
import type { StoredRow } from '../rows/queryable.js';
import { readReport } from '../rows/report-codec.js';
import { SPAN_LIGHT_COLUMNS, readTraceSpan } from '../rows/span-row.js';
import { RowReader } from '../rows/stored-row.js';
import type { TimeWindow } from '../rows/time-window.js';
import { renderWindows, widenForLogs } from '../rows/time-window.js';
import { renderTimestamp } from '../rows/timestamp.js';
import type { Keyset, SortKey } from './keyset.js';
import { listPage } from './keyset.js';
import type { ReadContext } from './read-context.js';
import { SqlParameters } from './sql-parameters.js';

const BY_START: readonly SortKey[] = [
  { column: 'entry_time', kind: 'time' },
  { column: 'entry_nanos', kind: 'smallint' },
  { column: 'entry_id', kind: 'bytes' },
];

export async function listSessionEntries(
  { database }: ReadContext,
  projectId: string,
  sessionId: string,
  options: PageOptions,
): Promise<Page<StoredSessionEntry>> {
  const key = cutIdentifier(sessionId);
  const keyset: Keyset = { list: `entries ${key}`, order: 'asc', keys: BY_START };
  const parameters = new SqlParameters();
  const session = await findSessionWindows(database, projectId, key);
  const query = {
    keyset,
    columns: 'entry_time, entry_nanos, entry_id, trace_id, row_id, row_time, is_span',
    table: listEntries(session, projectId, key, parameters),
    conditions: ['true'],
    parameters,
    readRows: (rows: StoredRow[]) => loadEntries(database, projectId, rows),
  };
  return listPage(database, query, options);
}

/** The keys of a session's entries as a relation. */
function listEntries(
  { traceIds, traces, ledger }: SessionWindows,
  projectId: string,
  key: string,
  parameters: SqlParameters,
): string {
  const project = parameters.bind(projectId);
  const ids = parameters.bind(traceIds);
  const ofTraces = (column: string, windows: readonly TimeWindow[]): string =>
    `trace_id = any(${ids}::bytea[]) and ${renderWindows(column, windows, parameters.values)}`;
  const reportColumns = `(report ->> 'start_time')::timestamptz, (report ->> 'start_nanos')::smallint, record_id,
    trace_id, record_id, time, false`;
  const parts = [
    `select start_time as entry_time, start_nanos as entry_nanos, span_id || trace_id as entry_id,
       trace_id, span_id as row_id, start_time as row_time, true as is_span
     from spans where project_id = ${project} and ${ofTraces('start_time', traces)}`,
    `select ${reportColumns} from log_records
     where project_id = ${project} and ${ofTraces('time', traces.map(widenForLogs))} and report is not null`,
  ];
  if (ledger !== undefined) {
    parts.push(`select ${reportColumns} from log_records
     where project_id = ${project} and session_id = ${parameters.bind(key)} and trace_id = ''::bytea
       and report is not null and ${renderWindows('time', [ledger], parameters.values)}`);
  }
  return `(${parts.join(' union all ')}) as entries`;
}

/** The entries that these keys name, in their order. */
async function loadEntries(
  database: ReadContext['database'],
  projectId: string,
  keys: readonly StoredRow[],
): Promise<StoredSessionEntry[]> {
  const entries = new Map<string, StoredSessionEntry>();
  const spans = await loadRows(
    database,
    projectId,
    keys.filter((row) => row.is_span === true),
    SPANS,
  );
  for (const row of spans) entries.set(nameRow(row, 'span_id'), { span: readTraceSpan(row), record: null });
  const records = await loadRows(
    database,
    projectId,
    keys.filter((row) => row.is_span !== true),
    RECORDS,
  );
  for (const row of records) {
    const report = readReport(row);
    if (report !== undefined) {
      entries.set(nameRow(row, 'record_id'), { span: report.span, record: readRecord(row) });
    }
  }
  return keys.flatMap((row) => entries.get(nameRow(row, 'row_id')) ?? []);
}

const SPANS = { table: 'spans', columns: SPAN_LIGHT_COLUMNS, id: 'span_id', time: 'start_time' };
const RECORDS = {
  table: 'log_records',
  columns: 'trace_id, record_id, event_name, report, joined_trace_id, joined_span_id, odd',
  id: 'record_id',
  time: 'time',
};

async function loadRows(
  database: ReadContext['database'],
  projectId: string,
  keys: readonly StoredRow[],
  { table, columns, id, time }: typeof SPANS,
): Promise<StoredRow[]> {
  if (keys.length === 0) return [];
  const times = new Set(keys.map((row) => renderTimestamp(row.row_time as bigint)));
  const { rows } = await database.query(
    `select ${columns} from ${table}
     where project_id = $1 and trace_id = any($2::bytea[]) and ${id} = any($3::bytea[])
       and ${time} = any($4::timestamptz[])`,
    [projectId, keys.map((row) => row.trace_id), keys.map((row) => row.row_id), [...times]],
  );
  return rows;
}

function nameRow(row: StoredRow, idColumn: string): string {
  return `${(row.trace_id as Buffer).toString('hex')}/${(row[idColumn] as Buffer).toString('hex')}`;
}

function readRecord(stored: StoredRow): StoredSessionEntry['record'] {
  const row = new RowReader(stored);
  return {
    id: row.hex('record_id'),
    eventName: row.text('event_name'),
    joinedSpanId: row.hexOrNull('joined_span_id'),
    joinedTraceId: row.hexOrNull('joined_trace_id'),
  };
}

interface SessionWindows {
  traceIds: Buffer[];
  traces: TimeWindow[];
  ledger: TimeWindow | undefined;
}

async function findSessionWindows(
  database: ReadContext['database'],
  projectId: string,
  key: string,
): Promise<SessionWindows> {
  const traces = await database.query(
    `select trace_id, started_at, ended_at from traces
     where project_id = $1 and session_key = $2 and not is_ledger`,
    [projectId, key],
  );
  const sessions = await database.query(
    'select ledger_from, ledger_to from sessions where project_id = $1 and session_id = $2',
    [projectId, key],
  );
  const ledger = sessions.rows[0] as { ledger_from: bigint | null; ledger_to: bigint | null } | undefined;
  return {
    traceIds: traces.rows.map((row) => row.trace_id as Buffer),
    traces: traces.rows.map((row) => ({
      fromMicros: row.started_at as bigint,
      toMicros: row.ended_at as bigint,
    })),
    ledger:
      ledger?.ledger_from == null || ledger.ledger_to == null
        ? undefined
        : { fromMicros: ledger.ledger_from, toMicros: ledger.ledger_to },
  };
}
