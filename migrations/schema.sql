-- The schema that the migrations make; written by UPDATE_GOLDEN=1 npx vitest run test/storage/migrate.test.ts

table agent_executions
  project_id uuid not null
  id uuid not null
  trace_id bytea not null
  span_id bytea not null
  parent_execution_id uuid
  started_at timestamp with time zone not null
  completed_at timestamp with time zone
  created_at timestamp with time zone not null
  updated_at timestamp with time zone not null
  start_nanos smallint not null
  completed_nanos smallint
  duration_micros bigint
  attempt integer not null
  llm_calls bigint not null
  failed_llm_calls bigint not null
  tool_calls bigint not null
  input_tokens bigint
  output_tokens bigint
  cached_input_tokens bigint
  cache_write_tokens bigint
  reasoning_tokens bigint
  own_input_tokens bigint
  own_output_tokens bigint
  own_cached_input_tokens bigint
  own_cache_write_tokens bigint
  own_reasoning_tokens bigint
  total_tokens bigint not null
  case_id text
  workflow_id text
  session_id text
  conversation_id text
  user_id text
  agent_id text
  agent_name text
  agent_version text
  agent_type text
  model_name text
  models text[] not null
  provider text
  service_name text
  environment text
  status text not null
  cost_source text not null
  cost_usd numeric
  own_cost_usd numeric
  error_type text
  error_message text
  input_data jsonb
  output_data jsonb
  thinking_traces jsonb not null
  tools_called jsonb not null
  is_ledger boolean not null default false
  is_reported boolean not null default false
  constraint agent_executions_pkey PRIMARY KEY (project_id, id)

table ingest_issues
  project_id uuid not null
  id uuid not null
  time timestamp with time zone not null
  code text not null
  message text not null
  signal text not null
  service_name text
  scope_name text
  trace_id text
  span_id text
  key text
  constraint ingest_issues_pkey PRIMARY KEY (project_id, id)

table log_records
  project_id uuid not null
  trace_id bytea not null
  time timestamp with time zone not null
  record_id bytea not null
  observed_time timestamp with time zone not null
  received_at timestamp with time zone not null
  time_nanos smallint not null
  observed_nanos smallint not null
  has_time boolean not null
  is_content boolean not null
  severity_number integer not null
  flags bigint not null
  dropped_attributes_count bigint not null
  resource_id bytea not null
  scope_id bytea not null
  span_id bytea
  severity_text text not null
  event_name text not null
  session_id text
  service_name text
  body jsonb
  attributes jsonb
  odd jsonb
  report jsonb
  joined_trace_id bytea
  joined_span_id bytea
  constraint log_records_pkey PRIMARY KEY (project_id, trace_id, record_id, "time")
  partition by RANGE ("time")

table metric_points
  project_id uuid not null
  metric_name text not null
  time timestamp with time zone not null
  point_id bytea not null
  content_hash bytea not null
  start_time timestamp with time zone not null
  received_at timestamp with time zone not null
  time_nanos smallint not null
  start_nanos smallint not null
  aggregation_temporality integer not null
  is_monotonic boolean not null
  flags bigint not null
  resource_id bytea not null
  scope_id bytea not null
  type text not null
  unit text not null
  description text not null
  service_name text
  metadata jsonb
  attributes jsonb
  value jsonb
  exemplars jsonb
  odd jsonb
  constraint metric_points_pkey PRIMARY KEY (project_id, metric_name, point_id, "time")
  partition by RANGE ("time")

table metrics
  project_id uuid not null
  name text not null
  type text not null
  unit text not null
  description text not null
  first_time timestamp with time zone not null
  last_time timestamp with time zone not null
  constraint metrics_pkey PRIMARY KEY (project_id, name)

table prices
  project_id uuid not null
  id uuid not null
  pattern text not null
  provider text
  valid_from timestamp with time zone
  valid_to timestamp with time zone
  unit text not null
  rates jsonb not null
  tiers jsonb not null
  note text
  created_at timestamp with time zone not null default now()
  updated_at timestamp with time zone not null default now()
  constraint prices_pkey PRIMARY KEY (project_id, id)

table projects
  id uuid not null
  name text not null
  created_at timestamp with time zone not null default now()
  constraint projects_pkey PRIMARY KEY (id)

table reruns
  project_id uuid not null
  id uuid not null
  kind text not null
  dry_run boolean not null
  from_time timestamp with time zone
  to_time timestamp with time zone
  status text not null
  cursor jsonb
  counts jsonb not null
  changes jsonb not null
  error text
  created_at timestamp with time zone not null
  updated_at timestamp with time zone not null
  completed_at timestamp with time zone
  constraint reruns_pkey PRIMARY KEY (project_id, id)

table resources
  project_id uuid not null
  resource_id bytea not null
  attributes jsonb not null
  dropped_attributes_count bigint not null
  entity_refs jsonb
  schema_url text not null
  odd jsonb
  constraint resources_pkey PRIMARY KEY (project_id, resource_id)

