import type { ClientBase } from 'pg';
import type { Reunderstanding } from '../../storage.js';
import type { LockedTrace } from '../write/traces.js';
import type { StoredRerun } from './rerun-rows.js';

/** What one step does: reads stored records anew by the rerun's kind, and counts in its tally. */
export interface Rereading {
  client: ClientBase;
  rerun: StoredRerun;
  understanding: Reunderstanding;
}

/** A row of `traces` that a step is at; the window of a ledger is from the first to the last of all its records. */
export interface RerunTrace extends LockedTrace {
  traceId: string;
  isLedger: boolean;
  startedMicros: bigint;
}
