import type { Execution, Session, Trace } from '../../contract/shapes.js';
import { nameExecution } from './execution-table.js';
import { renderFields } from './fields.js';
import {
  renderAge,
  renderCount,
  renderDuration,
  renderMoney,
  renderQuantity,
  renderTokenFlow,
} from './figures.js';
import type { Canvas } from './paint.js';
import { describeError } from './span-title.js';
import { chooseStatusBrush, renderStatus, type Status } from './status.js';
import { cleanLine, cutText } from './text.js';

type Usage = Pick<
  Trace,
  'input_tokens' | 'output_tokens' | 'cached_input_tokens' | 'cache_write_tokens' | 'reasoning_tokens'
>;

/** What a trace was, in a few lines: name and outcome, then figures, names and the first words in and out. */
export function renderTraceHeader(trace: Trace, canvas: Canvas): string {
  const fields = renderFields(
    [
      { label: 'trace', text: trace.trace_id },
      { label: 'work', text: describeWork(trace, [renderQuantity(trace.span_count, 'span')]) },
      { label: 'tokens', text: describeTokens(trace) },
      { label: 'cost', text: describeCost(trace) },
      { label: 'agents', text: trace.agents.join(', ') },
      { label: 'models', text: trace.models.join(', ') },
      { label: 'tools', text: trace.tools.join(', ') },
      { label: 'session', text: trace.session_id },
      { label: 'user', text: trace.user_id },
      { label: 'service', text: trace.services.join(', ') },
      { label: 'tags', text: trace.tags.join(', ') },
      { label: 'input', text: trace.input_preview, isPreview: true },
      { label: 'output', text: trace.output_preview, isPreview: true },
    ],
    canvas,
  );
  return `${renderTitle(trace.name, trace.status, trace.duration_ms, trace.started_at, canvas)}\n${fields}`;
}

/** The same for a session, over all its traces. */
export function renderSessionHeader(session: Session, canvas: Canvas): string {
  const fields = renderFields(
    [
      { label: 'session', text: session.session_id },
      { label: 'work', text: describeWork(session, [renderQuantity(session.trace_count, 'trace')]) },
      { label: 'tokens', text: describeTokens(session) },
      { label: 'cost', text: describeCost(session) },
      { label: 'agents', text: session.agents.join(', ') },
      { label: 'models', text: session.models.join(', ') },
      { label: 'user', text: session.user_id },
      { label: 'service', text: session.services.join(', ') },
    ],
    canvas,
  );
  const name = session.task ?? session.session_id;
  return `${renderTitle(name, session.status, session.duration_ms, session.started_at, canvas)}\n${fields}`;
}

/** The same for one run of an agent; input, output and tools are previews. */
export function renderExecutionHeader(execution: Execution, canvas: Canvas): string {
  const error = describeError(execution);
  const tools = execution.tools_called.map((tool) => (tool.name ?? '?') + (tool.error === null ? '' : ' ✗'));
  const fields = renderFields(
    [
      { label: 'execution', text: execution.id },
      { label: 'trace', text: execution.trace_id },
      { label: 'error', text: error, brush: canvas.paint.red },
      { label: 'attempt', text: execution.attempt === 1 ? null : String(execution.attempt) },
      { label: 'work', text: describeWork(execution, []) },
      { label: 'tokens', text: describeTokens(execution) },
      { label: 'cost', text: describeCost(execution) },
      { label: 'models', text: execution.models.join(', ') },
      { label: 'tools', text: tools.join(', ') },
      { label: 'case', text: execution.case_id },
      { label: 'workflow', text: execution.workflow_id },
      { label: 'session', text: execution.session_id },
      { label: 'user', text: execution.user_id },
      { label: 'thinking', text: execution.thinking_traces[0]?.content ?? null, isPreview: true },
      { label: 'input', text: previewJson(execution.input_data), isPreview: true },
      { label: 'output', text: previewJson(execution.output_data), isPreview: true },
    ],
    canvas,
  );
  const { status, duration_ms: millis, started_at: startedAt } = execution;
  return `${renderTitle(nameExecution(execution), status, millis, startedAt, canvas)}\n${fields}`;
}

/** Any value on one line: text as it is, anything else as JSON; null where there is nothing. */
export function previewJson(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function renderTitle(
  name: string,
  status: Status,
  millis: number | null,
  startedAt: string,
  canvas: Canvas,
): string {
  const { paint } = canvas;
  const facts = [
    chooseStatusBrush(status, paint)(renderStatus(status)),
    ...(millis === null ? [] : [renderDuration(millis)]),
    paint.dim(renderAge(startedAt, canvas.nowMillis)),
  ];
  return [paint.bold(cutText(cleanLine(name), Math.max(20, canvas.width - 40))), ...facts].join('  ');
}

function describeWork(
  work: Pick<Trace, 'llm_calls' | 'failed_llm_calls' | 'tool_calls'> & { error_count?: number },
  first: string[],
): string {
  const parts = [...first];
  if (work.llm_calls > 0) parts.push(renderQuantity(work.llm_calls, 'model call'));
  if (work.failed_llm_calls > 0) parts.push(renderQuantity(work.failed_llm_calls, 'failed model call'));
  if (work.tool_calls > 0) parts.push(renderQuantity(work.tool_calls, 'tool call'));
  if (work.error_count) parts.push(renderQuantity(work.error_count, 'error'));
  return parts.join(', ');
}

function describeTokens(usage: Usage): string {
  const details = [
    [usage.cached_input_tokens, 'cached'],
    [usage.cache_write_tokens, 'written to cache'],
    [usage.reasoning_tokens, 'reasoning'],
  ] as const;
  const said = details.filter(([count]) => count).map(([count, word]) => `${renderCount(count)} ${word}`);
  const flow = renderTokenFlow(usage.input_tokens, usage.output_tokens);
  return said.length === 0 ? flow : `${flow} (${said.join(', ')})`;
}

function describeCost({
  cost_usd: cost,
  cost_source: source,
  input_tokens: input,
  output_tokens: output,
}: Pick<Trace, 'cost_usd' | 'cost_source' | 'input_tokens' | 'output_tokens'>): string {
  if (cost !== null) return `${renderMoney(cost)} (${source})`;
  return input === null && output === null ? '' : 'unpriced';
}
