import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { gunzipSync } from 'node:zlib';
import type pg from 'pg';
import { openContent, openReportContent } from '../../collector/dialects/normalize.js';
import { createIngest } from '../../collector/ingest.js';
import { DEFAULT_PROJECT_ID } from '../../collector/model/ids.js';
import type { SpanData } from '../../collector/model/span-data.js';
import { decodeRequest } from '../../collector/otlp/decode-request.js';
import { createProjector } from '../../collector/projections/projector.js';
import { createPool, type PostgresConnection } from '../../collector/storage/postgres/pool.js';
import { createPostgresStorage } from '../../collector/storage/postgres/postgres-storage.js';
import type { Storage } from '../../collector/storage/storage.js';
import { createTelemetry } from '../../collector/telemetry.js';
import { sortAttributes } from '../support/arbitrary-values.js';
import { DICTIONARIES, TABLES, WRITE_TIMES } from '../support/postgres-harness.js';
import type { Batch } from './workload.js';

type Signal = Batch['signal'];

const SIGNALS: readonly Signal[] = ['traces', 'logs', 'metrics'];

/** The key of each stored record, as {@link Batch.keys} names it. */
const STORED_KEYS: Readonly<Record<Signal, string>> = {
  traces: `select encode(trace_id, 'hex') || '/' || encode(span_id, 'hex') as key from spans`,
  logs: `select body #>> '{}' as key from log_records`,
  metrics: `select metric_name as key from metric_points`,
};

/** Issues tell of arrival, too: of a trace that was quiet while a part of it was still being sent again. */
const UNLIKE = ['ingest_issues'];
const SHOWN_LENGTH = 2000;

/** Says which records of these batches are not in the tables; nothing where all are. */
export async function findMissing(pool: pg.Pool, batches: Iterable<Batch>): Promise<string[]> {
  const missing: string[] = [];
  const wanted = collectKeys(batches);
  for (const signal of SIGNALS) {
    if (wanted[signal].size === 0) continue;
    const { rows } = await pool.query<{ key: string }>(
      `select key from unnest($1::text[]) as w (key) except select key from (${STORED_KEYS[signal]}) as s`,
      [[...wanted[signal]]],
    );
    missing.push(...rows.map(({ key }) => `${signal} ${key}`));
  }
  return missing;
}

/** Says which records are in the tables more than once, or though nobody sent them. */
export async function findSurplus(pool: pg.Pool, batches: Iterable<Batch>): Promise<string[]> {
  const surplus: string[] = [];
  const wanted = collectKeys(batches);
  for (const signal of SIGNALS) {
    const { rows } = await pool.query<{ key: string; count: number }>(
      `select key, count(*)::int as count from (${STORED_KEYS[signal]}) as s group by key`,
    );
    for (const { key, count } of rows) {
      if (count > 1) surplus.push(`${signal} ${key} ${count} times`);
      if (!wanted[signal].has(key)) surplus.push(`${signal} ${key} unsent`);
    }
  }
  return surplus;
}

/** How many different records of each signal these batches hold. */
export function countRecords(batches: Iterable<Batch>): Record<Signal, number> {
  const keys = collectKeys(batches);
  return { traces: keys.traces.size, logs: keys.logs.size, metrics: keys.metrics.size };
}

function collectKeys(batches: Iterable<Batch>): Record<Signal, Set<string>> {
  const keys = { traces: new Set<string>(), logs: new Set<string>(), metrics: new Set<string>() };
  for (const { signal, keys: named } of batches) for (const key of named) keys[signal].add(key);
  return keys;
}

/** Writes each batch once, one after the other, into a database where nothing has happened yet. */
export async function storeAfresh(connection: PostgresConnection, batches: readonly Batch[]): Promise<void> {
  const storage = await openStorage(connection);
  const ingest = createIngest({ storage, telemetry: createTelemetry({ logLevel: 'silent' }) });
  try {
    for (const { signal, headers, body } of batches) {
      const encoding = headers['content-type'] === 'application/json' ? 'json' : 'protobuf';
      const content = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
      await ingest({
        projectId: DEFAULT_PROJECT_ID,
        signal,
        decoded: decodeRequest(signal, encoding, content),
      });
    }
    await storage.refreshDerived();
  } finally {
    await storage.close();
  }
}

/** Says which spans do not come back as they were sent. What writes have left for later is derived first. */
export async function findUnlike(
  connection: PostgresConnection,
  batches: Iterable<Batch>,
): Promise<string[]> {
  const storage = await openStorage(connection);
  const unlike: string[] = [];
  try {
    await storage.refreshDerived();
    for (const [traceId, sent] of collectSpans(batches)) {
      const page = await storage.listSpans(DEFAULT_PROJECT_ID, traceId, { limit: 500, payloads: true });
      const stored = new Map(page.rows.map(({ data }) => [data.spanId, data]));
      for (const [spanId, span] of sent) {
        const found = stored.get(spanId);
        if (found === undefined || !isDeepStrictEqual(toComparable(found), toComparable(span)))
          unlike.push(`${traceId}/${spanId}`);
      }
    }
  } finally {
    await storage.close();
  }
  return unlike;
}

function openStorage(connection: PostgresConnection): Promise<Storage> {
  const projector = createProjector({ readContent: openContent, readReportContent: openReportContent });
  return createPostgresStorage({ pool: createPool(connection), projector });
}

function collectSpans(batches: Iterable<Batch>): Map<string, Map<string, SpanData>> {
  const traces = new Map<string, Map<string, SpanData>>();
  for (const { signal, message } of batches) {
    if (signal !== 'traces' || message === null) continue;
    for (const span of decodeRequest(signal, 'protobuf', message).spans) {
      const spans = traces.get(span.traceId) ?? new Map<string, SpanData>();
      traces.set(span.traceId, spans.set(span.spanId, span));
    }
  }
  return traces;
}

/** Attributes have no order in the tables. */
function toComparable(span: SpanData): unknown[] {
  const { name, kind, parentSpanId, startTimeUnixNano, endTimeUnixNano, statusCode, flags } = span;
  const said = [name, kind, parentSpanId, startTimeUnixNano, endTimeUnixNano, statusCode, flags];
  return [...said, ...[span, span.resource].map(({ attributes }) => sortAttributes(attributes))];
}

/** Says which rows, the times of writing aside, one database has and the other has not: two of each table. */
export async function findDifferences(actual: pg.Pool, expected: pg.Pool): Promise<string[]> {
  const differences: string[] = [];
  for (const table of [...DICTIONARIES, 'span_contents', ...TABLES].filter(
    (name) => !UNLIKE.includes(name),
  )) {
    const [ours, theirs] = [await readRows(actual, table), await readRows(expected, table)];
    const only = (rows: Map<string, string>, others: Map<string, string>): string[] =>
      [...rows].filter(([digest]) => !others.has(digest)).map(([, row]) => row);
    const describe = (what: string, rows: string[]): string[] =>
      rows.slice(0, 2).map((row) => `${table}, ${rows.length} rows ${what}: ${row.slice(0, SHOWN_LENGTH)}`);
    differences.push(
      ...describe('only where there was trouble', only(ours, theirs)),
      ...describe('only where there was none', only(theirs, ours)),
    );
  }
  return differences;
}

async function readRows(pool: pg.Pool, table: string): Promise<Map<string, string>> {
  const { rows } = await pool.query<{ row: string }>(
    `select (to_jsonb(t) - $1::text[])::text as row from ${table} t`,
    [WRITE_TIMES],
  );
  return new Map(rows.map(({ row }) => [createHash('sha256').update(row).digest('base64'), row]));
}
