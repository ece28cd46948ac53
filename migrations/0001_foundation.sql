-- The ground truth (spans, their message bodies, log records, metric points) and the rows derived from it
-- (traces, sessions, agent executions). docs/data-model.md explains each table.
--
-- Rules that keep the schema distributable by trace: every big table of spans has trace_id in its key, big tables
-- have no foreign keys, no triggers and no identity columns, and one level of partitioning.

create table projects (
  id uuid not null,
  name text not null,
  created_at timestamptz not null default now(),
  constraint projects_pkey primary key (id)
);

insert into projects (id, name) values ('00000000-0000-7000-8000-000000000001', 'default');

-- Dictionaries: a resource or scope is stored once and named by a hash of its content.

create table resources (
  project_id uuid not null,
  resource_id bytea not null,
  attributes jsonb not null,
  dropped_attributes_count bigint not null,
  entity_refs jsonb,
  schema_url text not null,
  odd jsonb,
  constraint resources_pkey primary key (project_id, resource_id)
);

create table scopes (
  project_id uuid not null,
  scope_id bytea not null,
  name text not null,
  version text not null,
  attributes jsonb not null,
  dropped_attributes_count bigint not null,
  schema_url text not null,
  odd jsonb,
  constraint scopes_pkey primary key (project_id, scope_id)
);

-- Spans as received, with what was understood of them. A time is whole microseconds plus the nanoseconds left over.
-- "odd" holds, by column name, the exact text of columns whose text Postgres refuses (U+0000, lone surrogates) or
-- whose index would (too long); the column itself then has a readable stand-in.

create table spans (
  project_id uuid not null,
  trace_id bytea not null,
  span_id bytea not null,
  start_time timestamptz not null,
  end_time timestamptz not null,
  received_at timestamptz not null,
  start_nanos smallint not null,
  end_nanos smallint not null,
  kind integer not null,
  status_code integer not null,
  flags bigint not null,
  dropped_attributes_count bigint not null,
  dropped_events_count bigint not null,
  dropped_links_count bigint not null,
  input_tokens bigint,
  output_tokens bigint,
  cached_input_tokens bigint,
  cache_write_tokens bigint,
  reasoning_tokens bigint,
  attempt integer,
  is_pending boolean not null,
  has_payload boolean not null,
  content_hash bytea not null,
  resource_id bytea not null,
  scope_id bytea not null,
  parent_span_id bytea,
  name text not null,
  type text not null,
  outcome text not null,
  status_message text not null,
  trace_state text not null,
  dialect text,
  operation text,
  agent_name text,
  agent_id text,
  agent_version text,
  agent_type text,
  request_model text,
  response_model text,
  provider text,
  response_id text,
  finish_reasons text[] not null,
  tool_name text,
  tool_call_id text,
  session_id text,
  conversation_id text,
  user_id text,
  service_name text,
  environment text,
  tags text[] not null,
  case_id text,
  workflow_id text,
  reported_cost_usd numeric,
  error_type text,
  error_message text,
  attributes jsonb,
  events jsonb,
  links jsonb,
  odd jsonb,
  constraint spans_pkey primary key (project_id, trace_id, span_id, start_time)
) partition by range (start_time);

create index spans_start_time on spans (start_time);

-- Attributes and events that hold message bodies, kept apart because they are large and have a retention of their own.

create table span_payloads (
  project_id uuid not null,
  trace_id bytea not null,
  span_id bytea not null,
  start_time timestamptz not null,
  received_at timestamptz not null,
  attributes jsonb,
  events jsonb,
  constraint span_payloads_pkey primary key (project_id, trace_id, span_id, start_time)
) partition by range (start_time);

-- "time" is the record's own time, else its observed time, else the epoch; has_time tells the first from the others.
-- trace_id is empty where a record belongs to no trace.

