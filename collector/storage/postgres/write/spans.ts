import type { ClientBase } from 'pg';
import type { SpanType } from '../../../model/normalized-span.js';
import type { TraceSpan } from '../../../model/rows.js';
import type { SpanData } from '../../../model/span-data.js';
import { splitMicros } from '../../../model/time.js';
import { copyRows } from '../copy/copy-rows.js';
import { loadContents } from '../rows/contents.js';
import { loadDictionaries } from '../rows/dictionary-row.js';
import type { StoredRow } from '../rows/queryable.js';
import { SPAN_COLUMNS, SPAN_LIGHT_COLUMNS, readSpanData, readTraceSpan } from '../rows/span-row.js';
import type { TimeWindow } from '../rows/time-window.js';
import { renderWindows } from '../rows/time-window.js';
import { renderTimestamp } from '../rows/timestamp.js';
import { noteCopiedRow } from './copied-row.js';
import { hexBytes } from './record-set.js';
import { PAYLOAD_COPY_COLUMNS, SPAN_COPY_COLUMNS } from './span-encoder.js';
import type { EncodedSpan, SpanVersion } from './span-encoder.js';

/** A span that is in the database: its light part, and what tells its version. */
export interface StoredVersion extends SpanVersion {
  traceSpan: TraceSpan;
}

const LIST_LIGHT = `
  select ${SPAN_LIGHT_COLUMNS}, content_hash from spans
  where project_id = $1 and trace_id = any($2::bytea[])`;

const LIST_LIGHT_OF_SPANS = `
  select ${SPAN_LIGHT_COLUMNS}, content_hash from spans
  where project_id = $1 and trace_id = $2 and span_id = any($3::bytea[])`;

const LIST_WHOLE = `
  select ${SPAN_COLUMNS} from spans
  where project_id = $1 and trace_id = any($2::bytea[]) and span_id = any($3::bytea[])`;

const LIST_PAYLOADS = `
  select trace_id, span_id, start_time, attributes, events from span_payloads
  where project_id = $1 and trace_id = any($2::bytea[]) and span_id = any($3::bytea[])`;

const deleteStatement = (table: string): string => `
  delete from ${table}
  where project_id = $1 and trace_id = any($2::bytea[]) and span_id = any($3::bytea[])
    and start_time = any($4::timestamptz[])
    and (trace_id, span_id, start_time) in
      (select * from unnest($2::bytea[], $3::bytea[], $4::timestamptz[]))`;

const DELETE_SPANS = deleteStatement('spans');
const DELETE_PAYLOADS = deleteStatement('span_payloads');

/** The types whose bodies matter to derived rows; a root's do whatever its type. */
const TYPES_WITH_BODIES: ReadonlySet<SpanType> = new Set([
  'agent',
  'llm',
  'embedding',
  'tool',
  'handoff',
  'retrieval',
  'rerank',
  'workflow',
]);

/** Whether a derived row may depend on the span's message bodies. */
export function needsBody(span: TraceSpan, isRoot: (span: TraceSpan) => boolean): boolean {
  return TYPES_WITH_BODIES.has(span.facts.type) || isRoot(span);
}

/** All spans of some traces that begin in these windows or at any time, by trace id and span id. */
export async function listStoredVersions(
  client: ClientBase,
  projectId: string,
  traceIds: readonly string[],
  windows: readonly TimeWindow[] | undefined,
): Promise<Map<string, Map<string, StoredVersion>>> {
  const byTrace = new Map<string, Map<string, StoredVersion>>();
  for (const traceId of traceIds) byTrace.set(traceId, new Map());
  if (traceIds.length === 0) return byTrace;
  const values: unknown[] = [projectId, traceIds.map(hexBytes)];
  const condition = windows === undefined ? 'true' : renderWindows('start_time', windows, values);
  const { rows } = await client.query<StoredRow>(`${LIST_LIGHT} and ${condition}`, values);
  for (const version of rows.map(readVersion)) {
    const { traceId, spanId } = version.traceSpan;
    byTrace.get(traceId)?.set(spanId, version);
  }
  return byTrace;
}

/**
 * Those of a trace's spans that have one of these ids, by span id. All its spans begin within `window`, or at any time
 * where that is not given.
 */
export async function listVersionsOfSpans(
  client: ClientBase,
  projectId: string,
  {
    traceId,
    spanIds,
    window,
  }: { traceId: string; spanIds: readonly string[]; window: TimeWindow | undefined },
): Promise<Map<string, StoredVersion>> {
  if (spanIds.length === 0) return new Map();
  const values: unknown[] = [projectId, hexBytes(traceId), spanIds.map(hexBytes)];
  const condition = window === undefined ? 'true' : renderWindows('start_time', [window], values);
  const { rows } = await client.query<StoredRow>(`${LIST_LIGHT_OF_SPANS} and ${condition}`, values);
  return new Map(rows.map(readVersion).map((version) => [version.traceSpan.spanId, version]));
}

function readVersion(row: StoredRow): StoredVersion {
  const traceSpan = readTraceSpan(row);
  return {
    traceSpan,
    isPending: traceSpan.facts.isPending,
    endTimeUnixNano: traceSpan.endTimeUnixNano,
    contentHash: row.content_hash as Buffer,
  };
}

