import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Authenticate } from '../auth.js';
import { SpanledgerError } from '../errors.js';
import type { IngestCounts } from '../model/answered-export.js';
import { SELF_TELEMETRY_HEADER, readOwnHeaders } from '../model/own-headers.js';
import type { Signal } from '../model/span-data.js';
import { nowUnixNano } from '../model/time.js';
import { encodeResponse } from '../otlp/response.js';
import type { ByteBudget, ByteLease } from './byte-budget.js';
import { decodeContent } from './content-coding.js';
import { ACCEPTED_ENCODINGS, sendError, sendMessage } from './grpc-answer.js';
import { readGrpcMessage } from './grpc-message.js';
import type { GrpcMethods } from './grpc-router.js';
import { explainExportFailure, receiveExport, type ExportOptions } from './receive-export.js';
import { RequestAborted } from './request-body.js';
import { MEDIA_TYPE, type Coding } from './request-headers.js';

/** Exporters give up after 10 s by default; whoever sends slower than this has stalled. */
const DEFAULT_MESSAGE_TIMEOUT_MILLIS = 60_000;

/** opentelemetry-proto 1.11, opentelemetry/proto/collector. */
export const OTLP_GRPC_SERVICES: Readonly<Record<Signal, string>> = {
  traces: 'opentelemetry.proto.collector.trace.v1.TraceService',
  logs: 'opentelemetry.proto.collector.logs.v1.LogsService',
  metrics: 'opentelemetry.proto.collector.metrics.v1.MetricsService',
};

export interface OtlpGrpcReceiverOptions extends ExportOptions {
  /** Throws `AUTH_REQUIRED` or `AUTH_INVALID`; asked before any of the message is read. */
  authenticate: Authenticate;
  /** Bounds a message as sent and as decompressed. */
  maxBodyBytes: number;
  /** Bounds the bytes that the requests of all doors hold together, from their arrival to their answer. */
  budget: ByteBudget;
  /** How long a message may take to arrive; 60 s unless told. */
  messageTimeoutMillis?: number;
}

/** Receives OTLP over gRPC (opentelemetry-proto specification 1.11, "OTLP/gRPC"). A client's deadline is its own affair. */
export function createOtlpGrpcMethods(options: OtlpGrpcReceiverOptions): GrpcMethods {
  return new Map(
    Object.entries(OTLP_GRPC_SERVICES).map(([signal, service]) => [
      `/${service}/Export`,
      (stream, headers) => new Call(stream, headers, signal as Signal, options).run(),
    ]),
  );
}

/** One call and its answer. */
class Call {
  readonly #startTimeUnixNano = nowUnixNano();
  readonly #startedAt = performance.now();
  #messageEndedAt = performance.now();
  #bodyBytes = 0;
  #counts: IngestCounts | null = null;

  constructor(
    private readonly stream: ServerHttp2Stream,
    private readonly headers: IncomingHttpHeaders,
    private readonly signal: Signal,
    private readonly options: OtlpGrpcReceiverOptions,
  ) {}

  async run(): Promise<void> {
    const lease = this.options.budget.open();
    try {
      const answer = await this.#receive(lease);
      this.#observe(200, null);
      sendMessage(this.stream, answer);
    } catch (cause) {
      if (cause instanceof RequestAborted) return;
      const error = explainExportFailure(cause, this.options);
      this.#observe(error.httpStatus, error);
      sendError(this.stream, error);
    } finally {
      lease.close();
    }
  }

  async #receive(lease: ByteLease): Promise<Uint8Array> {
    const { authenticate, maxBodyBytes } = this.options;
    const { projectId } = authenticate(this.headers);
    const coding = readEncoding(this.headers['grpc-encoding']);
    const { isCompressed, bytes } = await this.#readMessage(lease);
    this.#bodyBytes = bytes.length;
    if (isCompressed && coding === null)
      throw new SpanledgerError(
        'OTLP_MALFORMED_FRAME',
        'the message is marked as compressed, but there is no grpc-encoding',
      );
    const codings = isCompressed && coding !== null ? [coding] : [];
    const content = await decodeContent(bytes, codings, { maxBytes: maxBodyBytes, lease });
    const sent = {
      contentType: MEDIA_TYPE.protobuf,
      contentEncoding: null,
      body: content,
      ownHeaders: readOwnHeaders(this.headers),
    };
    const { signal } = this;
    const result = await receiveExport(
      { projectId, signal, encoding: 'protobuf', content, sent },
      this.options,
    );
    this.#counts = result.counts ?? null;
    return encodeResponse(signal, result, 'protobuf');
  }

  async #readMessage(lease: ByteLease): ReturnType<typeof readGrpcMessage> {
    try {
      return await readGrpcMessage(this.stream, {
        maxBytes: this.options.maxBodyBytes,
        timeoutMillis: this.options.messageTimeoutMillis ?? DEFAULT_MESSAGE_TIMEOUT_MILLIS,
        lease,
      });
    } finally {
      this.#messageEndedAt = performance.now();
    }
  }

  /** Answers of both doors are counted together, under the status that HTTP has for them. */
  #observe(httpStatus: number, error: SpanledgerError | null): void {
    const now = performance.now();
    const { signal, options } = this;
    options.telemetry.observeExport(signal, httpStatus, (now - this.#messageEndedAt) / 1000);
    options.onAnswered?.({
      signal,
      protocol: 'grpc',
      route: `${OTLP_GRPC_SERVICES[signal]}/Export`,
      path: `/${OTLP_GRPC_SERVICES[signal]}/Export`,
      method: 'POST',
      scheme: this.headers[':scheme'] === 'https' ? 'https' : 'http',
      status: httpStatus,
      grpcCode: error?.grpcCode ?? 0,
      errorCode: error?.code ?? null,
      startTimeUnixNano: this.#startTimeUnixNano,
      durationNanos: BigInt(Math.round((now - this.#startedAt) * 1e6)),
      bodyBytes: this.#bodyBytes,
      counts: this.#counts,
      isSelfTelemetry: this.headers[SELF_TELEMETRY_HEADER] !== undefined,
    });
  }
}

const CODINGS: ReadonlyMap<string, Coding | null> = new Map<string, Coding | null>([
  ['', null],
  ['identity', null],
  ['gzip', 'gzip'],
  ['deflate', 'deflate'],
  ['zstd', 'zstd'],
]);

function readEncoding(value: string | string[] | undefined): Coding | null {
  const coding = CODINGS.get(String(value ?? '').toLowerCase());
  if (coding === undefined)
    throw new SpanledgerError(
      'OTLP_UNSUPPORTED_ENCODING',
      `messages are received with grpc-encoding ${ACCEPTED_ENCODINGS.replaceAll(',', ', ')}`,
    );
  return coding;
}
