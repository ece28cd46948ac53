import type { LogRecordData, SpanData } from '../../collector/model/span-data.js';
import { decodeRequest } from '../../collector/otlp/decode-request.js';
import {
  loadCapture,
  readCaptureMessage,
  readCaptureSignal,
  type CapturedRequest,
} from '../support/captures.js';

/** The spans of a capture in start order, and its log records in order of arrival. */
export function decodeCapture(name: string): { spans: SpanData[]; logs: LogRecordData[] } {
  return decodeRequests(loadCapture(name).requests);
}

/** The same of any recorded requests. */
export function decodeRequests(requests: readonly CapturedRequest[]): {
  spans: SpanData[];
  logs: LogRecordData[];
} {
  const spans: SpanData[] = [];
  const logs: LogRecordData[] = [];
  for (const request of requests) {
    const isJson = request.headers['content-type']?.includes('json') === true;
    const decoded = decodeRequest(
      readCaptureSignal(request),
      isJson ? 'json' : 'protobuf',
      readCaptureMessage(request),
    );
    spans.push(...decoded.spans);
    logs.push(...decoded.logRecords);
  }
  return { spans: spans.sort(compareStarts), logs };
}

function compareStarts(left: SpanData, right: SpanData): number {
  const byTime = left.startTimeUnixNano - right.startTimeUnixNano;
  return byTime === 0n ? (left.spanId < right.spanId ? -1 : 1) : byTime < 0n ? -1 : 1;
}
