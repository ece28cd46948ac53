// What the recorder needs to know of OTLP bodies: how many records they hold, and how to take this machine's names out.
import { homedir, hostname } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';

const LENGTH_DELIMITED = 2;
/** ResourceSpans, ScopeSpans, Span; the same numbers in logs and metrics (opentelemetry-proto 1.x, collector/…). */
const RECORD_PATH = [1, 2, 2];
const TRACE_ID_FIELD = 1;
const JSON_LISTS = {
  traces: ['resourceSpans', 'scopeSpans', 'spans'],
  logs: ['resourceLogs', 'scopeLogs', 'logRecords'],
  metrics: ['resourceMetrics', 'scopeMetrics', 'metrics'],
};

/** The fields of a protobuf message whose values have a length, as `[number, bytes]`. */
function* walkFields(message) {
  let at = 0;
  const readVarint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at++];
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(value);
    }
  };
  while (at < message.length) {
    const tag = readVarint();
    const type = tag & 7;
    if (type === 0) readVarint();
    else if (type === 1) at += 8;
    else if (type === 5) at += 4;
    else if (type === LENGTH_DELIMITED) {
      const length = readVarint();
      yield [tag >> 3, message.subarray(at, at + length)];
      at += length;
    } else throw new Error(`a wire type of ${type} is in no OTLP message`);
  }
}

const listProtobufRecords = (body) =>
  RECORD_PATH.reduce(
    (messages, wanted) =>
      messages.flatMap((message) =>
        [...walkFields(message)].filter(([number]) => number === wanted).map(([, value]) => value),
      ),
    [body],
  );

const readTraceId = (span) =>
  [...walkFields(span)].find(([number]) => number === TRACE_ID_FIELD)?.[1].toString('hex');

/** How many spans, traces, log records and metrics some requests hold. */
export function countRecords(requests) {
  const counts = { traces: 0, logs: 0, metrics: 0 };
  const traceIds = new Set();
  for (const { request, body } of requests) {
    const signal = request.url.split('/').at(-1);
    const message = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
    const isJson = request.headers['content-type'].includes('json');
    const records = isJson
      ? JSON_LISTS[signal].reduce(
          (found, key) => found.flatMap((each) => each[key] ?? []),
          [JSON.parse(message.toString())],
        )
      : listProtobufRecords(message);
    counts[signal] += records.length;
    if (signal === 'traces')
      for (const span of records) traceIds.add(isJson ? span.traceId : readTraceId(span));
  }
  return {
    spans: counts.traces,
    traces: traceIds.size,
    log_records: counts.logs,
    metrics: counts.metrics,
  };
}

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const HIDDEN = [root, process.execPath, homedir(), hostname()].filter((text) => text.length > 5);

/** A stand-in of the same length, so that the lengths in a protobuf body stay right. */
const hide = (text) =>
  (text.startsWith('/') ? '/srv/agent' : 'agent-host').padEnd(text.length, '-').slice(0, text.length);

/** A body without the paths and the name of the machine it was recorded on; else byte for byte as it was sent. */
export function redactBody(body, headers) {
  const isGzip = headers['content-encoding'] === 'gzip';
  const plain = isGzip ? gunzipSync(body) : body;
  const text = plain.toString('latin1');
  const redacted = HIDDEN.reduce((kept, hidden) => kept.replaceAll(hidden, hide(hidden)), text);
  if (redacted === text) return body;
  const bytes = Buffer.from(redacted, 'latin1');
  return isGzip ? gzipSync(bytes) : bytes;
}
