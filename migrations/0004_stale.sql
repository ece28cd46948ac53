-- A large trace or session is not derived anew with each write: it is marked, and whoever wants derived rows first brings
-- up to date what is marked. Null where the row is up to date. The times between which the spans of a marked trace lie,
-- and those of the records of a marked session's ledger, are kept right.

alter table traces add column stale_since timestamptz;
alter table sessions add column stale_since timestamptz;

-- What is asked before each read: by an order that no other index has, so that nothing else is ever scanned for it.

create index traces_stale on traces (project_id, stale_since) where stale_since is not null;
create index sessions_stale on sessions (project_id, stale_since) where stale_since is not null;
