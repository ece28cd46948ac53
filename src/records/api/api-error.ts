/**
 * Why something could not be read from the collector. The message says what is missing and what to do about it.
 */
export class SpanledgerApiError extends Error {
  /** The HTTP status; null where nobody answered. */
  readonly status: number | null;
  /** The collector's stable code, `HTTP_<status>` where the answer was not its own, `UNREACHABLE` where there was none. */
  readonly code: string;

  /** Made by the SDK alone. */
  constructor(message: string, options: { status?: number; code: string; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'SpanledgerApiError';
    this.status = options.status ?? null;
    this.code = options.code;
  }

  /** Whether the same request may succeed later. */
  get isRetryable(): boolean {
    return this.status === null || this.status === 429 || this.status === 408 || this.status >= 500;
  }
}
