import type { IngestIssue } from '../../../model/ingest-issue.js';
import type { NormalizedSpan } from '../../../model/normalized-span.js';
import type { LogRow, MetricPointRow, WriteBatch } from '../../../model/write-batch.js';
import { findServiceName } from './service-name.js';
import { readSqlState } from './write-failure.js';

/** A record of a batch; `place` is where in the batch, so that the same batch sent again has the same. */
export type BatchRecord = { place: number } & (
  | { signal: 'traces'; row: NormalizedSpan }
  | { signal: 'logs'; row: LogRow }
  | { signal: 'metrics'; row: MetricPointRow }
);

export function listRecords({ spans, logRecords, metricPoints }: WriteBatch): BatchRecord[] {
  return [
    ...spans.map((row, place) => ({ signal: 'traces', row, place }) as const),
    ...logRecords.map((row, place) => ({ signal: 'logs', row, place }) as const),
    ...metricPoints.map((row, place) => ({ signal: 'metrics', row, place }) as const),
  ];
}

/** The batch of some records, without issues. */
export function gatherRecords(projectId: string, records: readonly BatchRecord[]): WriteBatch {
  const batch: WriteBatch = { projectId, spans: [], logRecords: [], metricPoints: [], issues: [] };
  for (const { signal, row } of records) {
    if (signal === 'traces') batch.spans.push(row);
    else if (signal === 'logs') batch.logRecords.push(row);
    else batch.metricPoints.push(row);
  }
  return batch;
}

/** Says of a record that the database, or our own code on the way there, refused it when it was alone. */
export function noteRefused(record: BatchRecord, failure: unknown): IngestIssue {
  return noteIssue(record, 'ROW_REFUSED', explainRefusal(failure));
}

/** Says of a record that it came with so many refused ones that it was not tried alone. */
export function noteNotTried(record: BatchRecord, failure: unknown): IngestIssue {
  const message = `not tried, for too many records of the request were refused; among those beside it, ${explainRefusal(failure)}`;
  return noteIssue(record, 'ROW_NOT_TRIED', message);
}

function noteIssue(record: BatchRecord, code: string, message: string): IngestIssue {
  const { signal, row, place } = record;
  const { resource, scope } = row.data;
  const isPoint = signal === 'metrics';
  return {
    code,
    message: isPoint ? `metric ${row.data.metric.name}: ${message}` : message,
    signal,
    serviceName: findServiceName(resource),
    scopeName: scope.name,
    traceId: isPoint ? null : row.data.traceId,
    spanId: isPoint ? null : row.data.spanId,
    key: null,
    recordKey: `${signal} ${place} ${readTime(record)}`,
  };
}

function readTime({ signal, row }: BatchRecord): bigint {
  return signal === 'traces' ? row.data.startTimeUnixNano : row.data.timeUnixNano;
}

const MESSAGE_LENGTH = 200;

/**
 * Why something was refused, in words fit for whoever sent it: what Postgres said, without the values that it quotes,
 * with the SQLSTATE and the column where it names one.
 */
function explainRefusal(failure: unknown): string {
  const said = failure instanceof Error ? cleanMessage(failure.message) : 'for no known reason';
  const state = readSqlState(failure);
  if (state === undefined) return `the collector could not write it: ${said}`;
  const column = findColumn(failure as DatabaseFailure);
  return `the database refused it: ${said} (SQLSTATE ${state}${column === undefined ? '' : `, column ${column}`})`;
}

/** What pg's DatabaseError has of the fields of an ErrorResponse (PostgreSQL manual, "Error and Notice Message Fields"). */
interface DatabaseFailure {
  column?: string;
  where?: string;
}

/** Of COPY, the context names the column: `COPY spans, line 3, column kind`. */
function findColumn({ column, where }: DatabaseFailure): string | undefined {
  return column ?? /^COPY .*, column (\w+)/.exec(where ?? '')?.[1];
}

/** Values stand in double quotes after a colon or the word "value"; names of tables and constraints elsewhere. */
function cleanMessage(message: string): string {
  return message
    .replace(/(?<=: |value )".*"/gs, '…')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .toWellFormed()
    .slice(0, MESSAGE_LENGTH)
    .toWellFormed();
}
