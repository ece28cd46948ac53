import type { ClientBase } from 'pg';
import type {
  ExecutionRow,
  ThinkingTrace,
  ToolCalled,
  TraceMaterial,
  TraceRows,
} from '../../../model/rows.js';
import type { StoredRow } from '../rows/queryable.js';
import { RowReader } from '../rows/stored-row.js';
import { decodeJson } from '../value-codec.js';
import { hexBytes } from './record-set.js';

const LIST_PREVIEWS = `
  select trace_id, input_preview, output_preview from traces
  where project_id = $1 and trace_id = any($2::bytea[])`;

const LIST_CONTENT = `
  select id, input_data, output_data, thinking_traces, tools_called from agent_executions
  where project_id = $1 and trace_id = any($2::bytea[])`;

/** A trace with everything that is left of it. */
export interface LoadedTrace {
  material: TraceMaterial;
  /** The spans whose message bodies payload retention has deleted. */
  expiredSpanIds: ReadonlySet<string>;
}

/**
 * Puts back what earlier rows of a trace say of message bodies that payload retention has deleted since: the previews
 * of the trace, and the content of the executions that such spans belong to. `rows` has what was computed from each of
 * `traces`, in their order. Where nothing has expired, that is handed back as it is.
 */
export async function keepExpiredContent(
  client: ClientBase,
  projectId: string,
  traces: readonly LoadedTrace[],
  rows: readonly TraceRows[],
): Promise<TraceRows[]> {
  const expired = traces.filter(({ expiredSpanIds }) => expiredSpanIds.size > 0);
  if (expired.length === 0) return [...rows];
  const values = [projectId, expired.map(({ material }) => hexBytes(material.traceId))];
  const previews = await client.query<StoredRow>(LIST_PREVIEWS, values);
  const contents = await client.query<StoredRow>(LIST_CONTENT, values);
  const storedTraces = new Map(
    previews.rows.map((row) => [(row.trace_id as Buffer).toString('hex'), new RowReader(row)]),
  );
  const storedExecutions = new Map(contents.rows.map((row) => [row.id as string, new RowReader(row)]));
  return rows.map((row, index) => {
    const { trace, executions } = row;
    const loaded = traces[index];
    if (loaded === undefined || loaded.expiredSpanIds.size === 0) return row;
    const stored = storedTraces.get(trace.traceId);
    const affected = findAffected(loaded, executions);
    return {
      ...row,
      trace: {
        ...trace,
        inputPreview: stored?.textOrNull('input_preview') ?? trace.inputPreview,
        outputPreview: stored?.textOrNull('output_preview') ?? trace.outputPreview,
      },
      executions: executions.map((execution) => {
        const content = affected.has(execution.id) ? storedExecutions.get(execution.id) : undefined;
        return content === undefined ? execution : keepContent(execution, content, loaded.expiredSpanIds);
      }),
    };
  });
}

/** The innermost execution around each of the spans; all of the trace where there is none around one. */
function findAffected(
  { material, expiredSpanIds }: LoadedTrace,
  executions: readonly ExecutionRow[],
): Set<string> {
  const parents = new Map(material.spans.map(({ spanId, parentSpanId }) => [spanId, parentSpanId]));
  const bySpanId = new Map(executions.map(({ spanId, id }) => [spanId, id]));
  const affected = new Set<string>();
  const seen = new Set<string>();
  for (const expiredSpanId of expiredSpanIds) {
    let spanId: string | null | undefined = expiredSpanId;
    while (spanId != null && !seen.has(spanId) && !bySpanId.has(spanId)) {
      seen.add(spanId);
      spanId = parents.get(spanId);
    }
    if (spanId == null) return new Set(bySpanId.values());
    const id = bySpanId.get(spanId);
    if (id !== undefined) affected.add(id);
  }
  return affected;
}

function keepContent(
  execution: ExecutionRow,
  stored: RowReader,
  expiredSpanIds: ReadonlySet<string>,
): ExecutionRow {
  const input = stored.json('input_data');
  const output = stored.json('output_data');
  return {
    ...execution,
    inputData: input === null ? execution.inputData : decodeJson(input),
    outputData: output === null ? execution.outputData : decodeJson(output),
    thinkingTraces: keepThinking(
      execution.thinkingTraces,
      readList<ThinkingTrace>(stored, 'thinking_traces'),
      expiredSpanIds,
    ),
    toolsCalled: keepTools(
      execution.toolsCalled,
      readList<ToolCalled>(stored, 'tools_called'),
      expiredSpanIds,
    ),
  };
}

function keepThinking(
  fresh: ThinkingTrace[],
  stored: readonly ThinkingTrace[],
  expiredSpanIds: ReadonlySet<string>,
): ThinkingTrace[] {
  const kept = stored.filter(({ span_id }) => expiredSpanIds.has(span_id));
  const keptSpanIds = new Set(kept.map(({ span_id }) => span_id));
  return sortByTime(
    [...kept, ...fresh.filter(({ span_id }) => !keptSpanIds.has(span_id))],
    ({ time }) => time,
  );
}

/** What a tool was given and gave back goes with its body; a call that only messages told of goes with these. */
function keepTools(
  fresh: ToolCalled[],
  stored: readonly ToolCalled[],
  expiredSpanIds: ReadonlySet<string>,
): ToolCalled[] {
  const keyOf = ({ span_id, call_id }: ToolCalled): string => `${span_id}/${call_id ?? ''}`;
  const kept = new Map(
    stored.filter(({ span_id }) => expiredSpanIds.has(span_id)).map((tool) => [keyOf(tool), tool]),
  );
  const merged = fresh.map((tool) => {
    const known = kept.get(keyOf(tool));
    kept.delete(keyOf(tool));
    return known === undefined ? tool : { ...tool, arguments: known.arguments, result: known.result };
  });
  const callIds = new Set(fresh.map(({ call_id }) => call_id).filter((id) => id !== null));
  const untold = [...kept.values()].filter(({ call_id }) => call_id !== null && !callIds.has(call_id));
  return sortByTime([...merged, ...untold], ({ started_at }) => started_at);
}

/** Stable, and by the digits: a time has as many as it needs. */
function sortByTime<Item>(items: Item[], readTime: (item: Item) => string): Item[] {
  const digitsOf = (item: Item): string => readTime(item).replace('Z', '');
  return items.sort((a, b) => (digitsOf(a) < digitsOf(b) ? -1 : digitsOf(a) > digitsOf(b) ? 1 : 0));
}

function readList<Item>(stored: RowReader, column: string): Item[] {
  const text = stored.json(column);
  return text === null ? [] : (decodeJson(text) as unknown as Item[]);
}
