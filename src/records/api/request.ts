import { context } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import type { ApiSettings } from '../../config/api.js';
import { state } from '../../setup/state.js';
import { SpanledgerApiError } from './api-error.js';

const TIMEOUT_MILLIS = 30_000;
const FLUSH_TIMEOUT_MILLIS = 10_000;

/** A page of a list, as the query API answers it. */
export interface Page<Row> {
  /** The rows of this page. */
  data: Row[];
  /** For the next page; null on the last one. */
  next_cursor: string | null;
}

/** One request of the query API. */
export interface ApiRequest {
  method?: 'GET' | 'POST';
  /** Below `/api/v1`, with its ids already encoded. */
  path: string;
  /** Undefined values are left out, lists are joined by commas. */
  query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
  body?: unknown;
  signal?: AbortSignal | undefined;
}

/**
 * Where the collector's query API is, or an error that says what to set. Undefined where the SDK is not initialised.
 */
export function findApi(): ApiSettings | undefined {
  if (state.tracer === undefined) return undefined;
  if (state.api === undefined) {
    throw new SpanledgerApiError(
      "nothing says where the collector's query API is: give apiUrl to init, or set SPANLEDGER_URL",
      { code: 'API_URL_MISSING' },
    );
  }
  return state.api;
}

/** Sends what has been recorded, so that what is read next knows of it. Never rejects. */
export async function flushRecords(): Promise<void> {
  if (state.handle !== undefined) {
    await state.handle.flush({ timeoutMillis: FLUSH_TIMEOUT_MILLIS });
    return;
  }
  await Promise.allSettled(state.lentProcessors.map((processor) => processor.forceFlush()));
}

/**
 * Asks the query API. Rejects with {@link SpanledgerApiError}, or with the signal's reason. Undefined for an answer
 * without a body. The request itself is not traced.
 */
export async function request<Body>(api: ApiSettings, asked: ApiRequest): Promise<Body | undefined> {
  asked.signal?.throwIfAborted();
  const url = `${api.url}/api/v1${asked.path}${renderQuery(asked.query)}`;
  const { status, isOk, text } = await exchange(url, api, asked);
  const body = parse(text);
  if (!isOk) throw createError(url, asked, status, body);
  if (text === '') return undefined;
  if (body === undefined) {
    throw new SpanledgerApiError(
      `${url} did not answer with JSON: is it the address of a Spanledger collector?`,
      {
        status,
        code: `HTTP_${status}`,
      },
    );
  }
  return body as Body;
}

async function exchange(url: string, api: ApiSettings, { method = 'GET', body, signal }: ApiRequest) {
  const timeout = AbortSignal.timeout(TIMEOUT_MILLIS);
  try {
    const response = await context.with(suppressTracing(context.active()), () =>
      fetch(url, {
        method,
        headers: {
          accept: 'application/json',
          ...api.headers,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      }),
    );
    return { status: response.status, isOk: response.ok, text: await response.text() };
  } catch (cause) {
    signal?.throwIfAborted();
    throw new SpanledgerApiError(
      `no collector answers at ${api.url}: start one, or say where it is with apiUrl or SPANLEDGER_URL`,
      { code: 'UNREACHABLE', cause },
    );
  }
}

function createError(url: string, { method = 'GET' }: ApiRequest, status: number, body: unknown) {
  const problem = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const code = typeof problem['code'] === 'string' ? problem['code'] : `HTTP_${status}`;
  const detail = typeof problem['detail'] === 'string' ? `: ${problem['detail']}` : '';
  const advice =
    status === 401 || status === 403
      ? '; give apiKey to init, or set SPANLEDGER_API_KEY'
      : status === 404 && detail === ''
        ? '; is it the address of a Spanledger collector, and one that is new enough?'
        : '';
  return new SpanledgerApiError(`${method} ${url} was answered with ${status}${detail}${advice}`, {
    status,
    code,
  });
}

function renderQuery(query: ApiRequest['query'] = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(name, value.toString());
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
