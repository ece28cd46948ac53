/**
 * Every error that crosses a wall, and the one place where a status number is picked.
 * `http` is the HTTP status, `grpc` the google.rpc.Code; `retryable` tells a client whether the same request may
 * succeed later (OTLP retries only 429, 502, 503 and 504).
 */
export const ERRORS = {
  OTLP_BODY_TOO_LARGE: { http: 413, grpc: 8, retryable: false },
  OTLP_UNSUPPORTED_ENCODING: { http: 415, grpc: 12, retryable: false },
  OTLP_UNSUPPORTED_MEDIA_TYPE: { http: 415, grpc: 3, retryable: false },
  OTLP_MALFORMED_BODY: { http: 400, grpc: 3, retryable: false },
  OTLP_METHOD_NOT_ALLOWED: { http: 405, grpc: 12, retryable: false },
  OTLP_UNKNOWN_METHOD: { http: 404, grpc: 12, retryable: false },
  OTLP_MALFORMED_FRAME: { http: 400, grpc: 13, retryable: false },
  OTLP_TIMEOUT: { http: 408, grpc: 4, retryable: false },
  INGEST_OVERLOADED: { http: 503, grpc: 14, retryable: true },
  INGEST_SHUTTING_DOWN: { http: 503, grpc: 14, retryable: true },
  STORAGE_UNAVAILABLE: { http: 503, grpc: 14, retryable: true },
  SPOOL_FULL: { http: 503, grpc: 14, retryable: true },
  SPOOL_LOCKED: { http: 500, grpc: 13, retryable: false },
  SPOOL_UNUSABLE: { http: 500, grpc: 13, retryable: false },
  STORAGE_REJECTED: { http: 400, grpc: 3, retryable: false },
  AUTH_REQUIRED: { http: 401, grpc: 16, retryable: false },
  AUTH_INVALID: { http: 401, grpc: 16, retryable: false },
  API_BAD_REQUEST: { http: 400, grpc: 3, retryable: false },
  API_BAD_CURSOR: { http: 400, grpc: 3, retryable: false },
  API_NOT_FOUND: { http: 404, grpc: 5, retryable: false },
  API_METHOD_NOT_ALLOWED: { http: 405, grpc: 12, retryable: false },
  API_BODY_TOO_LARGE: { http: 413, grpc: 8, retryable: false },
  API_UNSUPPORTED_MEDIA_TYPE: { http: 415, grpc: 3, retryable: false },
  API_INTERNAL: { http: 500, grpc: 13, retryable: false },
  CONFIG_INVALID: { http: 500, grpc: 13, retryable: false },
  SERVER_PORT_IN_USE: { http: 500, grpc: 13, retryable: false },
  DATABASE_LOCKED: { http: 500, grpc: 13, retryable: false },
  DATABASE_UNREACHABLE: { http: 503, grpc: 14, retryable: true },
  DATABASE_TOO_OLD: { http: 500, grpc: 13, retryable: false },
  DATABASE_NEWER_THAN_CODE: { http: 500, grpc: 13, retryable: false },
  DATABASE_MIGRATION_CHANGED: { http: 500, grpc: 13, retryable: false },
  DATABASE_EMBEDDED_FAILED: { http: 500, grpc: 13, retryable: false },
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** One fault of a request, with a JSON pointer to where it is. */
export interface Fault {
  pointer: string;
  detail: string;
}

/** An error with a stable code. The message says what is wrong and what to do, in words fit for whoever sent it. */
export class SpanledgerError extends Error {
  readonly code: ErrorCode;
  readonly faults: Fault[];
  /** Seconds to wait before a retry, where one may help. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; faults?: Fault[]; retryAfterSeconds?: number } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'SpanledgerError';
    this.code = code;
    this.faults = options.faults ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds ?? (ERRORS[code].retryable ? 1 : undefined);
  }

  get httpStatus(): number {
    return ERRORS[this.code].http;
  }

  get grpcCode(): number {
    return ERRORS[this.code].grpc;
  }
}
