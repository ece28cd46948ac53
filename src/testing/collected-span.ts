import { SpanKind, SpanStatusCode, type Attributes } from '@opentelemetry/api';
import { hrTimeToMicroseconds } from '@opentelemetry/core';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { ATTR, OPERATION } from '../semconv.js';

/** What a span is, in the collector's words; `record` is a moment (`spanledger.record`), `span` anything else. */
export type SpanType =
  | 'agent'
  | 'embedding'
  | 'evaluation'
  | 'guardrail'
  | 'handoff'
  | 'llm'
  | 'record'
  | 'rerank'
  | 'retrieval'
  | 'span'
  | 'step'
  | 'tool'
  | 'workflow';

/** An event of a collected span. */
export interface CollectedEvent {
  /** Its name, such as `exception`. */
  name: string;
  /** When it was, in milliseconds since 1970. */
  timeMillis: number;
  /** Its attributes; `exception.stacktrace` is left out, because it differs from machine to machine. */
  attributes: Attributes;
}

/** A link of a collected span to another one. */
export interface CollectedLink {
  /** The other span's trace: 32 hex digits. */
  traceId: string;
  /** The other span: 16 hex digits. */
  spanId: string;
  /** What the link says. */
  attributes: Attributes;
}

/** A span that has ended, as plain data: fit for `toEqual` and for snapshots. What it does not have is left out. */
export interface CollectedSpan {
  /** 32 hex digits. */
  traceId: string;
  /** 16 hex digits. */
  spanId: string;
  /** 16 hex digits; left out for the first span of a trace. */
  parentSpanId?: string;
  /** The span's name, such as `execute_tool search`. */
  name: string;
  /** What it is, by its operation. */
  type: SpanType;
  /** In OTel's words. */
  kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  /** `error` for what failed or was cancelled. */
  status: 'unset' | 'ok' | 'error';
  /** What the status says. */
  statusMessage?: string;
  /** When it started, in milliseconds since 1970. */
  startMillis: number;
  /** How long it took, in milliseconds. */
  durationMillis: number;
  /** As they would be sent: redacted and cut. */
  attributes: Attributes;
  /** In the order in which they were added. */
  events: CollectedEvent[];
  /** In the order in which they were added. */
  links: CollectedLink[];
  /** The instrumentation that made it; `spanledger` for operations. */
  scope: string;
}

const KINDS: Readonly<Record<SpanKind, CollectedSpan['kind']>> = {
  [SpanKind.INTERNAL]: 'internal',
  [SpanKind.SERVER]: 'server',
  [SpanKind.CLIENT]: 'client',
  [SpanKind.PRODUCER]: 'producer',
  [SpanKind.CONSUMER]: 'consumer',
};

const STATUSES: Readonly<Record<SpanStatusCode, CollectedSpan['status']>> = {
  [SpanStatusCode.UNSET]: 'unset',
  [SpanStatusCode.OK]: 'ok',
  [SpanStatusCode.ERROR]: 'error',
};

/** Operations of the GenAI conventions and ours (spec/dialects.md, 1.3). */
const TYPES: ReadonlyMap<unknown, SpanType> = new Map<unknown, SpanType>([
  [OPERATION.chat, 'llm'],
  ['text_completion', 'llm'],
  ['generate_content', 'llm'],
  [OPERATION.embeddings, 'embedding'],
  [OPERATION.executeTool, 'tool'],
  [OPERATION.invokeAgent, 'agent'],
  ['create_agent', 'agent'],
  [OPERATION.invokeWorkflow, 'workflow'],
  [OPERATION.retrieval, 'retrieval'],
  [OPERATION.rerank, 'rerank'],
  [OPERATION.guardrail, 'guardrail'],
  [OPERATION.evaluate, 'evaluation'],
  [OPERATION.step, 'step'],
]);

/** A span of the OTel SDK as plain data, with other ids in place of those that `ids` has. */
export function toCollectedSpan(span: ReadableSpan, ids?: ReadonlyMap<string, string>): CollectedSpan {
  const rename = (id: string): string => ids?.get(id) ?? id;
  const { traceId, spanId } = span.spanContext();
  const { parentSpanContext: parent, status } = span;
  return {
    traceId: rename(traceId),
    spanId: rename(spanId),
    ...(parent !== undefined && { parentSpanId: rename(parent.spanId) }),
    name: span.name,
    type: readType(span.attributes),
    kind: KINDS[span.kind],
    status: STATUSES[status.code],
    ...(status.message !== undefined && status.message !== '' && { statusMessage: status.message }),
    startMillis: hrTimeToMicroseconds(span.startTime) / 1_000,
    durationMillis: hrTimeToMicroseconds(span.duration) / 1_000,
    attributes: { ...span.attributes },
    events: span.events.map(({ name, time, attributes = {} }) => ({
      name,
      timeMillis: hrTimeToMicroseconds(time) / 1_000,
      attributes: withoutStack(attributes),
    })),
    links: span.links.map(({ context, attributes = {} }) => ({
      traceId: rename(context.traceId),
      spanId: rename(context.spanId),
      attributes,
    })),
    scope: span.instrumentationScope.name,
  };
}

function readType(attributes: Attributes): SpanType {
  if (attributes[ATTR.record] !== undefined) return 'record';
  const type = TYPES.get(attributes[ATTR.operationName]) ?? 'span';
  return type === 'tool' && isHandoff(attributes[ATTR.toolName]) ? 'handoff' : type;
}

/** Tools that only hand the work to another agent are named so (spec/dialects.md, 1.3). */
function isHandoff(toolName: unknown): boolean {
  return typeof toolName === 'string' && /^(?:transfer|handoff)_to_/.test(toolName);
}

function withoutStack(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([key]) => key !== 'exception.stacktrace'));
}
