import { z } from 'zod';
import { PriceAnswer } from './price-shapes.js';
import { CostSource, LogRecord, SpanId, SpanType, TokenClasses, TraceId, UsageAsSent } from './shapes.js';

const Json = z.unknown();

/** Where a value is from: an attribute, a place in the JSON that it holds, or what it was derived from. */
const source = {
  dialect: z.string().nullable(),
  key: z.string().nullable(),
  /** What it was derived from, in words, where it is not from one attribute. */
  about: z.string().nullable(),
};

const tokens = {
  input_tokens: z.int().nullable(),
  output_tokens: z.int().nullable(),
  cached_input_tokens: z.int().nullable(),
  cache_write_tokens: z.int().nullable(),
  reasoning_tokens: z.int().nullable(),
};

/** Where everything that is said of a span comes from. */
export const SpanExplanation = z
  .object({
    trace_id: TraceId,
    span_id: SpanId,
    name: z.string(),
    dialect: z.string().nullable(),
    /** What kind of step it was taken for, and by which mark. */
    type: z.object({ value: SpanType, ...source }),
    fields: z.array(
      z.object({
        field: z.string(),
        value: Json,
        ...source,
        /** The place in the JSON that the attribute holds. */
        path: z.string().nullable(),
      }),
    ),
    /** Which attributes each message body was read from. */
    bodies: z.array(z.object({ field: z.string(), dialect: z.string(), keys: z.array(z.string()) })),
    /** Attributes that were understood and not used, since another source was believed. */
    passed_over: z.array(
      z.object({ key: z.string(), field: z.string(), dialect: z.string(), because: z.string() }),
    ),
    /** Attributes that no dialect knows. */
    unmapped: z.array(z.string()),
    usage: z.object({
      as_sent: UsageAsSent.nullable(),
      /** As understood: cached tokens inside the input, reasoning inside the output. */
      ...tokens,
      token_classes: TokenClasses.nullable(),
      counted: z.boolean(),
      counting_rule: z.string().nullable(),
      /** Why it is not counted, or how it is. */
      because: z.string().nullable(),
    }),
    cost: z.object({
      cost_usd: z.number().nullable(),
      cost_source: CostSource,
      price_ref: z.string().nullable(),
      /** How the cost was computed; empty where it was reported, or the price has changed since. */
      steps: PriceAnswer.shape.steps,
      classes: PriceAnswer.shape.classes,
      /** What helps where there is no price, else null. */
      advice: PriceAnswer.shape.advice,
      /** What the same call would cost by the prices of now for its own time, where that differs. */
      today: PriceAnswer.nullable(),
    }),
    /** Log records that tell of the same thing. At most 100. */
    log_records: z.array(LogRecord),
    payload_expired: z.boolean(),
  })
  .meta({ id: 'SpanExplanation' });
export type SpanExplanation = z.infer<typeof SpanExplanation>;

/** The same for what a log record reports. */
export const ReportExplanation = z
  .object({
    ...SpanExplanation.omit({ span_id: true, log_records: true }).shape,
    record_id: z.string(),
    /** The trace that it belongs to; null where it belongs to a session alone. */
    trace_id: TraceId.nullable(),
    event_name: z.string(),
    /** The span that tells of the same thing without being named. */
    joined_span_id: SpanId.nullable(),
  })
  .meta({ id: 'ReportExplanation' });
export type ReportExplanation = z.infer<typeof ReportExplanation>;
