import { SpanStatusCode } from '@opentelemetry/api';
import type { Span } from '@opentelemetry/sdk-trace-base';
import { recordFailure } from '../operations/failures.js';
import { ATTR, END_CAUSE } from '../semconv.js';

/** Why a process ends while spans are open. */
export type EndCause =
  | { kind: 'signal'; signal: string }
  | { kind: 'error'; error: unknown; isRejection: boolean }
  /** `process.exit` was called with this code. */
  | { kind: 'exit'; code: number }
  /** Nothing was left to do. */
  | { kind: 'abandoned' };

/**
 * Ends spans whose process ends, children before their parents, and says why: `spanledger.end.cause` is the evidence,
 * and they have status ERROR with an `error.type` (the error's class, or the signal, `exit`, `abandoned`), unless the
 * process was told to exit with code 0. Never throws.
 */
export function endOpenSpans(spans: readonly Span[], cause: EndCause): void {
  for (const span of [...spans].reverse()) {
    try {
      span.setAttribute(ATTR.endCause, nameEvidence(cause));
      markFailed(span, cause);
      span.end();
    } catch {
      // A span of somebody else's making; the others still have to be ended.
    }
  }
}

function nameEvidence(cause: EndCause): string {
  switch (cause.kind) {
    case 'signal':
      return cause.signal;
    case 'error':
      return cause.isRejection ? END_CAUSE.unhandledRejection : END_CAUSE.uncaughtException;
    case 'exit':
      return END_CAUSE.exit;
    case 'abandoned':
      return END_CAUSE.abandoned;
  }
}

function markFailed(span: Span, cause: EndCause): void {
  switch (cause.kind) {
    case 'signal':
      fail(span, cause.signal, `the process was ended by ${cause.signal}`);
      return;
    case 'error':
      recordFailure(span, cause.error);
      return;
    case 'exit':
      if (cause.code !== 0) fail(span, END_CAUSE.exit, `the process exited with code ${cause.code}`);
      return;
    case 'abandoned':
      fail(span, END_CAUSE.abandoned, 'the process ended before the span did');
  }
}

function fail(span: Span, errorType: string, message: string): void {
  span.setAttribute(ATTR.errorType, errorType);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}
