/**
 * Sizes from which on derived rows are not brought up to date with each write, which would take the longer the more there
 * is, but later: see docs/decisions/0011-large-traces-are-derived-later.md.
 */
export interface DeferralLimits {
  /** Spans and reports of a trace. */
  traceRecords: number;
  /** Traces of a session. */
  sessionTraces: number;
  /** Spans and reports of a session that has a ledger. */
  ledgerEntries: number;
}

/** Few enough to be read and derived with each write: it takes some tens of milliseconds of one processor at most. */
export const DEFAULT_DEFERRAL: DeferralLimits = { traceRecords: 64, sessionTraces: 256, ledgerEntries: 256 };

/** Everything is brought up to date at once, whatever its size. */
export const NO_DEFERRAL: DeferralLimits = {
  traceRecords: Number.MAX_SAFE_INTEGER,
  sessionTraces: Number.MAX_SAFE_INTEGER,
  ledgerEntries: Number.MAX_SAFE_INTEGER,
};
