import type pg from 'pg';
import type { RetentionRun } from '../../../contract/shapes.js';
import { renderTime } from '../../../model/time.js';
import type { Page, PageOptions } from '../../storage.js';
import { classifyDatabaseError } from '../database-error.js';
import type { Keyset } from '../read/keyset.js';
import { listPage } from '../read/keyset.js';
import { SqlParameters } from '../read/sql-parameters.js';
import type { StoredRow } from '../rows/queryable.js';
import { RowReader } from '../rows/stored-row.js';

const KEYSET: Keyset = {
  list: 'retention_runs',
  order: 'desc',
  keys: [
    { column: 'started_at', kind: 'time' },
    { column: 'id', kind: 'uuid' },
  ],
};

/** The reports of retention runs, dry ones included, newest first. */
export async function listRetentionRuns(pool: pg.Pool, options: PageOptions): Promise<Page<RetentionRun>> {
  try {
    return await listPage(
      pool,
      {
        keyset: KEYSET,
        columns: 'id, started_at, ended_at, dry_run, deleted',
        table: 'retention_runs',
        conditions: ['true'],
        parameters: new SqlParameters(),
        readRows: (rows: StoredRow[]) => rows.map(readRun),
      },
      options,
    );
  } catch (error) {
    throw classifyDatabaseError(error);
  }
}

function readRun(stored: StoredRow): RetentionRun {
  const row = new RowReader(stored);
  return {
    started_at: renderTime(row.unixNano('started_at')),
    ended_at: renderTime(row.unixNano('ended_at')),
    dry_run: stored.dry_run === true,
    deleted: JSON.parse(row.text('deleted')) as RetentionRun['deleted'],
  };
}
