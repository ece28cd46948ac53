import type pg from 'pg';
import { DEFAULT_PROJECT_ID } from '../../collector/model/ids.js';

const DAY_MILLIS = 86_400_000;

/** Whose a stored row is and how old it is, in days before now; it arrived `receivedDaysAgo`, else when it began. */
export interface StoredAge {
  projectId?: string;
  /** Any text; the same text is the same trace. */
  trace: string;
  span?: string;
  daysAgo: number;
  receivedDaysAgo?: number;
  session?: string;
}

export function daysAgo(days: number): string {
  return new Date(Date.now() - days * DAY_MILLIS).toISOString();
}

/** Writes a span and its payload as bare rows, for tests of what happens to rows by their age alone. */
export async function insertSpan(pool: pg.Pool, age: StoredAge): Promise<void> {
  const parameters = readParameters(age);
  await pool.query(
    `insert into spans (project_id, trace_id, span_id, start_time, end_time, received_at, start_nanos, end_nanos, kind,
       status_code, flags, dropped_attributes_count, dropped_events_count, dropped_links_count, is_pending,
       has_payload, content_hash, resource_id, scope_id, name, type, outcome, status_message, trace_state,
       finish_reasons, tags)
     values ($1, $2, $3, $4, $4, $5, 0, 0, 1, 0, 0, 0, 0, 0, false, true, '', '', '', 'step', 'span', 'completed', '',
       '', '{}', '{}')`,
    parameters,
  );
  await pool.query(
    `insert into span_payloads (project_id, trace_id, span_id, start_time, received_at, attributes)
     values ($1, $2, $3, $4, $5, '{}')`,
    parameters,
  );
}

export async function insertLogRecord(pool: pg.Pool, age: StoredAge): Promise<void> {
  await pool.query(
    `insert into log_records (project_id, trace_id, record_id, time, observed_time, received_at, time_nanos,
       observed_nanos, has_time, is_content, severity_number, flags, dropped_attributes_count, resource_id, scope_id,
       severity_text, event_name, session_id)
     values ($1, $2, $3, $4, $4, $5, 0, 0, true, false, 9, 0, 0, '', '', '', '', $6)`,
    [...readParameters(age), age.session ?? null],
  );
}

/** Writes a log record with message bodies, in its attributes alone where `body` is null. */
export async function insertContentLog(
  pool: pg.Pool,
  age: StoredAge,
  body: string | null = '"hello"',
): Promise<void> {
  await insertLogRecord(pool, age);
  await pool.query(
    `update log_records set is_content = true, body = $3, attributes = '{"gen_ai.prompt": "hello"}'
      where trace_id = $1 and record_id = $2`,
    [Buffer.from(age.trace), Buffer.from(age.span ?? age.trace), body],
  );
}

export async function insertMetricPoint(pool: pg.Pool, age: StoredAge): Promise<void> {
  const [projectId, , id, time, receivedAt] = readParameters(age);
  await pool.query(
    `insert into metric_points (project_id, metric_name, point_id, time, start_time, received_at, time_nanos,
       start_nanos, aggregation_temporality, is_monotonic, flags, content_hash, resource_id,
       scope_id, type, unit, description)
     values ($1, $2, $3, $4, $4, $5, 0, 0, 2, true, 0, '', '', '', 'sum', '1', '')`,
    [projectId, age.trace, id, time, receivedAt],
  );
  await pool.query(
    `insert into metrics (project_id, name, type, unit, description, first_time, last_time)
     values ($1, $2, 'sum', '1', '', $3, $3)
     on conflict (project_id, name) do update set last_time = greatest(metrics.last_time, excluded.last_time)`,
    [projectId, age.trace, time],
  );
}

/** Writes the rows derived from a trace: the trace, its session and one execution. */
export async function insertDerived(pool: pg.Pool, age: StoredAge): Promise<void> {
  const [projectId, traceId, spanId, time, receivedAt] = readParameters(age);
  const session = age.session ?? age.trace;
  await pool.query(
    `insert into traces (project_id, trace_id, started_at, ended_at, last_seen_at, created_at, start_nanos, end_nanos,
       duration_micros, span_count, llm_calls, failed_llm_calls, tool_calls, error_count, failed_span_count,
       total_tokens, is_complete, session_key, name, status, cost_source, agents, models, providers, tools, services,
       dialects, tags)
     values ($1, $2, $3, $3, $4, $4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, true, $5, '', 'completed', 'unknown', '{}', '{}',
       '{}', '{}', '{}', '{}', '{}')`,
    [projectId, traceId, time, receivedAt, session],
  );
  await pool.query(
    `insert into sessions (project_id, session_id, started_at, ended_at, start_nanos, end_nanos, trace_count,
       entry_count, llm_calls, failed_llm_calls, tool_calls, error_count, failed_span_count, status, cost_source,
       agents, models, providers, tools, services, dialects, tags)
     values ($1, $2, $3, $3, 0, 0, 1, 1, 0, 0, 0, 0, 0, 'completed', 'unknown', '{}', '{}', '{}', '{}', '{}', '{}',
       '{}')
     on conflict (project_id, session_id) do update
       set trace_count = sessions.trace_count + 1, ended_at = greatest(sessions.ended_at, excluded.ended_at)`,
    [projectId, session, time],
  );
  await pool.query(
    `insert into agent_executions (project_id, id, trace_id, span_id, started_at, created_at, updated_at, start_nanos,
       attempt, llm_calls, failed_llm_calls, tool_calls, total_tokens, models, status, cost_source, thinking_traces,
       tools_called)
     values ($1, gen_random_uuid(), $2, $3, $4, $5, $5, 0, 1, 0, 0, 0, 0, '{}', 'completed', 'unknown', '[]', '[]')`,
    [projectId, traceId, spanId, time, receivedAt],
  );
}

/** The names of what is left in a table, in order. */
export async function listLeft(pool: pg.Pool, table: string, column: string): Promise<string[]> {
  const { rows } = await pool.query<{ value: string | Buffer }>(
    `select ${column} as value from ${table} order by 1`,
  );
  return rows.map(({ value }) => (typeof value === 'string' ? value : value.toString('utf8')));
}

function readParameters(age: StoredAge): unknown[] {
  return [
    age.projectId ?? DEFAULT_PROJECT_ID,
    Buffer.from(age.trace),
    Buffer.from(age.span ?? age.trace),
    daysAgo(age.daysAgo),
    daysAgo(age.receivedDaysAgo ?? age.daysAgo),
  ];
}
