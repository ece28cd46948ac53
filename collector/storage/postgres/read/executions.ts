import type { Execution } from '../../../contract/shapes.js';
import type { RunStatus } from '../../../model/rows.js';
import { renderTime } from '../../../model/time.js';
import type { ExecutionFilter, Page, PageOptions, SortOrder, TraceSort } from '../../storage.js';
import type { StoredRow } from '../rows/queryable.js';
import { RowReader } from '../rows/stored-row.js';
import { decodeJson } from '../value-codec.js';
import { readUsageColumns } from './aggregate-columns.js';
import type { FilterConditions } from './filters.js';
import {
  includesIdentifier,
  isAtLeast,
  isAtMost,
  isBefore,
  isFrom,
  isHex,
  isIdentifier,
  isText,
  isUuid,
  isUuidText,
  listConditions,
} from './filters.js';
import type { SortKey } from './keyset.js';
import { listPage } from './keyset.js';
import type { ReadContext } from './read-context.js';
import { SqlParameters } from './sql-parameters.js';

/** Executions of one tree that are read at most; those nearest to its root come first. */
const TREE_LIMIT = 10_000;
const TREE_DEPTH_LIMIT = 1_000;

const COLUMNS = [
  'id, project_id, case_id, workflow_id, trace_id, span_id, parent_execution_id, session_id, conversation_id, user_id',
  'agent_id, agent_name, agent_version, agent_type, model_name, models, provider, service_name, environment, status',
  'attempt, input_data, output_data, thinking_traces, tools_called, error_type, error_message',
  'llm_calls, failed_llm_calls, tool_calls, total_tokens',
  'input_tokens, output_tokens, cached_input_tokens, cache_write_tokens, reasoning_tokens, cost_usd, cost_source',
  'own_input_tokens, own_output_tokens, own_cached_input_tokens, own_cache_write_tokens, own_reasoning_tokens',
  'own_cost_usd, is_ledger, is_reported, started_at, start_nanos, completed_at, completed_nanos, duration_micros, created_at, updated_at',
].join(', ');

const BY_START: readonly SortKey[] = [
  { column: 'started_at', kind: 'time' },
  { column: 'start_nanos', kind: 'smallint' },
  { column: 'id', kind: 'uuid' },
];

const SORTS: Record<TraceSort, { keys: readonly SortKey[]; isNullable: boolean }> = {
  started_at: { keys: BY_START, isNullable: false },
  duration_ms: { keys: [{ column: 'duration_micros', kind: 'decimal' }, ...BY_START], isNullable: true },
  cost_usd: { keys: [{ column: 'cost_usd', kind: 'decimal' }, ...BY_START], isNullable: true },
  tokens: { keys: [{ column: 'total_tokens', kind: 'decimal' }, ...BY_START], isNullable: false },
};

const CONDITIONS: FilterConditions<ExecutionFilter> = {
  from: isFrom('started_at', 'start_nanos'),
  to: isBefore('started_at', 'start_nanos'),
  trace_id: (value, parameters) => `(${isHex('trace_id')(value, parameters)} and not is_ledger)`,
  case_id: isIdentifier('case_id'),
  workflow_id: isIdentifier('workflow_id'),
  agent_name: isIdentifier('agent_name'),
  agent_type: isIdentifier('agent_type'),
  model: includesIdentifier('models'),
  provider: isIdentifier('provider'),
  status: isText('status'),
  session_id: isIdentifier('session_id'),
  user_id: isIdentifier('user_id'),
  parent_execution_id: isUuid('parent_execution_id'),
  error_type: isIdentifier('error_type'),
  min_cost_usd: isAtLeast('cost_usd'),
  max_cost_usd: isAtMost('cost_usd'),
  min_duration_ms: isAtLeast('duration_micros', 1000),
  max_duration_ms: isAtMost('duration_micros', 1000),
  min_tokens: isAtLeast('total_tokens'),
  max_tokens: isAtMost('total_tokens'),
};

export async function listExecutions(
  { database }: ReadContext,
  projectId: string,
  filter: ExecutionFilter,
  options: PageOptions & { sort?: TraceSort | undefined; order?: SortOrder | undefined },
): Promise<Page<Execution>> {
  const parameters = new SqlParameters();
  const project = `project_id = ${parameters.bind(projectId)}`;
  const conditions = listConditions(CONDITIONS, filter, parameters);
  const { keys, isNullable } = SORTS[options.sort ?? 'started_at'];
  const query = {
    keyset: { list: 'executions', order: options.order ?? 'desc', keys, isNullable },
    columns: COLUMNS,
    table: 'agent_executions',
    conditions: [project, ...conditions],
    parameters,
    readRows: (rows: StoredRow[]) => rows.map(readExecution),
  };
  return listPage(database, query, options);
}

