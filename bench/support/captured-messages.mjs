import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { root } from '../../scripts/ensure.mjs';
import { decodeRequest } from '../../dist/collector/otlp/decode-request.js';
import { decodeJson } from '../../dist/collector/otlp/json-decode.js';
import { parseJsonText } from '../../dist/collector/otlp/json-text.js';
import { ExportLogsServiceRequest, ExportTraceServiceRequest } from '../../dist/collector/otlp/messages.js';
import { ExportMetricsServiceRequest } from '../../dist/collector/otlp/metric-messages.js';
import { encodeProtobuf } from '../../dist/collector/otlp/protobuf-encode.js';
import { Repairs } from '../../dist/collector/otlp/repairs.js';

const CAPTURES = join(root, 'test/golden/captures');
const GRPC_PREFIX_BYTES = 5;

const SIGNALS = {
  traces: { request: ExportTraceServiceRequest, path: /\/v1\/traces$|TraceService\// },
  logs: { request: ExportLogsServiceRequest, path: /\/v1\/logs$|LogsService\// },
  metrics: { request: ExportMetricsServiceRequest, path: /\/v1\/metrics$|MetricsService\// },
};

/** What the captures hold as uncompressed protobuf: each request with its signal and how many records it holds. */
export function listCapturedMessages() {
  return readdirSync(CAPTURES, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => {
      const folder = join(CAPTURES, name);
      const files = readdirSync(folder).filter((file) => file.endsWith('.bin'));
      return files.sort().map((file) => readMessage(join(folder, file)));
    });
}

function readMessage(file) {
  const about = JSON.parse(readFileSync(file.replace(/\.bin$/, '.headers.json'), 'utf8'));
  const signal = Object.keys(SIGNALS).find((name) => SIGNALS[name].path.test(about.path));
  const message = readBytes(about, readFileSync(file));
  const body =
    about.headers['content-type'] === 'application/json'
      ? writeAsProtobuf(SIGNALS[signal].request, message.toString())
      : message;
  const { spans, logRecords, metricPoints } = decodeRequest(signal, 'protobuf', body);
  return { signal, body, records: spans.length + logRecords.length + metricPoints.length };
}

function readBytes({ transport, headers }, sent) {
  const isCompressed = transport === 'grpc' ? sent[0] === 1 : headers['content-encoding'] === 'gzip';
  const message = transport === 'grpc' ? sent.subarray(GRPC_PREFIX_BYTES) : sent;
  return isCompressed ? gunzipSync(message) : message;
}

function writeAsProtobuf(request, json) {
  return Buffer.from(encodeProtobuf(request, decodeJson(request, parseJsonText(json), new Repairs())));
}
