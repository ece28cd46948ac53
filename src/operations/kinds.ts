import { SpanKind, type Attributes } from '@opentelemetry/api';
import { ATTR, OPERATION } from '../semconv.js';
import { toMessages } from './messages.js';
import { renderJson } from './render-json.js';

/** The name of a kind of operation. */
export type OperationType =
  | 'agent'
  | 'workflow'
  | 'generation'
  | 'embedding'
  | 'tool'
  | 'handoff'
  | 'retrieval'
  | 'guardrail'
  | 'evaluation'
  | 'step';

/** How one kind of operation is written down. */
export interface OperationKind {
  /** The value of `gen_ai.operation.name`, and the span's name before that of the agent, model or tool. */
  operation: string;
  spanKind: SpanKind;
  /** Whether the time to a stream's first chunk says something of a model. */
  isModelCall: boolean;
  input: (value: unknown) => Attributes | undefined;
  output: (value: unknown) => Attributes | undefined;
  /** What the function returned, which is not always what is to be recorded. */
  result: (value: unknown) => Attributes | undefined;
}

function writeInputMessages(value: unknown): Attributes | undefined {
  return writeJson(ATTR.inputMessages, toMessages(value, 'user'));
}

function writeOutputMessages(value: unknown): Attributes | undefined {
  return writeJson(ATTR.outputMessages, toMessages(value, 'assistant'));
}

/** Of a model call only what is text or messages: a provider's whole answer is no message. */
function writeModelResult(value: unknown): Attributes | undefined {
  if (typeof value === 'string') return writeOutputMessages(value);
  const first: unknown = Array.isArray(value) ? value[0] : value;
  const isMessage =
    typeof first === 'object' &&
    first !== null &&
    typeof (first as { role?: unknown }).role === 'string' &&
    !('model' in first);
  return isMessage ? writeOutputMessages(value) : undefined;
}

function writeJson(name: string, value: unknown): Attributes | undefined {
  const text = renderJson(value);
  return text === undefined ? undefined : { [name]: text };
}

/** A number is a score, a boolean passes or fails, an object may be a whole {@link Score}. */
function writeVerdict(value: unknown): Attributes | undefined {
  if (typeof value === 'number') return { [ATTR.evaluationScoreValue]: value };
  if (typeof value === 'boolean') return { [ATTR.evaluationScoreLabel]: value ? 'pass' : 'fail' };
  if (typeof value !== 'object' || value === null) return writeOutputMessages(value);
  const { value: score, label, explanation } = value as Record<string, unknown>;
  return {
    ...writeOutputMessages(value),
    ...(typeof score === 'number' && { [ATTR.evaluationScoreValue]: score }),
    ...(typeof label === 'string' && { [ATTR.evaluationScoreLabel]: label }),
    ...(typeof explanation === 'string' && { [ATTR.evaluationExplanation]: explanation }),
  };
}

const nothing = () => undefined;

function createKind(operation: string, changes: Partial<OperationKind> = {}): OperationKind {
  const output = changes.output ?? writeOutputMessages;
  return {
    operation,
    spanKind: SpanKind.INTERNAL,
    isModelCall: false,
    input: writeInputMessages,
    output,
    result: output,
    ...changes,
  };
}

const TOOL: Partial<OperationKind> = {
  input: (value) => writeJson(ATTR.toolCallArguments, value),
  output: (value) => writeJson(ATTR.toolCallResult, value),
};

/**
 * The kinds of operation. Kinds of span by the conventions (docs/gen-ai/gen-ai-spans.md, gen-ai-agent-spans.md): what
 * asks a service is a client, the rest is internal.
 */
export const KINDS: Readonly<Record<OperationType, OperationKind>> = {
  agent: createKind(OPERATION.invokeAgent),
  workflow: createKind(OPERATION.invokeWorkflow),
  generation: createKind(OPERATION.chat, {
    spanKind: SpanKind.CLIENT,
    isModelCall: true,
    result: writeModelResult,
  }),
  embedding: createKind(OPERATION.embeddings, {
    spanKind: SpanKind.CLIENT,
    isModelCall: true,
    output: nothing,
  }),
  tool: createKind(OPERATION.executeTool, TOOL),
  handoff: createKind(OPERATION.executeTool, TOOL),
  retrieval: createKind(OPERATION.retrieval, {
    spanKind: SpanKind.CLIENT,
    input: (value) => writeJson(ATTR.retrievalQueryText, value),
    output: (value) => writeJson(ATTR.retrievalDocuments, value),
  }),
  guardrail: createKind(OPERATION.guardrail),
  evaluation: createKind(OPERATION.evaluate, { result: writeVerdict }),
  step: createKind(OPERATION.step),
};
