-- Prices and what calls cost, what log records report, reruns over what is stored, and issues that are listed once.

-- What a call cost by the prices when it came in, and where the price is from (or `unpriced:` and why there is none).

alter table spans
  add column computed_cost_usd numeric,
  add column price_ref text;

create index spans_unpriced on spans (project_id, start_time) where price_ref like 'unpriced:%';

-- "report" is what a record reports, read as a span: its times, parent and facts, without those that are null. A record
-- that reports something and names no trace may be joined with the span of its session that says the same.

alter table log_records
  add column report jsonb,
  add column joined_trace_id bytea,
  add column joined_span_id bytea;

create index log_records_joined on log_records (project_id, joined_trace_id) where joined_trace_id is not null;
create index log_records_unpriced on log_records (project_id, time) where report ->> 'price_ref' like 'unpriced:%';

-- A ledger is no trace: it is what the records of a session report that belong to no trace of it. Its trace_id is derived
-- from the session's id.

alter table traces
  add column is_ledger boolean not null default false,
  add column report_count bigint not null default 0;

-- From the first to the last record that reports something in a session and names no trace; null where there is none.

alter table sessions
  add column ledger_from timestamptz,
  add column ledger_to timestamptz;

-- is_ledger: of a ledger, so that trace_id is no trace's. is_reported: only log records tell of it, so that span_id is no
-- span's.

alter table agent_executions
  add column is_ledger boolean not null default false,
  add column is_reported boolean not null default false;

-- The project's own prices. "rates" are decimal texts by class of tokens; "tiers" other rates for whole calls.

create table prices (
  project_id uuid not null,
  id uuid not null,
  pattern text not null,
  provider text,
  valid_from timestamptz,
  valid_to timestamptz,
  unit text not null,
  rates jsonb not null,
  tiers jsonb not null,
  note text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint prices_pkey primary key (project_id, id)
);

-- "key" is the attribute that an issue is about.

alter table ingest_issues add column key text;

create index ingest_issues_code on ingest_issues (project_id, code, time desc);

-- Runs over stored traces that understand or price them anew. "cursor" is the start and id of the last trace that was
-- done; "counts" and "changes" are what the API shows.

create table reruns (
  project_id uuid not null,
  id uuid not null,
  kind text not null,
  dry_run boolean not null,
  from_time timestamptz,
  to_time timestamptz,
  status text not null,
  cursor jsonb,
  counts jsonb not null,
  changes jsonb not null,
  error text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  completed_at timestamptz,
  constraint reruns_pkey primary key (project_id, id)
);

create index reruns_project_created on reruns (project_id, created_at desc, id desc);
create index reruns_open on reruns (created_at) where status in ('pending', 'running');
