import { z } from 'zod';
import { timeFilter } from './parameters.js';
import { SpanId, Time, TraceId } from './shapes.js';

const Json = z.unknown();

const Totals = z
  .object({
    llm_calls: z.int(),
    failed_llm_calls: z.int(),
    tool_calls: z.int(),
    error_count: z.int(),
    input_tokens: z.int().nullable(),
    output_tokens: z.int().nullable(),
    cached_input_tokens: z.int().nullable(),
    cache_write_tokens: z.int().nullable(),
    reasoning_tokens: z.int().nullable(),
    cost_usd: z.number().nullable(),
  })
  .meta({ id: 'RerunTotals' });

/** What a rerun changed so far, or with `dry_run` would have. */
export const RerunChanges = z
  .object({
    /** Fields of spans and reports that came out differently, most first. */
    fields: z.array(
      z.object({
        /** As understood now. */
        dialect: z.string().nullable(),
        field: z.string(),
        count: z.int(),
        /** The first three; without a trace id for what a log record reports that names no trace. */
        examples: z.array(
          z.object({ trace_id: TraceId.nullable(), span_id: SpanId, before: Json, after: Json }),
        ),
      }),
    ),
    /** Sums over the traces that changed. */
    before: Totals,
    after: Totals,
  })
  .meta({ id: 'RerunChanges' });
export type RerunChanges = z.infer<typeof RerunChanges>;

/** A run over what is stored: `reproject` understands it anew, `prices` prices it anew. */
export const Rerun = z
  .object({
    id: z.uuid(),
    project_id: z.string(),
    kind: z.enum(['reproject', 'prices']),
    /** Nothing is changed; `changes` says what would be. */
    dry_run: z.boolean(),
    /** Traces that started from then on, inclusive; null for all before. */
    since: Time.nullable(),
    /** Until then, exclusive; null for all after. */
    until: Time.nullable(),
    status: z.enum(['pending', 'running', 'completed', 'failed', 'cancelled']),
    /** Traces in the time range when it was created. */
    traces_total: z.int(),
    traces_done: z.int(),
    traces_changed: z.int(),
    spans_done: z.int(),
    spans_changed: z.int(),
    /** Left as they are, since their message bodies are gone. */
    spans_skipped: z.int(),
    changes: RerunChanges,
    /** Why it failed. */
    error: z.string().nullable(),
    created_at: Time,
    updated_at: Time,
    completed_at: Time.nullable(),
  })
  .meta({ id: 'Rerun' });
export type Rerun = z.infer<typeof Rerun>;

const GivenTime = timeFilter('RFC 3339, or relative to now such as `7d`.').nullable().default(null);

/** What to run over. */
export const RerunInput = z
  .strictObject({
    since: GivenTime,
    until: GivenTime,
    dry_run: z.boolean('must be true or false').default(false),
  })
  .superRefine(({ since, until }, context) => {
    if (since === null || until === null || Date.parse(until) > Date.parse(since)) return;
    context.addIssue({ code: 'custom', path: ['until'], message: 'must be later than since' });
  })
  .meta({ id: 'RerunInput' });
export type RerunInput = z.infer<typeof RerunInput>;
