import type { IngestIssue } from '../../../contract/shapes.js';
import { renderTime } from '../../../model/time.js';
import type { IssueFilter, IssueSummary, Page, PageOptions } from '../../storage.js';
import type { StoredRow } from '../rows/queryable.js';
import { RowReader } from '../rows/stored-row.js';
import type { FilterConditions } from './filters.js';
import { isBefore, isFrom, isText, listConditions } from './filters.js';
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

export const ISSUE_COLUMNS =
  'id, time, code, message, signal, service_name, scope_name, trace_id, span_id, key';

// The time of an issue is whole microseconds.
const CONDITIONS: FilterConditions<IssueFilter> = {
  code: isText('code'),
  service: isText('service_name'),
  from: isFrom('time', '0'),
  to: isBefore('time', '0'),
};

export async function listIngestIssues(
  { database }: ReadContext,
  projectId: string,
  filter: IssueFilter,
  options: PageOptions,
): Promise<Page<IngestIssue>> {
  const parameters = new SqlParameters();
  const project = `project_id = ${parameters.bind(projectId)}`;
  const query = {
    keyset: KEYSET,
    columns: ISSUE_COLUMNS,
    table: 'ingest_issues',
    conditions: [project, ...listConditions(CONDITIONS, filter, parameters)],
    parameters,
    readRows: (rows: StoredRow[]) => rows.map(readIssue),
  };
  return listPage(database, query, options);
}

const SUMMARIES_LIMIT = 1_000;

export async function summarizeIngestIssues(
  { database }: ReadContext,
  projectId: string,
  filter: IssueFilter,
): Promise<IssueSummary[]> {
  const parameters = new SqlParameters();
  const project = `project_id = ${parameters.bind(projectId)}`;
  const conditions = [project, ...listConditions(CONDITIONS, filter, parameters)];
  const { rows } = await database.query(
    `select * from (
       select distinct on (code, service_name, scope_name) ${ISSUE_COLUMNS},
         count(*) over kind as count, min(time) over kind as first_time
       from ingest_issues where ${conditions.join(' and ')}
       window kind as (partition by code, service_name, scope_name)
       order by code, service_name, scope_name, time desc, id desc
     ) as summaries
     order by count desc, code, service_name, scope_name limit ${SUMMARIES_LIMIT}`,
    parameters.values,
  );
  return rows.map((stored) => {
    const row = new RowReader(stored);
    const example = readIssue(stored);
    const { code, service_name, scope_name, time: last_at } = example;
    const first_at = renderTime(row.unixNano('first_time'));
    return { code, service_name, scope_name, count: row.number('count'), first_at, last_at, example };
  });
}

export function readIssue(stored: StoredRow): IngestIssue {
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
    key: row.textOrNull('key'),
  };
}
