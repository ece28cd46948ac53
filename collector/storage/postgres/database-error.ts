import { SpanledgerError } from '../../errors.js';

/** The SQLSTATE (PostgreSQL manual, appendix A) or Node error code of a failure; of an aggregate, its first one's. */
export function readErrorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error instanceof AggregateError ? readErrorCode(error.errors[0]) : undefined;
}

// Data exceptions and integrity violations: the same rows would be refused again.
const REJECTING_CLASSES = new Set(['22', '23']);

const CHECK_VIOLATION = '23514';

/**
 * Whether a row was on its way to the default partition while the partition of its day was made: it will find that one
 * the next time. Unlike a check, the constraint of a partition has no name (ExecPartitionCheckEmitError, PostgreSQL 15).
 */
export function isMisrouted(error: unknown): boolean {
  if (readErrorCode(error) !== CHECK_VIOLATION) return false;
  const { constraint } = error as { constraint?: unknown };
  return constraint === undefined || constraint === null;
}

const EXPLANATIONS: readonly [pattern: RegExp, explanation: string][] = [
  [/^(ECONNREFUSED|ENOENT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/, 'The database cannot be reached'],
  [/^(ETIMEDOUT|ECONNRESET|EPIPE|08...)$/, 'The connection to the database broke'],
  [/^(53100|58030)$/, 'The database has no space left on its disk'],
  [/^53/, 'The database has no connections or memory left'],
  [/^57014$/, 'The database took too long'],
  [/^57P/, 'The database is shutting down or starting up'],
  [/^(40001|40P01|55P03|23514)$/, 'The database was busy with a conflicting change'],
  [/^25006$/, 'The database is read-only'],
  [/^42(P01|703|883)$/, 'The database lacks a table or column, perhaps because it has not been migrated'],
  [/^(28|42501)/, 'The database refused the user'],
];

/**
 * What a failure of the database means for whoever asked: `STORAGE_REJECTED` where the same data would fail again,
 * else `STORAGE_UNAVAILABLE`, which may be retried. The message names no values, since they may be private; the cause
 * has everything.
 */
export function classifyDatabaseError(error: unknown): SpanledgerError {
  if (error instanceof SpanledgerError) return error;
  const code = readErrorCode(error);
  if (code !== undefined && isRejection(code) && !isMisrouted(error)) {
    return new SpanledgerError('STORAGE_REJECTED', `The database refused a value (${code}).`, {
      cause: error,
    });
  }
  const explanation = explain(code, error);
  const suffix = code === undefined ? '' : ` (${code})`;
  return new SpanledgerError('STORAGE_UNAVAILABLE', `${explanation}${suffix}. Try again later.`, {
    cause: error,
  });
}

function isRejection(code: string): boolean {
  return code.length === 5 && REJECTING_CLASSES.has(code.slice(0, 2));
}

function explain(code: string | undefined, error: unknown): string {
  if (code !== undefined) {
    return EXPLANATIONS.find(([pattern]) => pattern.test(code))?.[1] ?? 'The database failed';
  }
  // pg 8 and pg-pool 3 give these no code.
  const message = error instanceof Error ? error.message : '';
  if (/timeout exceeded when trying to connect/.test(message)) {
    return 'No connection to the database became free in time';
  }
  if (/connection (terminated|timeout|ended)|not queryable|client was closed/i.test(message)) {
    return 'The connection to the database broke';
  }
  return 'The database failed';
}
