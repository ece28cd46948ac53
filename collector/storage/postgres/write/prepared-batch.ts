import { SpanledgerError } from '../../../errors.js';
import { nowUnixNano, splitMicros } from '../../../model/time.js';
import type { WriteBatch } from '../../../model/write-batch.js';
import type { ContentStore } from '../contents/content-store.js';
import { readDay } from '../maintenance/partitions.js';
import { DictionaryEntries } from './dictionaries.js';
import { encodeIssue } from './issues.js';
import type { EncodedIssue } from './issues.js';
import { encodeLog } from './logs.js';
import type { EncodedLog } from './logs.js';
import { encodePoint } from './metrics.js';
import type { EncodedPoint } from './metrics.js';
import { SpanEncoder } from './span-encoder.js';
import type { EncodedSpan } from './span-encoder.js';

/** What a log record, a metric point and an issue are taken to weigh in the queue, beside their values. */
const RECORD_BYTES = 1024;

/** A batch with everything encoded that can be before the database is asked. */
export interface PreparedBatch {
  projectId: string;
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

/** Throws `STORAGE_REJECTED` where something in the batch does not fit its column. */
export function prepareBatch(batch: WriteBatch, store: ContentStore): PreparedBatch {
  const receivedMicros = splitMicros(nowUnixNano()).micros;
  const dictionaries = new DictionaryEntries();
  try {
    const encoder = new SpanEncoder(batch.projectId, dictionaries, receivedMicros, store);
    const spans = encoder.encodeSpans(batch.spans);
    const logs = batch.logRecords.map((row) => encodeLog(row, dictionaries, receivedMicros));
    const points = batch.metricPoints.map((row) => encodePoint(row, dictionaries, receivedMicros));
    const issues = batch.issues.map((issue) => encodeIssue(issue, batch.projectId, receivedMicros));
    return {
      projectId: batch.projectId,
      spans,
      logs,
      points,
      issues,
      dictionaries,
      days: listDaysOf(spans, logs, points),
      rowCount: spans.length + logs.length + points.length + issues.length,
      byteCount: weigh(spans, logs, points) + issues.length * RECORD_BYTES,
    };
  } catch (error) {
    throw new SpanledgerError('STORAGE_REJECTED', 'A value in the request does not fit its column.', {
      cause: error,
    });
  }
}

function listDaysOf(
  spans: readonly EncodedSpan[],
  logs: readonly EncodedLog[],
  points: readonly EncodedPoint[],
): Set<string> {
  const days = new Set<string>();
  for (const { startMicros } of spans) days.add(readDay(startMicros));
  for (const { timeMicros } of logs) days.add(readDay(timeMicros));
  for (const { timeMicros } of points) days.add(readDay(timeMicros));
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
