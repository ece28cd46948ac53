import type { Session } from '../../../contract/shapes.js';
import { cutIdentifier } from '../../../model/ids.js';
import type { RunStatus } from '../../../model/rows.js';
import { durationMillis, renderTime } from '../../../model/time.js';
import type { Page, PageOptions, SessionFilter } from '../../storage.js';
import type { StoredRow } from '../rows/queryable.js';
import { RowReader } from '../rows/stored-row.js';
import {
  AGGREGATE_COLUMNS,
  readCountColumns,
  readSetColumns,
  readUsageColumns,
} from './aggregate-columns.js';
import type { FilterConditions } from './filters.js';
import { includesIdentifier, isBefore, isFrom, isIdentifier, isText, listConditions } from './filters.js';
import type { Keyset } from './keyset.js';
import { listPage } from './keyset.js';
import type { ReadContext } from './read-context.js';
import { SqlParameters } from './sql-parameters.js';
import { sessionStatus } from './trace-status.js';

const COLUMNS = [
  'session_id, project_id, started_at, start_nanos, ended_at, end_nanos, trace_count, entry_count',
  'conversation_id, user_id, task',
  AGGREGATE_COLUMNS,
].join(', ');

const KEYSET: Keyset = {
  list: 'sessions',
  order: 'desc',
  keys: [
    { column: 'ended_at', kind: 'time' },
    { column: 'end_nanos', kind: 'smallint' },
    { column: 'session_id', kind: 'text' },
  ],
};

const CONDITIONS: Omit<FilterConditions<SessionFilter>, 'status'> = {
  from: isFrom('started_at', 'start_nanos'),
  to: isBefore('started_at', 'start_nanos'),
  user_id: isIdentifier('user_id'),
  agent: includesIdentifier('agents'),
  model: includesIdentifier('models'),
  service: includesIdentifier('services'),
  has_error: (value) => (value ? 'error_count > 0' : 'error_count = 0'),
};

export async function listSessions(
  { database, clock }: ReadContext,
  projectId: string,
  filter: SessionFilter,
  options: PageOptions,
): Promise<Page<Session>> {
  const parameters = new SqlParameters();
  const project = `project_id = ${parameters.bind(projectId)}`;
  const status = sessionStatus(parameters.bind(renderTime(clock())));
  const conditions = listConditions({ ...CONDITIONS, status: isText(`(${status})`) }, filter, parameters);
  const query = {
    keyset: KEYSET,
    columns: `${COLUMNS}, ${status} as status`,
    table: 'sessions',
    conditions: [project, ...conditions],
    parameters,
    readRows: (rows: StoredRow[]) => rows.map(readSession),
  };
  return listPage(database, query, options);
}

export async function findSession(
  { database, clock }: ReadContext,
  projectId: string,
  sessionId: string,
): Promise<Session | undefined> {
  const { rows } = await database.query(
    `select ${COLUMNS}, ${sessionStatus('$3')} as status from sessions where project_id = $1 and session_id = $2`,
    [projectId, cutIdentifier(sessionId), renderTime(clock())],
  );
  return rows[0] === undefined ? undefined : readSession(rows[0]);
}

function readSession(stored: StoredRow): Session {
  const row = new RowReader(stored);
  const status = row.text('status') as RunStatus;
  const startedAt = row.unixNano('started_at', 'start_nanos');
  const endedAt = row.unixNano('ended_at', 'end_nanos');
  return {
    session_id: row.text('session_id'),
    project_id: row.text('project_id'),
    task: row.textOrNull('task'),
    status,
    started_at: renderTime(startedAt),
    completed_at: status === 'running' ? null : renderTime(endedAt),
    last_seen_at: renderTime(endedAt),
    duration_ms: durationMillis(startedAt, endedAt),
    trace_count: row.number('trace_count'),
    entry_count: row.number('entry_count'),
    conversation_id: row.textOrNull('conversation_id'),
    user_id: row.textOrNull('user_id'),
    ...readCountColumns(row),
    ...readUsageColumns(row),
    ...readSetColumns(row),
    environment: row.textOrNull('environment'),
  };
}
