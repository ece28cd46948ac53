import type { Signal } from './span-data.js';

/** Something that was refused, repaired or not understood; listed at `/api/v1/ingest/issues`. */
export interface IngestIssue {
  /** Stable code, `UPPER_SNAKE`. */
  code: string;
  message: string;
  signal: Signal;
  serviceName: string | null;
  scopeName: string | null;
  traceId: string | null;
  spanId: string | null;
  /** The attribute that it is about; null where it is about none. */
  key: string | null;
}