table retention_runs
  id uuid not null
  started_at timestamp with time zone not null
  ended_at timestamp with time zone not null
  dry_run boolean not null
  deleted jsonb not null
  constraint retention_runs_pkey PRIMARY KEY (id)

table retention_settings
  project_id uuid not null
  spans_days integer
  payloads_days integer
  records_days integer
  updated_at timestamp with time zone not null default now()
  constraint retention_settings_pkey PRIMARY KEY (project_id)

table schema_migrations
  version integer not null
  name text not null
  checksum text not null
  applied_at timestamp with time zone not null default now()
  applied_by text not null
  constraint schema_migrations_pkey PRIMARY KEY (version)

table scopes
  project_id uuid not null
  scope_id bytea not null
  name text not null
  version text not null
  attributes jsonb not null
  dropped_attributes_count bigint not null
  schema_url text not null
  odd jsonb
  constraint scopes_pkey PRIMARY KEY (project_id, scope_id)

table sessions
  project_id uuid not null
  session_id text not null
  started_at timestamp with time zone not null
  ended_at timestamp with time zone not null
  start_nanos smallint not null
  end_nanos smallint not null
  trace_count bigint not null
  entry_count bigint not null
  llm_calls bigint not null
  failed_llm_calls bigint not null
  tool_calls bigint not null
  error_count bigint not null
  failed_span_count bigint not null
  input_tokens bigint
  output_tokens bigint
  cached_input_tokens bigint
  cache_write_tokens bigint
  reasoning_tokens bigint
  conversation_id text
  user_id text
  task text
  status text not null
  cost_source text not null
  cost_usd numeric
  environment text
  agents text[] not null
  models text[] not null
  providers text[] not null
  tools text[] not null
  services text[] not null
  dialects text[] not null
  tags text[] not null
  ledger_from timestamp with time zone
  ledger_to timestamp with time zone
  stale_since timestamp with time zone
  constraint sessions_pkey PRIMARY KEY (project_id, session_id)

table span_contents
  project_id uuid not null
  content_id bytea not null
  start_time timestamp with time zone not null
  received_at timestamp with time zone not null
  is_deflated boolean not null
  body bytea not null
  constraint span_contents_pkey PRIMARY KEY (project_id, content_id, start_time)
  partition by RANGE (start_time)

table span_payloads
  project_id uuid not null
  trace_id bytea not null
  span_id bytea not null
  start_time timestamp with time zone not null
  received_at timestamp with time zone not null
  attributes jsonb
  events jsonb
  constraint span_payloads_pkey PRIMARY KEY (project_id, trace_id, span_id, start_time)
  partition by RANGE (start_time)

table spans
  project_id uuid not null
  trace_id bytea not null
  span_id bytea not null
  start_time timestamp with time zone not null
  end_time timestamp with time zone not null
  received_at timestamp with time zone not null
  start_nanos smallint not null
  end_nanos smallint not null
  kind integer not null
  status_code integer not null
  flags bigint not null
  dropped_attributes_count bigint not null
  dropped_events_count bigint not null
  dropped_links_count bigint not null
  input_tokens bigint
  output_tokens bigint
  cached_input_tokens bigint
  cache_write_tokens bigint
  reasoning_tokens bigint
  attempt integer
  is_pending boolean not null
  has_payload boolean not null
  content_hash bytea not null
  resource_id bytea not null
  scope_id bytea not null
  parent_span_id bytea
  name text not null
  type text not null
  outcome text not null
  status_message text not null
  trace_state text not null
  dialect text
  operation text
  agent_name text
  agent_id text
  agent_version text
  agent_type text
  request_model text
  response_model text
  provider text
  response_id text
  finish_reasons text[] not null
  tool_name text
  tool_call_id text
  session_id text
  conversation_id text
  user_id text
  service_name text
  environment text
  tags text[] not null
  case_id text
  workflow_id text
  reported_cost_usd numeric
  error_type text
  error_message text
  attributes jsonb
  events jsonb
  links jsonb
  odd jsonb
  computed_cost_usd numeric
  price_ref text
  constraint spans_pkey PRIMARY KEY (project_id, trace_id, span_id, start_time)
  partition by RANGE (start_time)

table traces
  project_id uuid not null
  trace_id bytea not null
  started_at timestamp with time zone not null
  ended_at timestamp with time zone not null
  last_seen_at timestamp with time zone not null
  created_at timestamp with time zone not null
  start_nanos smallint not null
  end_nanos smallint not null
  duration_micros bigint not null
  span_count bigint not null
  llm_calls bigint not null
  failed_llm_calls bigint not null
  tool_calls bigint not null
  error_count bigint not null
  failed_span_count bigint not null
  input_tokens bigint
  output_tokens bigint
  cached_input_tokens bigint
  cache_write_tokens bigint
  reasoning_tokens bigint
  total_tokens bigint not null
  is_complete boolean not null
  session_key text not null
  session_id text
  conversation_id text
  user_id text
  name text not null
  status text not null
  cost_source text not null
  cost_usd numeric
  environment text
  agents text[] not null
  models text[] not null
  providers text[] not null
  tools text[] not null
  services text[] not null
  dialects text[] not null
  tags text[] not null
  input_preview text
  output_preview text
  is_ledger boolean not null default false
  report_count bigint not null default 0
  stale_since timestamp with time zone
  constraint traces_pkey PRIMARY KEY (project_id, trace_id)

