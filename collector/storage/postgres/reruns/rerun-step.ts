import type { ClientBase } from 'pg';
import type { Projector } from '../../../model/write-batch.js';
import { nowUnixNano, splitMicros } from '../../../model/time.js';
import { RowReader } from '../rows/stored-row.js';
import type { StoredRow } from '../rows/queryable.js';
import { findTraceWindow } from '../rows/time-window.js';
import { renderTimestamp } from '../rows/timestamp.js';
import { deriveSessions } from '../write/derived-sessions.js';
import { deriveTraces } from '../write/derived-traces.js';
import type { Derivation } from '../write/derived-traces.js';
import { deleteOtherExecutions } from '../write/executions.js';
import { listTraceRecords } from '../write/logs.js';
import { hexBytes } from '../write/record-set.js';
import { createTouchedTrace } from '../write/span-merge.js';
import type { TouchedTrace } from '../write/span-merge.js';
import { listStoredVersions } from '../write/spans.js';
import { listTraceSpans } from '../write/trace-material.js';
import type { LockedTrace } from '../write/traces.js';
import { deleteTraces, listBystanders, lockTraces } from '../write/traces.js';
import type { Rereading, RerunTrace } from './rereading.js';
import type { RereadRecords } from './reread-records.js';
import { rereadRecords } from './reread-records.js';
import { rereadSpans } from './reread-spans.js';
import type { StoredRerun } from './rerun-rows.js';
import type { TallyTotals } from './rerun-tally.js';
import { addTotals, areSameTotals } from './rerun-tally.js';

const LIST_NEXT = `
  select trace_id, session_key, is_ledger, traces.started_at, coalesce(ledger_from, traces.started_at) as from_time,
    coalesce(ledger_to, traces.ended_at) as to_time
  from traces left join sessions
    on traces.is_ledger and sessions.project_id = traces.project_id and sessions.session_id = traces.session_key
  where traces.project_id = $1 and ($2::timestamptz is null or traces.started_at >= $2)
    and ($3::timestamptz is null or traces.started_at < $3)
    and (traces.started_at, trace_id) > ($4::timestamptz, $5::bytea)
  order by traces.started_at, trace_id limit $6`;

const LIST_TOTALS = `
  select trace_id, llm_calls, failed_llm_calls, tool_calls, error_count, input_tokens, output_tokens,
    cached_input_tokens, cache_write_tokens, reasoning_tokens, cost_usd
  from traces where project_id = $1 and trace_id = any($2::bytea[])`;

const BEFORE_ALL = '0001-01-01T00:00:00.000Z';

/** The traces that come next, ledgers among them. */
export async function listNextTraces(
  client: ClientBase,
  { projectId, since, until, cursor }: StoredRerun,
  limit: number,
): Promise<RerunTrace[]> {
  const { rows } = await client.query<{
    trace_id: Buffer;
    session_key: string;
    is_ledger: boolean;
    started_at: bigint;
    from_time: bigint;
    to_time: bigint;
  }>(LIST_NEXT, [
    projectId,
    since,
    until,
    cursor === null ? BEFORE_ALL : renderTimestamp(BigInt(cursor.startedMicros)),
    hexBytes(cursor?.traceId ?? ''),
    limit,
  ]);
  return rows.map((row) => ({
    traceId: row.trace_id.toString('hex'),
    sessionKey: row.session_key,
    window: { fromMicros: row.from_time, toMicros: row.to_time },
    isLedger: row.is_ledger,
    startedMicros: row.started_at,
  }));
}

/**
 * Understands the spans and records of these traces anew, and derives anew what follows from them, within the client's
 * open transaction; the rows that writers want are locked in the order of `writeGroup`.
 */
export async function rereadTraces(
  rereading: Rereading,
  projector: Projector,
  traces: readonly RerunTrace[],
): Promise<void> {
  const { client, rerun } = rereading;
  const { projectId, tally } = rerun;
  const nowMicros = splitMicros(nowUnixNano()).micros;
  const derivation = { client, projectId, projector, nowMicros, isRerun: true };
  const touched = await loadTraces(derivation, traces);
  const traceIds = traces.map(({ traceId }) => traceId);
  const before = await readTotals(rereading, traceIds);
  const changed = await rereadSpans(rereading, touched.traces);
  const records = await rereadRecords(rereading, traces);
  for (const traceId of records.changedTraceIds) changed.add(traceId);
  const others = [...records.joinedTraceIds].filter((traceId) => !touched.traces.has(traceId));
  for (const [traceId, totals] of await readTotals(rereading, others)) before.set(traceId, totals);
  await derive(derivation, rereading, touched, changed, records);
  tally.counts.traces_done += traces.length;
  const after = await readTotals(rereading, [...traceIds, ...others]);
  for (const traceId of [...traceIds, ...others]) {
    const [was, is] = [before.get(traceId), after.get(traceId)];
    if (!changed.has(traceId) && (was === undefined || is === undefined || areSameTotals(was, is))) continue;
    tally.counts.traces_changed += 1;
    if (was !== undefined) addTotals(tally.changes.before, was);
    if (is !== undefined) addTotals(tally.changes.after, is);
  }
}

