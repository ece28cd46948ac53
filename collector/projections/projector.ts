import type { Projector } from '../model/write-batch.js';
import { analyzeTrace } from './analysis.js';
import { assignReports } from './assign-reports.js';
import type { BodyReader } from './content.js';
import { projectExecutions } from './executions.js';
import { findTraceIssues } from './issues.js';
import { projectLedger } from './ledger.js';
import { projectSession } from './session.js';
import { projectTraceRow } from './trace.js';

/**
 * Creates the pure functions that compute derived rows from spans and from what log records report. The rows depend
 * on the sets alone: not on their order, and not on what was computed before.
 */
export function createProjector(reader: BodyReader): Projector {
  return {
    projectTrace(projectId, material) {
      const analysis = analyzeTrace(material, reader);
      return {
        trace: projectTraceRow(analysis),
        executions: projectExecutions(projectId, analysis),
        issues: findTraceIssues(analysis.tree),
      };
    },
    assignReports,
    projectLedger: (projectId, sessionId, reports) =>
      projectLedger(projectId, { sessionId, reports }, reader),
    projectSession,
  };
}
