import type { SpanSummary } from '../../contract/shapes.js';
import { cleanLine } from './text.js';

export interface SpanTitle {
  /** What kind of step it is; empty for a plain span. */
  label: string;
  /** What a reader would call it: the agent, the model, the tool, else the span's name. */
  name: string;
  /** What is worth knowing beside the name; often empty. */
  detail: string;
}

const LABELS: Readonly<Partial<Record<SpanSummary['type'], string>>> = { embedding: 'embed', span: '' };

/** What a title is made of; spans and entries of a session have it. */
type TitledStep = Pick<
  SpanSummary,
  'name' | 'type' | 'operation' | 'agent_name' | 'model' | 'request_model' | 'tool_name' | 'finish_reasons'
>;

/** Names a step the way a reader thinks of it. All texts are clean lines. */
export function titleSpan(span: TitledStep, argumentsPreview = ''): SpanTitle {
  return {
    label: LABELS[span.type] ?? span.type,
    name: cleanLine(stripOperation(chooseName(span), span)) || '(unnamed)',
    detail: cleanLine(span.type === 'llm' ? describeStop(span.finish_reasons) : argumentsPreview),
  };
}

function chooseName(span: TitledStep): string {
  switch (span.type) {
    case 'agent':
      return span.agent_name ?? span.name;
    case 'llm':
    case 'embedding':
    case 'rerank':
      return span.model ?? span.request_model ?? span.name;
    case 'tool':
    case 'handoff':
      return span.tool_name ?? span.name;
    default:
      return span.name;
  }
}

/** Span names of the GenAI conventions begin with the operation, which the label says already. */
function stripOperation(name: string, { type, operation }: TitledStep): string {
  const prefix = [operation, type].find((word) => word !== null && name.startsWith(`${word} `));
  return prefix === undefined || prefix === null || type === 'span' ? name : name.slice(prefix.length + 1);
}

/** An answer that was cut short looks like any other unless it is said. */
function describeStop(finishReasons: readonly string[]): string {
  const cut = finishReasons.filter((reason) => reason === 'length' || reason === 'content_filter');
  return cut.length === 0 ? '' : `stopped: ${cut.join(', ')}`;
}

/** The kind and the words of a failure on one clean line; empty where the span carries neither. */
export function describeError(
  failed: Pick<SpanSummary, 'error_type' | 'error_message'> & { status_message?: string },
): string {
  const type = cleanLine(failed.error_type ?? '');
  const message = cleanLine(failed.error_message ?? failed.status_message ?? '').trim();
  if (message === '' || type === '' || message.startsWith(type)) return message || type;
  return `${type}: ${message}`;
}
