import type { IncomingMessage, ServerResponse } from 'node:http';
import { SpanledgerError } from '../errors.js';
import { encodeStatus } from '../otlp/response.js';
import { answerExport, type HttpDoor, type HttpExchangeOptions } from './http-exchange.js';
import { MEDIA_TYPE } from './request-headers.js';
import { decodeZipkinRequest } from './zipkin-request.js';

/** zipkin-api, zipkin2-api.yaml: `basePath` and `/spans`. */
const V2_PATH = '/api/v2/spans';
/** zipkin-api, zipkin-api.yaml: what came before. */
const V1_PATH = '/api/v1/spans';

export interface ZipkinHttpReceiver {
  /** Whether a request is one of a Zipkin reporter. */
  handles(request: IncomingMessage): boolean;
  /** Answers a request. Never rejects, and resolves once it is settled. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

/** Receives Zipkin v2 JSON over HTTP (zipkin-api, zipkin2-api.yaml), with the limits and the keys of OTLP's door. */
export function createZipkinHttpReceiver(options: HttpExchangeOptions): ZipkinHttpReceiver {
  return {
    handles: (request) => {
      const path = readPath(request);
      // Others than reporters ask the query API at the path of Zipkin v1.
      return path === V2_PATH || (path === V1_PATH && request.method === 'POST');
    },
    handle: (request, response) => answerExport(request, response, createDoor(request, options), options),
  };
}

function readPath(request: IncomingMessage): string {
  return (request.url ?? '/')
    .replace(/^https?:\/\/[^/?#]*/i, '')
    .replace(/[?#].*$/s, '')
    .replace(/\/$/, '');
}

function createDoor(request: IncomingMessage, { ingest, turns }: HttpExchangeOptions): HttpDoor {
  const isV2 = readPath(request) === V2_PATH;
  return {
    target: isV2 ? { signal: 'traces', route: V2_PATH } : null,
    checkTarget: () => {
      if (!isV2)
        throw new SpanledgerError(
          'API_NOT_FOUND',
          `Zipkin v1 is not received: send v2 JSON to ${V2_PATH}, which every reporter since 2017 can`,
        );
      if (request.method !== 'POST')
        throw new SpanledgerError('OTLP_METHOD_NOT_ALLOWED', 'Zipkin spans are sent by POST');
    },
    accept: () => {
      checkContentType(request.headers['content-type']);
      return async ({ projectId, content }) => {
        const { counts } = await turns.take(content.length, () =>
          ingest({ projectId, signal: 'traces', decoded: decodeZipkinRequest(content) }),
        );
        // Zipkin has no form for a partial success: refused spans are listed among the ingest issues.
        return { answer: { status: 202, headers: {}, body: new Uint8Array(0) }, counts };
      };
    },
    renderError: (error) => ({
      status: error.httpStatus,
      headers: { 'content-type': MEDIA_TYPE.json },
      body: encodeStatus({ code: error.grpcCode, message: error.message }, 'json'),
    }),
  };
}

/**
 * Nothing else than JSON, and nothing without a type: pages of other sites could then send spans to a collector on this
 * machine without asking it (Fetch standard, CORS-safelisted request headers).
 */
function checkContentType(contentType: string | undefined): void {
  const type = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type === MEDIA_TYPE.json) return;
  const detail =
    type === MEDIA_TYPE.protobuf
      ? 'Zipkin protobuf is not received: let the reporter encode JSON v2'
      : 'Zipkin spans are received as Content-Type application/json';
  throw new SpanledgerError('OTLP_UNSUPPORTED_MEDIA_TYPE', detail);
}
