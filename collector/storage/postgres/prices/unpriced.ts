import type { UnpricedModel } from '../../../contract/price-shapes.js';
import { renderTime } from '../../../model/time.js';
import type { Page, PageOptions } from '../../storage.js';
import type { Queryable, StoredRow } from '../rows/queryable.js';
import { RowReader } from '../rows/stored-row.js';
import { renderTimestamp } from '../rows/timestamp.js';
import type { Keyset } from '../read/keyset.js';
import { listPage } from '../read/keyset.js';
import { SqlParameters } from '../read/sql-parameters.js';

const DEFAULT_WINDOW_NANOS = 7n * 86_400_000_000_000n;

const KEYSET: Keyset = {
  list: 'unpriced',
  order: 'desc',
  keys: [
    { column: 'calls', kind: 'decimal' },
    { column: 'group_key', kind: 'text' },
  ],
};

/** What a call's row says when it has no price; the same for spans and for what log records report. */
const REPORTED = [
  `report ->> 'response_model' as response_model, report ->> 'request_model' as request_model`,
  `report ->> 'provider' as provider, report ->> 'price_ref' as price_ref`,
  `(report ->> 'input_tokens')::numeric as input_tokens, (report ->> 'output_tokens')::numeric as output_tokens`,
].join(', ');

export async function listUnpriced(
  database: Queryable,
  projectId: string,
  filter: { from?: string | undefined; to?: string | undefined },
  options: PageOptions & { nowUnixNano: bigint },
): Promise<Page<UnpricedModel>> {
  const parameters = new SqlParameters();
  const project = parameters.bind(projectId);
  const defaultFrom = renderTimestamp((options.nowUnixNano - DEFAULT_WINDOW_NANOS) / 1000n);
  const from = parameters.bind(filter.from ?? defaultFrom);
  const to = filter.to === undefined ? 'true' : `at < ${parameters.bind(filter.to)}::timestamptz`;
  const query = {
    keyset: KEYSET,
    columns: 'group_key, model, provider, reason, calls, input_tokens, output_tokens, last_seen',
    table: `(${groupCalls(project, from, to)}) as unpriced`,
    conditions: ['true'],
    parameters,
    readRows: (rows: StoredRow[]) => rows.map(readUnpriced),
  };
  return listPage(database, query, options);
}

function groupCalls(project: string, from: string, to: string): string {
  return `
    select model, provider, reason, md5(jsonb_build_array(model, provider, reason)::text) as group_key,
      count(*) as calls, sum(input_tokens)::bigint as input_tokens, sum(output_tokens)::bigint as output_tokens,
      max(at) as last_seen
    from (
      select coalesce(response_model, request_model) as model, provider,
        substr(price_ref, length('unpriced:') + 1) as reason, input_tokens, output_tokens, at
      from (
        select response_model, request_model, provider, price_ref, input_tokens, output_tokens, start_time as at
        from spans
        where project_id = ${project} and start_time >= ${from}::timestamptz and price_ref like 'unpriced:%'
          and type in ('llm', 'embedding')
        union all
        select ${REPORTED}, time as at from log_records
        where project_id = ${project} and time >= ${from}::timestamptz
          and report ->> 'price_ref' like 'unpriced:%' and report ->> 'type' in ('llm', 'embedding')
      ) as calls where ${to}
    ) as named
    group by model, provider, reason`;
}

function readUnpriced(stored: StoredRow): UnpricedModel {
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
