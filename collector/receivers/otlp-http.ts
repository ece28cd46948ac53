import type { IncomingMessage, ServerResponse } from 'node:http';
import { ERRORS, SpanledgerError } from '../errors.js';
import { readOwnHeaders } from '../model/own-headers.js';
import type { Signal } from '../model/span-data.js';
import type { Encoding } from '../otlp/decoded-request.js';
import { encodeResponse, encodeStatus } from '../otlp/response.js';
import type { Answer } from './answer.js';
import { answerExport, type HttpDoor, type HttpExchangeOptions, type StoreBody } from './http-exchange.js';
import { readOtlpPath } from './otlp-path.js';
import { receiveExport } from './receive-export.js';
import { MEDIA_TYPE, findEncoding, readEncoding } from './request-headers.js';

export type OtlpHttpReceiverOptions = HttpExchangeOptions;

export interface OtlpHttpReceiver {
  /** Whether the path is one of OTLP's, whatever the method; those of unknown signals are, too. */
  handles(request: Pick<IncomingMessage, 'url'>): boolean;
  /**
   * Answers a request. Never rejects, and resolves once it is settled. Also takes those of the server's
   * `checkContinue` event: `100 Continue` is sent when headers leave no reason to refuse.
   */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

/** Receives OTLP over HTTP (opentelemetry-proto specification 1.11, "OTLP/HTTP"). */
export function createOtlpHttpReceiver(options: OtlpHttpReceiverOptions): OtlpHttpReceiver {
  return {
    handles: ({ url }) => readOtlpPath(url ?? '/') !== undefined,
    handle: (request, response) => answerExport(request, response, createDoor(request, options), options),
  };
}

function createDoor(request: IncomingMessage, options: OtlpHttpReceiverOptions): HttpDoor {
  const signal = readOtlpPath(request.url ?? '/')?.signal ?? null;
  return {
    target: signal === null ? null : { signal, route: `/v1/${signal}` },
    checkTarget: () => {
      if (signal === null)
        throw new SpanledgerError(
          'API_NOT_FOUND',
          'OTLP is received at /v1/traces, /v1/logs and /v1/metrics: there is nothing at this path',
        );
      if (request.method !== 'POST')
        throw new SpanledgerError('OTLP_METHOD_NOT_ALLOWED', 'OTLP is sent by POST');
    },
    accept: () => createStore(request, signal ?? 'traces', options),
    renderError: (error) => renderError(error, findEncoding(request.headers['content-type']) ?? 'json'),
  };
}

function createStore(
  { headers }: IncomingMessage,
  signal: Signal,
  options: OtlpHttpReceiverOptions,
): StoreBody {
  const encoding = readEncoding(headers['content-type']);
  return async ({ projectId, body, content }) => {
    const sent = {
      contentType: headers['content-type'] ?? MEDIA_TYPE[encoding],
      contentEncoding: headers['content-encoding'] ?? null,
      body,
      ownHeaders: readOwnHeaders(headers),
    };
    const result = await receiveExport({ projectId, signal, encoding, content, sent }, options);
    return {
      answer: createAnswer(200, encoding, encodeResponse(signal, result, encoding)),
      counts: result.counts,
    };
  };
}

function renderError(error: SpanledgerError, encoding: Encoding): Answer {
  const isBadData = error.httpStatus === ERRORS.OTLP_MALFORMED_BODY.http;
  const faults = error.faults.length > 0 ? error.faults : [{ pointer: '', detail: error.message }];
  const body = encodeStatus(
    { code: error.grpcCode, message: error.message, ...(isBadData ? { badRequest: faults } : {}) },
    encoding,
  );
  return createAnswer(error.httpStatus, encoding, body);
}

function createAnswer(status: number, encoding: Encoding, body: Uint8Array): Answer {
  return { status, headers: { 'content-type': MEDIA_TYPE[encoding] }, body };
}
