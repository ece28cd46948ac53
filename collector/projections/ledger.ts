import { ledgerTraceId } from '../model/ids.js';
import type { TraceReport, TraceRows } from '../model/rows.js';
import { analyzeTrace } from './analysis.js';
import type { BodyReader } from './content.js';
import { projectExecutions } from './executions.js';
import { projectTraceRow } from './trace.js';

/**
 * Projects the reports of a session that belong to no trace: one row in the form of a trace without spans, and one
 * execution for each agent that they name. More records may always come, so it is never waited for.
 */
export function projectLedger(
  projectId: string,
  { sessionId, reports }: { sessionId: string; reports: readonly TraceReport[] },
  reader: BodyReader,
): TraceRows {
  const traceId = ledgerTraceId(sessionId);
  const material = { traceId, spans: [], bodies: new Map(), logs: [], reports: [...reports] };
  const analysis = analyzeTrace(material, reader);
  const ofSession = { ...analysis, identity: { ...analysis.identity, sessionId } };
  return {
    trace: { ...projectTraceRow(ofSession), isLedger: true, isComplete: true },
    executions: projectExecutions(projectId, ofSession),
  };
}
