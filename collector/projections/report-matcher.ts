import type { Usage } from '../model/gen-ai.js';
import type { SpanFacts, SpanType } from '../model/normalized-span.js';
import type { TraceSpan } from '../model/rows.js';
import { hasUsage } from './calls.js';

/** A log record is written when the thing has ended, at most this long before or after the span's own end. */
const NEARNESS_NANOS = 1_000_000_000;
/** Of the targets that end near a report, how many are looked at and how many of a rank are weighed on each side. */
const LOOKED_AT = 128;
const KEPT = 4;

/** Kinds of work of which a log record can repeat a span. */
type Work = 'llm' | 'embedding' | 'tool';

/** Something that reports are laid against, with what is known of it by now. */
interface Target {
  readonly span: TraceSpan;
  readonly work: Work;
  /** Names of the records that belong to it: at most one of a name. */
  readonly taken: Set<string>;
  readonly responseIds: Set<string>;
  readonly callIds: Set<string>;
  readonly models: Set<string>;
  usage: Usage | null;
  hasFailed: boolean;
  isAnswered: boolean;
}

interface Pair {
  target: Target;
  report: TraceSpan;
  /** The lower, the surer. */
  rank: number;
  distance: number;
}

/** The kind of work that a call or a tool run is; undefined for anything else. */
export function workOf(type: SpanType): Work | undefined {
  if (type === 'llm' || type === 'embedding') return type;
  return type === 'tool' || type === 'handoff' ? 'tool' : undefined;
}

/**
 * Finds which log records report the same call or tool run as which spans (double counting rule 5): by response id or
 * call id; else by the span that the record names; else by kind, model or tool, counts and an end within a second,
 * nearest first. Of records with the same name one belongs to a span at most. What comes out depends on the sets alone.
 */
export class ReportMatcher {
  readonly #joined = new Map<TraceSpan, TraceSpan[]>();
  readonly #matched = new Set<TraceSpan>();
  readonly #byEnd = new Map<Work, Target[]>();
  readonly #byId = new Map<string, Target[]>();

  constructor(spans: readonly TraceSpan[]) {
    this.addTargets(spans);
  }

  /** Spans, or reports that repeat none. What is neither call nor tool run, or has only begun, is passed over. */
  addTargets(spans: readonly TraceSpan[]): void {
    for (const target of spans.flatMap(createTarget)) {
      append(this.#byEnd, target.work, target);
      append(this.#byId, `span/${target.span.spanId}`, target);
      for (const id of target.responseIds) append(this.#byId, `response/${id}`, target);
      for (const id of target.callIds) append(this.#byId, `call/${id}`, target);
    }
    for (const targets of this.#byEnd.values()) {
      targets.sort((left, right) => compareEnds(left.span, right.span));
    }
  }

  /** The reports that belong to each span, in the order in which they were found. */
  get joined(): ReadonlyMap<TraceSpan, readonly TraceSpan[]> {
    return this.#joined;
  }

  /** Lays reports of calls and tool runs against the targets; answers those that repeat none. */
  match(reports: readonly TraceSpan[]): TraceSpan[] {
    const sorted = reports.toSorted(compareEnds);
    this.#settle(sorted.flatMap((report) => this.#pairById(report)));
    this.#settle(this.#listOpen(sorted).flatMap((report) => this.#pairNamed(report)));
    // The nearest may be taken by others: those that are left are laid against what is then free.
    for (let open = this.#listOpen(sorted), before = Infinity; open.length < before;) {
      before = open.length;
      this.#settle(open.flatMap((report) => this.#pairNear(report)));
      open = this.#listOpen(open);
    }
    return this.#listOpen(sorted);
  }

  /** Prompts and answers: they belong to a call only where they name its response. Answers the others. */
  matchMessages(reports: readonly TraceSpan[]): TraceSpan[] {
    const sorted = reports.toSorted(compareEnds);
    this.#settle(
      sorted.flatMap((report) =>
        this.#find('response', report.facts.responseId).map((target) => pair(target, report, 0)),
      ),
    );
    return this.#listOpen(sorted);
  }

  #listOpen(reports: readonly TraceSpan[]): TraceSpan[] {
    return reports.filter((report) => !this.#matched.has(report));
  }

  #find(kind: 'response' | 'call' | 'span', id: string | null): readonly Target[] {
    return id === null ? [] : (this.#byId.get(`${kind}/${id}`) ?? []);
  }

  #pairById(report: TraceSpan): Pair[] {
    const { type, responseId, toolCallId } = report.facts;
    const work = workOf(type);
    const found = work === 'tool' ? this.#find('call', toolCallId) : this.#find('response', responseId);
    return found.filter((target) => target.work === work).map((target) => pair(target, report, 0));
  }

  #pairNamed(report: TraceSpan): Pair[] {
    return this.#find('span', report.parentSpanId)
      .filter((target) => mayBeSame(target, report))
      .map((target) => pair(target, report, 1));
  }

  #pairNear(report: TraceSpan): Pair[] {
    const work = workOf(report.facts.type);
    const targets = work === undefined ? undefined : this.#byEnd.get(work);
    if (targets === undefined) return [];
    const place = findPlace(targets, report.endTimeUnixNano);
    return [
      ...listNear(targets, report, { from: place, step: 1 }),
      ...listNear(targets, report, { from: place - 1, step: -1 }),
    ];
  }

