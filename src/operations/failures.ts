import { SpanStatusCode, type Span } from '@opentelemetry/api';
import { ATTR, ERROR_TYPE_CANCELLED } from '../semconv.js';

/** Errors whose exception event stands on some span already: what passes several operations is told once. */
const told = new WeakSet();

/** By name or constructor: `DOMException` of an AbortController, and those of openai 6 and @anthropic-ai/sdk 1. */
const CANCELLATIONS = new Set(['AbortError', 'APIUserAbortError', 'CancelledError', 'CanceledError']);

/** Marks a span as failed, or as cancelled where somebody called the work off. */
export function recordFailure(span: Span, error: unknown): void {
  const type = readErrorType(error);
  const message = readMessage(error);
  span.setAttribute(ATTR.errorType, type);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
  if (type === ERROR_TYPE_CANCELLED || isTold(error)) return;
  const stack = error instanceof Error ? error.stack : undefined;
  span.addEvent('exception', {
    'exception.type': type,
    'exception.message': message,
    ...(stack !== undefined && { 'exception.stacktrace': stack }),
  });
}

function isTold(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  if (told.has(error)) return true;
  told.add(error);
  return false;
}

/** The class of an error, as `error.type` has it: `cancelled` for what was aborted on somebody's wish. */
export function readErrorType(error: unknown): string {
  if (typeof error !== 'object' || error === null) return typeof error;
  const { name, code } = error as { name?: unknown; code?: unknown };
  const constructor = (error as { constructor?: { name?: unknown } }).constructor?.name;
  const candidates = [name, constructor];
  if (code === 'ABORT_ERR' || candidates.some((word) => CANCELLATIONS.has(word as string))) {
    return ERROR_TYPE_CANCELLED;
  }
  const named = candidates.find((word) => typeof word === 'string' && word !== '' && word !== 'Error');
  return typeof named === 'string' ? named : 'Error';
}

/** What an error says, or what it is where it says nothing. Never throws. */
export function readMessage(error: unknown): string {
  if (error instanceof Error) return error.message;
  if (typeof error === 'object' && error !== null) {
    const { message } = error as { message?: unknown };
    return typeof message === 'string' ? message : Object.prototype.toString.call(error);
  }
  return String(error);
}
