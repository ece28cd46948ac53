import { randomUUID } from 'node:crypto';
import type { Rerun } from '../../../contract/rerun-shapes.js';
import { renderTime } from '../../../model/time.js';
import type { Page, PageOptions } from '../../storage.js';
import { isUuidText } from '../read/filters.js';
import type { Keyset } from '../read/keyset.js';
import { listPage } from '../read/keyset.js';
import { SqlParameters } from '../read/sql-parameters.js';
import type { Queryable, StoredRow } from '../rows/queryable.js';
import { RowReader } from '../rows/stored-row.js';
import type { RerunTally, TallyTotals } from './rerun-tally.js';
import { createTally } from './rerun-tally.js';
import { deleteUnreadLedgers } from './unread-ledgers.js';

/** Where a rerun is: the start in microseconds and the id of the last trace that was done. */
export interface RerunCursor {
  startedMicros: string;
  traceId: string;
}

export interface StoredRerun {
  id: string;
  projectId: string;
  kind: Rerun['kind'];
  isDryRun: boolean;
  since: string | null;
  until: string | null;
  status: Rerun['status'];
  cursor: RerunCursor | null;
  tracesTotal: number;
  tally: RerunTally;
}

const COLUMNS =
  'project_id, id, kind, dry_run, from_time, to_time, status, cursor, counts, changes, error, created_at, updated_at, completed_at';

const KEYSET: Keyset = {
  list: 'reruns',
  order: 'desc',
  keys: [
    { column: 'created_at', kind: 'time' },
    { column: 'id', kind: 'uuid' },
  ],
};

const CREATE = `
  insert into reruns (project_id, id, kind, dry_run, from_time, to_time, status, counts, changes, created_at, updated_at)
  select $1, $2, $3, $4, $5, $6, 'pending',
    jsonb_set($7::jsonb, '{traces_total}', to_jsonb((
      select count(*) from traces
      where project_id = $1 and ($5::timestamptz is null or started_at >= $5) and ($6::timestamptz is null or started_at < $6)
    ))), $8::jsonb, clock_timestamp(), clock_timestamp()
  returning ${COLUMNS}`;

export async function createRerun(
  database: Queryable,
  projectId: string,
  rerun: Pick<Rerun, 'kind' | 'dry_run' | 'since' | 'until'>,
): Promise<Rerun> {
  const { counts, changes } = createTally();
  const { rows } = await database.query(CREATE, [
    projectId,
    randomUUID(),
    rerun.kind,
    rerun.dry_run,
    rerun.since,
    rerun.until,
    JSON.stringify(counts),
    JSON.stringify(changes),
  ]);
  const [created] = rows.map(presentRerun);
  if (created === undefined) throw new Error('a rerun was not stored');
  return created;
}

export async function findRerun(
  database: Queryable,
  projectId: string,
  id: string,
): Promise<Rerun | undefined> {
  const row = await findRow(database, projectId, id);
  return row && presentRerun(row);
}

export async function findStoredRerun(
  database: Queryable,
  projectId: string,
  id: string,
): Promise<StoredRerun | undefined> {
  const row = await findRow(database, projectId, id);
  return row && readStored(row);
}

async function findRow(database: Queryable, projectId: string, id: string): Promise<StoredRow | undefined> {
  if (!isUuidText(id)) return undefined;
  const { rows } = await database.query(`select ${COLUMNS} from reruns where project_id = $1 and id = $2`, [
    projectId,
    id,
  ]);
  return rows[0];
}

export function listReruns(
  database: Queryable,
  projectId: string,
  options: PageOptions,
): Promise<Page<Rerun>> {
  const parameters = new SqlParameters();
  const query = {
    keyset: KEYSET,
    columns: COLUMNS,
    table: 'reruns',
    conditions: [`project_id = ${parameters.bind(projectId)}`],
    parameters,
    readRows: (rows: StoredRow[]) => rows.map(presentRerun),
  };
  return listPage(database, query, options);
}

