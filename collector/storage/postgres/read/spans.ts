import type { LogRecordData } from '../../../model/span-data.js';
import type { Page, PageOptions, StoredSpan, TraceSpanWithKind } from '../../storage.js';
import { loadDictionaries } from '../rows/dictionary-row.js';
import { LOG_COLUMNS, readLogRecord } from '../rows/log-row.js';
import type { StoredRow } from '../rows/queryable.js';
import {
  SPAN_COLUMNS,
  SPAN_LIGHT_COLUMNS,
  loadPayloads,
  readFacts,
  readSpanData,
  readTraceSpan,
} from '../rows/span-row.js';
import { renderTimestamp } from '../rows/timestamp.js';
import { parseHex } from './filters.js';
import type { Keyset } from './keyset.js';
import { listPage } from './keyset.js';
import type { ReadContext } from './read-context.js';
import { SqlParameters } from './sql-parameters.js';

const TRACE_SPANS_LIMIT = 100_000;

const BY_START = [
  { column: 'start_time', kind: 'time' },
  { column: 'start_nanos', kind: 'smallint' },
  { column: 'span_id', kind: 'bytes' },
] as const;

export async function listTraceSpans(
  context: ReadContext,
  projectId: string,
  traceId: string,
): Promise<TraceSpanWithKind[]> {
  const parameters = new SqlParameters();
  const conditions = await listTraceConditions(context, projectId, traceId, parameters);
  if (conditions === undefined) return [];
  const { rows } = await context.database.query(
    `select ${SPAN_LIGHT_COLUMNS} from spans where ${conditions.join(' and ')}
     order by start_time, start_nanos, span_id limit ${TRACE_SPANS_LIMIT}`,
    parameters.values,
  );
  return rows.map(readTraceSpan);
}

export async function listSpans(
  context: ReadContext,
  projectId: string,
  traceId: string,
  options: PageOptions & { payloads: boolean },
): Promise<Page<StoredSpan>> {
  const parameters = new SqlParameters();
  const keyset: Keyset = { list: `spans ${traceId.toLowerCase()}`, order: 'asc', keys: BY_START };
  const conditions = await listTraceConditions(context, projectId, traceId, parameters);
  const query = {
    keyset,
    columns: SPAN_COLUMNS,
    table: 'spans',
    conditions: conditions ?? ['false'],
    parameters,
    readRows: (rows: StoredRow[]) => readStoredSpans(context, projectId, rows, options.payloads),
  };
  return listPage(context.database, query, options);
}

export async function findSpan(
  context: ReadContext,
  projectId: string,
  traceId: string,
  spanId: string,
): Promise<StoredSpan | undefined> {
  const parameters = new SqlParameters();
  const id = parseHex(spanId);
  const conditions = await listTraceConditions(context, projectId, traceId, parameters);
  if (id === undefined || conditions === undefined) return undefined;
  const { rows } = await context.database.query(
    `select ${SPAN_COLUMNS} from spans
     where ${conditions.join(' and ')} and span_id = ${parameters.bind(id)} limit 1`,
    parameters.values,
  );
  const [span] = await readStoredSpans(context, projectId, rows, true);
  return span;
}

/**
 * The conditions for the spans of a trace; undefined where the id is none. Its spans begin between its start and its
 * end, or at the epoch where their start is unknown, which lets the planner leave out partitions.
 */
async function listTraceConditions(
  { database }: ReadContext,
  projectId: string,
  traceId: string,
  parameters: SqlParameters,
): Promise<string[] | undefined> {
  const id = parseHex(traceId);
  if (id === undefined) return undefined;
  const conditions = [`project_id = ${parameters.bind(projectId)}`, `trace_id = ${parameters.bind(id)}`];
  const { rows } = await database.query(
    'select started_at, ended_at from traces where project_id = $1 and trace_id = $2',
    [projectId, id],
  );
  const trace = rows[0] as { started_at: bigint; ended_at: bigint } | undefined;
  if (trace !== undefined) {
    const start = parameters.bind(renderTimestamp(trace.started_at));
    const end = parameters.bind(renderTimestamp(trace.ended_at));
    conditions.push(
      `(start_time between ${start} and ${end} or start_time = timestamptz '1970-01-01 00:00:00+00')`,
    );
  }
  return conditions;
}

async function readStoredSpans(
  { database }: ReadContext,
  projectId: string,
  rows: StoredRow[],
  hasPayloads: boolean,
): Promise<StoredSpan[]> {
  const dictionaries = await loadDictionaries(database, projectId, rows);
  const payloads = hasPayloads ? await loadPayloads(database, projectId, rows) : undefined;
  const logs = hasPayloads ? await loadContentLogs(database, projectId, rows) : undefined;
  return rows.map((row) => {
    const spanId = (row.span_id as Buffer).toString('hex');
    const payload = payloads?.get(spanId);
    return {
      data: readSpanData(row, payload, dictionaries),
      facts: readFacts(row),
      payloadExpired: payloads !== undefined && row.has_payload === true && payload === undefined,
      logs: logs?.get(spanId) ?? [],
    };
  });
}

/** The log records with message bodies of spans of one trace, by the hex of the span id, in order of time. */
async function loadContentLogs(
  database: ReadContext['database'],
  projectId: string,
  rows: readonly StoredRow[],
): Promise<Map<string, LogRecordData[]>> {
  const logs = new Map<string, LogRecordData[]>();
  const first = rows[0];
  if (first === undefined) return logs;
  const found = await database.query(
    `select ${LOG_COLUMNS} from log_records
     where project_id = $1 and trace_id = $2 and span_id = any($3::bytea[]) and is_content
     order by time, time_nanos, record_id`,
    [projectId, first.trace_id, rows.map((row) => row.span_id)],
  );
  const dictionaries = await loadDictionaries(database, projectId, found.rows);
  for (const row of found.rows) {
    const spanId = (row.span_id as Buffer).toString('hex');
    const record = readLogRecord(row, dictionaries);
    const records = logs.get(spanId);
    if (records === undefined) logs.set(spanId, [record]);
    else records.push(record);
  }
  return logs;
}
