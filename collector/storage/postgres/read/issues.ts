import type { IngestIssue } from '../../../contract/shapes.js';
import { renderTime } from '../../../model/time.js';
import type { Page, PageOptions } from '../../storage.js';
import type { StoredRow } from '../rows/queryable.js';
import { RowReader } from '../rows/stored-row.js';
import type { Keyset } from './keyset.js';
import { listPage } from './keyset.js';
import type { ReadContext } from './read-context.js';
import { SqlParameters } from './sql-parameters.js';

const KEYSET: Keyset = {
  list: 'ingest_issues',
  order: 'desc',
  keys: [
    { column: 'time', kind: 'time' },
    { column: 'id', kind: 'uuid' },
  ],
};

export async function listIngestIssues(
  { database }: ReadContext,
  projectId: string,
  options: PageOptions,
): Promise<Page<IngestIssue>> {
  const parameters = new SqlParameters();
  const query = {
    keyset: KEYSET,
    columns: 'id, time, code, message, signal, service_name, scope_name, trace_id, span_id',
    table: 'ingest_issues',
    conditions: [`project_id = ${parameters.bind(projectId)}`],
    parameters,
    readRows: (rows: StoredRow[]) => rows.map(readIssue),
  };
  return listPage(database, query, options);
}

function readIssue(stored: StoredRow): IngestIssue {
  const row = new RowReader(stored);
  return {
    id: row.text('id'),
    time: renderTime(row.unixNano('time')),
    code: row.text('code'),
    message: row.text('message'),
    signal: row.text('signal') as IngestIssue['signal'],
    service_name: row.textOrNull('service_name'),
    scope_name: row.textOrNull('scope_name'),
    trace_id: row.textOrNull('trace_id'),
    span_id: row.textOrNull('span_id'),
  };
}
