import type { UnpricedModel } from '../../../contract/price-shapes.js';
import { renderTime } from '../../../model/time.js';
import type { LeftOutCalls, Page, PageOptions, UnpricedFilter } from '../../storage.js';
import type { Queryable, StoredRow } from '../rows/queryable.js';
import { RowReader } from '../rows/stored-row.js';
import { renderTimestamp } from '../rows/timestamp.js';
import type { Keyset } from '../read/keyset.js';
import { listPage } from '../read/keyset.js';
import { SqlParameters } from '../read/sql-parameters.js';

const DEFAULT_WINDOW_NANOS = 30n * 86_400_000_000_000n;

const KEYSET: Keyset = {
  list: 'unpriced',
  order: 'desc',
  keys: [
    { column: 'calls', kind: 'decimal' },
    { column: 'group_key', kind: 'text' },
  ],
};

/** What a call's row says when it has no price; the same for spans and for what log records report. */
const SENT = 'response_model, request_model, provider, price_ref, input_tokens, output_tokens';
const REPORTED = [
  `report ->> 'response_model' as response_model, report ->> 'request_model' as request_model`,
  `report ->> 'provider' as provider, report ->> 'price_ref' as price_ref`,
  `(report ->> 'input_tokens')::numeric as input_tokens, (report ->> 'output_tokens')::numeric as output_tokens`,
].join(', ');

export async function listUnpriced(
  database: Queryable,
  projectId: string,
  filter: UnpricedFilter,
  options: PageOptions & { nowUnixNano: bigint; leaveOut?: LeftOutCalls },
): Promise<Page<Omit<UnpricedModel, 'advice'>>> {
  const parameters = new SqlParameters();
  const scope = bindScope(parameters, projectId, filter, options.nowUnixNano);
  const left = leaveOut(options.leaveOut, parameters);
  const query = {
    keyset: KEYSET,
    columns: 'group_key, model, provider, reason, calls, input_tokens, output_tokens, last_seen',
    table: `(${groupCalls(scope, left)}) as unpriced`,
    conditions: ['true'],
    parameters,
    readRows: (rows: StoredRow[]) => rows.map(readUnpriced),
  };
  return listPage(database, query, options);
}

/** The project and the time range, as places of bound values; `to` is a condition on the column `at`. */
export interface UnpricedScope {
  project: string;
  from: string;
  to: string;
}

export function bindScope(
  parameters: SqlParameters,
  projectId: string,
  filter: UnpricedFilter,
  nowUnixNano: bigint,
): UnpricedScope {
  const defaultFrom = renderTimestamp((nowUnixNano - DEFAULT_WINDOW_NANOS) / 1000n);
  return {
    project: parameters.bind(projectId),
    from: parameters.bind(filter.from ?? defaultFrom),
    to: filter.to === undefined ? 'true' : `at < ${parameters.bind(filter.to)}::timestamptz`,
  };
}

function leaveOut(
  calls: LeftOutCalls | undefined,
  parameters: SqlParameters,
): { spans: string; reports: string } {
  const { spans = [], reportSpanIds = [] } = calls ?? {};
  const among = (expression: string, ids: readonly string[]): string =>
    ids.length === 0
      ? 'true'
      : `${expression} <> all(${parameters.bind(ids.map((id) => Buffer.from(id, 'hex')))}::bytea[])`;
  return {
    spans: among(
      'trace_id || span_id',
      spans.map(({ traceId, spanId }) => traceId + spanId),
    ),
    // A report's span id is the beginning of its record's id (report-codec.ts).
    reports: among('substring(record_id from 1 for 8)', reportSpanIds),
  };
}

/** Model calls and embeddings without a price in the range, spans and records, as a relation with these columns. */
export function listCalls(
  { project, from, to }: UnpricedScope,
  columns: { spans: string; records: string },
  left = { spans: 'true', reports: 'true' },
): string {
  return `select * from (
        select ${columns.spans}, start_time as at from spans
        where project_id = ${project} and start_time >= ${from}::timestamptz and price_ref like 'unpriced:%'
          and type in ('llm', 'embedding') and ${left.spans}
        union all
        select ${columns.records}, time as at from log_records
        where project_id = ${project} and time >= ${from}::timestamptz
          and report ->> 'price_ref' like 'unpriced:%' and report ->> 'type' in ('llm', 'embedding')
          and ${left.reports}
      ) as calls where ${to}`;
}

function groupCalls(scope: UnpricedScope, left: { spans: string; reports: string }): string {
  return `
    select model, provider, reason, md5(jsonb_build_array(model, provider, reason)::text) as group_key,
      count(*) as calls, sum(input_tokens)::bigint as input_tokens, sum(output_tokens)::bigint as output_tokens,
      max(at) as last_seen
    from (
      select coalesce(response_model, request_model) as model, provider,
        substr(price_ref, length('unpriced:') + 1) as reason, input_tokens, output_tokens, at
      from (${listCalls(scope, { spans: SENT, records: REPORTED }, left)}) as calls
    ) as named
    group by model, provider, reason`;
}

function readUnpriced(stored: StoredRow): Omit<UnpricedModel, 'advice'> {
  const row = new RowReader(stored);
  return {
    model: row.textOrNull('model'),
    provider: row.textOrNull('provider'),
    reason: row.text('reason'),
    calls: row.number('calls'),
    input_tokens: row.numberOrNull('input_tokens'),
    output_tokens: row.numberOrNull('output_tokens'),
    last_seen_at: renderTime(row.unixNano('last_seen')),
  };
}
