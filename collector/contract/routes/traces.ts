import { z } from 'zod';
import { pageOf, TimelineEntry, TraceDetail, TraceSummary, TraceTree } from '../answers.js';
import { SpanExplanation } from '../explanation-shapes.js';
import { operations } from '../operations.js';
import {
  amountParameter,
  attributesQuery,
  measureQuery,
  pageQuery,
  payloadsQuery,
  SpanIdParameter,
  sortQuery,
  textParameter,
  timeQuery,
  TraceIdParameter,
  switchParameter,
  wholeNumberParameter,
} from '../parameters.js';
import { defineRoute } from '../route.js';
import { RunStatus, Span, SpanType, Trace } from '../shapes.js';

const tag = 'Traces';
const params = z.strictObject({ trace_id: TraceIdParameter });

export const traces = {
  list: defineRoute(operations.traces.list, {
    tag,
    summary: 'List traces',
    description: 'Newest first, or by `sort`. All given filters must hold.',
    query: z.strictObject({
      ...timeQuery,
      session_id: textParameter('Session id.').optional(),
      conversation_id: textParameter('Conversation id.').optional(),
      user_id: textParameter('User id.').optional(),
      agent: textParameter('Name of an agent that ran in the trace.').optional(),
      model: textParameter('A model that was used.').optional(),
      provider: textParameter('A provider that was used.').optional(),
      tool: textParameter('A tool that was called.').optional(),
      service: textParameter('A service that sent spans.').optional(),
      dialect: textParameter('A dialect that spans were written in.').optional(),
      tag: textParameter('A tag of the trace.').optional(),
      environment: textParameter('Deployment environment.').optional(),
      name: textParameter('Name of the trace.').optional(),
      status: RunStatus.optional().describe('Status of the trace.'),
      has_error: switchParameter().optional().describe('Whether the trace has errors.'),
      ...measureQuery,
      ...sortQuery,
      ...pageQuery,
    }),
    response: pageOf(Trace),
  }),
  get: defineRoute(operations.traces.get, {
    tag,
    summary: 'Show a trace with its spans',
    description:
      'The trace and its first 1,000 spans in start order, without message bodies unless asked for.',
    params,
    query: z.strictObject({ ...payloadsQuery, ...attributesQuery }),
    response: TraceDetail,
  }),
  spans: defineRoute(operations.traces.spans, {
    tag,
    summary: 'List the spans of a trace',
    description: 'In start order. Goes on from `spans_next_cursor` of the trace.',
    params,
    query: z.strictObject({ ...payloadsQuery, ...attributesQuery, ...pageQuery }),
    response: pageOf(Span),
  }),
  tree: defineRoute(operations.traces.tree, {
    tag,
    summary: 'Show a trace as a tree',
    description:
      'Every span under its parent. A span whose parent is unknown is a root. Beyond `max_spans` the deepest are left out.',
    params,
    query: z.strictObject({
      max_spans: wholeNumberParameter(1, 100_000).default(10_000).describe('The most spans to answer.'),
    }),
    response: TraceTree,
  }),
  timeline: defineRoute(operations.traces.timeline, {
    tag,
    summary: 'Show a trace as a timeline',
    description: 'Spans in start order with their depth and their offset from the start of the trace.',
    params,
    query: z.strictObject({
      type: SpanType.optional().describe('Only spans of this type.'),
      errors_only: switchParameter().default(false).describe('Only spans that failed.'),
      slower_than_ms: amountParameter('Only spans that took longer.').optional(),
      ...pageQuery,
    }),
    response: pageOf(TimelineEntry),
  }),
  summary: defineRoute(operations.traces.summary, {
    tag,
    summary: 'Sum up a trace',
    description: 'Time, tokens, cost, steps, where failures began, the slowest spans and the critical path.',
    params,
    response: TraceSummary,
  }),
};

export const spans = {
  get: defineRoute(operations.spans.get, {
    tag,
    summary: 'Show a span',
    description:
      'Everything about one span, with the whole `raw_input` and `raw_output` while payload retention lasts.',
    params: z.strictObject({ trace_id: TraceIdParameter, span_id: SpanIdParameter }),
    query: z.strictObject({ ...attributesQuery }),
    response: Span,
  }),
  explain: defineRoute(operations.spans.explain, {
    tag,
    summary: 'Explain a span',
    description:
      'Where everything that is said of the span comes from: which attribute, by which dialect, under which rule its tokens are counted, and by which price it costs what it costs.',
    params: z.strictObject({ trace_id: TraceIdParameter, span_id: SpanIdParameter }),
    query: z.strictObject({ ...attributesQuery }),
    response: SpanExplanation,
  }),
};
