import { describe, expect, it } from 'vitest';
import { decodeRequest } from '../../collector/otlp/decode-request.js';
import type { DecodedRequest } from '../../collector/otlp/decoded-request.js';
import { listCaptures, loadCapture, readCaptureMessage, readCaptureSignal } from '../support/captures.js';

function decodeCapture(name: string): DecodedRequest[] {
  return loadCapture(name).requests.map((request) => {
    const encoding = request.headers['content-type'] === 'application/json' ? 'json' : 'protobuf';
    return decodeRequest(readCaptureSignal(request), encoding, readCaptureMessage(request));
  });
}

describe('recorded requests', () => {
  it.each(listCaptures())('%s decodes into as many records as were sent', (name) => {
    const { expected } = loadCapture(name);
    const decoded = decodeCapture(name);
    const spans = decoded.flatMap((request) => request.spans);
    expect({
      spans: spans.length,
      traces: new Set(spans.map((span) => span.traceId)).size,
      log_records: decoded.flatMap((request) => request.logRecords).length,
      metrics: new Set(decoded.flatMap((request) => request.metricPoints).map((point) => point.metric)).size,
    }).toEqual({
      spans: expected.spans,
      traces: expected.traces,
      log_records: expected.log_records,
      metrics: expected.metrics,
    });
    expect(decoded.flatMap((request) => [...request.rejected, ...request.repaired])).toEqual([]);
  });

  it('all of them are there', () => {
    expect(listCaptures()).toHaveLength(25);
  });
});
