import type { LogFilter, Page, PageOptions, StoredLogRecord } from '../../storage.js';
import type { Dictionaries } from '../rows/dictionary-row.js';
import { loadDictionaries } from '../rows/dictionary-row.js';
import { LOG_COLUMNS, readLogRecord } from '../rows/log-row.js';
import type { StoredRow } from '../rows/queryable.js';
import { RowReader } from '../rows/stored-row.js';
import type { FilterConditions } from './filters.js';
import { isAtLeast, isBefore, isFrom, isHex, isIdentifier, isText, listConditions } from './filters.js';
import type { Keyset } from './keyset.js';
import { listPage } from './keyset.js';
import type { ReadContext } from './read-context.js';
import { SqlParameters } from './sql-parameters.js';

const KEYSET: Keyset = {
  list: 'log_records',
  order: 'desc',
  keys: [
    { column: 'time', kind: 'time' },
    { column: 'time_nanos', kind: 'smallint' },
    { column: 'record_id', kind: 'bytes' },
    { column: 'trace_id', kind: 'bytes' },
  ],
};

const CONDITIONS: FilterConditions<LogFilter> = {
  trace_id: isHex('trace_id'),
  span_id: isHex('span_id'),
  session_id: isIdentifier('session_id'),
  event_name: isText('event_name'),
  severity: isAtLeast('severity_number'),
  from: isFrom('time', 'time_nanos'),
  to: isBefore('time', 'time_nanos'),
};

export async function listLogRecords(
  { database }: ReadContext,
  projectId: string,
  filter: LogFilter,
  options: PageOptions,
): Promise<Page<StoredLogRecord>> {
  const parameters = new SqlParameters();
  const project = `project_id = ${parameters.bind(projectId)}`;
  const conditions = listConditions(CONDITIONS, filter, parameters);
  const query = {
    keyset: KEYSET,
    columns: LOG_COLUMNS,
    table: 'log_records',
    conditions: [project, ...conditions],
    parameters,
    readRows: async (rows: StoredRow[]) => {
      const dictionaries = await loadDictionaries(database, projectId, rows);
      return rows.map((row) => readStoredLogRecord(row, dictionaries));
    },
  };
  return listPage(database, query, options);
}

function readStoredLogRecord(stored: StoredRow, dictionaries: Dictionaries): StoredLogRecord {
  const row = new RowReader(stored);
  return {
    id: row.hex('record_id'),
    data: readLogRecord(stored, dictionaries),
    sessionId: row.textOrNull('session_id'),
    receivedAtUnixNano: row.unixNano('received_at'),
  };
}
