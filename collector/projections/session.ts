import type { RunStatus, SessionRow, TraceRow } from '../model/rows.js';
import { sumBills } from './totals.js';

/**
 * Projects the row of a session from the rows of its traces, in any order. What log records report beside them (its
 * ledger) adds to all sums and lists, and is no trace.
 */
export function projectSession(sessionId: string, traces: readonly TraceRow[]): SessionRow {
  const sorted = traces.toSorted(compareTraces);
  const first = (read: (trace: TraceRow) => string | null): string | null => {
    for (const trace of sorted) {
      const value = read(trace);
      if (value !== null) return value;
    }
    return null;
  };
  const sum = (read: (trace: TraceRow) => number): number =>
    sorted.reduce((total, trace) => total + read(trace), 0);
  const [only] = sorted;
  // The lists of one trace, which is what most sessions have when they come, are distinct already.
  const union = (read: (trace: TraceRow) => string[]): string[] =>
    sorted.length === 1 && only !== undefined ? read(only) : [...new Set(sorted.flatMap(read))];
  return {
    sessionId,
    task: first(({ inputPreview }) => inputPreview),
    status: readStatus(sorted),
    startTimeUnixNano: sorted.find((trace) => trace.startTimeUnixNano !== 0n)?.startTimeUnixNano ?? 0n,
    endTimeUnixNano: sorted.reduce(
      (end, trace) => (trace.endTimeUnixNano > end ? trace.endTimeUnixNano : end),
      0n,
    ),
    traceCount: sorted.filter(({ isLedger }) => !isLedger).length,
    entryCount: sum(({ spanCount, reportCount }) => spanCount + reportCount),
    userId: first(({ userId }) => userId),
    conversationId: first(({ conversationId }) => conversationId),
    llmCalls: sum(({ llmCalls }) => llmCalls),
    failedLlmCalls: sum(({ failedLlmCalls }) => failedLlmCalls),
    toolCalls: sum(({ toolCalls }) => toolCalls),
    errorCount: sum(({ errorCount }) => errorCount),
    failedSpanCount: sum(({ failedSpanCount }) => failedSpanCount),
    ...sumBills(sorted),
    agents: union(({ agents }) => agents),
    models: union(({ models }) => models),
    providers: union(({ providers }) => providers),
    tools: union(({ tools }) => tools),
    services: union(({ services }) => services),
    dialects: union(({ dialects }) => dialects),
    tags: union(({ tags }) => tags),
    environment: first(({ environment }) => environment),
  };
}

/** `running` while any trace is; otherwise what became of the last one. */
function readStatus(sorted: readonly TraceRow[]): RunStatus {
  if (sorted.some(({ status }) => status === 'running')) return 'running';
  return sorted.at(-1)?.status ?? 'completed';
}

function compareTraces(left: TraceRow, right: TraceRow): number {
  if (left.startTimeUnixNano !== right.startTimeUnixNano) {
    return left.startTimeUnixNano < right.startTimeUnixNano ? -1 : 1;
  }
  if (left.endTimeUnixNano !== right.endTimeUnixNano) {
    return left.endTimeUnixNano < right.endTimeUnixNano ? -1 : 1;
  }
  return left.traceId < right.traceId ? -1 : left.traceId > right.traceId ? 1 : 0;
}
