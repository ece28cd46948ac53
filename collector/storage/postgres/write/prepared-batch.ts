import { limitIssues } from '../../../model/ingest-issue.js';
import type { IngestIssue } from '../../../model/ingest-issue.js';
import { nowUnixNano, splitMicros } from '../../../model/time.js';
import type { WriteBatch } from '../../../model/write-batch.js';
import { readDayMicros } from '../contents/content-store.js';
import type { ContentStore } from '../contents/content-store.js';
import { readDay } from '../maintenance/partitions.js';
import { DictionaryEntries } from './dictionaries.js';
import { encodeIssue } from './issues.js';
import type { EncodedIssue } from './issues.js';
import { encodeLog } from './logs.js';
import type { EncodedLog } from './logs.js';
import { encodePoint } from './metrics.js';
import type { EncodedPoint } from './metrics.js';
import { gatherRecords, listRecords, noteRefused } from './refused-record.js';
import { SpanEncoder } from './span-encoder.js';
import type { EncodedSpan } from './span-encoder.js';

/** What a log record, a metric point and an issue are taken to weigh in the queue, beside their values. */
const RECORD_BYTES = 1024;

/** A batch with everything encoded that can be before the database is asked. */
export interface PreparedBatch {
  projectId: string;
  /** What is encoded here. */
  source: WriteBatch;
  /** What could not be encoded, with the reasons; they are among the issues as well. */
  refused: IngestIssue[];
  spans: EncodedSpan[];
  logs: EncodedLog[];
  points: EncodedPoint[];
  issues: EncodedIssue[];
  dictionaries: DictionaryEntries;
  /** UTC days of the partitions that the rows go to. */
  days: Set<string>;
  rowCount: number;
  byteCount: number;
}

/** A record that can't be encoded costs nothing but itself. */
export function prepareBatch(batch: WriteBatch, store: ContentStore): PreparedBatch {
  try {
    return encodeBatch(batch, [], store);
  } catch {
    const { encodable, refused } = leaveOutRefused(batch, store);
    return encodeBatch(encodable, refused, store);
  }
}

function encodeBatch(source: WriteBatch, refused: IngestIssue[], store: ContentStore): PreparedBatch {
  const receivedMicros = readNowMicros();
  const dictionaries = new DictionaryEntries();
  const encoder = new SpanEncoder(source.projectId, dictionaries, receivedMicros, store);
  const spans = encoder.encodeSpans(source.spans);
  const logs = source.logRecords.map((row) => encodeLog(row, dictionaries, receivedMicros));
  const points = source.metricPoints.map((row) => encodePoint(row, dictionaries, receivedMicros));
  const issues = source.issues.map((issue) => encodeIssue(issue, source.projectId, receivedMicros));
  return {
    projectId: source.projectId,
    source,
    refused,
    spans,
    logs,
    points,
    issues,
    dictionaries,
    days: listDaysOf(spans, logs, points),
    rowCount: spans.length + logs.length + points.length + issues.length,
    byteCount: weigh(spans, logs, points) + issues.length * RECORD_BYTES,
  };
}

/** Tries each record alone, and keeps nothing of what that encodes. */
function leaveOutRefused(
  batch: WriteBatch,
  store: ContentStore,
): { encodable: WriteBatch; refused: IngestIssue[] } {
  const micros = readNowMicros();
  const entries = new DictionaryEntries();
  const encoder = new SpanEncoder(batch.projectId, entries, micros, store);
  const refused: IngestIssue[] = [];
  const kept = listRecords(batch).filter((record) => {
    try {
      if (record.signal === 'traces') encoder.encodeSpans([record.row]);
      else if (record.signal === 'logs') encodeLog(record.row, entries, micros);
      else encodePoint(record.row, entries, micros);
      return true;
    } catch (error) {
      refused.push(noteRefused(record, error));
      return false;
    }
  });
  const issues = [...batch.issues, ...limitIssues(refused)];
  return { encodable: { ...gatherRecords(batch.projectId, kept), issues }, refused };
}

function readNowMicros(): bigint {
  return splitMicros(nowUnixNano()).micros;
}

function listDaysOf(
  spans: readonly EncodedSpan[],
  logs: readonly EncodedLog[],
  points: readonly EncodedPoint[],
): Set<string> {
  const days = new Set<string>();
  let last: bigint | undefined;
  const add = (micros: bigint): void => {
    const dayMicros = readDayMicros(micros);
    if (dayMicros === last) return;
    last = dayMicros;
    days.add(readDay(micros));
  };
  for (const { startMicros } of spans) add(startMicros);
  for (const { timeMicros } of logs) add(timeMicros);
  for (const { timeMicros } of points) add(timeMicros);
  return days;
}

function weigh(
  spans: readonly EncodedSpan[],
  logs: readonly EncodedLog[],
  points: readonly EncodedPoint[],
): number {
  let bytes = (logs.length + points.length) * RECORD_BYTES;
  for (const { row, payload, contents } of spans) {
    bytes += row.length + (payload?.length ?? 0);
    for (const { text } of contents) bytes += text.length;
  }
  for (const { row } of logs) {
    bytes += textLength(row.body) + textLength(row.attributes) + textLength(row.report);
  }
  for (const { row } of points) bytes += textLength(row.attributes) + textLength(row.value);
  return bytes;
}

function textLength(value: unknown): number {
  return typeof value === 'string' ? value.length : 0;
}
