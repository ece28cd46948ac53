import type { Understanding } from '../model/understanding.js';
import type { Projector } from '../model/write-batch.js';
import { analyzeTrace } from './analysis.js';
import { projectExecutions } from './executions.js';
import { projectSession } from './session.js';
import { projectTraceRow } from './trace.js';

/**
 * Creates the pure functions that compute derived rows from spans. The rows depend on the set of spans alone:
 * not on their order, and not on what was computed before.
 */
export function createProjector(options: { readContent: Understanding['readContent'] }): Projector {
  return {
    projectTrace(projectId, material) {
      const analysis = analyzeTrace(material, options.readContent);
      return { trace: projectTraceRow(analysis), executions: projectExecutions(projectId, analysis) };
    },
    projectSession,
  };
}