interface LoadedTraces {
  traces: Map<string, TouchedTrace>;
  older: Map<string, LockedTrace>;
  bystanders: Map<string, LockedTrace>;
}

async function loadTraces(
  { client, projectId }: Derivation,
  traces: readonly RerunTrace[],
): Promise<LoadedTraces> {
  const keys = traces.map(({ sessionKey }) => sessionKey);
  const own = new Set(traces.filter(({ isLedger }) => !isLedger).map(({ traceId }) => traceId));
  const bystanders = await listBystanders(client, projectId, [...new Set(keys)], []);
  const locked = [...(await lockTraces(client, projectId, [...new Set([...own, ...bystanders])]))];
  const older = new Map(locked.filter(([traceId]) => own.has(traceId)));
  const stored = await listStoredVersions(
    client,
    projectId,
    [...older.keys()],
    [...older.values()].map(({ window }) => window),
  );
  const loaded = new Map<string, TouchedTrace>();
  for (const [traceId, { window }] of older) {
    const trace = createTouchedTrace(traceId);
    trace.stored = stored.get(traceId) ?? trace.stored;
    trace.window = findTraceWindow(listTraceSpans(trace)) ?? window;
    loaded.set(traceId, trace);
  }
  return { traces: loaded, older, bystanders: new Map(locked.filter(([traceId]) => !own.has(traceId))) };
}

/** Understanding may have got better for the trace as a whole as well, whatever its spans say; prices have not. */
async function derive(
  derivation: Derivation,
  { rerun }: Rereading,
  { traces, older, bystanders }: LoadedTraces,
  changed: ReadonlySet<string>,
  { ledgers, joinedTraceIds, changedTraceIds }: RereadRecords,
): Promise<void> {
  const isWanted = ({ traceId }: TouchedTrace): boolean => rerun.kind === 'reproject' || changed.has(traceId);
  const wanted = [...traces.values()].filter(isWanted);
  const records = await listTraceRecords(derivation.client, rerun.projectId, wanted);
  const locked = { older, bystanders, newRows: new Map<string, never>() };
  const rows = await deriveTraces(derivation, wanted, locked, records);
  const isEmptied = ({ traceId, stored }: TouchedTrace): boolean =>
    changedTraceIds.has(traceId) && stored.size === 0 && (records.get(traceId)?.reports.length ?? 0) === 0;
  await deleteEmptied(derivation, wanted.filter(isEmptied));
  const reread = { restated: joinedTraceIds, reread: changedTraceIds };
  await deriveSessions(derivation, { touched: traces, locked, rows, ...reread }, ledgers);
}

/** Traces of which only records told, that have come to report nothing. */
async function deleteEmptied(
  { client, projectId }: Derivation,
  traces: readonly TouchedTrace[],
): Promise<void> {
  await deleteTraces(
    client,
    projectId,
    traces.map(({ traceId }) => traceId),
  );
  await deleteOtherExecutions(client, projectId, traces, []);
}

async function readTotals(
  { client, rerun }: Rereading,
  traceIds: readonly string[],
): Promise<Map<string, TallyTotals>> {
  const values = [rerun.projectId, traceIds.map(hexBytes)];
  const { rows } = await client.query<StoredRow>(LIST_TOTALS, values);
  return new Map(
    rows.map((stored) => {
      const row = new RowReader(stored);
      return [row.hex('trace_id'), readTotalsRow(row)];
    }),
  );
}

function readTotalsRow(row: RowReader): TallyTotals {
  return {
    llm_calls: row.number('llm_calls'),
    failed_llm_calls: row.number('failed_llm_calls'),
    tool_calls: row.number('tool_calls'),
    error_count: row.number('error_count'),
    input_tokens: row.numberOrNull('input_tokens'),
    output_tokens: row.numberOrNull('output_tokens'),
    cached_input_tokens: row.numberOrNull('cached_input_tokens'),
    cache_write_tokens: row.numberOrNull('cache_write_tokens'),
    reasoning_tokens: row.numberOrNull('reasoning_tokens'),
    cost_usd: row.textOrNull('cost_usd'),
  };
}
