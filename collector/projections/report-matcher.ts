import type { SpanType } from '../model/normalized-span.js';
import type { TraceSpan } from '../model/rows.js';
import { hasUsage } from './calls.js';
import type { Target } from './report-target.js';
import {
  countsSame,
  createTarget,
  distanceOf,
  isAnswered,
  isNamed,
  isNear,
  listModels,
  NEARNESS_NANOS,
  rankNear,
  workOf,
} from './report-target.js';
import { startOf } from './tree.js';
import { append } from './sets.js';

/** Of the targets that end near a report, how many are looked at and how many of a rank are weighed on each side. */
const LOOKED_AT = 128;
const KEPT = 4;

interface Pair {
  target: Target;
  report: TraceSpan;
  /** The lower, the surer. */
  rank: number;
  distance: number;
}

/**
 * Finds which log records report the same call or tool run as which spans (double counting rule 5): by response id or
 * call id; else by the span that the record names; else by kind, model or tool, counts and an end within a second,
 * nearest first. What comes out depends on the sets alone.
 */
export class ReportMatcher {
  readonly #joined = new Map<TraceSpan, TraceSpan[]>();
  readonly #matched = new Set<TraceSpan>();
  readonly #byEnd = new Map<Target['work'], Target[]>();
  readonly #byId = new Map<string, Target[]>();

  constructor(spans: readonly TraceSpan[]) {
    this.addTargets(spans);
  }

