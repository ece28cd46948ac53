import type { Pool } from 'pg';
import { createProjector } from '../../collector/projections/projector.js';
import { openContent, openReportContent } from '../../collector/dialects/normalize.js';
import type { PostgresConnection } from '../../collector/storage/postgres/pool.js';
import { createPool } from '../../collector/storage/postgres/pool.js';
import type { PostgresStorageOptions } from '../../collector/storage/postgres/postgres-storage.js';
import { createPostgresStorage } from '../../collector/storage/postgres/postgres-storage.js';
import { loadContents } from '../../collector/storage/postgres/rows/contents.js';
import { decodeEvents } from '../../collector/storage/postgres/rows/nested-codec.js';
import type { StoredRow } from '../../collector/storage/postgres/rows/queryable.js';
import { decodeAttributes } from '../../collector/storage/postgres/value-codec.js';
import type { StorageHarness } from '../contract/storage.contract.js';

/** Never deleted from, so that writers may remember what is in them. */
export const DICTIONARIES = ['resources', 'scopes'];

export const TABLES = [
  'spans',
  'span_payloads',
  'log_records',
  'metric_points',
  'metrics',
  'traces',
  'sessions',
  'agent_executions',
  'ingest_issues',
  'prices',
  'reruns',
];

export const WRITE_TIMES = ['received_at', 'created_at', 'updated_at', 'last_seen_at'];

/**
 * Storage with the real projections and dialects, on a migrated database that `drop` removes in the end. A dump is of
 * rows that are up to date.
 */
export async function openPostgresHarness(
  connection: PostgresConnection,
  drop: () => Promise<void>,
  options: Pick<PostgresStorageOptions, 'deferral' | 'refreshesInBackground'> = {},
): Promise<StorageHarness> {
  const projector = createProjector({ readContent: openContent, readReportContent: openReportContent });
  const pool = createPool(connection, { max: 2 });
  const open = () => createPostgresStorage({ pool: createPool(connection), projector, ...options });
  const storage = await open();
  return {
    storage,
    openAnother: open,
    async dump() {
      await storage.refreshDerived();
      const tables: Record<string, unknown[]> = {};
      for (const table of [...DICTIONARIES, ...TABLES]) {
        const { rows } = await pool.query<{ row: string }>(
          `select (to_jsonb(t) - $1::text[])::text as row from ${table} t order by 1`,
          [WRITE_TIMES],
        );
        tables[table] = rows.map(({ row }) => row);
      }
      return { ...tables, span_payloads: await dumpPayloads(pool) };
    },
    async clear() {
      for (const table of TABLES) await pool.query(`delete from ${table}`);
    },
    async close() {
      await storage.close();
      await pool.end();
      await drop();
    },
  };
}

/** With whole texts: which parts of them are kept elsewhere depends on what came before. */
async function dumpPayloads(pool: Pool): Promise<unknown[]> {
  const { rows } = await pool.query<StoredRow>('select * from span_payloads order by trace_id, span_id');
  return Promise.all(
    rows.map(async (row) => {
      const contents = await loadContents(pool, row.project_id as string, [row]);
      return {
        traceId: (row.trace_id as Buffer).toString('hex'),
        spanId: (row.span_id as Buffer).toString('hex'),
        startTime: row.start_time,
        attributes: decodeAttributes(row.attributes as string | null, contents),
        events: decodeEvents(row.events as string | null, contents),
      };
    }),
  );
}
