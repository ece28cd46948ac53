-- Parts of message bodies that several spans have in common: a conversation is sent again with every model call. A part is
-- kept once a project and UTC day, by a hash of its text; bodies in span_payloads name it. It expires after the payloads
-- of its day, so that nobody has to count who names it. start_time is midnight of the day.

create table span_contents (
  project_id uuid not null,
  content_id bytea not null,
  start_time timestamptz not null,
  received_at timestamptz not null,
  is_deflated boolean not null,
  body bytea not null,
  constraint span_contents_pkey primary key (project_id, content_id, start_time)
) partition by range (start_time);

create table span_contents_default partition of span_contents default with (toast_tuple_target = 8160);