const CANCEL = `
  update reruns set status = 'cancelled', updated_at = clock_timestamp(), completed_at = clock_timestamp()
  from (select status as was from reruns where project_id = $1 and id = $2 for update) as before
  where project_id = $1 and id = $2 and status in ('pending', 'running') returning was`;

export async function cancelRerun(
  database: Queryable,
  projectId: string,
  id: string,
): Promise<Rerun | undefined> {
  if (!isUuidText(id)) return undefined;
  const { rows } = await database.query(CANCEL, [projectId, id]);
  // What waits has no such ledgers; another one may be running, and need its own.
  if (rows[0]?.was === 'running') await deleteUnreadLedgers(database, projectId);
  return findRerun(database, projectId, id);
}

export async function listOpenReruns(
  database: Queryable,
): Promise<{ projectId: string; id: string; kind: Rerun['kind'] }[]> {
  const { rows } = await database.query(
    `select distinct on (project_id) project_id, id, kind from reruns
     where status in ('pending', 'running') order by project_id, created_at, id`,
  );
  return rows.map((row) => ({
    projectId: row.project_id as string,
    id: row.id as string,
    kind: row.kind as Rerun['kind'],
  }));
}

/** What a step leaves: one that was cancelled in the meantime stays so. */
export async function saveProgress(
  database: Queryable,
  rerun: StoredRerun,
  progress: { status: 'running' | 'completed' | 'failed'; error: string | null },
): Promise<Rerun | undefined> {
  const { counts, changes } = rerun.tally;
  const { rows } = await database.query(
    `update reruns set cursor = $3::jsonb, counts = $4::jsonb, changes = $5::jsonb, error = $6,
       status = case when status = 'cancelled' then status else $7 end, updated_at = clock_timestamp(),
       completed_at = case when status = 'cancelled' then completed_at when $7 <> 'running' then clock_timestamp() end
     where project_id = $1 and id = $2 returning ${COLUMNS}`,
    [
      rerun.projectId,
      rerun.id,
      JSON.stringify(rerun.cursor),
      JSON.stringify({ ...counts, traces_total: rerun.tracesTotal }),
      JSON.stringify(changes),
      progress.error,
      progress.status,
    ],
  );
  return rows.map(presentRerun)[0];
}

function readStored(stored: StoredRow): StoredRerun {
  const row = new RowReader(stored);
  const { traces_total, ...counts } = readCounts(row);
  return {
    id: row.text('id'),
    projectId: row.text('project_id'),
    kind: row.text('kind') as Rerun['kind'],
    isDryRun: row.boolean('dry_run'),
    since: readTime(row, 'from_time'),
    until: readTime(row, 'to_time'),
    status: row.text('status') as Rerun['status'],
    cursor: row.isNull('cursor') ? null : (JSON.parse(row.text('cursor')) as RerunCursor | null),
    tracesTotal: traces_total,
    tally: { counts, changes: JSON.parse(row.text('changes')) as RerunTally['changes'] },
  };
}

function presentRerun(stored: StoredRow): Rerun {
  const row = new RowReader(stored);
  const { id, projectId, kind, isDryRun, since, until, status, tally } = readStored(stored);
  const { fields, before, after } = tally.changes;
  return {
    id,
    project_id: projectId,
    kind,
    dry_run: isDryRun,
    since,
    until,
    status,
    ...readCounts(row),
    changes: { fields, before: presentTotals(before), after: presentTotals(after) },
    error: row.textOrNull('error'),
    created_at: renderTime(row.unixNano('created_at')),
    updated_at: renderTime(row.unixNano('updated_at')),
    completed_at: readTime(row, 'completed_at'),
  };
}

function readCounts(row: RowReader): RerunTally['counts'] & { traces_total: number } {
  return JSON.parse(row.text('counts')) as RerunTally['counts'] & { traces_total: number };
}

function presentTotals(totals: TallyTotals): Rerun['changes']['before'] {
  return { ...totals, cost_usd: totals.cost_usd === null ? null : Number(totals.cost_usd) };
}

function readTime(row: RowReader, column: string): string | null {
  return row.isNull(column) ? null : renderTime(row.unixNano(column));
}