create table log_records (
  project_id uuid not null,
  trace_id bytea not null,
  time timestamptz not null,
  record_id bytea not null,
  observed_time timestamptz not null,
  received_at timestamptz not null,
  time_nanos smallint not null,
  observed_nanos smallint not null,
  has_time boolean not null,
  is_content boolean not null,
  severity_number integer not null,
  flags bigint not null,
  dropped_attributes_count bigint not null,
  resource_id bytea not null,
  scope_id bytea not null,
  span_id bytea,
  severity_text text not null,
  event_name text not null,
  session_id text,
  service_name text,
  body jsonb,
  attributes jsonb,
  odd jsonb,
  constraint log_records_pkey primary key (project_id, trace_id, record_id, time)
) partition by range (time);

create index log_records_project_time on log_records (project_id, time desc, record_id desc);
create index log_records_session on log_records (project_id, session_id, time) where session_id is not null;

create table metric_points (
  project_id uuid not null,
  metric_name text not null,
  time timestamptz not null,
  point_id bytea not null,
  content_hash bytea not null,
  start_time timestamptz not null,
  received_at timestamptz not null,
  time_nanos smallint not null,
  start_nanos smallint not null,
  aggregation_temporality integer not null,
  is_monotonic boolean not null,
  flags bigint not null,
  resource_id bytea not null,
  scope_id bytea not null,
  type text not null,
  unit text not null,
  description text not null,
  service_name text,
  metadata jsonb,
  attributes jsonb,
  value jsonb,
  exemplars jsonb,
  odd jsonb,
  constraint metric_points_pkey primary key (project_id, metric_name, point_id, time)
) partition by range (time);

create index metric_points_name_time on metric_points (project_id, metric_name, time desc, point_id desc);

-- What metrics there are, so that listing them reads no points.

create table metrics (
  project_id uuid not null,
  name text not null,
  type text not null,
  unit text not null,
  description text not null,
  first_time timestamptz not null,
  last_time timestamptz not null,
  constraint metrics_pkey primary key (project_id, name)
);

-- Derived: one row a trace, recomputed from its spans whenever one of them is written.
-- status comes from the spans alone; where is_complete is false, readers show a young trace as running.

create table traces (
  project_id uuid not null,
  trace_id bytea not null,
  started_at timestamptz not null,
  ended_at timestamptz not null,
  last_seen_at timestamptz not null,
  created_at timestamptz not null,
  start_nanos smallint not null,
  end_nanos smallint not null,
  duration_micros bigint not null,
  span_count bigint not null,
  llm_calls bigint not null,
  failed_llm_calls bigint not null,
  tool_calls bigint not null,
  error_count bigint not null,
  failed_span_count bigint not null,
  input_tokens bigint,
  output_tokens bigint,
  cached_input_tokens bigint,
  cache_write_tokens bigint,
  reasoning_tokens bigint,
  total_tokens bigint not null,
  is_complete boolean not null,
  session_key text not null,
  session_id text,
  conversation_id text,
  user_id text,
  name text not null,
  status text not null,
  cost_source text not null,
  cost_usd numeric,
  environment text,
  agents text[] not null,
  models text[] not null,
  providers text[] not null,
  tools text[] not null,
  services text[] not null,
  dialects text[] not null,
  tags text[] not null,
  input_preview text,
  output_preview text,
  constraint traces_pkey primary key (project_id, trace_id)
);

create index traces_project_started on traces (project_id, started_at desc, trace_id desc);
create index traces_project_session on traces (project_id, session_key, started_at);
create index traces_project_user on traces (project_id, user_id, started_at desc) where user_id is not null;
create index traces_project_errors on traces (project_id, started_at desc) where error_count > 0;
create index traces_project_status on traces (project_id, status, started_at desc) where status <> 'completed';
create index traces_last_seen on traces (last_seen_at);

create table sessions (
  project_id uuid not null,
  session_id text not null,
  started_at timestamptz not null,
  ended_at timestamptz not null,
  start_nanos smallint not null,
  end_nanos smallint not null,
  trace_count bigint not null,
  entry_count bigint not null,
  llm_calls bigint not null,
  failed_llm_calls bigint not null,
  tool_calls bigint not null,
  error_count bigint not null,
  failed_span_count bigint not null,
  input_tokens bigint,
  output_tokens bigint,
  cached_input_tokens bigint,
  cache_write_tokens bigint,
  reasoning_tokens bigint,
  conversation_id text,
  user_id text,
  task text,
  status text not null,
  cost_source text not null,
  cost_usd numeric,
  environment text,
  agents text[] not null,
  models text[] not null,
  providers text[] not null,
  tools text[] not null,
  services text[] not null,
  dialects text[] not null,
  tags text[] not null,
  constraint sessions_pkey primary key (project_id, session_id)
);

