import type { TraceMaterial } from '../model/rows.js';
import type { Understanding } from '../model/understanding.js';
import type { ContentReader } from './content.js';
import { createContentReader } from './content.js';
import type { ToolRun } from './tools.js';
import { listToolRuns } from './tools.js';
import type { TraceTree } from './tree.js';
import { buildTree } from './tree.js';
import type { UsageJudgement } from './usage.js';
import { judgeTree } from './usage.js';

/** One trace, looked through once for all the rows that are projected from it. */
export interface TraceAnalysis {
  traceId: string;
  tree: TraceTree;
  judgement: UsageJudgement;
  toolRuns: ToolRun[];
  content: ContentReader;
}

/** Builds the tree of a trace, tells its calls and tool runs apart, and makes its contents readable. */
export function analyzeTrace(
  material: TraceMaterial,
  readContent: Understanding['readContent'],
): TraceAnalysis {
  const tree = buildTree(material.spans);
  const content = createContentReader(material, readContent);
  return {
    traceId: material.traceId,
    tree,
    judgement: judgeTree(tree),
    toolRuns: listToolRuns(tree, content),
    content,
  };
}