export async function findExecution(
  { database }: ReadContext,
  projectId: string,
  id: string,
): Promise<Execution | undefined> {
  if (!isUuidText(id)) return undefined;
  const { rows } = await database.query(
    `select ${COLUMNS} from agent_executions where project_id = $1 and id = $2`,
    [projectId, id],
  );
  return rows[0] === undefined ? undefined : readExecution(rows[0]);
}

// Each execution has one parent, so that going down from a root can meet nothing twice but the root itself: leaving it
// out is all the protection that a cycle needs. The limit stops the recursion, which goes level by level.
const LIST_TREE_IDS = `
  with recursive tree (id, depth) as (
    select id, 0 from agent_executions where project_id = $1 and id = $2
    union all
    select child.id, tree.depth + 1
    from tree join agent_executions child on child.project_id = $1 and child.parent_execution_id = tree.id
    where child.id <> $2 and tree.depth < $3
  )
  select id from tree limit $4`;

export async function listExecutionTree(
  { database }: ReadContext,
  projectId: string,
  id: string,
): Promise<Execution[]> {
  if (!isUuidText(id)) return [];
  const found = await database.query(LIST_TREE_IDS, [projectId, id, TREE_DEPTH_LIMIT, TREE_LIMIT]);
  const { rows } = await database.query(
    `select ${COLUMNS} from agent_executions where project_id = $1 and id = any($2::uuid[])
     order by started_at, start_nanos, id`,
    [projectId, found.rows.map((row) => row.id)],
  );
  const places = new Map(found.rows.map((row, index) => [row.id as string, index]));
  return sortByLevel(rows.map(readExecution), places);
}

/** Level by level from the root, so that parents come before their children. */
function sortByLevel(executions: Execution[], places: ReadonlyMap<string, number>): Execution[] {
  return executions.sort((a, b) => (places.get(a.id) ?? 0) - (places.get(b.id) ?? 0));
}

function readExecution(stored: StoredRow): Execution {
  const row = new RowReader(stored);
  const isRunning = row.isNull('completed_at');
  return {
    ...readIdentity(row),
    agent_id: row.textOrNull('agent_id'),
    agent_name: row.textOrNull('agent_name'),
    agent_version: row.textOrNull('agent_version'),
    agent_type: row.textOrNull('agent_type'),
    model_name: row.textOrNull('model_name'),
    models: row.texts('models'),
    provider: row.textOrNull('provider'),
    service_name: row.textOrNull('service_name'),
    environment: row.textOrNull('environment'),
    status: row.text('status') as RunStatus,
    attempt: row.number('attempt'),
    input_data: readJson(row, 'input_data'),
    output_data: readJson(row, 'output_data'),
    thinking_traces: readJson(row, 'thinking_traces') as Execution['thinking_traces'],
    tools_called: readJson(row, 'tools_called') as Execution['tools_called'],
    error_type: row.textOrNull('error_type'),
    error_message: row.textOrNull('error_message'),
    llm_calls: row.number('llm_calls'),
    failed_llm_calls: row.number('failed_llm_calls'),
    tool_calls: row.number('tool_calls'),
    ...readUsageColumns(row),
    ...readOwnUsage(row),
    started_at: renderTime(row.unixNano('started_at', 'start_nanos')),
    completed_at: isRunning ? null : renderTime(row.unixNano('completed_at', 'completed_nanos')),
    duration_ms: row.isNull('duration_micros') ? null : row.number('duration_micros') / 1000,
    created_at: renderTime(row.unixNano('created_at')),
    updated_at: renderTime(row.unixNano('updated_at')),
  };
}

/** What only log records tell of has no span, and what is in a ledger no trace. */
function readIdentity(row: RowReader) {
  return {
    id: row.text('id'),
    project_id: row.text('project_id'),
    case_id: row.textOrNull('case_id'),
    workflow_id: row.textOrNull('workflow_id'),
    trace_id: row.boolean('is_ledger') ? null : row.hex('trace_id'),
    span_id: row.boolean('is_reported') ? null : row.hex('span_id'),
    parent_execution_id: row.textOrNull('parent_execution_id'),
    session_id: row.textOrNull('session_id'),
    conversation_id: row.textOrNull('conversation_id'),
    user_id: row.textOrNull('user_id'),
  };
}

function readOwnUsage(row: RowReader) {
  return {
    own_input_tokens: row.numberOrNull('own_input_tokens'),
    own_output_tokens: row.numberOrNull('own_output_tokens'),
    own_cached_input_tokens: row.numberOrNull('own_cached_input_tokens'),
    own_cache_write_tokens: row.numberOrNull('own_cache_write_tokens'),
    own_reasoning_tokens: row.numberOrNull('own_reasoning_tokens'),
    own_cost_usd: row.numberOrNull('own_cost_usd'),
  };
}

function readJson(row: RowReader, column: string): unknown {
  const text = row.json(column);
  return text === null ? null : decodeJson(text);
}
