import type { ClientBase } from 'pg';
import { cleanText, cutIdentifier } from '../../../model/ids.js';
import type { CostSource, RunStatus, TraceRow } from '../../../model/rows.js';
import { splitMicros } from '../../../model/time.js';
import type { StoredRow } from '../rows/queryable.js';
import { RowReader } from '../rows/stored-row.js';
import type { TimeWindow } from '../rows/time-window.js';
import { renderTimestamp } from '../rows/timestamp.js';
import { NO_DEFERRAL } from './deferral.js';
import type { DeferralLimits } from './deferral.js';
import { hexBytes, insertStatement, renderInteger, selectRows, sendRows } from './record-set.js';
import type { RecordOf } from './record-set.js';
import { SUMMARY_COLUMNS, readSummary, renderDuration, renderSummary } from './summary-columns.js';

const COLUMNS = {
  trace_id: 'bytea',
  last_seen_at: 'timestamptz',
  created_at: 'timestamptz',
  ...SUMMARY_COLUMNS,
  duration_micros: 'bigint',
  span_count: 'bigint',
  total_tokens: 'bigint',
  is_complete: 'boolean',
  is_ledger: 'boolean',
  report_count: 'bigint',
  session_key: 'text',
  session_id: 'text',
  name: 'text',
  input_preview: 'text',
  output_preview: 'text',
} as const;

const INSERT = insertStatement(
  'traces',
  COLUMNS,
  'source.trace_id',
  'on conflict do nothing returning trace_id',
);

const UPDATED_COLUMNS = Object.keys(COLUMNS).filter((name) => name !== 'trace_id' && name !== 'created_at');
const updateStatement = (columns: readonly string[]): string => `
  update traces set ${columns.map((name) => `${name} = source.${name}`).join(', ')}
  from ${selectRows(COLUMNS).source}
  where traces.project_id = $1 and traces.trace_id = source.trace_id`;

const UPDATE = updateStatement(UPDATED_COLUMNS);

const upsertStatement = (columns: readonly string[]): string =>
  insertStatement(
    'traces',
    COLUMNS,
    'source.trace_id',
    `on conflict (project_id, trace_id) do update set
       ${columns.map((name) => `${name} = excluded.${name}`).join(', ')}`,
  );

const UNSEEN_COLUMNS = UPDATED_COLUMNS.filter((name) => name !== 'last_seen_at');
const UPDATE_UNSEEN = updateStatement(UNSEEN_COLUMNS);
const UPSERT = upsertStatement(UPDATED_COLUMNS);
const UPSERT_UNSEEN = upsertStatement(UNSEEN_COLUMNS);

/** Row locks are taken in the order of the keys, so that writers wait for each other and never in a circle. */
const LOCK = `
  select trace_id, session_key, started_at, ended_at, span_count + report_count as record_count,
    stale_since is not null as is_stale
  from traces where project_id = $1 and trace_id = any($2::bytea[]) order by trace_id for update`;
const LOCK_AT_ONCE = `${LOCK} nowait`;

const DELETE = 'delete from traces where project_id = $1 and trace_id = any($2::bytea[])';

const LIST_OF_SESSIONS = `
  select ${Object.keys(COLUMNS).join(', ')} from traces
  where project_id = $1 and session_key = any($2::text[])`;

/** The key of the session that a trace belongs to: its session id, or the trace itself. */
export function sessionKey(trace: TraceRow): string {
  return trace.sessionId === null ? trace.traceId : cutIdentifier(trace.sessionId);
}

/**
 * Inserts the rows of traces that have none yet, in key order, and so locks them.
 * Answers with the ids of those; the others exist and are left alone.
 */
export async function insertTraces(
  client: ClientBase,
  projectId: string,
  traces: readonly TraceRow[],
  nowMicros: bigint,
): Promise<Set<string>> {
  const rows = renderTraces(traces, nowMicros);
  const inserted = await sendRows<{ trace_id: Buffer }>(client, INSERT, projectId, rows);
  return new Set(inserted.map((row) => row.trace_id.toString('hex')));
}

/** What the row of a trace said when it was locked. */
export interface LockedTrace {
  sessionKey: string;
  window: TimeWindow;
}

export interface SizedTrace extends LockedTrace {
  /** Spans and reports, as far as known. */
  recordCount: number;
  isStale: boolean;
}

/**
 * Locks the rows of traces until the transaction ends; answers with those that exist, by trace id. With `noWait` it
 * rejects with 55P03 where another transaction has one.
 */
export async function lockTraces(
  client: ClientBase,
  projectId: string,
  traceIds: readonly string[],
  options: { noWait: boolean } = { noWait: false },
): Promise<Map<string, SizedTrace>> {
  if (traceIds.length === 0) return new Map();
  const { rows } = await client.query<LockedRow & { record_count: number; is_stale: boolean }>(
    options.noWait ? LOCK_AT_ONCE : LOCK,
    [projectId, traceIds.map(hexBytes)],
  );
  return new Map(
    rows.map((row) => {
      const [traceId, locked] = readLocked(row);
      return [traceId, { ...locked, recordCount: row.record_count, isStale: row.is_stale }];
    }),
  );
}

interface LockedRow {
  trace_id: Buffer;
  session_key: string;
  started_at: bigint;
  ended_at: bigint;
}

function readLocked(row: LockedRow): [string, LockedTrace] {
  const window = { fromMicros: row.started_at, toMicros: row.ended_at };
  return [row.trace_id.toString('hex'), { sessionKey: row.session_key, window }];
}

