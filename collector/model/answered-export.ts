import type { Signal } from './span-data.js';

/** What became of the spans, log records or data points of one request. */
export interface IngestCounts {
  received: number;
  stored: number;
  updated: number;
  duplicate: number;
  rejected: number;
  /** Of those taken, how many had lost something at the sender: the dropped counts of OTLP say so. */
  truncated: number;
  /** Places where something was changed or passed over in records that were taken. */
  repaired: number;
}

/** What became of one export request, once it is answered. */
export interface AnsweredExport {
  signal: Signal;
  protocol: 'http' | 'grpc';
  /** Where it was sent to, of the few places that there are: `/v1/traces`, or gRPC's full name of the method. */
  route: string;
  /** The path as it was sent; that of gRPC is its route. */
  path: string;
  method: string;
  scheme: 'http' | 'https';
  /** The HTTP status of the answer, or the one that HTTP has for the answer of gRPC. */
  status: number;
  /** google.rpc.Code of the answer; 0 where the request was taken. */
  grpcCode: number;
  /** A code of the error table; null where the request was taken. */
  errorCode: string | null;
  startTimeUnixNano: bigint;
  durationNanos: bigint;
  /** Of the body as it was sent; 0 where none of it was read. */
  bodyBytes: number;
  /** Null where nothing was stored, or it is not known yet what. */
  counts: IngestCounts | null;
  /** It holds what a collector says of itself. */
  isSelfTelemetry: boolean;
}

/** Told of each export request right before its answer is sent, refused ones included. Must not throw. */
export type OnAnswered = (answered: AnsweredExport) => void;
