import type { Client } from '../client/client.js';
import type { TraceDetail, TraceSummary, TraceTree } from '../contract/answers.js';
import type { Execution } from '../contract/shapes.js';
import { renderQuantity } from './render/figures.js';
import { previewJson, renderTraceHeader } from './render/headers.js';
import type { Canvas } from './render/paint.js';
import { renderErrors, renderSummary } from './render/summary.js';
import { renderTree } from './render/tree.js';

/** Everything that is shown of one trace. */
export interface TraceView {
  trace: TraceDetail;
  tree: TraceTree;
  summary: TraceSummary;
  executions: Execution[];
}

export interface TraceViewOptions {
  showsAll?: boolean;
  showsIds?: boolean;
  showsSummary?: boolean;
}

const MOST_EXECUTIONS = 500;

/** Loads a trace with its tree. Rejects where the trace is unknown. */
export async function loadTraceView(client: Client, traceId: string): Promise<TraceView> {
  const [trace, tree, summary, executions] = await Promise.all([
    client.traces.get({ trace_id: traceId }),
    client.traces.tree({ trace_id: traceId }),
    client.traces.summary({ trace_id: traceId }),
    client.executions.list({ trace_id: traceId, limit: MOST_EXECUTIONS }),
  ]);
  return { trace, tree, summary, executions: executions.data };
}

/** The header, the tree, and where failures began. */
export function renderTraceView(view: TraceView, canvas: Canvas, options: TraceViewOptions = {}): string {
  const tree = renderTree(view.tree.roots, canvas, {
    showsAll: options.showsAll ?? false,
    showsIds: options.showsIds ?? false,
    reports: view.tree.reports,
    argumentPreviews: previewArguments(view.executions),
  });
  const sections = [
    renderTraceHeader(view.trace, canvas),
    tree,
    view.tree.truncated ? canvas.paint.yellow(describeTruncation(view.tree)) : '',
    options.showsSummary === true
      ? renderSummary(view.summary, canvas)
      : renderErrors(view.summary.errors, canvas),
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

function describeTruncation({ span_count: count }: TraceTree): string {
  return `The trace has ${renderQuantity(count, 'span')}; the deepest are left out here.`;
}

/** Executions list their tool calls with arguments, which the spans of a tree leave out. */
function previewArguments(executions: readonly Execution[]): ReadonlyMap<string, string> {
  const previews = new Map<string, string>();
  for (const { tools_called: tools } of executions) {
    for (const tool of tools) {
      const preview = previewJson(tool.arguments);
      if (preview !== null) previews.set(tool.span_id, preview);
    }
  }
  return previews;
}
