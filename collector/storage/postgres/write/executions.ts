import type { ClientBase } from 'pg';
import type { JsonValue } from '../../../model/json.js';
import type { ExecutionRow } from '../../../model/rows.js';
import { splitMicros } from '../../../model/time.js';
import { encodeRecords, toStatementRecord } from '../copy/copy-record.js';
import type { CopyRecord } from '../copy/copy-record.js';
import { copyRows } from '../copy/copy-rows.js';
import { renderWindows, widenForLogs } from '../rows/time-window.js';
import { renderTimestamp } from '../rows/timestamp.js';
import { encodeJson } from '../value-codec.js';
import { hexBytes, insertStatement, renderInteger, sendRows } from './record-set.js';
import type { TouchedTrace } from './span-merge.js';
import { cleanOrNull, renderDuration, renderUsage } from './summary-columns.js';

const COLUMNS = {
  id: 'uuid',
  trace_id: 'bytea',
  span_id: 'bytea',
  parent_execution_id: 'uuid',
  started_at: 'timestamptz',
  completed_at: 'timestamptz',
  created_at: 'timestamptz',
  updated_at: 'timestamptz',
  start_nanos: 'smallint',
  completed_nanos: 'smallint',
  duration_micros: 'bigint',
  attempt: 'integer',
  llm_calls: 'bigint',
  failed_llm_calls: 'bigint',
  tool_calls: 'bigint',
  input_tokens: 'bigint',
  output_tokens: 'bigint',
  cached_input_tokens: 'bigint',
  cache_write_tokens: 'bigint',
  reasoning_tokens: 'bigint',
  cost_usd: 'numeric',
  own_input_tokens: 'bigint',
  own_output_tokens: 'bigint',
  own_cached_input_tokens: 'bigint',
  own_cache_write_tokens: 'bigint',
  own_reasoning_tokens: 'bigint',
  own_cost_usd: 'numeric',
  total_tokens: 'bigint',
  case_id: 'text',
  workflow_id: 'text',
  session_id: 'text',
  conversation_id: 'text',
  user_id: 'text',
  agent_id: 'text',
  agent_name: 'text',
  agent_version: 'text',
  agent_type: 'text',
  model_name: 'text',
  models: 'text[]',
  provider: 'text',
  service_name: 'text',
  environment: 'text',
  status: 'text',
  cost_source: 'text',
  error_type: 'text',
  error_message: 'text',
  input_data: 'jsonb',
  output_data: 'jsonb',
  thinking_traces: 'jsonb',
  tools_called: 'jsonb',
  is_ledger: 'boolean',
  is_reported: 'boolean',
} as const;

const COPIED = ['project_id', ...Object.keys(COLUMNS)];

const COMPARED = Object.keys(COLUMNS).filter(
  (name) => name !== 'id' && name !== 'created_at' && name !== 'updated_at',
);

/** An execution that comes out the same keeps its row untouched, and so its `updated_at`. */
const UPSERT = insertStatement(
  'agent_executions',
  COLUMNS,
  'source.id',
  `on conflict (project_id, id) do update set
     updated_at = excluded.updated_at, ${COMPARED.map((name) => `${name} = excluded.${name}`).join(', ')}
   where (${COMPARED.map((name) => `agent_executions.${name}`).join(', ')})
     is distinct from (${COMPARED.map((name) => `excluded.${name}`).join(', ')})`,
);

/**
 * Executions outlive their spans: one whose span retention has deleted stays as it was. One that only log records told
 * of goes unless it began before all that the trace may still have: `$4` has that time by trace.
 */
const deleteOthersStatement = (timeCondition: string): string => `
  delete from agent_executions using unnest($2::bytea[], $4::timestamptz[]) as trace (trace_id, reported_from)
  where project_id = $1 and agent_executions.trace_id = any($2::bytea[]) and not id = any($3::uuid[])
    and agent_executions.trace_id = trace.trace_id
    and ((is_reported and started_at >= trace.reported_from) or exists (
      select from spans
      where spans.project_id = $1 and spans.trace_id = agent_executions.trace_id
        and spans.span_id = agent_executions.span_id and ${timeCondition}
    ))`;

const DELETE_OTHERS_OF_LEDGERS = `
  delete from agent_executions using unnest($2::bytea[], $3::timestamptz[]) as ledger (trace_id, started_from)
  where project_id = $1 and agent_executions.trace_id = ledger.trace_id and not id = any($4::uuid[])
    and agent_executions.started_at >= ledger.started_from`;

interface UpsertOptions {
  nowMicros: bigint;
  isLedger: boolean;
  /** Only log records tell of it: it has no span. */
  isReported: (execution: ExecutionRow) => boolean;
}

/** Adds or replaces executions; `created_at` stays that of the first time. The caller holds the traces' locks. */
export async function upsertExecutions(
  client: ClientBase,
  projectId: string,
  executions: readonly ExecutionRow[],
  { nowMicros, isLedger, isReported }: UpsertOptions,
): Promise<void> {
  const rows = executions.map((execution) => {
    const flags = { isLedger, isReported: isReported(execution) };
    return toStatementRecord(COLUMNS, renderExecution(execution, nowMicros, flags));
  });
  await sendRows(client, UPSERT, projectId, rows);
}

