import { nowUnixNano } from '../../../model/time.js';
import type { StorageReader } from '../../storage.js';
import { classifyDatabaseError } from '../database-error.js';
import type { Queryable } from '../rows/queryable.js';
import { findExecution, listExecutionTree, listExecutions } from './executions.js';
import { listIngestIssues, summarizeIngestIssues } from './issues.js';
import { listLogRecords } from './logs.js';
import { listMetricPoints, listMetrics } from './metrics.js';
import type { ReadContext } from './read-context.js';
import { listLedgerReports, listTraceReports } from './reports.js';
import { listSessionEntries } from './session-entries.js';
import { findSession, listSessions } from './sessions.js';
import { findSpan, listSpans, listTraceSpans } from './spans.js';
import { findTrace, listTraces } from './traces.js';
import { findWhereabouts } from './whereabouts.js';

export interface ReaderOptions {
  /** A pool made by `createPool`. */
  pool: Queryable;
  /** Now, in nanoseconds since the epoch: tells which incomplete traces are young enough to be running. */
  clock?: () => bigint;
}

/** The reading half of storage on Postgres; `StorageReader` says what it promises. It holds no connection. */
export function createReader({ pool, clock = nowUnixNano }: ReaderOptions): StorageReader {
  const context: ReadContext = { database: withClassifiedErrors(pool), clock };
  return {
    listTraces: (...given) => listTraces(context, ...given),
    findTrace: (...given) => findTrace(context, ...given),
    listTraceSpans: (...given) => listTraceSpans(context, ...given),
    listSpans: (...given) => listSpans(context, ...given),
    findSpan: (...given) => findSpan(context, ...given),
    listSessions: (...given) => listSessions(context, ...given),
    findSession: (...given) => findSession(context, ...given),
    listExecutions: (...given) => listExecutions(context, ...given),
    findExecution: (...given) => findExecution(context, ...given),
    listExecutionTree: (...given) => listExecutionTree(context, ...given),
    listLogRecords: (...given) => listLogRecords(context, ...given),
    listMetrics: (...given) => listMetrics(context, ...given),
    listMetricPoints: (...given) => listMetricPoints(context, ...given),
    listTraceReports: (...given) => listTraceReports(context, ...given),
    listLedgerReports: (...given) => listLedgerReports(context, ...given),
    listSessionEntries: (...given) => listSessionEntries(context, ...given),
    listIngestIssues: (...given) => listIngestIssues(context, ...given),
    summarizeIngestIssues: (...given) => summarizeIngestIssues(context, ...given),
    findWhereabouts: (...given) => findWhereabouts(context, ...given),
  };
}

export function withClassifiedErrors(pool: Queryable): Queryable {
  return {
    async query(text, values) {
      try {
        return await pool.query(text, values);
      } catch (error) {
        throw classifyDatabaseError(error);
      }
    },
  };
}