/** Replaces the rows of locked traces. */
export async function updateTraces(
  client: ClientBase,
  projectId: string,
  traces: readonly TraceRow[],
  { nowMicros, isRerun }: { nowMicros: bigint; isRerun: boolean },
): Promise<void> {
  await sendRows(client, isRerun ? UPDATE_UNSEEN : UPDATE, projectId, renderTraces(traces, nowMicros));
}

/** Inserts or replaces the rows of ledgers, whose sessions are locked. */
export async function upsertLedgers(
  client: ClientBase,
  projectId: string,
  ledgers: readonly TraceRow[],
  { nowMicros, isRerun }: { nowMicros: bigint; isRerun: boolean },
): Promise<void> {
  await sendRows(client, isRerun ? UPSERT_UNSEEN : UPSERT, projectId, renderTraces(ledgers, nowMicros));
}

export async function deleteTraces(
  client: ClientBase,
  projectId: string,
  traceIds: readonly string[],
): Promise<void> {
  if (traceIds.length > 0) await client.query(DELETE, [projectId, traceIds.map(hexBytes)]);
}

/** The rows of all traces of some sessions, by session key. */
export async function listTracesOfSessions(
  client: ClientBase,
  projectId: string,
  sessionKeys: readonly string[],
): Promise<Map<string, TraceRow[]>> {
  const bySession = new Map<string, TraceRow[]>(sessionKeys.map((key) => [key, []]));
  if (sessionKeys.length === 0) return bySession;
  const { rows } = await client.query<StoredRow>(LIST_OF_SESSIONS, [projectId, sessionKeys]);
  for (const row of rows) bySession.get(row.session_key as string)?.push(readTrace(row));
  return bySession;
}

const LIST_WINDOWS_OF_SESSIONS = `
  select trace_id, session_key, started_at, ended_at from traces
  where project_id = $1 and session_key = any($2::text[]) and not is_ledger`;

/** All traces of some sessions, by trace id. */
export async function listWindowsOfSessions(
  client: ClientBase,
  projectId: string,
  sessionKeys: readonly string[],
): Promise<Map<string, LockedTrace>> {
  const { rows } = await client.query<LockedRow>(LIST_WINDOWS_OF_SESSIONS, [projectId, sessionKeys]);
  return new Map(rows.map(readLocked));
}

/** Sessions with a ledger of more traces than this are locked as far as their newest ones. */
const BYSTANDERS_LIMIT = 1_000;

const LIST_BYSTANDERS = `
  select traces.trace_id from sessions
  join traces on traces.project_id = sessions.project_id and traces.session_key = sessions.session_id
  where sessions.project_id = $1 and sessions.session_id = any($2::text[]) and not traces.is_ledger
    and (sessions.ledger_from is not null or sessions.session_id = any($3::text[]))
    and not (sessions.trace_count >= $4 or (sessions.ledger_from is not null and sessions.entry_count >= $5))
  order by traces.started_at desc limit ${BYSTANDERS_LIMIT}`;

/**
 * The traces of those of these sessions that have a ledger, or in whose ledgers records are about to be entered; without
 * those of sessions that are derived later.
 */
export async function listBystanders(
  client: ClientBase,
  projectId: string,
  sessionKeys: readonly string[],
  ledgerKeys: readonly string[],
  { sessionTraces, ledgerEntries }: DeferralLimits = NO_DEFERRAL,
): Promise<string[]> {
  const keys = [...new Set([...sessionKeys, ...ledgerKeys])];
  if (keys.length === 0) return [];
  const { rows } = await client.query<{ trace_id: Buffer }>(LIST_BYSTANDERS, [
    projectId,
    keys,
    ledgerKeys,
    sessionTraces,
    ledgerEntries,
  ]);
  return rows.map((row) => row.trace_id.toString('hex'));
}

function renderTraces(traces: readonly TraceRow[], nowMicros: bigint): RecordOf<typeof COLUMNS>[] {
  const now = renderTimestamp(nowMicros);
  return traces.map((trace) => renderTrace(trace, now));
}

function renderTrace(trace: TraceRow, now: string): RecordOf<typeof COLUMNS> {
  const start = splitMicros(trace.startTimeUnixNano);
  const end = splitMicros(trace.endTimeUnixNano);
  return {
    trace_id: hexBytes(trace.traceId),
    last_seen_at: now,
    created_at: now,
    ...renderSummary(trace),
    duration_micros: renderDuration(start, end),
    span_count: trace.spanCount,
    total_tokens: renderInteger((trace.totals.inputTokens ?? 0) + (trace.totals.outputTokens ?? 0)),
    is_complete: trace.isComplete,
    is_ledger: trace.isLedger,
    report_count: trace.reportCount,
    session_key: sessionKey(trace),
    session_id: trace.sessionId === null ? null : cleanText(trace.sessionId),
    name: cleanText(trace.name),
    input_preview: trace.inputPreview === null ? null : cleanText(trace.inputPreview),
    output_preview: trace.outputPreview === null ? null : cleanText(trace.outputPreview),
  };
}

function readTrace(stored: StoredRow): TraceRow {
  const row = new RowReader(stored);
  return {
    traceId: row.hex('trace_id'),
    isLedger: row.boolean('is_ledger'),
    reportCount: row.number('report_count'),
    sessionId: row.textOrNull('session_id'),
    ...readSummary(row),
    name: row.text('name'),
    status: row.text('status') as RunStatus,
    costSource: row.text('cost_source') as CostSource,
    isComplete: row.boolean('is_complete'),
    spanCount: row.number('span_count'),
    inputPreview: row.textOrNull('input_preview'),
    outputPreview: row.textOrNull('output_preview'),
  };
}
