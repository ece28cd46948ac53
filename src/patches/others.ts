import { trace, type Attributes } from '@opentelemetry/api';
import { ATTR } from '../semconv.js';
import { readText } from './fields.js';

/**
 * What instrumentation leaves on functions that it wraps: OpenTelemetry's, and with it OpenInference, OpenLLMetry and
 * Logfire (`__wrapped`, @opentelemetry/instrumentation 0.223 shimmer.ts); LangSmith (langsmith 0.10 traceable.ts).
 */
const MARKS = ['__wrapped', 'langsmith:traceable'] as const;

/** Whether somebody else records the calls of a function already. */
export function isInstrumented(fn: unknown): boolean {
  return typeof fn === 'function' && MARKS.some((mark) => mark in fn);
}

/** Attributes that say, from a span's start, that it is a call of a model. */
const MODEL_CALLS: readonly (readonly [string, RegExp])[] = [
  // open-telemetry/semantic-conventions-genai: docs/registry/attributes/gen-ai.md
  ['gen_ai.operation.name', /^(chat|text_completion|generate_content|embeddings)$/],
  // Arize-ai/openinference: spec/semantic_conventions.md
  ['openinference.span.kind', /^(LLM|EMBEDDING)$/],
  // @langfuse/tracing 5
  ['langfuse.observation.type', /^(generation|embedding)$/],
  // langsmith 0.10, its OpenTelemetry mode
  ['langsmith.span.kind', /^(llm|embedding)$/],
  // @traceloop/ai-semantic-conventions 0.27
  ['llm.request.type', /^(chat|completion|embedding)$/],
  // ai 5 and 6, `experimental_telemetry`
  ['ai.operationId', /\.do(Generate|Stream|Embed)$/],
];

/** Which model such a span asks, in the words of the same. */
const MODELS = [
  'gen_ai.request.model',
  'llm.model_name',
  'embedding.model_name',
  'langfuse.observation.model.name',
  'ai.model.id',
] as const;

/**
 * Whether the active span is a call of this model: then what is called here is that very call, recorded by somebody
 * else or by hand. A span that asks another model, or has its answer, is another call.
 */
export function isDescribedByActiveSpan(model: string | undefined): boolean {
  const attributes = readActiveAttributes();
  if (attributes === undefined || attributes[ATTR.responseId] !== undefined) return false;
  const isModelCall = MODEL_CALLS.some(([key, pattern]) => pattern.test(readText(attributes[key]) ?? ''));
  if (!isModelCall) return false;
  const asked = MODELS.map((key) => readText(attributes[key])).find((name) => name !== undefined);
  return asked === undefined || model === undefined || asked === model;
}

/** What the active span says so far; spans of the OTel SDK can be asked, others not. */
export function readActiveAttributes(): Attributes | undefined {
  const span = trace.getActiveSpan();
  if (span === undefined || !span.isRecording()) return undefined;
  return (span as { attributes?: Attributes }).attributes;
}
