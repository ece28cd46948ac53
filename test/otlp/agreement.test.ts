import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRequest } from '../../collector/otlp/decode-request.js';
import { encodeTraces } from '../../collector/otlp/encode-request.js';
import { renderAttributesJson } from '../../collector/model/value-json.js';
import { convertIds, logsRequestJson, metricsRequestJson, traceRequestJson } from './generated.js';
import { decodeMessage, encodeMessage } from './otlp-proto.js';

const RUNS = { numRuns: 150, seed: 20_261_121, endOnFailure: true };

function decodeJsonBody(signal: 'traces' | 'logs' | 'metrics', json: unknown): unknown {
  return decodeRequest(signal, 'json', Buffer.from(JSON.stringify(json)));
}

describe('JSON and protobuf', () => {
  it.each([
    ['traces', 'ExportTraceServiceRequest', traceRequestJson],
    ['logs', 'ExportLogsServiceRequest', logsRequestJson],
    ['metrics', 'ExportMetricsServiceRequest', metricsRequestJson],
  ] as const)(
    '%s written by protobufjs decode as the same request in JSON does',
    (signal, type, requests) => {
      fc.assert(
        fc.property(requests as fc.Arbitrary<object>, (json) => {
          const protobuf = encodeMessage(type, convertIds(json) as object);
          expect(decodeRequest(signal, 'protobuf', protobuf)).toEqual(decodeJsonBody(signal, json));
        }),
        RUNS,
      );
    },
  );

  it('spans that we encode are read by protobufjs as they were sent', () => {
    fc.assert(
      fc.property(traceRequestJson, (json) => {
        const sent = encodeMessage('ExportTraceServiceRequest', convertIds(json) as object);
        const { spans } = decodeRequest('traces', 'protobuf', sent);
        const ours = encodeTraces(spans);
        expect(decodeRequest('traces', 'protobuf', ours).spans).toEqual(spans);
        const theirs = decodeMessage('ExportTraceServiceRequest', ours) as {
          resourceSpans?: { scopeSpans: { spans: { name?: string; startTimeUnixNano?: string }[] }[] }[];
        };
        const names = (theirs.resourceSpans ?? []).flatMap(({ scopeSpans }) =>
          scopeSpans.flatMap((group) =>
            group.spans.map((span) => [span.name ?? '', span.startTimeUnixNano ?? '0']),
          ),
        );
        expect(names).toEqual(spans.map((span) => [span.name, span.startTimeUnixNano.toString()]));
      }),
      RUNS,
    );
  });

  it('attributes rendered as OTLP/JSON decode to themselves', () => {
    fc.assert(
      fc.property(traceRequestJson, (json) => {
        const { spans } = decodeRequest('traces', 'json', Buffer.from(JSON.stringify(json)));
        for (const { attributes, traceId, spanId } of spans) {
          const again = { traceId, spanId, attributes: renderAttributesJson(attributes) };
          const request = { resourceSpans: [{ scopeSpans: [{ spans: [again] }] }] };
          const decoded = decodeRequest('traces', 'json', Buffer.from(JSON.stringify(request)));
          expect(decoded.spans[0]?.attributes).toEqual(attributes);
        }
      }),
      RUNS,
    );
  });
});
