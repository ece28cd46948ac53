import { SpanledgerError } from '../../../errors.js';
import { classifyDatabaseError, readErrorCode } from '../database-error.js';

const SQL_STATE = /^[0-9A-Z]{5}$/;
/**
 * Connection exceptions, the user or the database refused, insufficient resources, operator intervention, system errors
 * (PostgreSQL manual, appendix A).
 */
const CONNECTION_CLASSES = new Set(['08', '28', '3D', '53', '57', '58']);
/** read_only_sql_transaction: after a failover the connection may lead to a standby, and a new one elsewhere. */
const READ_ONLY = '25006';
/** query_canceled, by the timeout of a statement: what others write may be quick. */
const STATEMENT_TIMEOUT = '57014';
/** Program limit exceeded, such as a value nested too deeply or too large: the same data would fail again. */
const LIMIT_CLASS = '54';

/** The SQLSTATE of a failure that the server reported. */
export function readSqlState(error: unknown): string | undefined {
  const code = readErrorCode(error);
  return code !== undefined && SQL_STATE.test(code) ? code : undefined;
}

/** Whether a failure lies with the database or the way to it, so that other batches would fail as well. */
export function isConnectionFailure(error: unknown): boolean {
  if (error instanceof SpanledgerError) return error.code === 'STORAGE_UNAVAILABLE';
  if (isProgramError(error)) return false;
  const state = readSqlState(error);
  if (state === STATEMENT_TIMEOUT) return false;
  return state === undefined || state === READ_ONLY || CONNECTION_CLASSES.has(state.slice(0, 2));
}

/** Whether a failure lies with the data, which would be refused again however often it came. */
export function isRefusal(error: unknown): boolean {
  return toRejection(error).code === 'STORAGE_REJECTED';
}

/**
 * Whether some of the batches of a failed group may be written where all together were not: one holds bad data, or it was
 * too much at a time. What has lasted through the writer's own attempts, such as a lock, would hold up each of them.
 */
export function isDivisible(error: unknown): boolean {
  return isRefusal(error) || readSqlState(error) === STATEMENT_TIMEOUT;
}

/** What a failed write is answered with. Data that can't be written however often it is tried is rejected. */
export function toRejection(error: unknown): SpanledgerError {
  if (isProgramError(error) || readSqlState(error)?.startsWith(LIMIT_CLASS) === true) {
    return new SpanledgerError('STORAGE_REJECTED', 'The request holds something that cannot be stored.', {
      cause: error,
    });
  }
  return classifyDatabaseError(error);
}

/** Our own code stumbled over the data. */
function isProgramError(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError;
}