  /** Takes the surest pairs first; each adds to what is known of its target. */
  #settle(pairs: Pair[]): void {
    for (const { target, report, rank } of pairs.sort(comparePairs)) {
      if (this.#matched.has(report) || target.taken.has(report.name)) continue;
      if (rank > 1 && !isNear(target, report)) continue;
      if (rank === 1 && !mayBeSame(target, report)) continue;
      this.#matched.add(report);
      append(this.#joined, target.span, report);
      this.#learn(target, report);
    }
  }

  #learn(target: Target, report: TraceSpan): void {
    const { facts } = report;
    target.taken.add(report.name);
    if (facts.responseId !== null && !target.responseIds.has(facts.responseId)) {
      target.responseIds.add(facts.responseId);
      append(this.#byId, `response/${facts.responseId}`, target);
    }
    if (facts.toolCallId !== null) target.callIds.add(facts.toolCallId);
    for (const model of listModels(facts)) target.models.add(model);
    if (target.usage === null && hasUsage(report)) target.usage = facts.usage;
    target.hasFailed ||= facts.outcome === 'failed';
    target.isAnswered ||= isAnswered(facts);
  }
}

function createTarget(span: TraceSpan): Target[] {
  const { facts } = span;
  const work = workOf(facts.type);
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

function listModels({ requestModel, responseModel }: SpanFacts): string[] {
  return [requestModel, responseModel].filter((model) => model !== null);
}

/** That it did not fail is no sign of an answer: some senders leave the status as it is. */
function isAnswered({ outcome, usage, responseId, finishReasons }: SpanFacts): boolean {
  if (outcome !== 'completed') return false;
  return responseId !== null || finishReasons.length > 0 || Object.values(usage).some((n) => n !== null);
}

/** Nothing that both say of themselves is against it. */
function mayBeSame(target: Target, { facts }: TraceSpan): boolean {
  if (target.work !== workOf(facts.type)) return false;
  if (!mayBeOneOf(target.responseIds, facts.responseId)) return false;
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
function isNear(target: Target, report: TraceSpan): boolean {
  const { facts } = report;
  if (distanceOf(target.span, report) > NEARNESS_NANOS || !mayBeSame(target, report)) return false;
  if (target.work === 'tool') return facts.toolName !== null && target.span.facts.toolName !== null;
  const models = listModels(facts);
  if (models.length > 0 && target.models.size > 0 && !models.some((model) => target.models.has(model))) {
    return false;
  }
  return target.usage === null || !hasUsage(report) || hasEqualCounts(target.usage, facts.usage);
}

/** Output counts of one call may differ by the reasoning that one side leaves out (Gemini CLI 0.61, two records). */
function hasEqualCounts(left: Usage, right: Usage): boolean {
  if (left.inputTokens !== right.inputTokens) return false;
  if (left.outputTokens === right.outputTokens) return true;
  if (left.outputTokens === null || right.outputTokens === null) return false;
  const difference = Math.abs(left.outputTokens - right.outputTokens);
  return difference === left.reasoningTokens || difference === right.reasoningTokens;
}

function listNear(
  targets: readonly Target[],
  report: TraceSpan,
  { from, step }: { from: number; step: 1 | -1 },
): Pair[] {
  const pairs: Pair[] = [];
  const kept = [0, 0, 0, 0, 0];
  for (let looked = 0; looked < LOOKED_AT; looked += 1) {
    const target = targets[from + looked * step];
    if (target === undefined || distanceOf(target.span, report) > NEARNESS_NANOS) break;
    if (target.taken.has(report.name) || !isNear(target, report)) continue;
    const rank = rankNear(target, report);
    const count = kept[rank] ?? 0;
    if (count >= KEPT) continue;
    kept[rank] = count + 1;
    pairs.push(pair(target, report, rank));
  }
  return pairs;
}

/** Equal counts are the best sign; a failure of which the span says nothing is the worst. */
function rankNear(target: Target, report: TraceSpan): number {
  if (report.facts.outcome === 'failed' && !target.hasFailed) return 4;
  return target.usage !== null && hasUsage(report) ? 2 : 3;
}

function pair(target: Target, report: TraceSpan, rank: number): Pair {
  return { target, report, rank, distance: distanceOf(target.span, report) };
}

function distanceOf(left: TraceSpan, right: TraceSpan): number {
  return Math.abs(Number(left.endTimeUnixNano - right.endTimeUnixNano));
}

function comparePairs(left: Pair, right: Pair): number {
  if (left.rank !== right.rank) return left.rank - right.rank;
  if (left.distance !== right.distance) return left.distance - right.distance;
  return compareEnds(left.target.span, right.target.span) || compareEnds(left.report, right.report);
}

/** In order of time; what is equal in time by its ids. */
export function compareEnds(left: TraceSpan, right: TraceSpan): number {
  if (left.endTimeUnixNano !== right.endTimeUnixNano) {
    return left.endTimeUnixNano < right.endTimeUnixNano ? -1 : 1;
  }
  if (left.spanId !== right.spanId) return left.spanId < right.spanId ? -1 : 1;
  return left.traceId < right.traceId ? -1 : left.traceId > right.traceId ? 1 : 0;
}

/** The first of the targets that ends at the time or later. */
function findPlace(targets: readonly Target[], endTimeUnixNano: bigint): number {
  let low = 0;
  let high = targets.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const target = targets[middle];
    if (target !== undefined && target.span.endTimeUnixNano < endTimeUnixNano) low = middle + 1;
    else high = middle;
  }
  return low;
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
