import type { Span, SpanSummary, Trace } from '../contract/shapes.js';
import type { KeyValue } from '../model/any-value.js';
import type { SpanFacts } from '../model/normalized-span.js';
import type { TraceSpan, UsageVerdict } from '../model/rows.js';
import type { ResourceData, ScopeData, SpanData } from '../model/span-data.js';
import { durationMillis, renderTime } from '../model/time.js';
import type { Understanding } from '../model/understanding.js';
import { renderAttributesJson, renderPlainAttributes } from '../model/value-json.js';
import type { StoredSpan, TraceSpanWithKind } from '../storage/storage.js';
import { cutUtf8 } from './cut-utf8.js';
import { hasTokens, presentCounts, presentUsage } from './present-usage.js';

/** How attributes are written (`?attributes=`). */
export type AttributeStyle = 'plain' | 'typed';

/** What a span's answer takes from the trace around it. */
export interface TraceContext {
  trace: Pick<Trace, 'session_id' | 'conversation_id' | 'user_id'> | undefined;
  verdicts: ReadonlyMap<string, UsageVerdict>;
}

/** `SpanKind` and `StatusCode` of opentelemetry-proto trace.proto, by number. */
const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
const STATUSES = ['unset', 'ok', 'error'] as const;

const LISTED_RAW_BYTES = 4_096;

export function presentSpanSummary(span: TraceSpanWithKind, context: TraceContext): SpanSummary {
  return {
    ...presentUncounted(span, context.trace),
    ...presentVerdict(context.verdicts.get(span.spanId)),
  };
}

/** Whether usage enters the totals; without a verdict there is none. */
export function presentVerdict(
  verdict: UsageVerdict | undefined,
): Pick<SpanSummary, 'counted' | 'not_counted_because' | 'counting_rule'> {
  return {
    counted: verdict?.counted ?? false,
    not_counted_because: verdict?.because ?? null,
    counting_rule: verdict?.rule ?? null,
  };
}

/** What is known of a span without the spans around it. */
export function presentUncounted(
  span: TraceSpanWithKind,
  trace: TraceContext['trace'],
): Omit<SpanSummary, 'counted' | 'not_counted_because' | 'counting_rule'> {
  const { facts } = span;
  return {
    trace_id: span.traceId,
    span_id: span.spanId,
    parent_span_id: span.parentSpanId,
    name: span.name,
    type: facts.type,
    kind: KINDS[span.kind] ?? 'unspecified',
    status: STATUSES[span.statusCode] ?? 'unset',
    outcome: facts.outcome,
    status_message: span.statusMessage,
    started_at: renderTime(span.startTimeUnixNano),
    ended_at: renderTime(span.endTimeUnixNano),
    start_time_unix_nano: span.startTimeUnixNano.toString(),
    end_time_unix_nano: span.endTimeUnixNano.toString(),
    duration_ms: durationMillis(span.startTimeUnixNano, span.endTimeUnixNano),
    service_name: facts.serviceName,
    dialect: facts.dialect,
    operation: facts.operation,
    agent_name: facts.agentName,
    agent_id: facts.agentId,
    model: facts.responseModel ?? facts.requestModel,
    request_model: facts.requestModel,
    provider: facts.provider,
    response_id: facts.responseId,
    finish_reasons: facts.finishReasons,
    tool_name: facts.toolName,
    tool_call_id: facts.toolCallId,
    ...presentCounts(facts.usage),
    ...presentCost(facts),
    session_id: facts.sessionId ?? trace?.session_id ?? null,
    conversation_id: facts.conversationId ?? trace?.conversation_id ?? null,
    user_id: facts.userId ?? trace?.user_id ?? null,
    error_type: facts.errorType,
    error_message: facts.errorMessage,
  };
}

/** What the sender reported wins over what was computed. */
export function presentCost({
  reportedCostUsd,
  computedCostUsd,
  priceRef,
}: Pick<SpanFacts, 'reportedCostUsd' | 'computedCostUsd' | 'priceRef'>): Pick<
  SpanSummary,
  'cost_usd' | 'cost_source' | 'price_ref'
