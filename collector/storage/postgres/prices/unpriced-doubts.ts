import type { UnpricedDoubts, UnpricedFilter } from '../../storage.js';
import type { Queryable } from '../rows/queryable.js';
import { SqlParameters } from '../read/sql-parameters.js';
import { bindScope, listCalls, type UnpricedScope } from './unpriced.js';

/** Traces and ledgers whose unpriced calls may be others again; see `StoragePrices.listUnpricedDoubts`. */
export async function listUnpricedDoubts(
  database: Queryable,
  projectId: string,
  filter: UnpricedFilter,
  { limit, nowUnixNano }: { limit: number; nowUnixNano: bigint },
): Promise<UnpricedDoubts> {
  const parameters = new SqlParameters();
  const scope = bindScope(parameters, projectId, filter, nowUnixNano);
  const most = parameters.bind(limit);
  const [traces, sessions] = await Promise.all([
    database.query(listTraces(scope, most), parameters.values),
    database.query(listSessions(scope, most), parameters.values),
  ]);
  return {
    traceIds: traces.rows.map((row) => (row.trace_id as Buffer).toString('hex')),
    sessionIds: sessions.rows.map((row) => row.session_id as string),
  };
}

/** As many spans of calls as distinct calls, and no records: then each span is a call of its own. */
function listTraces(scope: UnpricedScope, limit: string): string {
  const columns = {
    spans: 'trace_id',
    records: `case when trace_id = ''::bytea then joined_trace_id else trace_id end as trace_id`,
  };
  return `
    select trace_id from traces
    where project_id = ${scope.project} and not is_ledger
      and trace_id in (select trace_id from (${listCalls(scope, columns)}) as unpriced)
      and (report_count > 0 or llm_calls + failed_llm_calls < (
        select count(*) from spans
        where spans.project_id = ${scope.project} and spans.trace_id = traces.trace_id
          and spans.start_time between traces.started_at and traces.ended_at
          and spans.type in ('llm', 'embedding')))
    order by started_at desc, trace_id limit ${limit}`;
}

function listSessions(scope: UnpricedScope, limit: string): string {
  const columns = {
    spans: 'null::text as session_id',
    records: `case when trace_id = ''::bytea and joined_trace_id is null then session_id end as session_id`,
  };
  return `
    select session_id from (${listCalls(scope, columns)}) as unpriced where session_id is not null
    group by session_id order by max(at) desc, session_id limit ${limit}`;
}
