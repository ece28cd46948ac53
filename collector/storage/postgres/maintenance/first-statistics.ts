import type { Pool } from 'pg';

/** Tables with several indexes, of which the planner has to know one from another. */
const TABLES = ['traces', 'sessions', 'agent_executions'];

/** Of a table that was neither vacuumed nor analysed yet, the number of rows is -1 (PostgreSQL manual, `pg_class`). */
const LIST_UNKNOWN = `
  select oid::regclass::text as name from pg_class
  where oid in (select to_regclass(name) from unnest($1::text[]) as name) and reltuples < 0`;

/**
 * Analyses those tables of a new database that have never been. Without statistics Postgres takes a project for one of
 * two hundred and looks for a trace among all of the project's; autovacuum comes about only after a minute or more.
 * To be called once there are rows, however few. Rejects as the database does.
 */
export async function gatherFirstStatistics(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ name: string }>(LIST_UNKNOWN, [TABLES]);
  for (const { name } of rows) await pool.query(`analyze ${name}`);
}