> {
  const cost = reportedCostUsd ?? computedCostUsd;
  const source = reportedCostUsd !== null ? 'reported' : computedCostUsd !== null ? 'computed' : 'unknown';
  return { cost_usd: cost === null ? null : Number(cost), cost_source: source, price_ref: priceRef };
}

/** A whole span. `raw`: whether `raw_input` and `raw_output` are whole or cut at 4,096 bytes as in lists. */
export function presentSpan(
  stored: StoredSpan,
  context: TraceContext,
  options: { understanding: Understanding; attributes: AttributeStyle; raw: 'whole' | 'cut' },
): Span {
  const { data } = stored;
  const content = options.understanding.readContent(data, stored.logs);
  const write = attributeWriter(options.attributes);
  const limit = options.raw === 'cut' ? LISTED_RAW_BYTES : Infinity;
  const rawInput = content.rawInput === null ? null : cutUtf8(content.rawInput, limit);
  const rawOutput = content.rawOutput === null ? null : cutUtf8(content.rawOutput, limit);
  return {
    ...presentSpanSummary(toTraceSpan(stored), context),
    ...presentUsage(stored.facts.usage, options.understanding.readBilledUsage(data)),
    scope: presentScope(data.scope, options.attributes),
    resource: presentResource(data.resource, options.attributes),
    attributes: write(data.attributes),
    events: data.events.map((event) => ({
      name: event.name,
      time: renderTime(event.timeUnixNano),
      time_unix_nano: event.timeUnixNano.toString(),
      attributes: write(event.attributes),
      dropped_attributes_count: event.droppedAttributesCount,
    })),
    links: data.links.map((link) => ({
      trace_id: link.traceId,
      span_id: link.spanId,
      trace_state: link.traceState,
      attributes: write(link.attributes),
      dropped_attributes_count: link.droppedAttributesCount,
      flags: link.flags,
    })),
    ...presentLosses(data),
    input_messages: content.inputMessages,
    output_messages: content.outputMessages,
    system_instructions: content.systemInstructions,
    thinking: content.thinking,
    tool_arguments: content.toolArguments ?? null,
    tool_result: content.toolResult ?? null,
    raw_input: rawInput,
    raw_output: rawOutput,
    truncated: rawInput !== content.rawInput || rawOutput !== content.rawOutput,
    payload_expired: stored.payloadExpired,
  };
}

function presentLosses(data: SpanData) {
  return {
    trace_state: data.traceState,
    flags: data.flags,
    dropped_attributes_count: data.droppedAttributesCount,
    dropped_events_count: data.droppedEventsCount,
    dropped_links_count: data.droppedLinksCount,
  };
}

export function presentScope(scope: ScopeData, style: AttributeStyle): Span['scope'] {
  return {
    name: scope.name,
    version: scope.version,
    attributes: attributeWriter(style)(scope.attributes),
    schema_url: scope.schemaUrl,
  };
}

export function presentResource(resource: ResourceData, style: AttributeStyle): Span['resource'] {
  return { attributes: attributeWriter(style)(resource.attributes), schema_url: resource.schemaUrl };
}

export function attributeWriter(style: AttributeStyle): (attributes: KeyValue[]) => unknown {
  return style === 'typed' ? renderAttributesJson : renderPlainAttributes;
}

/** Whether a span reports usage at all; where none does, no verdict over the whole trace is needed. */
export function hasUsage({ facts }: Pick<TraceSpan, 'facts'>): boolean {
  return facts.reportedCostUsd !== null || hasTokens(facts.usage);
}

/** The span as trees and timelines know it. */
function toTraceSpan({ data, facts }: StoredSpan): TraceSpanWithKind {
  return {
    traceId: data.traceId,
    spanId: data.spanId,
    parentSpanId: data.parentSpanId,
    name: data.name,
    kind: data.kind,
    flags: data.flags,
    startTimeUnixNano: data.startTimeUnixNano,
    endTimeUnixNano: data.endTimeUnixNano,
    statusCode: data.statusCode,
    statusMessage: data.statusMessage,
    facts,
    links: data.links.map(({ traceId, spanId }) => ({ traceId, spanId })),
  };
}
