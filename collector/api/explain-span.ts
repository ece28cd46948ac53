import type { ReportExplanation, SpanExplanation } from '../contract/explanation-shapes.js';
import type { ExplainedSource, SpanExplanation as Explained } from '../model/explanation.js';
import type { SpanFacts } from '../model/normalized-span.js';
import type { PriceAnswer } from '../model/price.js';
import type { UsageVerdict } from '../model/rows.js';
import type { StoredLogRecord, StoredReport, StoredSpan } from '../storage/storage.js';
import { presentPriceAnswer } from './present-price.js';
import type { AttributeStyle } from './present-span.js';
import { presentCost } from './present-span.js';
import { presentLogRecord } from './present-telemetry.js';
import { presentCounts, presentUsage } from './present-usage.js';

export interface SpanToExplain {
  stored: StoredSpan;
  explained: Explained;
  verdict: UsageVerdict | undefined;
  /** By the prices of now for the call's own time; undefined where there is nothing to price. */
  today: PriceAnswer | undefined;
  records: readonly StoredLogRecord[];
}

/** Where everything that is said of a span comes from, in the words of the API. */
export function presentExplanation(span: SpanToExplain, attributes: AttributeStyle): SpanExplanation {
  const { data, facts, payloadExpired } = span.stored;
  return {
    trace_id: data.traceId,
    span_id: data.spanId,
    name: data.name,
    ...presentExplained({ ...span, facts }),
    log_records: span.records.map((record) => presentLogRecord(record, attributes)),
    payload_expired: payloadExpired,
  };
}

export interface ReportToExplain extends Pick<SpanToExplain, 'explained' | 'verdict' | 'today'> {
  report: StoredReport;
  /** null where the report belongs to a session alone. */
  traceId: string | null;
}

/** The same of what a log record reports. */
export function presentReportExplanation(explained: ReportToExplain): ReportExplanation {
  const { recordId, span, log, joinedSpanId, payloadExpired } = explained.report;
  return {
    record_id: recordId,
    trace_id: explained.traceId,
    event_name: log.eventName || span.name,
    joined_span_id: joinedSpanId,
    name: span.name,
    ...presentExplained({ ...explained, facts: span.facts }),
    payload_expired: payloadExpired,
  };
}

function presentExplained({
  facts,
  explained,
  verdict,
  today,
}: Pick<SpanToExplain, 'explained' | 'verdict' | 'today'> & { facts: SpanFacts }) {
  const { token_classes: tokenClasses, usage_as_sent: asSent } = presentUsage(facts.usage, explained.usage);
  return {
    dialect: facts.dialect,
    type: { value: explained.type.value, ...presentSource(explained.type) },
    fields: explained.fields.map((entry) => ({
      field: toSnakeCase(entry.field),
      value: entry.value,
      ...presentSource(entry),
      path: entry.path,
    })),
    bodies: explained.bodies.map((body) => ({ ...body, field: toSnakeCase(body.field) })),
    passed_over: explained.passedOver.map((entry) => ({ ...entry, field: toSnakeCase(entry.field) })),
    unmapped: explained.unmapped,
    usage: {
      as_sent: asSent,
      ...presentCounts(facts.usage),
      token_classes: tokenClasses,
      counted: verdict?.counted ?? false,
      counting_rule: verdict?.rule ?? null,
      because: verdict?.because ?? null,
    },
    cost: explainCost(facts, today),
  };
}

/**
 * Prices change, and only those of now can be explained: where they lead to what was stored, the way there is the way
 * it came about; where they lead elsewhere, that is said beside it.
 */
function explainCost(facts: SpanFacts, today: PriceAnswer | undefined): SpanExplanation['cost'] {
  const cost = presentCost(facts);
  const answer = today === undefined ? null : presentPriceAnswer(today);
  const isReported = cost.cost_source === 'reported';
  const isSame = answer?.cost_usd === cost.cost_usd;
  return {
    ...cost,
    steps: isSame && !isReported ? answer.steps : [],
    classes: isSame && !isReported ? answer.classes : [],
    advice: isSame && !isReported ? answer.advice : null,
    today: isSame || (isReported && answer?.cost_usd === null) ? null : answer,
  };
}

function presentSource({ dialect, key, about }: ExplainedSource): ExplainedSource {
  return { dialect, key, about };
}

/** `cacheWrite5mTokens` → `cache_write_5m_tokens`. */
function toSnakeCase(name: string): string {
  return name.replace(/[A-Z]|(?<=[a-z])\d/g, (letter) => `_${letter.toLowerCase()}`);
}
