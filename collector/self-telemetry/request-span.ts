import type { AnyValue } from '../model/any-value.js';
import type { AnsweredExport } from '../model/answered-export.js';

/** What a span of the collector's own says; ids, resource and scope are added when it is recorded. */
export interface OwnSpan {
  name: string;
  /** `SpanKind` of trace.proto. */
  kind: number;
  startTimeUnixNano: bigint;
  durationNanos: bigint;
  attributes: Record<string, AnyValue>;
  /** Why it failed; null where it did not. */
  failure: string | null;
}

const SERVER = 2;

/** semantic-conventions 1.40, "HTTP", `http.request.method`: others are `_OTHER`, so that names stay few. */
const KNOWN_METHODS = new Set([
  'CONNECT',
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'POST',
  'PUT',
  'QUERY',
  'TRACE',
]);

/** A server span of an export request by the semantic conventions 1.40, "HTTP server span" and "gRPC". */
export function describeRequest(answered: AnsweredExport): OwnSpan {
  const { signal, bodyBytes, counts, errorCode, startTimeUnixNano, durationNanos } = answered;
  const transport = answered.protocol === 'http' ? describeHttp(answered) : describeGrpc(answered);
  // What the client did wrong is no failure of the server.
  const hasFailed = answered.status >= 500;
  return {
    name: transport.name,
    kind: SERVER,
    startTimeUnixNano,
    durationNanos,
    attributes: {
      ...transport.attributes,
      'spanledger.signal': signal,
      'spanledger.body_bytes': BigInt(bodyBytes),
      ...(errorCode !== null && { 'spanledger.error_code': errorCode }),
      ...(counts !== null && describeCounts(counts)),
    },
    failure: hasFailed ? (errorCode ?? String(answered.status)) : null,
  };
}

function describeHttp(answered: AnsweredExport): Pick<OwnSpan, 'name' | 'attributes'> {
  const { route, path, scheme, status } = answered;
  const isKnown = KNOWN_METHODS.has(answered.method);
  return {
    name: `${isKnown ? answered.method : 'HTTP'} ${route}`,
    attributes: {
      'http.request.method': isKnown ? answered.method : '_OTHER',
      'http.route': route,
      'http.response.status_code': BigInt(status),
      'url.path': path,
      'url.scheme': scheme,
      ...(status >= 500 && { 'error.type': String(status) }),
    },
  };
}

/** grpc/status.proto's names by their number. */
const GRPC_CODES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];

function describeGrpc({ route, grpcCode, status }: AnsweredExport): Pick<OwnSpan, 'name' | 'attributes'> {
  const code = GRPC_CODES[grpcCode] ?? 'UNKNOWN';
  return {
    name: route,
    attributes: {
      'rpc.system.name': 'grpc',
      'rpc.method': route,
      'rpc.response.status_code': code,
      ...(status >= 500 && { 'error.type': code }),
    },
  };
}

function describeCounts(counts: object): Record<string, AnyValue> {
  return Object.fromEntries(
    Object.entries(counts as Record<string, number>).map(([name, count]) => [
      `spanledger.${name}`,
      BigInt(count),
    ]),
  );
}
