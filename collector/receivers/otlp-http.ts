import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { ERRORS, SpanledgerError } from '../errors.js';
import type { Ingest } from '../ingest.js';
import type { Signal } from '../model/span-data.js';
import type { Encoding } from '../otlp/decoded-request.js';
import { decodeRequest } from '../otlp/decode-request.js';
import { encodeResponse, encodeStatus } from '../otlp/response.js';
import type { Telemetry } from '../telemetry.js';
import { sendAnswer, type Answer } from './answer.js';
import { ByteBudget } from './byte-budget.js';
import { decodeContent } from './content-coding.js';
import { readOtlpPath } from './otlp-path.js';
import { RequestAborted, createTooLargeError, readRequestBody } from './request-body.js';
import { MEDIA_TYPE, findEncoding, readCodings, readEncoding } from './request-headers.js';

/** Exporters give up after 10 s by default; whoever sends slower than this has stalled. */
const DEFAULT_BODY_TIMEOUT_MILLIS = 60_000;
/** How much of a refused body is read and discarded at least. */
const MIN_DRAIN_BYTES = 64 * 1024 * 1024;

export interface OtlpHttpReceiverOptions {
  ingest: Ingest;
  /** Throws `AUTH_REQUIRED` or `AUTH_INVALID`; asked before any of the body is read. */
  authenticate: (headers: IncomingHttpHeaders) => { projectId: string };
  /** Bounds a body as sent and as decompressed. */
  maxBodyBytes: number;
  /** Bounds the bytes that all requests hold together, from their arrival to their answer. */
  maxBytesInFlight: number;
  /** How long a body may take to arrive; 60 s unless told. */
  bodyTimeoutMillis?: number;
  telemetry: Pick<Telemetry, 'log' | 'observeExport'>;
}

export interface OtlpHttpReceiver {
  /** Whether a request target is one of OTLP's, whatever the method; those of unknown signals are, too. */
  handles(target: string): boolean;
  /**
   * Answers a request. Never rejects, and resolves once it is settled. Also takes those of the server's
   * `checkContinue` event: `100 Continue` is sent when headers leave no reason to refuse.
   */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

/** Receives OTLP over HTTP (opentelemetry-proto specification 1.11, "OTLP/HTTP"). */
export function createOtlpHttpReceiver(options: OtlpHttpReceiverOptions): OtlpHttpReceiver {
  const budget = new ByteBudget(options.maxBytesInFlight);
  return {
    handles: (target) => readOtlpPath(target) !== undefined,
    handle: async (request, response) => {
      // Without listeners, an error of a connection that is lost would end the process.
      request.on('error', ignoreError);
      response.on('error', ignoreError);
      try {
        await new Exchange(request, response, options, budget).run();
      } catch (error) {
        options.telemetry.log.error({ err: error }, 'answering an export request failed');
        response.destroy();
      }
    },
  };
}

function ignoreError(): void {
  // The connection is gone; reading its body fails, and that is handled there.
}

/** One request and its answer. */
class Exchange {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #options: OtlpHttpReceiverOptions;
  readonly #budget: ByteBudget;
  /** False where the client must not, or does not, send (more of) its body. */
  #isBodyExpected: boolean;
  #signal: Signal | null = null;
  #bodyEndedAt = performance.now();

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    options: OtlpHttpReceiverOptions,
    budget: ByteBudget,
  ) {
    this.#request = request;
    this.#response = response;
    this.#options = options;
    this.#budget = budget;
    this.#isBodyExpected = request.headers.expect?.toLowerCase() !== '100-continue';
  }

