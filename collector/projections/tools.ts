import type { JsonValue } from '../model/json.js';
import type { ContentReader } from './content.js';
import type { SpanNode, TraceTree } from './tree.js';
import { passDown } from './tree.js';

/** One run of a tool. */
export interface ToolRun {
  /** Its span; where it has none, that of the model call that was given its result. */
  node: SpanNode;
  name: string | null;
  callId: string | null;
  /** What the model call tells of a run without a span; null where the span tells itself. */
  reported: { arguments: JsonValue; result: JsonValue } | null;
}

/**
 * The tool runs of a trace in order: its tool spans; where it has none, the results that its model calls were given
 * last. (OpenInference's Anthropic instrumentation, 0.2, makes no tool spans, but its calls say what was fed back.)
 * Hand-offs are no tools.
 */
export function listToolRuns(tree: TraceTree, content: ContentReader): ToolRun[] {
  const runs = listToolSpans(tree).map((node): ToolRun => {
    const { toolName, toolCallId } = node.span.facts;
    return { node, name: toolName, callId: toolCallId, reported: null };
  });
  return runs.length > 0 ? runs : listReportedRuns(tree, content);
}

/**
 * The client's and the server's span of one MCP call nest (GenAI conventions, MCP): a tool span inside one of the
 * same name or call id, with no model call or agent between them, is the same run.
 */
function listToolSpans(tree: TraceTree): SpanNode[] {
  const enclosing = passDown<SpanNode | null>(tree, null, (parent, above) => {
    const { type } = parent.span.facts;
    if (type === 'tool') return parent;
    return type === 'agent' || type === 'llm' || type === 'handoff' ? null : above;
  });
  return tree.nodes.filter((node) => {
    if (node.span.facts.type !== 'tool') return false;
    const outer = enclosing[node.index];
    return outer == null || !isSameRun(outer, node);
  });
}

function isSameRun(outer: SpanNode, inner: SpanNode): boolean {
  const [left, right] = [outer.span.facts, inner.span.facts];
  if (left.toolCallId !== null && right.toolCallId !== null) return left.toolCallId === right.toolCallId;
  return left.toolName !== null && left.toolName === right.toolName;
}

function listReportedRuns(tree: TraceTree, content: ContentReader): ToolRun[] {
  const runs = new Map<string, ToolRun>();
  for (const node of tree.nodes) {
    if (node.span.facts.type !== 'llm') continue;
    for (const run of listNewResults(node, content)) runs.set(run.callId, runs.get(run.callId) ?? run);
  }
  return [...runs.values()];
}

/** Tool results after the last answer in a call's input: older ones are history, and were listed when new. */
function listNewResults(node: SpanNode, content: ContentReader): (ToolRun & { callId: string })[] {
  const messages = content.readWithoutLogs(node)?.inputMessages ?? [];
  const lastAnswer = messages.findLastIndex(({ role }) => role === 'assistant');
  const asked = new Map<string, { name: string; arguments: JsonValue }>();
  for (const part of messages[lastAnswer]?.parts ?? []) {
    if (part.type !== 'tool_call' || !('name' in part)) continue;
    const { id, name } = part;
    if (typeof id === 'string' && typeof name === 'string')
      asked.set(id, { name, arguments: part.arguments ?? null });
  }
  const results: (ToolRun & { callId: string })[] = [];
  for (const part of messages.slice(lastAnswer + 1).flatMap(({ parts }) => parts)) {
    if (part.type !== 'tool_call_response' || !('id' in part) || typeof part.id !== 'string') continue;
    const call = asked.get(part.id);
    if (call === undefined) continue;
    const result = 'response' in part ? (part.response ?? null) : null;
    results.push({ node, name: call.name, callId: part.id, reported: { arguments: call.arguments, result } });
  }
  return results;
}
