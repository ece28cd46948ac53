import type pg from 'pg';

/** What a retention setting is for: `spans_days`, `payloads_days` or `records_days`. */
export type RetentionClass = 'spans' | 'payloads' | 'records';

/** Before which times what belongs to a class has expired, by project; texts of timestamptz in UTC. */
export interface Cutoffs {
  projectIds: string[];
  /** In the order of `projectIds`; `-infinity` where things are kept for ever. */
  times: string[];
  /** Of every other project. */
  fallback: string;
  /** The latest of all; undefined where everything is kept for ever. */
  latest: string | undefined;
}

/** Days that a project without settings of its own keeps things. */
export const DEFAULT_RETENTION = { spans_days: 30, payloads_days: 14, records_days: 365 };

const FOR_EVER = '-infinity';

// Days beyond these would leave the range of timestamptz.
const MOST_DAYS = 100_000;

/**
 * The cutoffs of now, by the database's clock. They are beginnings of UTC days, so that whole partitions can go: a
 * thing is kept for its days and at most one more; 0 days mean this moment. Payloads never outlive their spans.
 */
export async function readCutoffs(client: pg.ClientBase): Promise<Record<RetentionClass, Cutoffs>> {
  const { spans_days, payloads_days, records_days } = DEFAULT_RETENTION;
  const { rows } = await client.query<{ project_id: string | null } & Record<RetentionClass, string>>(
    `select project_id,
            ${cutoff('spans_days')}::text as spans,
            greatest(${cutoff('spans_days')}, ${cutoff('payloads_days')})::text as payloads,
            ${cutoff('records_days')}::text as records
       from (select project_id, spans_days, payloads_days, records_days from retention_settings
             union all select null, $1::integer, $2::integer, $3::integer) as settings`,
    [spans_days, payloads_days, records_days],
  );
  const collect = (kind: RetentionClass): Cutoffs => {
    const own = rows.filter((row) => row.project_id !== null);
    // In one form and one zone, the order of texts is the order of times; "-infinity" comes before digits.
    const latest = rows.map((row) => row[kind]).reduce((a, b) => (a > b ? a : b), FOR_EVER);
    return {
      projectIds: own.map((row) => row.project_id ?? ''),
      times: own.map((row) => row[kind]),
      fallback: rows.find((row) => row.project_id === null)?.[kind] ?? FOR_EVER,
      latest: latest === FOR_EVER ? undefined : latest,
    };
  };
  return { spans: collect('spans'), payloads: collect('payloads'), records: collect('records') };
}

function cutoff(days: string): string {
  return `case when ${days} is null or ${days} > ${MOST_DAYS} then '${FOR_EVER}'::timestamptz
               when ${days} = 0 then now()
               else date_trunc('day', now() - make_interval(days => ${days}), 'UTC') end`;
}
