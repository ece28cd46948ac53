import { FORWARDED_HEADER } from '../model/own-headers.js';
import type { Signal } from '../model/span-data.js';
import type { QueuedRequest } from './forward-queue.js';

/** Where requests are sent on to. */
export interface ForwardTarget {
  /** The base URL; `/v1/{signal}` is added. */
  endpoint: string;
  /** Sent with each request, such as a key. */
  headers: Readonly<Record<string, string>>;
  /** What this collector calls itself in {@link FORWARDED_HEADER}. */
  collectorId: string;
}

/** What became of one attempt. A permanent failure would come again with the same request. */
export type Attempt =
  | { result: 'sent' }
  | { result: 'permanent'; reason: string }
  | { result: 'retryable'; reason: string; retryAfterMillis: number };

/** The only ones that OTLP retries (opentelemetry-proto specification 1.11, "Retryable Response Codes"). */
const RETRYABLE_STATUSES = new Set([429, 502, 503, 504]);
/** Longer than a collector needs that answers after its commit. */
const ATTEMPT_MILLIS = 30_000;
const MAX_ANSWER_BYTES = 64 * 1024;

/** Sends a request once, unchanged. Never rejects; ends at once where `signal` is aborted. */
export async function sendRequest(
  request: QueuedRequest,
  target: ForwardTarget,
  signal: AbortSignal,
): Promise<Attempt> {
  const attempt = limitAttempt(signal);
  const { contentType, contentEncoding, body, ownHeaders = {} } = request;
  const before = ownHeaders[FORWARDED_HEADER];
  const chain = before === undefined ? target.collectorId : `${before}, ${target.collectorId}`;
  try {
    const response = await fetch(renderUrl(target.endpoint, request.signal), {
      method: 'POST',
      headers: {
        ...target.headers,
        ...ownHeaders,
        'content-type': contentType,
        ...(contentEncoding !== null && { 'content-encoding': contentEncoding }),
        [FORWARDED_HEADER]: chain,
      },
      body: body as Uint8Array<ArrayBuffer>,
      // A POST that follows a redirect may become a GET.
      redirect: 'manual',
      signal: attempt.signal,
    });
    await readAnswer(response);
    return judgeStatus(response);
  } catch (error) {
    return { result: 'retryable', reason: describeFailure(error), retryAfterMillis: 0 };
  } finally {
    attempt.end();
  }
}

/** What aborts an attempt. `AbortSignal.any` would keep each one as long as `ending` lives (nodejs/node issue 55351). */
function limitAttempt(ending: AbortSignal): { signal: AbortSignal; end: () => void } {
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort();
  };
  if (ending.aborted) abort();
  ending.addEventListener('abort', abort);
  const timer = setTimeout(abort, ATTEMPT_MILLIS).unref();
  return {
    signal: controller.signal,
    end: () => {
      clearTimeout(timer);
      ending.removeEventListener('abort', abort);
    },
  };
}

function renderUrl(endpoint: string, signal: Signal): string {
  return `${endpoint.replace(/\/+$/, '')}/v1/${signal}`;
}

function judgeStatus(response: Response): Attempt {
  if (response.ok) return { result: 'sent' };
  const reason = `the endpoint answered ${response.status}`;
  if (!RETRYABLE_STATUSES.has(response.status)) return { result: 'permanent', reason };
  return {
    result: 'retryable',
    reason,
    retryAfterMillis: readRetryAfter(response.headers.get('retry-after')),
  };
}

/** Seconds or a date (RFC 9110 section 10.2.3); 0 where there is none or it makes no sense. */
function readRetryAfter(value: string | null): number {
  if (value === null) return 0;
  const millis = /^\d{1,9}$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(millis) ? Math.max(0, millis) : 0;
}

/** Reads the answer to its end, so that the connection can be used again; a long one is cut off. */
async function readAnswer(response: Response): Promise<void> {
  let byteCount = 0;
  for await (const chunk of response.body ?? []) {
    byteCount += (chunk as Uint8Array).length;
    if (byteCount > MAX_ANSWER_BYTES) break;
  }
}

function describeFailure(error: unknown): string {
  // Node's fetch wraps the error of the socket.
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return 'the endpoint was not reached';
  const { code } = cause as NodeJS.ErrnoException;
  return `the endpoint was not reached: ${cause.message || (typeof code === 'string' ? code : cause.name)}`;
}
