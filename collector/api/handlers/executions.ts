import type { Routes } from '../../contract/routes.js';
import type { Execution, ExecutionTree } from '../../contract/shapes.js';
import { cutFilter, presentPage, readWholeTrace, requireFound } from '../handler.js';
import type { GroupHandlers, HandlerOptions } from '../handler.js';
import { presentSpanSummary } from '../present-span.js';
import { pageSpans } from '../span-cursor.js';
import { buildSpanTree, walkBreadthFirst } from '../span-tree.js';

export function createExecutionHandlers(options: HandlerOptions): GroupHandlers<Routes['executions']> {
  const { storage } = options;
  return {
    async list({ query }, projectId) {
      const { limit, cursor, sort, order, ...filter } = query;
      const page = await storage.listExecutions(projectId, cutFilter(filter), { limit, cursor, sort, order });
      return presentPage(page, (execution) => execution);
    },
    async get({ params }, projectId) {
      return requireFound(await storage.findExecution(projectId, params.execution_id), describe(params));
    },
    async tree({ params }, projectId) {
      const executions = await storage.listExecutionTree(projectId, params.execution_id);
      requireFound(executions[0], describe(params));
      return { roots: nestExecutions(executions) };
    },
    async spans({ params, query }, projectId) {
      const execution = requireFound(
        await storage.findExecution(projectId, params.execution_id),
        describe(params),
      );
      // Of what log records report without a trace, there are no spans.
      if (execution.trace_id === null || execution.span_id === null) return { data: [], next_cursor: null };
      const [trace, { spans, verdicts }] = await Promise.all([
        storage.findTrace(projectId, execution.trace_id),
        readWholeTrace(options, projectId, execution.trace_id),
      ]);
      const context = { trace, verdicts };
      const own = listSubtreeIds(spans, execution.span_id);
      const page = pageSpans(
        spans.filter((span) => own.has(span.spanId)),
        query,
      );
      return presentPage(page, (span) => presentSpanSummary(span, context));
    },
  };
}

function describe(params: { execution_id: string }): string {
  return `execution ${params.execution_id}`;
}

/** Puts executions under their parents; those whose parent is not in the list are roots. Parents come before children. */
function nestExecutions(executions: readonly Execution[]): ExecutionTree[] {
  const nested = new Map<string, ExecutionTree>();
  const roots: ExecutionTree[] = [];
  for (const execution of executions) {
    const node = { ...execution, children: [] };
    const parent =
      execution.parent_execution_id === null ? undefined : nested.get(execution.parent_execution_id);
    (parent?.children ?? roots).push(node);
    nested.set(execution.id, node);
  }
  return roots;
}

function listSubtreeIds(
  spans: readonly { spanId: string; parentSpanId: string | null }[],
  rootId: string,
): Set<string> {
  for (const node of walkBreadthFirst(buildSpanTree(spans))) {
    if (node.span.spanId === rootId)
      return new Set([...walkBreadthFirst([node])].map(({ span }) => span.spanId));
  }
  return new Set();
}
