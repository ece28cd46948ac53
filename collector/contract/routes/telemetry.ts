import { z } from 'zod';
import { AdvisedIssue, IssueGroup, pageOf } from '../answers.js';
import { ReportExplanation } from '../explanation-shapes.js';
import { operations } from '../operations.js';
import {
  attributesQuery,
  pageQuery,
  SpanIdParameter,
  textParameter,
  timeQuery,
  TraceIdParameter,
} from '../parameters.js';
import { defineRoute } from '../route.js';
import { LogRecord, Metric, MetricPoint } from '../shapes.js';
import { Whereabouts } from '../whereabouts-shapes.js';

const tag = 'Logs and metrics';

export const logRecords = {
  list: defineRoute(operations.logRecords.list, {
    tag,
    summary: 'List log records',
    description: 'OTLP log records as they came, newest first.',
    query: z.strictObject({
      trace_id: TraceIdParameter.optional(),
      span_id: SpanIdParameter.optional(),
      session_id: textParameter('Session id.').optional(),
      event_name: textParameter('Name of the event.').optional(),
      severity: z
        .int()
        .min(0)
        .max(24)
        .optional()
        .describe('Least severity number (OTLP: 9 is info, 17 error).'),
      ...timeQuery,
      ...attributesQuery,
      ...pageQuery,
    }),
    response: pageOf(LogRecord),
  }),
  explain: defineRoute(operations.logRecords.explain, {
    tag,
    summary: 'Explain what a log record reports',
    description:
      'As for a span: where everything comes from that is said of the model call or tool run that the record reports. Needs the trace that it belongs to, or its session where it belongs to none.',
    params: z.strictObject({
      record_id: z
        .string()
        .regex(/^([0-9a-fA-F]{2}){8,64}$/, 'must be the id of a log record, in hexadecimal digits')
        .toLowerCase()
        .describe('Id of the log record, as `record_id` of an entry.'),
    }),
    query: z
      .strictObject({
        trace_id: TraceIdParameter.optional(),
        session_id: textParameter('Session id.').optional(),
      })
      .refine(({ trace_id: trace, session_id: session }) => trace !== undefined || session !== undefined, {
        message: 'is required, unless session_id is given',
        path: ['trace_id'],
      }),
    response: ReportExplanation,
  }),
};

export const metrics = {
  list: defineRoute(operations.metrics.list, {
    tag,
    summary: 'List metrics',
    description: 'Every metric that points were received of, by name.',
    query: z.strictObject({ ...pageQuery }),
    response: pageOf(Metric),
  }),
  points: defineRoute(operations.metrics.points, {
    tag,
    summary: 'List the points of a metric',
    description: 'OTLP data points as they came, newest first. A metric that is unknown has none.',
    params: z.strictObject({ name: textParameter('Name of the metric.') }),
    query: z.strictObject({ ...timeQuery, ...attributesQuery, ...pageQuery }),
    response: pageOf(MetricPoint),
  }),
};

const issueQuery = {
  code: textParameter('Code of the issue.').optional(),
  service: textParameter('The service that sent it.').optional(),
  ...timeQuery,
};

export const ingest = {
  issues: defineRoute(operations.ingest.issues, {
    tag: 'Ingest',
    summary: 'List ingest issues',
    description:
      'What was refused, repaired or not understood on the way in, newest first, each with what to change at the sender.',
    query: z.strictObject({ ...issueQuery, ...pageQuery }),
    response: pageOf(AdvisedIssue),
  }),
  summary: defineRoute(operations.ingest.summary, {
    tag: 'Ingest',
    summary: 'Sum up ingest issues',
    description: 'How often each code was noted of each sender, the most frequent first.',
    query: z.strictObject(issueQuery),
    response: z.object({ data: z.array(IssueGroup) }),
  }),
  where: defineRoute(operations.ingest.where, {
    tag: 'Ingest',
    summary: 'Find out where a span is',
    description:
      'What is known of a trace or span that somebody misses: whether it came and when, who names it, what was refused, whether retention has deleted it, what waits in the spool, and what to check at the sender. Of an id that never came it answers as well, with `known: false`.',
    query: z.strictObject({ trace_id: TraceIdParameter, span_id: SpanIdParameter.optional() }),
    response: Whereabouts,
  }),
};
