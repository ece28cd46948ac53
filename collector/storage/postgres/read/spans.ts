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
import type { TimeWindow } from '../rows/time-window.js';
import { renderWindows, widenForLogs } from '../rows/time-window.js';
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
  const trace = await findTraceConditions(context, projectId, traceId, parameters);
  if (trace === undefined) return [];
  const { rows } = await context.database.query(
    `select ${SPAN_LIGHT_COLUMNS} from spans where ${trace.conditions.join(' and ')}
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
  const trace = await findTraceConditions(context, projectId, traceId, parameters);
  const query = {
    keyset,
    columns: SPAN_COLUMNS,
    table: 'spans',
    conditions: trace?.conditions ?? ['false'],
    parameters,
    readRows: (rows: StoredRow[]) =>
      readStoredSpans(context, projectId, rows, { window: trace?.window, hasPayloads: options.payloads }),
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
  const trace = await findTraceConditions(context, projectId, traceId, parameters);
  if (id === undefined || trace === undefined) return undefined;
  const { rows } = await context.database.query(
    `select ${SPAN_COLUMNS} from spans
     where ${trace.conditions.join(' and ')} and span_id = ${parameters.bind(id)} limit 1`,
    parameters.values,
  );
  const { window } = trace;
  const [span] = await readStoredSpans(context, projectId, rows, { window, hasPayloads: true });
  return span;
}

interface TraceConditions {
  conditions: string[];
  /** From the trace's start to its end; undefined while it has no row. */
  window: TimeWindow | undefined;
}

/**
 * The conditions for the spans of a trace; undefined where the id is none. Its spans begin between its start and its
 * end, or at the epoch where their start is unknown, which lets the planner leave out partitions.
 */
async function findTraceConditions(
  { database }: ReadContext,
  projectId: string,
  traceId: string,
  parameters: SqlParameters,
): Promise<TraceConditions | undefined> {
  const id = parseHex(traceId);
  if (id === undefined) return undefined;
  const conditions = [`project_id = ${parameters.bind(projectId)}`, `trace_id = ${parameters.bind(id)}`];
  const { rows } = await database.query(
    'select started_at, ended_at from traces where project_id = $1 and trace_id = $2 and not is_ledger',
    [projectId, id],
  );
  const trace = rows[0] as { started_at: bigint; ended_at: bigint } | undefined;
  if (trace === undefined) return { conditions, window: undefined };
  const window = { fromMicros: trace.started_at, toMicros: trace.ended_at };
  conditions.push(renderWindows('start_time', [window], parameters.values));
  return { conditions, window };
}

async function readStoredSpans(
  { database }: ReadContext,
  projectId: string,
  rows: StoredRow[],
  { window, hasPayloads }: { window: TimeWindow | undefined; hasPayloads: boolean },
): Promise<StoredSpan[]> {
  const dictionaries = await loadDictionaries(database, projectId, rows);
  const payloads = hasPayloads ? await loadPayloads(database, projectId, rows) : undefined;
  const logs = hasPayloads ? await loadContentLogs(database, projectId, rows, window) : undefined;
  return rows.map((row) => {
    const spanId = (row.span_id as Buffer).toString('hex');
    const payload = payloads?.get(spanId);
    const content = logs?.get(spanId);
    const lacksPayload = payloads !== undefined && row.has_payload === true && payload === undefined;
    return {
      data: readSpanData(row, payload, dictionaries),
      facts: readFacts(row),
      payloadExpired: lacksPayload || content?.isExpired === true,
      logs: content?.records ?? [],
    };
  });
}

interface SpanContentLogs {
  records: LogRecordData[];
  /** Payload retention has removed the bodies of one. */
  isExpired: boolean;
}

/** The log records with message bodies of spans of one trace, by the hex of the span id, in order of time. */
async function loadContentLogs(
  database: ReadContext['database'],
  projectId: string,
  rows: readonly StoredRow[],
  window: TimeWindow | undefined,
): Promise<Map<string, SpanContentLogs>> {
  const logs = new Map<string, SpanContentLogs>();
  const first = rows[0];
  if (first === undefined) return logs;
  const values: unknown[] = [projectId, first.trace_id, rows.map((row) => row.span_id)];
  const condition = window === undefined ? 'true' : renderWindows('time', [widenForLogs(window)], values);
  const found = await database.query(
    `select ${LOG_COLUMNS} from log_records
     where project_id = $1 and trace_id = $2 and span_id = any($3::bytea[]) and is_content and ${condition}
     order by time, time_nanos, record_id`,
    values,
  );
  const dictionaries = await loadDictionaries(database, projectId, found.rows);
  for (const row of found.rows) {
    const spanId = (row.span_id as Buffer).toString('hex');
    const record = readLogRecord(row, dictionaries);
    const content = logs.get(spanId) ?? { records: [], isExpired: false };
    logs.set(spanId, content);
    content.records.push(record);
    content.isExpired ||= row.body === null && row.attributes === null;
  }
  return logs;
}
