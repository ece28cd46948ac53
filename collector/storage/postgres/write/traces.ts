import type { ClientBase } from 'pg';
import { cleanText, cutIdentifier } from '../../../model/ids.js';
import type { CostSource, RunStatus, TraceRow } from '../../../model/rows.js';
import { splitMicros } from '../../../model/time.js';
import type { StoredRow } from '../rows/queryable.js';
import { RowReader } from '../rows/stored-row.js';
import type { TimeWindow } from '../rows/time-window.js';
import { renderTimestamp } from '../rows/timestamp.js';
import { hexBytes, insertStatement, renderInteger, selectRows, sendRows } from './record-set.js';
import type { RecordOf } from './record-set.js';
import { SUMMARY_COLUMNS, readSummary, renderSummary } from './summary-columns.js';

const COLUMNS = {
  trace_id: 'bytea',
  last_seen_at: 'timestamptz',
  created_at: 'timestamptz',
  ...SUMMARY_COLUMNS,
  duration_micros: 'bigint',
  span_count: 'bigint',
  total_tokens: 'bigint',
  is_complete: 'boolean',
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
const UPDATE = `
  update traces set ${UPDATED_COLUMNS.map((name) => `${name} = source.${name}`).join(', ')}
  from ${selectRows(COLUMNS).source}
  where traces.project_id = $1 and traces.trace_id = source.trace_id`;

/** Row locks are taken in the order of the keys, so that writers wait for each other and never in a circle. */
const LOCK = `
  select trace_id, session_key, started_at, ended_at from traces
  where project_id = $1 and trace_id = any($2::bytea[]) order by trace_id for update`;

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
  const rows = traces.map((trace) => renderTrace(trace, nowMicros));
  const inserted = await sendRows<{ trace_id: Buffer }>(client, INSERT, projectId, rows);
  return new Set(inserted.map((row) => row.trace_id.toString('hex')));
}

/** What the row of a trace said when it was locked. */
export interface LockedTrace {
  sessionKey: string;
  window: TimeWindow;
}

/** Locks the rows of traces until the transaction ends; answers with those that exist, by trace id. */
export async function lockTraces(
  client: ClientBase,
  projectId: string,
  traceIds: readonly string[],
): Promise<Map<string, LockedTrace>> {
  if (traceIds.length === 0) return new Map();
  const { rows } = await client.query<{
    trace_id: Buffer;
    session_key: string;
    started_at: bigint;
    ended_at: bigint;
  }>(LOCK, [projectId, traceIds.map(hexBytes)]);
  return new Map(
    rows.map((row) => [
      row.trace_id.toString('hex'),
      { sessionKey: row.session_key, window: { fromMicros: row.started_at, toMicros: row.ended_at } },
    ]),
  );
}

/** Replaces the rows of locked traces. */
export async function updateTraces(
  client: ClientBase,
  projectId: string,
  traces: readonly TraceRow[],
  nowMicros: bigint,
): Promise<void> {
  await sendRows(
    client,
    UPDATE,
    projectId,
    traces.map((trace) => renderTrace(trace, nowMicros)),
  );
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

function renderTrace(trace: TraceRow, nowMicros: bigint): RecordOf<typeof COLUMNS> {
  const start = splitMicros(trace.startTimeUnixNano);
  const end = splitMicros(trace.endTimeUnixNano);
  const now = renderTimestamp(nowMicros);
  return {
    trace_id: hexBytes(trace.traceId),
    last_seen_at: now,
    created_at: now,
    ...renderSummary(trace),
    duration_micros: (end.micros > start.micros ? end.micros - start.micros : 0n).toString(),
    span_count: trace.spanCount,
    total_tokens: renderInteger((trace.totals.inputTokens ?? 0) + (trace.totals.outputTokens ?? 0)),
    is_complete: trace.isComplete,
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
