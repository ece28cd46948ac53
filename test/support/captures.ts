import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { RawHttp2, readGrpcStatus, readRawAnswer } from './raw-http2.js';

const CAPTURES = fileURLToPath(new URL('../golden/captures/', import.meta.url));
const RECORDINGS = fileURLToPath(new URL('../golden/recordings/', import.meta.url));
const GRPC_PREFIX_BYTES = 5;

/** What `expected.json` of a capture says; its README lists the keys. */
export type Expected = Record<string, unknown> & {
  spans?: number;
  traces?: number;
  log_records?: number;
  metrics?: number;
};

export interface CapturedRequest {
  transport: 'http' | 'grpc';
  method: string;
  path: string;
  headers: Record<string, string>;
  /** As sent: perhaps gzip, and for gRPC with the 5-byte prefix. */
  body: Buffer;
}

export interface Capture {
  name: string;
  expected: Expected;
  requests: CapturedRequest[];
}

export type CaptureSignal = 'traces' | 'logs' | 'metrics';

/** The names of all captures, sorted. */
export function listCaptures(): string[] {
  return listFolders(CAPTURES);
}

/** A capture with its requests in the order in which they were recorded. */
export function loadCapture(name: string): Capture {
  return loadFolder(CAPTURES, name);
}

/** The names of what was recorded beside the captures, for keys that these do not hold; sorted. */
export function listRecordings(): string[] {
  return listFolders(RECORDINGS);
}

export function loadRecording(name: string): Capture {
  return loadFolder(RECORDINGS, name);
}

function listFolders(path: string): string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

function loadFolder(path: string, name: string): Capture {
  const folder = `${path}${name}/`;
  const requests = readdirSync(folder)
    .filter((file) => file.endsWith('.bin'))
    .sort()
    .map((file) => {
      const about = JSON.parse(readFileSync(folder + file.replace('.bin', '.headers.json'), 'utf8')) as Omit<
        CapturedRequest,
        'body'
      >;
      return { ...about, body: readFileSync(folder + file) };
    });
  return { name, expected: JSON.parse(readFileSync(`${folder}expected.json`, 'utf8')) as Expected, requests };
}

/** The signal of a captured request, from its HTTP path or its gRPC method. */
export function readCaptureSignal(request: CapturedRequest): CaptureSignal {
  if (/\/v1\/traces$|TraceService\//.test(request.path)) return 'traces';
  if (/\/v1\/logs$|LogsService\//.test(request.path)) return 'logs';
  if (/\/v1\/metrics$|MetricsService\//.test(request.path)) return 'metrics';
  throw new Error(`no signal in the path ${request.path}`);
}

/** The message of a captured request: gRPC prefix taken off and gzip undone. */
export function readCaptureMessage(request: CapturedRequest): Buffer {
  if (request.transport === 'grpc') {
    const message = request.body.subarray(GRPC_PREFIX_BYTES);
    return request.body[0] === 1 ? gunzipSync(message) : message;
  }
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(request.body) : request.body;
}

/**
 * Sends a capture to a collector: HTTP requests exactly as recorded, gRPC ones as recorded to `grpcUrl`, or without that
 * as HTTP/protobuf on `/v1/<signal>`. Requests go one after the other, `times` times over. Throws where one is not
 * answered with success.
 */
export async function sendCapture(
  baseUrl: string,
  capture: Capture,
  options: {
    reverse?: boolean;
    times?: number;
    headers?: Record<string, string>;
    grpcUrl?: string | null;
  } = {},
): Promise<void> {
  const { grpcUrl = null } = options;
  const requests = options.reverse === true ? capture.requests.toReversed() : capture.requests;
  for (let round = 0; round < (options.times ?? 1); round++) {
    for (const request of requests) {
      if (request.transport === 'grpc' && grpcUrl !== null) await sendGrpcRequest(grpcUrl, request);
      else await sendRequest(baseUrl, request, options.headers ?? {});
    }
  }
}

async function sendRequest(
  baseUrl: string,
  request: CapturedRequest,
  extraHeaders: Record<string, string>,
): Promise<void> {
  const isGrpc = request.transport === 'grpc';
  const path = isGrpc ? `/v1/${readCaptureSignal(request)}` : request.path;
  const headers: Record<string, string> = {
    'content-type': isGrpc ? 'application/x-protobuf' : (request.headers['content-type'] ?? ''),
    ...extraHeaders,
  };
  const encoding = isGrpc
    ? request.body[0] === 1
      ? 'gzip'
      : undefined
    : request.headers['content-encoding'];
  if (encoding !== undefined) headers['content-encoding'] = encoding;
  const body = isGrpc ? request.body.subarray(GRPC_PREFIX_BYTES) : request.body;
  const response = await fetch(new URL(path, baseUrl), {
    method: isGrpc ? 'POST' : request.method,
    headers,
    body: new Uint8Array(body),
  });
  const answer = await response.text();
  if (response.status !== 200) throw new Error(`${path} answered ${response.status}: ${answer}`);
}

async function sendGrpcRequest(url: string, request: CapturedRequest): Promise<void> {
  const connection = await RawHttp2.open(url.replace('http://', ''));
  try {
    const stream = connection.begin(request.headers);
    stream.end(request.body);
    const answer = await readRawAnswer(stream);
    const status = readGrpcStatus(answer);
    if (status !== 0)
      throw new Error(`${request.path} answered ${status}: ${JSON.stringify(answer.headers)}`);
  } finally {
    connection.destroy();
  }
}