/**
 * Adds the executions of traces whose rows this transaction has inserted, which nobody else can have. Rejects with 23505
 * where one is there all the same: executions outlive their traces.
 */
export async function copyExecutions(
  client: ClientBase,
  projectId: string,
  executions: readonly ExecutionRow[],
  nowMicros: bigint,
): Promise<void> {
  const flags = { isLedger: false, isReported: false };
  const records = executions.map((execution) => renderExecution(execution, nowMicros, flags));
  await copyRows(client, 'agent_executions', COPIED, encodeRecords(COLUMNS, projectId, records));
}

/**
 * Deletes the executions of these traces that are not among `executions`, save those whose span or records have
 * expired.
 */
export async function deleteOtherExecutions(
  client: ClientBase,
  projectId: string,
  traces: readonly TouchedTrace[],
  executions: readonly ExecutionRow[],
): Promise<void> {
  if (traces.length === 0) return;
  const values: unknown[] = [
    projectId,
    traces.map(({ traceId }) => hexBytes(traceId)),
    executions.map((execution) => execution.id),
    traces.map(({ window }) => (window ? renderTimestamp(widenForLogs(window).fromMicros) : 'infinity')),
  ];
  const windows = traces.flatMap(({ window }) => window ?? []);
  await client.query(deleteOthersStatement(renderWindows('spans.start_time', windows, values)), values);
}

/**
 * Deletes the executions of ledgers that are not among `executions`, save those that began before all that is left of
 * the records: `from` has that time by ledger.
 */
export async function deleteOtherLedgerExecutions(
  client: ClientBase,
  projectId: string,
  from: ReadonlyMap<string, bigint>,
  executions: readonly ExecutionRow[],
): Promise<void> {
  await client.query(DELETE_OTHERS_OF_LEDGERS, [
    projectId,
    [...from.keys()].map(hexBytes),
    [...from.values()].map(renderTimestamp),
    executions.map((execution) => execution.id),
  ]);
}

function renderExecution(
  execution: ExecutionRow,
  nowMicros: bigint,
  { isLedger, isReported }: { isLedger: boolean; isReported: boolean },
): CopyRecord<typeof COLUMNS> {
  const { total, own } = execution;
  const ownUsage = renderUsage(own);
  return {
    id: execution.id,
    trace_id: execution.traceId,
    span_id: execution.spanId,
    parent_execution_id: execution.parentExecutionId,
    created_at: nowMicros,
    updated_at: nowMicros,
    ...renderTimes(execution),
    attempt: execution.attempt,
    llm_calls: execution.llmCalls,
    failed_llm_calls: execution.failedLlmCalls,
    tool_calls: execution.toolCalls,
    ...renderUsage(total),
    own_input_tokens: ownUsage.input_tokens,
    own_output_tokens: ownUsage.output_tokens,
    own_cached_input_tokens: ownUsage.cached_input_tokens,
    own_cache_write_tokens: ownUsage.cache_write_tokens,
    own_reasoning_tokens: ownUsage.reasoning_tokens,
    own_cost_usd: ownUsage.cost_usd,
    total_tokens: renderInteger((total.inputTokens ?? 0) + (total.outputTokens ?? 0)),
    case_id: cleanOrNull(execution.caseId),
    workflow_id: cleanOrNull(execution.workflowId),
    session_id: cleanOrNull(execution.sessionId),
    conversation_id: cleanOrNull(execution.conversationId),
    user_id: cleanOrNull(execution.userId),
    agent_id: cleanOrNull(execution.agentId),
    agent_name: cleanOrNull(execution.agentName),
    agent_version: cleanOrNull(execution.agentVersion),
    agent_type: cleanOrNull(execution.agentType),
    model_name: cleanOrNull(execution.modelName),
    models: execution.models,
    provider: cleanOrNull(execution.provider),
    service_name: cleanOrNull(execution.serviceName),
    environment: cleanOrNull(execution.environment),
    status: execution.status,
    cost_source: execution.costSource,
    error_type: cleanOrNull(execution.errorType),
    error_message: cleanOrNull(execution.errorMessage),
    input_data: encodeData(execution.inputData),
    output_data: encodeData(execution.outputData),
    thinking_traces: encodeJson(execution.thinkingTraces as unknown as JsonValue),
    tools_called: encodeJson(execution.toolsCalled as unknown as JsonValue),
    is_ledger: isLedger,
    is_reported: isReported,
  };
}

function renderTimes(
  execution: ExecutionRow,
): Pick<
  CopyRecord<typeof COLUMNS>,
  'started_at' | 'start_nanos' | 'completed_at' | 'completed_nanos' | 'duration_micros'
> {
  const start = splitMicros(execution.startTimeUnixNano);
  const end = execution.endTimeUnixNano === null ? null : splitMicros(execution.endTimeUnixNano);
  return {
    started_at: start.micros,
    start_nanos: start.nanos,
    completed_at: end === null ? null : end.micros,
    completed_nanos: end === null ? null : end.nanos,
    duration_micros: end === null ? null : renderDuration(start, end),
  };
}

function encodeData(value: JsonValue): string | null {
  return value === null ? null : encodeJson(value);
}
