import { z } from 'zod';
import { AdvisedIssue } from './answers.js';
import { SpanId, SpanType, Time, TraceId } from './shapes.js';

const TraceWhereabouts = z.object({
  span_count: z.int(),
  /** Times of arrival, not of the spans. */
  first_received_at: Time,
  last_received_at: Time,
  /** From the first start to the last end of what is here. */
  started_at: Time,
  ended_at: Time,
  services: z.array(z.string()),
  /** Every parent that a span of it names is here. */
  complete: z.boolean(),
});

const SpanWhereabouts = z.object({
  name: z.string(),
  type: SpanType,
  service_name: z.string().nullable(),
  started_at: Time,
  ended_at: Time,
  /** When the copy came that is stored. Whether others came as well is not kept. */
  received_at: Time,
  /** Its sender said that it had begun; its end has not come. */
  pending: z.boolean(),
});

/** What is known of a trace, or of a span, that somebody misses. */
export const Whereabouts = z
  .object({
    trace_id: TraceId,
    /** Null where only the trace was asked for. */
    span_id: SpanId.nullable(),
    /** The span, or the trace where no span was asked for, is here. */
    known: z.boolean(),
    /** In one sentence. */
    verdict: z.string(),
    /** What to check at the sender, the likeliest first; empty where nothing is missing. */
    advice: z.array(z.string()),
    /** Null where nothing of it is here. */
    trace: TraceWhereabouts.nullable(),
    /** Null where it is not here, and where only the trace was asked for. */
    span: SpanWhereabouts.nullable(),
    /** Spans here that name the span as their parent; 0 where only the trace was asked for. */
    child_count: z.int(),
    /** Log records that name the span, or the trace where no span was asked for. */
    log_records: z.object({
      count: z.int(),
      first_received_at: Time.nullable(),
      last_received_at: Time.nullable(),
    }),
    /** Of the trace, those of the span first; at most 20. */
    issues: z.array(AdvisedIssue),
    retention: z.object({
      /** Null: spans are kept for ever. */
      spans_days: z.int().nullable(),
      /** Spans that are older, by their start and by their arrival, are deleted by the next run if they are not already. */
      deleted_before: Time.nullable(),
    }),
    /** Requests that were acknowledged and wait on the disk of this collector for the database: any may hold it. Null without a spool. */
    spool: z.object({ requests: z.int(), oldest_received_at: Time.nullable() }).nullable(),
  })
  .meta({ id: 'Whereabouts' });
export type Whereabouts = z.infer<typeof Whereabouts>;
