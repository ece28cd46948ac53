import { encodeTraces } from '../../dist/collector/otlp/encode-request.js';

/** Export requests of `batch` spans each without end; what did not fit in one begins the next, as exporters do it. */
function createRequestStream(makeRun, { batch, transport }) {
  const encode = ENCODERS[transport];
  let waiting = [];
  return {
    next() {
      while (waiting.length < batch) waiting.push(...makeRun());
      const spans = waiting.slice(0, batch);
      waiting = waiting.slice(batch);
      return encode(spans);
    },
    take(count) {
      return Array.from({ length: count }, () => this.next());
    },
  };
}

/** A stream for each of several exporters, none of which sends a part of another's trace. */
export function createRequestStreams(makeRun, { exporters, ...options }) {
  return Array.from({ length: exporters }, () => createRequestStream(makeRun, options));
}

export const encodeProtobufRequest = (spans) => Buffer.from(encodeTraces(spans));

/**
 * One request of nearly `bytes` bytes, never more. Protobuf messages are merged by writing them one after the other
 * (https://protobuf.dev/programming-guides/encoding/#last-one-wins).
 */
export function encodeLargeRequest(makeRun, bytes) {
  const parts = [];
  for (let length = 0; ;) {
    const part = encodeProtobufRequest(makeRun());
    if (length + part.length > bytes) return Buffer.concat(parts);
    parts.push(part);
    length += part.length;
  }
}

const ENCODERS = {
  'http/protobuf': encodeProtobufRequest,
  'http/json': encodeJsonRequest,
  grpc: encodeProtobufRequest,
};

/** OTLP/JSON of spans that share one resource and one scope. */
function encodeJsonRequest(spans) {
  const [{ resource, scope }] = spans;
  const request = {
    resourceSpans: [
      {
        resource: { attributes: resource.attributes.map(renderAttribute) },
        scopeSpans: [{ scope: { name: scope.name, version: scope.version }, spans: spans.map(renderSpan) }],
      },
    ],
  };
  return Buffer.from(JSON.stringify(request));
}

function renderSpan(span) {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentSpanId !== null && { parentSpanId: span.parentSpanId }),
    flags: span.flags,
    name: span.name,
    kind: span.kind,
    startTimeUnixNano: String(span.startTimeUnixNano),
    endTimeUnixNano: String(span.endTimeUnixNano),
    attributes: span.attributes.map(renderAttribute),
    status: {},
  };
}

function renderAttribute({ key, value }) {
  return { key, value: renderValue(value) };
}

function renderValue(value) {
  if (Array.isArray(value)) return { arrayValue: { values: value.map(renderValue) } };
  return typeof value === 'bigint' ? { intValue: String(value) } : { stringValue: value };
}
