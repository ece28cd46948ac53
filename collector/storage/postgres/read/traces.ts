import type { Trace } from '../../../contract/shapes.js';
import type { RunStatus } from '../../../model/rows.js';
import { renderTime } from '../../../model/time.js';
import type { Page, PageOptions, SortOrder, TraceFilter, TraceSort } from '../../storage.js';
import type { StoredRow } from '../rows/queryable.js';
import { RowReader } from '../rows/stored-row.js';
import {
  AGGREGATE_COLUMNS,
  readCountColumns,
  readSetColumns,
  readUsageColumns,
} from './aggregate-columns.js';
import type { FilterConditions } from './filters.js';
import {
  includesIdentifier,
  isAtLeast,
  isAtMost,
  isBefore,
  isFrom,
  isIdentifier,
  isText,
  listConditions,
  parseHex,
} from './filters.js';
import type { SortKey } from './keyset.js';
import { listPage } from './keyset.js';
import type { ReadContext } from './read-context.js';
import { SqlParameters } from './sql-parameters.js';
import { hasTraceStatus, traceStatus } from './trace-status.js';

const COLUMNS = [
  'trace_id, project_id, session_id, conversation_id, user_id, name, started_at, start_nanos, ended_at, end_nanos',
  'duration_micros, span_count, total_tokens, input_preview, output_preview, is_complete',
  AGGREGATE_COLUMNS,
].join(', ');

const BY_START: readonly SortKey[] = [
  { column: 'started_at', kind: 'time' },
  { column: 'start_nanos', kind: 'smallint' },
  { column: 'trace_id', kind: 'bytes' },
];

const SORTS: Record<TraceSort, { keys: readonly SortKey[]; isNullable: boolean }> = {
  started_at: { keys: BY_START, isNullable: false },
  duration_ms: { keys: [{ column: 'duration_micros', kind: 'decimal' }, ...BY_START], isNullable: false },
  cost_usd: { keys: [{ column: 'cost_usd', kind: 'decimal' }, ...BY_START], isNullable: true },
  tokens: { keys: [{ column: 'total_tokens', kind: 'decimal' }, ...BY_START], isNullable: false },
};

const CONDITIONS: Omit<FilterConditions<TraceFilter>, 'status'> = {
  from: isFrom('started_at', 'start_nanos'),
  to: isBefore('started_at', 'start_nanos'),
  session_id: isIdentifier('session_key'),
  conversation_id: isIdentifier('conversation_id'),
  user_id: isIdentifier('user_id'),
  agent: includesIdentifier('agents'),
  model: includesIdentifier('models'),
  provider: includesIdentifier('providers'),
  tool: includesIdentifier('tools'),
  service: includesIdentifier('services'),
  dialect: includesIdentifier('dialects'),
  tag: includesIdentifier('tags'),
  environment: isIdentifier('environment'),
  name: isText('name'),
  has_error: (value) => (value ? 'error_count > 0' : 'error_count = 0'),
  min_duration_ms: isAtLeast('duration_micros', 1000),
  max_duration_ms: isAtMost('duration_micros', 1000),
  min_tokens: isAtLeast('total_tokens'),
  max_tokens: isAtMost('total_tokens'),
  min_cost_usd: isAtLeast('cost_usd'),
  max_cost_usd: isAtMost('cost_usd'),
};

export async function listTraces(
  { database, clock }: ReadContext,
  projectId: string,
  filter: TraceFilter,
  options: PageOptions & { sort?: TraceSort | undefined; order?: SortOrder | undefined },
): Promise<Page<Trace>> {
  const parameters = new SqlParameters();
  const project = `project_id = ${parameters.bind(projectId)}`;
  const now = parameters.bind(renderTime(clock()));
  const conditions = listConditions({ ...CONDITIONS, status: hasTraceStatus(now) }, filter, parameters);
  const { keys, isNullable } = SORTS[options.sort ?? 'started_at'];
  const keyset = { list: 'traces', order: options.order ?? 'desc', keys, isNullable };
  const query = {
    keyset,
    columns: `${COLUMNS}, ${traceStatus(now)} as status`,
    table: 'traces',
    conditions: [project, 'not is_ledger', ...conditions],
    parameters,
    readRows: (rows: StoredRow[]) => rows.map(readTrace),
  };
  return listPage(database, query, options);
}

export async function findTrace(
  { database, clock }: ReadContext,
  projectId: string,
  traceId: string,
): Promise<Trace | undefined> {
  const id = parseHex(traceId);
  if (id === undefined) return undefined;
  const { rows } = await database.query(
    `select ${COLUMNS}, ${traceStatus('$3')} as status from traces
     where project_id = $1 and trace_id = $2 and not is_ledger`,
    [projectId, id, renderTime(clock())],
  );
  return rows[0] === undefined ? undefined : readTrace(rows[0]);
}

function readTrace(stored: StoredRow): Trace {
  const row = new RowReader(stored);
  return {
    trace_id: row.hex('trace_id'),
    project_id: row.text('project_id'),
    session_id: row.textOrNull('session_id'),
    conversation_id: row.textOrNull('conversation_id'),
    user_id: row.textOrNull('user_id'),
    name: row.text('name'),
    status: row.text('status') as RunStatus,
    started_at: renderTime(row.unixNano('started_at', 'start_nanos')),
    ended_at: renderTime(row.unixNano('ended_at', 'end_nanos')),
    duration_ms: row.number('duration_micros') / 1000,
    span_count: row.number('span_count'),
    ...readCountColumns(row),
    ...readUsageColumns(row),
    ...readSetColumns(row),
    environment: row.textOrNull('environment'),
    input_preview: row.textOrNull('input_preview'),
    output_preview: row.textOrNull('output_preview'),
    complete: row.boolean('is_complete'),
  };
}