create index sessions_project_last_seen on sessions (project_id, ended_at desc, session_id desc);
create index sessions_project_user on sessions (project_id, user_id, ended_at desc) where user_id is not null;

create table agent_executions (
  project_id uuid not null,
  id uuid not null,
  trace_id bytea not null,
  span_id bytea not null,
  parent_execution_id uuid,
  started_at timestamptz not null,
  completed_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  start_nanos smallint not null,
  completed_nanos smallint,
  duration_micros bigint,
  attempt integer not null,
  llm_calls bigint not null,
  failed_llm_calls bigint not null,
  tool_calls bigint not null,
  input_tokens bigint,
  output_tokens bigint,
  cached_input_tokens bigint,
  cache_write_tokens bigint,
  reasoning_tokens bigint,
  own_input_tokens bigint,
  own_output_tokens bigint,
  own_cached_input_tokens bigint,
  own_cache_write_tokens bigint,
  own_reasoning_tokens bigint,
  total_tokens bigint not null,
  case_id text,
  workflow_id text,
  session_id text,
  conversation_id text,
  user_id text,
  agent_id text,
  agent_name text,
  agent_version text,
  agent_type text,
  model_name text,
  models text[] not null,
  provider text,
  service_name text,
  environment text,
  status text not null,
  cost_source text not null,
  cost_usd numeric,
  own_cost_usd numeric,
  error_type text,
  error_message text,
  input_data jsonb,
  output_data jsonb,
  thinking_traces jsonb not null,
  tools_called jsonb not null,
  constraint agent_executions_pkey primary key (project_id, id)
);

create index agent_executions_trace on agent_executions (project_id, trace_id);
create index agent_executions_started on agent_executions (project_id, started_at desc, id desc);
create index agent_executions_case on agent_executions (project_id, case_id) where case_id is not null;
create index agent_executions_workflow on agent_executions (project_id, workflow_id) where workflow_id is not null;
create index agent_executions_parent on agent_executions (project_id, parent_execution_id)
  where parent_execution_id is not null;
create index agent_executions_agent_started on agent_executions (project_id, agent_name, started_at desc);
create index agent_executions_status_started on agent_executions (project_id, status, started_at desc);
create index agent_executions_cost_started on agent_executions (project_id, cost_usd desc, started_at desc)
  where cost_usd is not null;
create index agent_executions_session on agent_executions (project_id, session_id) where session_id is not null;
create index agent_executions_updated on agent_executions (updated_at);

-- What was refused, repaired or not understood, and what its sender should change.

create table ingest_issues (
  project_id uuid not null,
  id uuid not null,
  time timestamptz not null,
  code text not null,
  message text not null,
  signal text not null,
  service_name text,
  scope_name text,
  trace_id text,
  span_id text,
  constraint ingest_issues_pkey primary key (project_id, id)
);

create index ingest_issues_project_time on ingest_issues (project_id, time desc, id desc);

-- Days to keep; null = for ever. A project without a row has the defaults.

create table retention_settings (
  project_id uuid not null,
  spans_days integer,
  payloads_days integer,
  records_days integer,
  updated_at timestamptz not null default now(),
  constraint retention_settings_pkey primary key (project_id)
);

create table retention_runs (
  id uuid not null,
  started_at timestamptz not null,
  ended_at timestamptz not null,
  dry_run boolean not null,
  deleted jsonb not null,
  constraint retention_runs_pkey primary key (id)
);

create index retention_runs_started on retention_runs (started_at desc, id desc);

-- Quarantine for absurd times; daily partitions are made by the collector.

create table spans_default partition of spans default with (toast_tuple_target = 8160);
create table span_payloads_default partition of span_payloads default with (toast_tuple_target = 8160);
create table log_records_default partition of log_records default with (toast_tuple_target = 8160);
create table metric_points_default partition of metric_points default with (toast_tuple_target = 8160);
