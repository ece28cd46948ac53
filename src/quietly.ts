import { diag } from '@opentelemetry/api';

/**
 * Runs a part of the SDK of which a user's code must not see any failure: what it throws is said to `diag` alone, and
 * the answer is then undefined.
 */
export function quietly<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    diag.error('spanledger: a span is less complete than it should be', error);
    return undefined;
  }
}
