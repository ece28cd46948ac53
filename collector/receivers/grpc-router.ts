import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { SpanledgerError } from '../errors.js';
import type { Telemetry } from '../telemetry.js';
import { sendError, sendHttpStatus } from './grpc-answer.js';

/** Answers one call, and has settled it when it resolves. */
export type GrpcMethod = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => Promise<void>;

/** Methods by their path, `/package.Service/Method`. */
export type GrpcMethods = ReadonlyMap<string, GrpcMethod>;

/** Finds the method of each call. The handler answers whatever comes and never throws. */
export function createGrpcRouter(
  methods: GrpcMethods,
  { log }: Pick<Telemetry, 'log'>,
): (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void {
  return (stream, headers) => {
    // Without a listener, an error of a call that the client broke off would end the process.
    stream.on('error', ignoreError);
    route(methods, stream, headers).catch((error: unknown) => {
      log.error({ err: error }, 'answering a call over gRPC failed');
      stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    });
  };
}

function ignoreError(): void {
  // The call is gone; reading its message fails, and that is handled there.
}

/** What has no meaning as gRPC is answered in HTTP (gRPC over HTTP/2, "Requests"). */
async function route(
  methods: GrpcMethods,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): Promise<void> {
  if (headers[':method'] !== 'POST') {
    sendHttpStatus(stream, constants.HTTP_STATUS_METHOD_NOT_ALLOWED, { allow: 'POST' });
    return;
  }
  if (!/^application\/grpc(?:\+proto)?\s*(?:;|$)/i.test(headers['content-type'] ?? '')) {
    sendHttpStatus(stream, constants.HTTP_STATUS_UNSUPPORTED_MEDIA_TYPE);
    return;
  }
  const path = headers[':path'] ?? '';
  const method = methods.get(path);
  if (method === undefined) {
    const message = `there is no method ${path}: the collector has Export of the trace, logs and metrics services of OTLP`;
    sendError(stream, new SpanledgerError('OTLP_UNKNOWN_METHOD', message));
    return;
  }
  await method(stream, headers);
}