/** The spans that a log record may repeat, or of which it may have the prompt or the answer. */
const TYPES_OF_CALLS: readonly SpanType[] = ['agent', 'llm', 'embedding', 'tool', 'handoff'];

/** The agents, model calls, embeddings and tools of some traces, given with their windows. */
export async function listSessionCalls(
  client: ClientBase,
  projectId: string,
  traces: ReadonlyMap<string, { window: TimeWindow }>,
): Promise<TraceSpan[]> {
  if (traces.size === 0) return [];
  const values: unknown[] = [projectId, [...traces.keys()].map(hexBytes), TYPES_OF_CALLS];
  const windows = [...traces.values()].map(({ window }) => window);
  const condition = renderWindows('start_time', windows, values);
  const { rows } = await client.query<StoredRow>(
    `${LIST_LIGHT} and type = any($3::text[]) and ${condition}`,
    values,
  );
  return rows.map(readTraceSpan);
}

/** A span as far as it is still there. */
export interface LoadedSpan {
  data: SpanData;
  /** Payload retention has deleted its message bodies. */
  isExpired: boolean;
}

/** Whole spans with their bodies, by {@link spanKey}. */
export async function listSpanData(
  client: ClientBase,
  projectId: string,
  spans: readonly TraceSpan[],
): Promise<Map<string, LoadedSpan>> {
  const found = new Map<string, LoadedSpan>();
  if (spans.length === 0) return found;
  const traceIds = [...new Set(spans.map((span) => hexBytes(span.traceId)))];
  const values: unknown[] = [projectId, traceIds, [...new Set(spans.map((span) => hexBytes(span.spanId)))]];
  const condition = renderWindows('start_time', listStarts(spans), values);
  const { rows } = await client.query<StoredRow>(`${LIST_WHOLE} and ${condition}`, values);
  const payloadRows = await client.query<StoredRow>(`${LIST_PAYLOADS} and ${condition}`, values);
  const contents = await loadContents(client, projectId, payloadRows.rows);
  const payloads = new Map(payloadRows.rows.map((row) => [rowKey(row), { row, contents }]));
  const dictionaries = await loadDictionaries(client, projectId, rows);
  for (const row of rows) {
    const key = rowKey(row);
    const payload = payloads.get(key);
    const isExpired = row.has_payload === true && payload === undefined;
    found.set(key, { data: readSpanData(row, payload, dictionaries), isExpired });
  }
  return found;
}

/** Copies the rows of spans that are not there. Rejects with 23505 where one is. */
export async function copySpans(client: ClientBase, spans: readonly EncodedSpan[]): Promise<void> {
  await copyEncoded(client, { table: 'spans', columns: SPAN_COPY_COLUMNS }, spans, ({ row }) => row);
  const withPayload = spans.filter(({ payload }) => payload !== null);
  const payloads = { table: 'span_payloads', columns: PAYLOAD_COPY_COLUMNS };
  await copyEncoded(client, payloads, withPayload, ({ payload }) => payload);
}

async function copyEncoded(
  client: ClientBase,
  { table, columns }: { table: string; columns: readonly string[] },
  spans: readonly EncodedSpan[],
  readRow: (span: EncodedSpan) => Uint8Array | null,
): Promise<void> {
  try {
    await copyRows(
      client,
      table,
      columns,
      spans.map((span) => readRow(span) ?? NO_BYTES),
    );
  } catch (error) {
    noteCopiedRow(error, spans);
    throw error;
  }
}

const NO_BYTES = new Uint8Array(0);

/** Deletes exactly these spans, with their payloads. */
export async function deleteSpans(
  client: ClientBase,
  projectId: string,
  spans: readonly TraceSpan[],
): Promise<void> {
  if (spans.length === 0) return;
  const values = [
    projectId,
    spans.map((span) => hexBytes(span.traceId)),
    spans.map((span) => hexBytes(span.spanId)),
    spans.map((span) => renderTimestamp(splitMicros(span.startTimeUnixNano).micros)),
  ];
  await client.query(DELETE_SPANS, values);
  await client.query(DELETE_PAYLOADS, values);
}

/** The light part of a span that has just arrived, as {@link readTraceSpan} gives it for a stored one. */
export function toTraceSpan({ span: { data, facts } }: EncodedSpan): TraceSpan {
  return {
    traceId: data.traceId,
    spanId: data.spanId,
    parentSpanId: data.parentSpanId,
    name: data.name,
    flags: data.flags,
    startTimeUnixNano: data.startTimeUnixNano,
    endTimeUnixNano: data.endTimeUnixNano,
    statusCode: data.statusCode,
    statusMessage: data.statusMessage,
    facts,
    links: data.links.map(({ traceId, spanId }) => ({ traceId, spanId })),
  };
}

function listStarts(spans: readonly TraceSpan[]): TimeWindow[] {
  return spans.map(({ startTimeUnixNano }) => {
    const { micros } = splitMicros(startTimeUnixNano);
    return { fromMicros: micros, toMicros: micros };
  });
}

export function spanKey(traceId: string, spanId: string): string {
  return `${traceId}/${spanId}`;
}

function rowKey(row: StoredRow): string {
  return spanKey((row.trace_id as Buffer).toString('hex'), (row.span_id as Buffer).toString('hex'));
}