CREATE INDEX agent_executions_agent_started ON public.agent_executions USING btree (project_id, agent_name, started_at DESC)
CREATE INDEX agent_executions_case ON public.agent_executions USING btree (project_id, case_id) WHERE (case_id IS NOT NULL)
CREATE INDEX agent_executions_cost_started ON public.agent_executions USING btree (project_id, cost_usd DESC, started_at DESC) WHERE (cost_usd IS NOT NULL)
CREATE INDEX agent_executions_parent ON public.agent_executions USING btree (project_id, parent_execution_id) WHERE (parent_execution_id IS NOT NULL)
CREATE INDEX agent_executions_session ON public.agent_executions USING btree (project_id, session_id) WHERE (session_id IS NOT NULL)
CREATE INDEX agent_executions_started ON public.agent_executions USING btree (project_id, started_at DESC, id DESC)
CREATE INDEX agent_executions_status_started ON public.agent_executions USING btree (project_id, status, started_at DESC)
CREATE INDEX agent_executions_trace ON public.agent_executions USING btree (project_id, trace_id)
CREATE INDEX agent_executions_updated ON public.agent_executions USING btree (updated_at)
CREATE INDEX agent_executions_workflow ON public.agent_executions USING btree (project_id, workflow_id) WHERE (workflow_id IS NOT NULL)
CREATE INDEX ingest_issues_code ON public.ingest_issues USING btree (project_id, code, "time" DESC)
CREATE INDEX ingest_issues_project_time ON public.ingest_issues USING btree (project_id, "time" DESC, id DESC)
CREATE INDEX ingest_issues_trace ON public.ingest_issues USING btree (project_id, trace_id) WHERE (trace_id IS NOT NULL)
CREATE INDEX log_records_joined ON ONLY public.log_records USING btree (project_id, joined_trace_id) WHERE (joined_trace_id IS NOT NULL)
CREATE INDEX log_records_project_time ON ONLY public.log_records USING btree (project_id, "time" DESC, record_id DESC)
CREATE INDEX log_records_session ON ONLY public.log_records USING btree (project_id, session_id, "time") WHERE (session_id IS NOT NULL)
CREATE INDEX log_records_unpriced ON ONLY public.log_records USING btree (project_id, "time") WHERE ((report ->> 'price_ref'::text) ~~ 'unpriced:%'::text)
CREATE INDEX metric_points_name_time ON ONLY public.metric_points USING btree (project_id, metric_name, "time" DESC, point_id DESC)
CREATE INDEX reruns_open ON public.reruns USING btree (created_at) WHERE (status = ANY (ARRAY['pending'::text, 'running'::text]))
CREATE INDEX reruns_project_created ON public.reruns USING btree (project_id, created_at DESC, id DESC)
CREATE INDEX retention_runs_started ON public.retention_runs USING btree (started_at DESC, id DESC)
CREATE INDEX sessions_project_last_seen ON public.sessions USING btree (project_id, ended_at DESC, session_id DESC)
CREATE INDEX sessions_project_user ON public.sessions USING btree (project_id, user_id, ended_at DESC) WHERE (user_id IS NOT NULL)
CREATE INDEX sessions_stale ON public.sessions USING btree (project_id, stale_since) WHERE (stale_since IS NOT NULL)
CREATE INDEX spans_start_time ON ONLY public.spans USING btree (start_time)
CREATE INDEX spans_unpriced ON ONLY public.spans USING btree (project_id, start_time) WHERE (price_ref ~~ 'unpriced:%'::text)
CREATE INDEX traces_last_seen ON public.traces USING btree (last_seen_at)
CREATE INDEX traces_project_errors ON public.traces USING btree (project_id, started_at DESC) WHERE (error_count > 0)
CREATE INDEX traces_project_session ON public.traces USING btree (project_id, session_key, started_at)
CREATE INDEX traces_project_started ON public.traces USING btree (project_id, started_at DESC, trace_id DESC)
CREATE INDEX traces_project_status ON public.traces USING btree (project_id, status, started_at DESC) WHERE (status <> 'completed'::text)
CREATE INDEX traces_project_user ON public.traces USING btree (project_id, user_id, started_at DESC) WHERE (user_id IS NOT NULL)
CREATE INDEX traces_stale ON public.traces USING btree (project_id, stale_since) WHERE (stale_since IS NOT NULL)
partition log_records_default of log_records DEFAULT toast_tuple_target=8160
partition metric_points_default of metric_points DEFAULT toast_tuple_target=8160
partition span_contents_default of span_contents DEFAULT toast_tuple_target=8160
partition span_payloads_default of span_payloads DEFAULT toast_tuple_target=8160
partition spans_default of spans DEFAULT toast_tuple_target=8160
