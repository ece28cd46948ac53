import type { TraceMaterial } from '../model/rows.js';
import { findAgentRuns } from './agents.js';
import type { BodyReader, ContentReader } from './content.js';
import { createContentReader } from './content.js';
import type { Identity } from './identity.js';
import { readSharedIdentity } from './identity.js';
import { mergeReports } from './reports.js';
import type { ToolRun } from './tools.js';
import { listToolRuns } from './tools.js';
import type { Bill } from './totals.js';
import { sumCounted } from './totals.js';
import type { SpanNode, TraceTree } from './tree.js';
import { buildTree } from './tree.js';
import type { UsageJudgement } from './usage.js';
import { judgeTree } from './usage.js';

/** One trace, looked through once for all the rows that are projected from it. */
export interface TraceAnalysis {
  traceId: string;
  tree: TraceTree;
  judgement: UsageJudgement;
  /** What all that is counted comes to. */
  bill: Bill;
  /** Agent spans that are runs of agents. */
  agentRuns: ReadonlySet<SpanNode>;
  toolRuns: ToolRun[];
  content: ContentReader;
  /** Whom it was for, as any of its spans, and else any of its log records, says. */
  identity: Identity;
  /** Log records that report something of it. */
  reportCount: number;
}

/**
 * Joins the log records of a trace with its spans, builds the tree, tells calls and tool runs apart, and makes the
 * contents readable.
 */
export function analyzeTrace(material: TraceMaterial, reader: BodyReader): TraceAnalysis {
  const reports = material.reports.map(({ span }) => span);
  const merged = mergeReports(material.spans, reports);
  const tree = buildTree(merged.spans, merged.added);
  const content = createContentReader(material, merged.joined, reader);
  const judgement = judgeTree(tree);
  return {
    traceId: material.traceId,
    tree,
    judgement,
    bill: sumCounted(judgement.counted),
    agentRuns: findAgentRuns(tree),
    toolRuns: listToolRuns(tree, content),
    content,
    identity: readSharedIdentity(tree, merged.reports),
    reportCount: merged.reports.length,
  };
}
