import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { SpanledgerError } from '../errors.js';
import type { IngestCounts } from '../model/answered-export.js';
import type { Signal } from '../model/span-data.js';
import { SELF_TELEMETRY_HEADER } from '../model/own-headers.js';
import { nowUnixNano } from '../model/time.js';
import { sendAnswer, type Answer } from './answer.js';
import type { ByteBudget, ByteLease } from './byte-budget.js';
import { decodeContent } from './content-coding.js';
import { explainExportFailure, type ExportOptions } from './receive-export.js';
import { RequestAborted, createTooLargeError, readRequestBody } from './request-body.js';
import { readCodings } from './request-headers.js';

/** Exporters give up after 10 s by default; whoever sends slower than this has stalled. */
const DEFAULT_BODY_TIMEOUT_MILLIS = 60_000;
/** How much of a refused body is read and discarded at least. */
const MIN_DRAIN_BYTES = 64 * 1024 * 1024;

const NANOS_PER_MILLI = 1e6;

/** What every door that takes exports over HTTP is told. */
export interface HttpExchangeOptions extends ExportOptions {
  /** Throws `AUTH_REQUIRED` or `AUTH_INVALID`; asked before any of the body is read. */
  authenticate: (headers: IncomingHttpHeaders) => { projectId: string };
  /** Bounds a body as sent and as decompressed. */
  maxBodyBytes: number;
  /** Bounds the bytes that the requests of all doors hold together, from their arrival to their answer. */
  budget: ByteBudget;
  /** How long a body may take to arrive; 60 s unless told. */
  bodyTimeoutMillis?: number;
}

/** An export whose body has arrived whole. */
export interface ArrivedBody {
  projectId: string;
  /** As sent. */
  body: Buffer;
  /** Inflated. */
  content: Buffer;
}

/** What makes one protocol over HTTP different from another. */
export interface HttpDoor {
  /** What the target asks for; null where there is nothing at it. */
  target: { signal: Signal; route: string } | null;
  /** Throws where the target or the method is none that is served. */
  checkTarget(): void;
  /** Throws what the headers give reason to refuse; else answers how the body is stored. */
  accept(): StoreBody;
  renderError(error: SpanledgerError): Answer;
}

/** Decodes and stores; resolves after the commit. */
export type StoreBody = (arrived: ArrivedBody) => Promise<StoredAnswer>;

export interface StoredAnswer {
  answer: Answer;
  /** What became of the records; undefined where that is not known yet. */
  counts: IngestCounts | undefined;
}

/**
 * Answers a request in the way of a door. Never rejects, and resolves once it is settled. Also takes those of the
 * server's `checkContinue` event: `100 Continue` is sent when headers leave no reason to refuse.
 */
export async function answerExport(
  request: IncomingMessage,
  response: ServerResponse,
  door: HttpDoor,
  options: HttpExchangeOptions,
): Promise<void> {
  // Without listeners, an error of a connection that is lost would end the process.
  request.on('error', ignoreError);
  response.on('error', ignoreError);
  try {
    await new HttpExchange(request, response, door, options).run();
  } catch (error) {
    options.telemetry.log.error({ err: error }, 'answering an export request failed');
    response.destroy();
  }
}

function ignoreError(): void {
  // The connection is gone; reading its body fails, and that is handled there.
}

/** One request and its answer. */
class HttpExchange {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #door: HttpDoor;
  readonly #options: HttpExchangeOptions;
  /** False where the client must not, or does not, send (more of) its body. */
  #isBodyExpected: boolean;
  readonly #startTimeUnixNano = nowUnixNano();
  readonly #startedAt = performance.now();
  #bodyEndedAt = performance.now();
  #bodyBytes = 0;
  #counts: IngestCounts | null = null;
  #error: SpanledgerError | null = null;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    door: HttpDoor,
    options: HttpExchangeOptions,
  ) {
    this.#request = request;
    this.#response = response;
    this.#door = door;
    this.#options = options;
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
    this.#tell(answer.status);
    await sendAnswer(this.#request, this.#response, answer, {
      maxDrainBytes: Math.max(this.#options.maxBodyBytes, MIN_DRAIN_BYTES),
      isBodyExpected: this.#isBodyExpected,
    });
  }

  async #receive(): Promise<Answer> {
    const { budget, maxBodyBytes, authenticate } = this.#options;
    const headers = this.#request.headers;
    this.#door.checkTarget();
    const { projectId } = authenticate(headers);
    const store = this.#door.accept();
    const codings = readCodings(headers['content-encoding']);
    if (Number(headers['content-length'] ?? 0) > maxBodyBytes) throw createTooLargeError(maxBodyBytes);
    const lease = budget.open();
    try {
      const body = await this.#readBody(lease);
      const content = await decodeContent(body, codings, { maxBytes: maxBodyBytes, lease });
      const { answer, counts } = await store({ projectId, body, content });
      this.#counts = counts ?? null;
      return answer;
    } finally {
      lease.close();
    }
  }

  async #readBody(lease: ByteLease): Promise<Buffer> {
    const declaredBytes = Number(this.#request.headers['content-length'] ?? 0);
    lease.take(declaredBytes);
    lease.giveBack(declaredBytes);
    if (!this.#isBodyExpected) {
      this.#response.writeContinue();
      this.#isBodyExpected = true;
    }
    try {
      const body = await readRequestBody(this.#request, {
        maxBytes: this.#options.maxBodyBytes,
        timeoutMillis: this.#options.bodyTimeoutMillis ?? DEFAULT_BODY_TIMEOUT_MILLIS,
        lease,
      });
      this.#bodyBytes = body.length;
      return body;
    } catch (error) {
      if (error instanceof SpanledgerError && error.code === 'OTLP_TIMEOUT') this.#isBodyExpected = false;
      throw error;
    } finally {
      this.#bodyEndedAt = performance.now();
    }
  }

  #createErrorAnswer(cause: unknown): Answer {
    const error = explainExportFailure(cause, this.#options);
    this.#error = error;
    const answer = this.#door.renderError(error);
    if (error.retryAfterSeconds !== undefined)
      answer.headers['retry-after'] = String(error.retryAfterSeconds);
    if (error.code === 'OTLP_METHOD_NOT_ALLOWED') answer.headers['allow'] = 'POST';
    if (error.code === 'AUTH_REQUIRED' || error.code === 'AUTH_INVALID')
      answer.headers['www-authenticate'] = 'Bearer';
    return answer;
  }

  #tell(status: number): void {
    const { telemetry, onAnswered } = this.#options;
    const { target } = this.#door;
    if (target === null) return;
    const now = performance.now();
    telemetry.observeExport(target.signal, status, (now - this.#bodyEndedAt) / 1000);
    onAnswered?.({
      ...target,
      protocol: 'http',
      path: (this.#request.url ?? '/').replace(/[?#].*$/s, ''),
      method: this.#request.method ?? '',
      scheme: 'encrypted' in this.#request.socket ? 'https' : 'http',
      status,
      grpcCode: this.#error?.grpcCode ?? 0,
      errorCode: this.#error?.code ?? null,
      startTimeUnixNano: this.#startTimeUnixNano,
      durationNanos: BigInt(Math.round((now - this.#startedAt) * NANOS_PER_MILLI)),
      bodyBytes: this.#bodyBytes,
      counts: this.#counts,
      isSelfTelemetry: this.#request.headers[SELF_TELEMETRY_HEADER] !== undefined,
    });
  }
}
