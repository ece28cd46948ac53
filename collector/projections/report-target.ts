import type { Usage } from '../model/gen-ai.js';
import type { SpanFacts, SpanType } from '../model/normalized-span.js';
import type { TraceSpan } from '../model/rows.js';
import { hasUsage } from './calls.js';
import { haveSameCounts } from './counts.js';

/** A log record is written when the thing has ended, at most this long before or after the span's own end. */
export const NEARNESS_NANOS = 1_000_000_000;
/** Kinds of work of which a log record can repeat a span. */
type Work = 'llm' | 'embedding' | 'tool';

/** Something that reports are laid against, with what is known of it by now. */
export interface Target {
  readonly span: TraceSpan;
  readonly work: Work | 'agent';
  /** Names of the records that belong to it: at most one of a name. */
  readonly taken: Set<string>;
  readonly responseIds: Set<string>;
  readonly callIds: Set<string>;
  readonly models: Set<string>;
  usage: Usage | null;
  hasFailed: boolean;
  isAnswered: boolean;
}

/** The kind of work that a call or a tool run is; undefined for anything else. */
export function workOf(type: SpanType): Work | undefined {
  if (type === 'llm' || type === 'embedding') return type;
  return type === 'tool' || type === 'handoff' ? 'tool' : undefined;
}

/** What reports are laid against; none where it is neither call, tool run nor agent, or has only begun. */
export function createTarget(span: TraceSpan): Target[] {
  const { facts } = span;
  const work = facts.type === 'agent' ? facts.type : workOf(facts.type);
  if (work === undefined || facts.isPending) return [];
  return [
    {
      span,
      work,
      taken: new Set(),
      responseIds: new Set(facts.responseId === null ? [] : [facts.responseId]),
      callIds: new Set(facts.toolCallId === null ? [] : [facts.toolCallId]),
      models: new Set(listModels(facts)),
      usage: hasUsage(span) ? facts.usage : null,
      hasFailed: facts.outcome === 'failed',
      isAnswered: isAnswered(facts),
    },
  ];
}

export function listModels({ requestModel, responseModel }: SpanFacts): string[] {
  return [requestModel, responseModel].filter((model) => model !== null);
}

/** That it did not fail is no sign of an answer: some senders leave the status as it is. */
export function isAnswered({ outcome, usage, responseId, finishReasons }: SpanFacts): boolean {
  if (outcome !== 'completed') return false;
  return responseId !== null || finishReasons.length > 0 || Object.values(usage).some((n) => n !== null);
}

/** Nothing that both say of themselves is against it. */
function mayBeSame(target: Target, report: TraceSpan): boolean {
  return mayBeOneOf(target.responseIds, report.facts.responseId) && agree(target, report);
}

/**
 * Of a span and a record that names it. A call may be reported in two records of one name, or be known to them by
 * another id than to the span (`resp_…` and `chatcmpl-…`): then equal counts tell that it is one.
 */
export function isNamed(target: Target, report: TraceSpan): boolean {
  const isFree = !target.taken.has(report.name);
  if (mayBeSame(target, report)) return isFree || countsSame(target, report);
  return isFree && countsSame(target, report) && agree(target, report);
}

/** Whether both give counts of tokens that may be of one call. */
export function countsSame({ usage }: Target, { facts }: TraceSpan): boolean {
  return usage !== null && haveSameCounts(usage, facts.usage);
}

/** The same for all but the ids of responses. */
function agree(target: Target, { facts }: TraceSpan): boolean {
  if (target.work !== workOf(facts.type)) return false;
  if (target.work === 'tool') {
    return mayBeOneOf(target.callIds, facts.toolCallId) && isSameTool(target.span.facts, facts);
  }
  return facts.outcome === 'failed' ? !target.isAnswered : !(target.hasFailed && isAnswered(facts));
}

function mayBeOneOf(known: ReadonlySet<string>, id: string | null): boolean {
  return id === null || known.size === 0 || known.has(id);
}

function isSameTool(left: SpanFacts, right: SpanFacts): boolean {
  return left.toolName === null || right.toolName === null || left.toolName === right.toolName;
}

/** The same besides in all by which a record without any id is known: a tool's name, a model, counts, the end. */
export function isNear(target: Target, report: TraceSpan): boolean {
  const { facts } = report;
  if (distanceOf(target.span, report) > NEARNESS_NANOS || !mayBeSame(target, report)) return false;
  if (target.work === 'tool') return facts.toolName !== null && target.span.facts.toolName !== null;
  const models = listModels(facts);
  if (models.length > 0 && target.models.size > 0 && !models.some((model) => target.models.has(model))) {
    return false;
  }
  return target.usage === null || !hasUsage(report) || haveSameCounts(target.usage, facts.usage);
}

/** Equal counts are the best sign; a failure of which the span says nothing is the worst. */
export function rankNear(target: Target, report: TraceSpan): number {
  if (report.facts.outcome === 'failed' && !target.hasFailed) return 4;
  return target.usage !== null && hasUsage(report) ? 2 : 3;
}

/** In nanoseconds, between the ends. */
export function distanceOf(left: TraceSpan, right: TraceSpan): number {
  return Math.abs(Number(left.endTimeUnixNano - right.endTimeUnixNano));
}
