-- Whoever misses a span asks for the issues of its trace.

create index ingest_issues_trace on ingest_issues (project_id, trace_id) where trace_id is not null;
