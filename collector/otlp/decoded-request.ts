import type { LogRecordData, MetricPointData, SpanData } from '../model/span-data.js';

/** How an export request is written. */
export type Encoding = 'protobuf' | 'json';

/** What one export request holds, as it was received. Resources and scopes are shared by reference. */
export interface DecodedRequest {
  spans: SpanData[];
  logRecords: LogRecordData[];
  metricPoints: MetricPointData[];
  /** Records that cannot be kept; they are in no list above. */
  rejected: RequestRemark[];
  /** What was changed or passed over in records that are kept. */
  repaired: RequestRemark[];
}

/** Something to say about records of one resource and scope. */
export interface RequestRemark {
  /** Stable, `UPPER_SNAKE`. */
  code: RemarkCode;
  /** In words fit for whoever sent it. */
  reason: string;
  /** How many records (rejected) or places (repaired) it is said of. */
  count: number;
  serviceName: string | null;
  scopeName: string | null;
  /** As sent, of the first record that it is said of; null where it has none. */
  traceId: string | null;
  spanId: string | null;
}

export type RemarkCode =
  | 'OTLP_INVALID_TRACE_ID'
  | 'OTLP_INVALID_SPAN_ID'
  | 'OTLP_INVALID_PARENT_SPAN_ID'
  | 'OTLP_INVALID_UTF8'
  | 'OTLP_STRING_INDEX_IGNORED'
  | 'ZIPKIN_INVALID_SPAN';
