import type { Whereabouts } from '../contract/whereabouts-shapes.js';
import { parseTime } from '../model/time.js';
import type { StoredWhereabouts } from '../storage/storage.js';
import type { DescribeSpool } from './handler.js';
import { adviseIssue } from './issue-advice.js';

export interface AskedFor {
  traceId: string;
  spanId: string | null;
  spansDays: number | null;
  nowMillis: number;
}

const DAY_MILLIS = 86_400_000;

/** What is stored, with what follows from it. */
export function presentWhereabouts(
  found: StoredWhereabouts,
  { traceId, spanId, spansDays, nowMillis }: AskedFor,
  spool: ReturnType<DescribeSpool> | undefined,
): Whereabouts {
  const isTraceHere = found.trace !== null || found.log_records.count > 0;
  const whereabouts = {
    trace_id: traceId,
    span_id: spanId,
    known: spanId === null ? isTraceHere : found.span !== null,
    ...found,
    issues: found.issues.map((issue) => ({ ...issue, ...adviseIssue(issue.code) })),
    retention: {
      spans_days: spansDays,
      deleted_before: spansDays === null ? null : renderMillis(nowMillis - spansDays * DAY_MILLIS),
    },
    spool:
      spool === undefined
        ? null
        : { requests: spool.requests, oldest_received_at: renderMillis(spool.oldestMillis) },
  };
  const { verdict, advice } = spanId === null ? judgeTrace(whereabouts) : judgeSpan(whereabouts);
  return { ...whereabouts, verdict, advice: [...advice, ...adviseElsewhere(whereabouts, advice.length > 0)] };
}

interface Verdict {
  verdict: string;
  /** What to check at the sender; empty where nothing is missing. */
  advice: readonly string[];
}

type Facts = Omit<Whereabouts, 'verdict' | 'advice'>;

const FLUSH =
  'Let the process flush before it ends (`await provider.shutdown()`, or `forceFlush()` in a serverless function): spans wait in the batch processor for some seconds.';
const END =
  'See that the span ends: it is exported only then, so one of work that still runs is not here yet.';
const ENDPOINT =
  'Check where the service exports to: `OTEL_EXPORTER_OTLP_ENDPOINT` and the protocol, and its log for export errors. `spanledger doctor` sends a trace and looks for it.';
const SAMPLING =
  'Check the sampler (`OTEL_TRACES_SAMPLER`): what is not sampled is never exported, though its ids are in logs and headers.';
const PROJECT =
  'Check that the id is whole and of the same project: another API key may lead to another project.';
const SPAN_ELSEWHERE =
  'Find the service that makes it and check where that one exports to: each service of a trace exports its own spans.';

function judgeSpan(facts: Facts): Verdict {
  const { span, trace, child_count: children, log_records: records } = facts;
  if (span !== null) {
    const from = span.service_name === null ? '' : ` from ${span.service_name}`;
    const state = span.pending ? ', which has begun and not ended' : '';
    return { verdict: `The span is here${state}: it came${from} at ${span.received_at}.`, advice: [] };
  }
  const refusal = facts.issues.find((issue) => issue.span_id === facts.span_id && isRefusal(issue));
  if (refusal !== undefined) {
    return {
      verdict: `The span came at ${refusal.time} and was refused: ${refusal.message}.`,
      advice: [refusal.advice],
    };
  }
  if (children > 0) {
    const verdict = `The span did not come, though ${count(children, 'span')} of its trace ${children === 1 ? 'names' : 'name'} it as parent.`;
    return { verdict, advice: [END, FLUSH, SPAN_ELSEWHERE, SAMPLING] };
  }
  if (records.count > 0) {
    const verdict = `The span did not come, though ${count(records.count, 'log record')} of it did.`;
    return { verdict, advice: [SAMPLING, END, ENDPOINT, FLUSH] };
  }
  if (trace !== null) {
    const verdict = `The span did not come, and nothing names it; ${count(trace.span_count, 'span')} of its trace did, the last at ${trace.last_received_at}.`;
    return { verdict, advice: [END, FLUSH, SPAN_ELSEWHERE] };
  }
  return judgeUnknown(facts);
}

function judgeTrace(facts: Facts): Verdict {
  const { trace, log_records: records } = facts;
  if (trace === null && records.count > 0) {
    const verdict = `No span of the trace came, though ${count(records.count, 'log record')} of it did.`;
    return { verdict, advice: [SAMPLING, END, ENDPOINT, FLUSH] };
  }
  if (trace === null) return judgeUnknown(facts);
  const here = `The trace is here with ${count(trace.span_count, 'span')}, the last received at ${trace.last_received_at}`;
  if (facts.issues.some(isRefusal)) {
    return { verdict: `${here}, but some of it was refused.`, advice: listAdvice(facts) };
  }
  if (trace.complete) return { verdict: `${here}.`, advice: [] };
  return {
    verdict: `${here}, but parents that some of them name did not come.`,
    advice: [END, FLUSH, SPAN_ELSEWHERE, SAMPLING],
  };
}

/** Nothing of the trace is here. */
function judgeUnknown(facts: Facts): Verdict {
  if (facts.issues.some(isRefusal)) {
    return {
      verdict: 'Nothing of the trace is here: what came of it was refused.',
      advice: listAdvice(facts),
    };
  }
  if ((facts.spool?.requests ?? 0) > 0) {
    const waiting = count(facts.spool?.requests ?? 0, 'request');
    return {
      verdict: `Nothing of the trace is stored, but ${waiting} in the spool may hold it.`,
      advice: [],
    };
  }
  if (facts.issues.length > 0) {
    return { verdict: 'Nothing of the trace is here any more: it came, and was deleted.', advice: [] };
  }
  const verdict = 'Nothing of the trace is here: it never came, or was deleted.';
  return { verdict, advice: [ENDPOINT, SAMPLING, FLUSH, PROJECT] };
}

/** What has nothing to do with the sender. */
function adviseElsewhere({ trace, retention, spool }: Facts, isMissing: boolean): string[] {
  const { spans_days: days, deleted_before: cutoff } = retention;
  const advice: string[] = [];
  const begins = trace === null ? undefined : parseTime(trace.started_at);
  const isOld = cutoff !== null && (begins === undefined || begins < (parseTime(cutoff) ?? 0n));
  if (isOld && (isMissing || trace === null)) {
    advice.push(
      `Retention keeps spans for ${count(days ?? 0, 'day')}: those that started and came before ${cutoff} are deleted.`,
    );
  }
  if (isMissing && (spool?.requests ?? 0) > 0) {
    advice.push(
      `Ask again when the spool is empty: ${count(spool?.requests ?? 0, 'request')} in it may hold what is missing.`,
    );
  }
  return advice;
}

function listAdvice({ issues }: Facts): string[] {
  return [...new Set(issues.filter(isRefusal).map(({ advice }) => advice))];
}

const REFUSALS = new Set([
  'ROW_REFUSED',
  'ROW_NOT_TRIED',
  'OTLP_INVALID_TRACE_ID',
  'OTLP_INVALID_SPAN_ID',
  'OTLP_INVALID_PARENT_SPAN_ID',
  'ZIPKIN_INVALID_SPAN',
]);

/** Whether an issue tells of a record that was not stored. */
function isRefusal({ code }: { code: string }): boolean {
  return REFUSALS.has(code);
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString('en-US')} ${noun}${number === 1 ? '' : 's'}`;
}

function renderMillis(millis: number): string;
function renderMillis(millis: number | null): string | null;
function renderMillis(millis: number | null): string | null {
  return millis === null ? null : new Date(millis).toISOString();
}