  async run(): Promise<void> {
    let answer: Answer;
    try {
      answer = await this.#receive();
    } catch (error) {
      if (error instanceof RequestAborted) return;
      answer = this.#createErrorAnswer(error);
    }
    if (this.#signal !== null)
      this.#options.telemetry.observeExport(
        this.#signal,
        answer.status,
        (performance.now() - this.#bodyEndedAt) / 1000,
      );
    await sendAnswer(this.#request, this.#response, answer, {
      maxDrainBytes: Math.max(this.#options.maxBodyBytes, MIN_DRAIN_BYTES),
      isBodyExpected: this.#isBodyExpected,
    });
  }

  async #receive(): Promise<Answer> {
    const { ingest, maxBodyBytes } = this.#options;
    const headers = this.#request.headers;
    const signal = this.#checkTarget();
    const { projectId } = this.#options.authenticate(headers);
    const encoding = readEncoding(headers['content-type']);
    const codings = readCodings(headers['content-encoding']);
    if (Number(headers['content-length'] ?? 0) > maxBodyBytes) throw createTooLargeError(maxBodyBytes);
    const lease = this.#budget.open();
    try {
      const body = await this.#readBody(lease);
      const content = await decodeContent(body, codings, { maxBytes: maxBodyBytes, lease });
      const decoded = decodeRequest(signal, encoding, content);
      const result = await ingest({ projectId, signal, decoded });
      return createAnswer(200, encoding, encodeResponse(signal, result, encoding));
    } finally {
      lease.close();
    }
  }

  #checkTarget(): Signal {
    const signal = readOtlpPath(this.#request.url ?? '/')?.signal ?? null;
    if (signal === null)
      throw new SpanledgerError(
        'API_NOT_FOUND',
        'OTLP is received at /v1/traces, /v1/logs and /v1/metrics: there is nothing at this path',
      );
    this.#signal = signal;
    if (this.#request.method !== 'POST')
      throw new SpanledgerError('OTLP_METHOD_NOT_ALLOWED', 'OTLP is sent by POST');
    return signal;
  }

  async #readBody(lease: ReturnType<ByteBudget['open']>): Promise<Buffer> {
    const declaredBytes = Number(this.#request.headers['content-length'] ?? 0);
    lease.take(declaredBytes);
    lease.giveBack(declaredBytes);
    if (!this.#isBodyExpected) {
      this.#response.writeContinue();
      this.#isBodyExpected = true;
    }
    try {
      return await readRequestBody(this.#request, {
        maxBytes: this.#options.maxBodyBytes,
        timeoutMillis: this.#options.bodyTimeoutMillis ?? DEFAULT_BODY_TIMEOUT_MILLIS,
        lease,
      });
    } catch (error) {
      if (error instanceof SpanledgerError && error.code === 'OTLP_TIMEOUT') this.#isBodyExpected = false;
      throw error;
    } finally {
      this.#bodyEndedAt = performance.now();
    }
  }

  #createErrorAnswer(cause: unknown): Answer {
    const error = cause instanceof SpanledgerError ? cause : this.#hideBug(cause);
    const encoding = findEncoding(this.#request.headers['content-type']) ?? 'json';
    const isBadData = error.httpStatus === ERRORS.OTLP_MALFORMED_BODY.http;
    const faults = error.faults.length > 0 ? error.faults : [{ pointer: '', detail: error.message }];
    const body = encodeStatus(
      { code: error.grpcCode, message: error.message, ...(isBadData ? { badRequest: faults } : {}) },
      encoding,
    );
    const answer = createAnswer(error.httpStatus, encoding, body);
    if (error.retryAfterSeconds !== undefined)
      answer.headers['retry-after'] = String(error.retryAfterSeconds);
    if (error.code === 'OTLP_METHOD_NOT_ALLOWED') answer.headers['allow'] = 'POST';
    if (error.code === 'AUTH_REQUIRED' || error.code === 'AUTH_INVALID')
      answer.headers['www-authenticate'] = 'Bearer';
    return answer;
  }

  /** A failure nobody foresaw. It is not retryable, or one batch would come again for ever. */
  #hideBug(cause: unknown): SpanledgerError {
    this.#options.telemetry.log.error({ err: cause }, 'an export request failed unexpectedly');
    return new SpanledgerError(
      'API_INTERNAL',
      'the collector failed to process this request; its log says why',
      {
        cause,
      },
    );
  }
}

function createAnswer(status: number, encoding: Encoding, body: Uint8Array): Answer {
  return { status, headers: { 'content-type': MEDIA_TYPE[encoding] }, body };
}
