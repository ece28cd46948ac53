import type { Response } from 'express';
import type { Problem } from '../contract/answers.js';
import { SpanledgerError } from '../errors.js';
import type { ErrorCode } from '../errors.js';
import { describeError } from './error-docs.js';

/** Where the error codes are explained when nothing else is configured: this server's own page. */
export const ERROR_DOCS_PATH = '/docs/errors';

/** What express and its body parser throw, as documented by http-errors 2. */
interface HttpError extends Error {
  status: number;
  type?: string;
}

/** The error as one with a code. What is not expected becomes `API_INTERNAL`, whose message says nothing of its cause. */
export function readError(error: unknown): SpanledgerError {
  if (error instanceof SpanledgerError) return error;
  if (isHttpError(error)) return new SpanledgerError(...describeHttpError(error), { cause: error });
  return new SpanledgerError(
    'API_INTERNAL',
    'Something went wrong inside the server; its log has the details.',
    {
      cause: error,
    },
  );
}

function isHttpError(error: unknown): error is HttpError {
  return (
    error instanceof Error &&
    'status' in error &&
    typeof error.status === 'number' &&
    error.status >= 400 &&
    error.status < 500
  );
}

function describeHttpError(error: HttpError): [ErrorCode, string] {
  if (error.status === 413) return ['API_BODY_TOO_LARGE', 'The body is larger than this route takes.'];
  if (error.status === 415) {
    return ['API_UNSUPPORTED_MEDIA_TYPE', 'The encoding or the character set of the body is not understood.'];
  }
  if (error.type === 'entity.parse.failed') return ['API_BAD_REQUEST', 'The body is not JSON.'];
  if (error instanceof URIError) {
    return [
      'API_BAD_REQUEST',
      'A percent escape in the URL is not UTF-8; a percent sign itself is written %25.',
    ];
  }
  return ['API_BAD_REQUEST', 'The request could not be read.'];
}

/** The error as RFC 9457 has it. `instance` is the path that was asked for. */
function renderProblem(error: SpanledgerError, instance: string, docsUrl: string): Problem {
  return {
    type: `${docsUrl}#${error.code.toLowerCase()}`,
    title: describeError(error.code).title,
    status: error.httpStatus,
    detail: error.message,
    code: error.code,
    instance,
    errors: error.faults,
  };
}

/** Answers with a problem. An answer that has begun can't change any more: its connection is cut instead. */
export function sendProblem(response: Response, error: SpanledgerError, docsUrl: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (error.retryAfterSeconds !== undefined)
    response.setHeader('Retry-After', String(error.retryAfterSeconds));
  if (error.httpStatus === 401) response.setHeader('WWW-Authenticate', 'Bearer');
  response
    .status(error.httpStatus)
    .setHeader('Content-Type', 'application/problem+json; charset=utf-8')
    .send(Buffer.from(JSON.stringify(renderProblem(error, response.req.path, docsUrl))));
}