  /** Spans, or reports that repeat none. What is neither call, tool run nor agent, or has only begun, is passed over. */
  addTargets(spans: readonly TraceSpan[]): void {
    for (const target of spans.toSorted(compareEnds).flatMap(createTarget)) {
      insert(this.#byEnd, target.work, target);
      insert(this.#byId, `span/${target.span.spanId}`, target);
      for (const id of target.responseIds) insert(this.#byId, `response/${id}`, target);
      for (const id of target.callIds) insert(this.#byId, `call/${id}`, target);
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
    this.#settle(
      this.#listOpen(sorted).flatMap((report) => pairNear(this.#listWork(report.facts.type), report)),
    );
    this.#settleInTurn(this.#listOpen(sorted));
    return this.#listOpen(sorted);
  }

  /**
   * Prompts and answers: they belong to the call whose response they name, else to the agent of the same sender that
   * began or ended within a second. Answers the others.
   */
  matchMessages(reports: readonly TraceSpan[]): TraceSpan[] {
    const sorted = reports.toSorted(compareEnds);
    this.#settle(sorted.flatMap((report) => this.#pairWithCall(report)));
    const agents = this.#byEnd.get('agent') ?? [];
    if (agents.length === 0) return this.#listOpen(sorted);
    const edges = agents.flatMap((target) => [
      { time: startOf(target.span), target },
      { time: target.span.endTimeUnixNano, target },
    ]);
    edges.sort((left, right) => (left.time < right.time ? -1 : left.time > right.time ? 1 : 0));
    this.#settle(this.#listOpen(sorted).flatMap((report) => pairWithAgents(edges, report)));
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
    return nearest(found, report)
      .filter((target) => target.work === work)
      .map((target) => pair(target, report, 0));
  }

  #pairWithCall(report: TraceSpan): Pair[] {
    const found = this.#find('response', report.facts.responseId);
    return nearest(found, report)
      .filter(({ work }) => work !== 'agent')
      .map((target) => pair(target, report, 0));
  }

  #pairNamed(report: TraceSpan): Pair[] {
    return this.#find('span', report.parentSpanId).map((target) => pair(target, report, 1));
  }

  #listWork(type: SpanType): readonly Target[] {
    const work = workOf(type);
    return work === undefined ? [] : (this.#byEnd.get(work) ?? []);
  }

  /** Takes the surest pairs first; each adds to what is known of its target. */
  #settle(pairs: Pair[]): void {
    for (const { target, report, rank } of pairs.sort(comparePairs)) {
      if (this.#matched.has(report) || !fits(target, report, rank)) continue;
      this.#matched.add(report);
      append(this.#joined, target.span, report);
      this.#learn(target, report);
    }
  }

  /** The nearest of a crowd are soon taken: who is left takes in turn the surest of those that are free. */
  #settleInTurn(reports: readonly TraceSpan[]): void {
    const freeByName = new Map<string, Target[]>();
    for (const report of reports) {
      const { name, facts } = report;
      const key = JSON.stringify([workOf(facts.type), name]);
      const free = freeByName.get(key) ?? this.#listWork(facts.type).filter(({ taken }) => !taken.has(name));
      freeByName.set(key, free);
      const [surest] = pairNear(free, report).sort(comparePairs);
      if (surest === undefined) continue;
      this.#settle([surest]);
      free.splice(free.indexOf(surest.target), 1);
    }
  }

  #learn(target: Target, report: TraceSpan): void {
    const { facts } = report;
    target.taken.add(report.name);
    if (facts.responseId !== null && !target.responseIds.has(facts.responseId)) {
      target.responseIds.add(facts.responseId);
      insert(this.#byId, `response/${facts.responseId}`, target);
    }
    if (facts.toolCallId !== null) target.callIds.add(facts.toolCallId);
    for (const model of listModels(facts)) target.models.add(model);
    if (target.usage === null && hasUsage(report)) target.usage = facts.usage;
    target.hasFailed ||= facts.outcome === 'failed';
    target.isAnswered ||= isAnswered(facts);
  }
}

/** Of records with the same name one belongs to a span at most, unless it names the span or call and counts the same. */
function fits(target: Target, report: TraceSpan, rank: number): boolean {
  if (rank === 1) return isNamed(target, report);
  if (rank === 0) return !target.taken.has(report.name) || countsSame(target, report);
  return !target.taken.has(report.name) && (target.work === 'agent' || isNear(target, report));
}

function pairNear(targets: readonly Target[], report: TraceSpan): Pair[] {
  const place = findPlace(targets, ({ span }) => span.endTimeUnixNano < report.endTimeUnixNano);
  return [
    ...listNear(targets, report, { from: place, step: 1 }),
    ...listNear(targets, report, { from: place - 1, step: -1 }),
  ];
}

/** Of targets with one id, which fakes repeat a thousand times, the nearest. */
function nearest(targets: readonly Target[], report: TraceSpan): readonly Target[] {
  if (targets.length <= 2 * KEPT) return targets;
  const place = findPlace(targets, ({ span }) => span.endTimeUnixNano < report.endTimeUnixNano);
  return targets.slice(Math.max(0, place - KEPT), place + KEPT);
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

interface Edge {
  time: bigint;
  target: Target;
}

function pairWithAgents(edges: readonly Edge[], report: TraceSpan): Pair[] {
  const place = findPlace(edges, ({ time }) => time < report.endTimeUnixNano);
  const pairs: Pair[] = [];
  for (const { time, target } of edges.slice(Math.max(0, place - KEPT), place + KEPT)) {
    const distance = Math.abs(Number(time - report.endTimeUnixNano));
    const isSender = target.span.facts.dialect === report.facts.dialect;
    if (isSender && distance <= NEARNESS_NANOS) pairs.push({ target, report, rank: 2, distance });
  }
  return pairs;
}

function pair(target: Target, report: TraceSpan, rank: number): Pair {
  return { target, report, rank, distance: distanceOf(target.span, report) };
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

/** The place of the first that is not before what is looked for. */
function findPlace<Item>(sorted: readonly Item[], isBefore: (item: Item) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const item = sorted[middle];
    if (item !== undefined && isBefore(item)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Keeps the list in order of the ends. */
function insert<K>(map: Map<K, Target[]>, key: K, target: Target): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [target]);
  else
    list.splice(
      findPlace(list, ({ span }) => compareEnds(span, target.span) < 0),
      0,
      target,
    );
}
