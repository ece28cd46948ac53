import type pg from 'pg';
import type { RetentionSettings } from '../../../contract/shapes.js';
import { classifyDatabaseError } from '../database-error.js';
import { DEFAULT_RETENTION } from './cutoffs.js';

/** The settings of a project, or the defaults where it has none of its own. */
export async function findRetention(pool: pg.Pool, projectId: string): Promise<RetentionSettings> {
  try {
    const { rows } = await pool.query<RetentionSettings>(
      'select spans_days, payloads_days, records_days from retention_settings where project_id = $1',
      [projectId],
    );
    return rows[0] ?? { ...DEFAULT_RETENTION };
  } catch (error) {
    throw classifyDatabaseError(error);
  }
}

/** Replaces the settings of a project, in force from the next run of any collector. */
export async function setRetention(
  pool: pg.Pool,
  projectId: string,
  settings: RetentionSettings,
): Promise<RetentionSettings> {
  try {
    await pool.query(
      `insert into retention_settings (project_id, spans_days, payloads_days, records_days)
       values ($1, $2, $3, $4)
       on conflict (project_id) do update set spans_days = excluded.spans_days,
         payloads_days = excluded.payloads_days, records_days = excluded.records_days, updated_at = now()`,
      [projectId, settings.spans_days, settings.payloads_days, settings.records_days],
    );
    return settings;
  } catch (error) {
    throw classifyDatabaseError(error);
  }
}
