import { cleanText } from '../../../model/ids.js';
import type { SpanFacts } from '../../../model/normalized-span.js';
import type { SpanData } from '../../../model/span-data.js';
import { parseTime, splitMicros } from '../../../model/time.js';
import type { TraceSpanWithKind } from '../../storage.js';
import { FACT_COLUMNS, renderFacts } from './fact-columns.js';
import type { StoredRow } from './queryable.js';
import { readTraceSpan } from './span-row.js';
import { renderTimestamp } from './timestamp.js';

/** Bytes of a record's id that are the span id of what it reports. */
const SPAN_ID_BYTES = 8;

/** The span id of what a record reports: the beginning of the record's id, which no span has. */
export function reportSpanId(recordId: string): string {
  return recordId.slice(0, 2 * SPAN_ID_BYTES);
}

/** What a log record reports as jsonb text: the columns of `spans` by name, those without a value left out. */
export function encodeReport({ data, facts }: { data: SpanData; facts: SpanFacts }): string {
  const start = splitMicros(data.startTimeUnixNano);
  const end = splitMicros(data.endTimeUnixNano);
  const columns = {
    name: cleanText(data.name),
    parent_span_id: data.parentSpanId,
    start_time: renderTimestamp(start.micros),
    start_nanos: start.nanos,
    end_time: renderTimestamp(end.micros),
    end_nanos: end.nanos,
    flags: data.flags,
    status_code: data.statusCode,
    status_message: cleanText(data.statusMessage),
    ...renderFacts(facts),
  };
  return JSON.stringify(
    Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== null && !isEmpty(value))),
  );
}

export interface ReadReport {
  /** `traceId` is empty where the record names none. */
  span: TraceSpanWithKind;
  /** Payload retention has deleted the body and the attributes of the record. */
  isExpired: boolean;
}

/** What a record reports, from its row; undefined where it reports nothing. */
export function readReport(row: StoredRow): ReadReport | undefined {
  const text = row.report as string | null;
  if (text === null) return undefined;
  const stored = JSON.parse(text) as Record<string, unknown>;
  const span = readTraceSpan({
    ...NO_VALUES,
    ...stored,
    trace_id: row.trace_id,
    span_id: (row.record_id as Buffer).subarray(0, SPAN_ID_BYTES),
    parent_span_id: readParent(stored),
    start_time: readMicros(stored.start_time),
    end_time: readMicros(stored.end_time),
  });
  return { span, isExpired: stored.payload_expired === true };
}

const NO_VALUES: StoredRow = {
  ...Object.fromEntries(Object.keys(FACT_COLUMNS).map((name) => [name, null])),
  finish_reasons: [],
  tags: [],
  status_message: '',
  kind: 0,
  links: null,
};

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function readParent({ parent_span_id: id }: Record<string, unknown>): Buffer | null {
  return typeof id === 'string' ? Buffer.from(id, 'hex') : null;
}

function readMicros(text: unknown): bigint {
  return typeof text === 'string' ? splitMicros(parseTime(text) ?? 0n).micros : 0n;
}
