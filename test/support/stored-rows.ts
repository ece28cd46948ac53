import type pg from 'pg';

/** A row to insert, by column; what is left out is filled in by the table's default row. */
export type RowValues = Record<string, unknown>;

/** Inserts rows as they are, past the writer. All rows have the columns of the first. */
export async function insertRows(pool: pg.Pool, table: string, rows: readonly RowValues[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {});
  const rowsAtOnce = Math.max(1, Math.floor(60_000 / Math.max(1, columns.length)));
  for (let start = 0; start < rows.length; start += rowsAtOnce) {
    const values: unknown[] = [];
    const tuples = rows.slice(start, start + rowsAtOnce).map((row) => {
      const places = columns.map((column) => `$${values.push(row[column])}`);
      return `(${places.join(', ')})`;
    });
    await pool.query(`insert into ${table} (${columns.join(', ')}) values ${tuples.join(', ')}`, values);
  }
}

const USAGE_ROW: RowValues = {
  llm_calls: 0,
  failed_llm_calls: 0,
  tool_calls: 0,
  input_tokens: null,
  output_tokens: null,
  cached_input_tokens: null,
  cache_write_tokens: null,
  reasoning_tokens: null,
  conversation_id: null,
  user_id: null,
  cost_source: 'unknown',
  cost_usd: null,
  environment: null,
  models: [],
};

const SUMMARY_ROW: RowValues = {
  ...USAGE_ROW,
  error_count: 0,
  failed_span_count: 0,
  status: 'completed',
  agents: [],
  providers: [],
  tools: [],
  services: [],
  dialects: [],
  tags: [],
};

export const TRACE_ROW: RowValues = {
  ...SUMMARY_ROW,
  started_at: '2026-01-01T00:00:00Z',
  ended_at: '2026-01-01T00:00:01Z',
  last_seen_at: '2026-01-01T00:00:02Z',
  created_at: '2026-01-01T00:00:02Z',
  start_nanos: 0,
  end_nanos: 0,
  duration_micros: 1_000_000,
  span_count: 1,
  total_tokens: 0,
  is_complete: true,
  session_key: 'none',
  session_id: null,
  name: 'trace',
  input_preview: null,
  output_preview: null,
};

export const SESSION_ROW: RowValues = {
  ...SUMMARY_ROW,
  started_at: '2026-01-01T00:00:00Z',
  ended_at: '2026-01-01T00:00:01Z',
  start_nanos: 0,
  end_nanos: 0,
  trace_count: 1,
  entry_count: 1,
  task: null,
};

export const EXECUTION_ROW: RowValues = {
  ...USAGE_ROW,
  trace_id: Buffer.alloc(16, 1),
  span_id: Buffer.alloc(8, 1),
  parent_execution_id: null,
  started_at: '2026-01-01T00:00:00Z',
  completed_at: '2026-01-01T00:00:01Z',
  created_at: '2026-01-01T00:00:02Z',
  updated_at: '2026-01-01T00:00:02Z',
  start_nanos: 0,
  completed_nanos: 0,
  duration_micros: 1_000_000,
  attempt: 1,
  own_input_tokens: null,
  own_output_tokens: null,
  own_cached_input_tokens: null,
  own_cache_write_tokens: null,
  own_reasoning_tokens: null,
  total_tokens: 0,
  case_id: null,
  workflow_id: null,
  session_id: null,
  agent_id: null,
  agent_name: null,
  agent_version: null,
  agent_type: null,
  model_name: null,
  provider: null,
  service_name: null,
  status: 'completed',
  own_cost_usd: null,
  error_type: null,
  error_message: null,
  input_data: null,
  output_data: null,
  thinking_traces: '[]',
  tools_called: '[]',
};

export const SPAN_ROW: RowValues = {
  start_time: '2026-01-01T00:00:00Z',
  end_time: '2026-01-01T00:00:01Z',
  received_at: '2026-01-01T00:00:02Z',
  start_nanos: 0,
  end_nanos: 0,
  kind: 1,
  status_code: 0,
  flags: 0,
  dropped_attributes_count: 0,
  dropped_events_count: 0,
  dropped_links_count: 0,
  is_pending: false,
  has_payload: false,
  content_hash: Buffer.alloc(16),
  resource_id: Buffer.alloc(16, 1),
  scope_id: Buffer.alloc(16, 2),
  parent_span_id: null,
  name: 'span',
  type: 'span',
  outcome: 'completed',
  status_message: '',
  trace_state: '',
  finish_reasons: [],
  tags: [],
  attributes: null,
  events: null,
  links: null,
  odd: null,
};

export const LOG_ROW: RowValues = {
  trace_id: Buffer.alloc(0),
  span_id: null,
  time: '2026-01-01T00:00:00Z',
  observed_time: '2026-01-01T00:00:00Z',
  received_at: '2026-01-01T00:00:02Z',
  time_nanos: 0,
  observed_nanos: 0,
  has_time: true,
  is_content: false,
  severity_number: 9,
  flags: 0,
  dropped_attributes_count: 0,
  resource_id: Buffer.alloc(16, 1),
  scope_id: Buffer.alloc(16, 2),
  severity_text: 'INFO',
  event_name: '',
  session_id: null,
  body: null,
  attributes: null,
  odd: null,
};

export const METRIC_POINT_ROW: RowValues = {
  content_hash: Buffer.alloc(16),
  time: '2026-01-01T00:00:00Z',
  start_time: '2026-01-01T00:00:00Z',
  received_at: '2026-01-01T00:00:02Z',
  time_nanos: 0,
  start_nanos: 0,
  aggregation_temporality: 2,
  is_monotonic: true,
  flags: 0,
  resource_id: Buffer.alloc(16, 1),
  scope_id: Buffer.alloc(16, 2),
  type: 'sum',
  unit: '1',
  description: '',
  metadata: null,
  attributes: null,
  value: '1',
  exemplars: null,
  odd: null,
};
