import type { SpanIssue } from '../model/normalized-span.js';
import type { SpanData } from '../model/span-data.js';
import type { Candidates, UnreadFact } from './candidates.js';
import type { FactField } from './dialect.js';
import type { SpanReading } from './facts.js';
import { findJsonFault } from './readers/json-fault.js';
import { findPrefix, REGISTRY } from './registry.js';
import type { SpanView } from './span-view.js';
import type { UsageReading } from './usage.js';

/** A sender whose clock is further ahead than this is told so. */
const CLOCK_TOLERANCE_NANOS = 600n * 1_000_000_000n;
const SHOWN_LENGTH = 60;
const ISSUE_LIMIT = 16;

const NONE: readonly SpanIssue[] = [];

const TOKEN_FIELDS: ReadonlySet<FactField> = new Set<FactField>([
  'inputTokens',
  'outputTokens',
  'totalTokens',
  'cachedInputTokens',
  'cacheWriteTokens',
  'reasoningTokens',
  'cacheWrite5mTokens',
  'cacheWrite1hTokens',
  'inputAudioTokens',
  'outputAudioTokens',
  'inputImageTokens',
  'outputImageTokens',
]);

/** Attributes whose last word says that they hold somebody's text, which may look like JSON without being any. */
const PLAIN_TEXT_KEY = /(?:^|[._])(?:text|reasoning|content|object|thinking)$/;

/**
 * What the sender of a span should mend. Runs for each span that comes in, so in the ordinary case it only looks at
 * the first and the last character of each text, and allocates nothing.
 */
export function findSpanIssues(
  view: SpanView,
  candidates: Candidates,
  { facts, usage }: SpanReading,
): readonly SpanIssue[] {
  const issues: SpanIssue[] = [];
  addTimeIssues(issues, view, facts.isPending);
  if (facts.dialect !== null) {
    addLossIssues(issues, view);
    addJsonIssues(issues, view);
  }
  for (const unread of candidates.unread) addUnread(issues, unread);
  if (usage.total !== null) addTotalIssue(issues, candidates, usage);
  return issues.length === 0 ? NONE : issues.slice(0, ISSUE_LIMIT);
}

/** What only the time at which a span came in can tell. */
export function findArrivalIssues(data: SpanData, receivedTimeUnixNano: bigint): readonly SpanIssue[] {
  if (data.startTimeUnixNano <= receivedTimeUnixNano + CLOCK_TOLERANCE_NANOS) return NONE;
  const seconds = (data.startTimeUnixNano - receivedTimeUnixNano) / 1_000_000_000n;
  const message = `the span starts ${seconds} s after it was received: the sender's clock is ahead`;
  return [{ code: 'TIME_AHEAD', key: null, message }];
}

function addTimeIssues(issues: SpanIssue[], view: SpanView, isPending: boolean): void {
  const { startTimeUnixNano: start, endTimeUnixNano: end } = view.data;
  if (start === 0n || (end === 0n && !isPending)) {
    const missing = isLog(view)
      ? 'the log record has no time'
      : `the span has no ${start === 0n ? (end === 0n ? 'start and end' : 'start') : 'end'} time`;
    issues.push({ code: 'TIME_MISSING', key: null, message: missing });
  } else if (end < start && end !== 0n) {
    const message = `the span ends ${describeNanos(start - end)} before it starts`;
    issues.push({ code: 'END_BEFORE_START', key: null, message });
  }
}

/** Only of AI spans: nothing is read from what others lost. Limits: specification/configuration/sdk-environment-variables.md. */
function addLossIssues(issues: SpanIssue[], view: SpanView): void {
  const { droppedAttributesCount, droppedEventsCount, attributes, events } = view.data;
  const add = (code: string, what: string, dropped: number, kept: number, limit: string): void => {
    const message = `the sender dropped ${dropped} of ${dropped + kept} ${what}: its limit is ${limit}`;
    issues.push({ code, key: null, message });
  };
  if (droppedAttributesCount > 0) {
    const limit = `OTEL_${isLog(view) ? 'LOGRECORD' : 'SPAN'}_ATTRIBUTE_COUNT_LIMIT`;
    add('ATTRIBUTES_DROPPED', 'attributes', droppedAttributesCount, attributes.length, limit);
  }
  if (droppedEventsCount > 0) {
    add('EVENTS_DROPPED', 'events', droppedEventsCount, events.length, 'OTEL_SPAN_EVENT_COUNT_LIMIT');
  }
}

function addJsonIssues(issues: SpanIssue[], view: SpanView): void {
  for (const { key, value } of view.data.attributes) {
    if (typeof value !== 'string') continue;
    const fault = findJsonFault(value, view.unparsed?.includes(key));
    if (fault === undefined || !holdsJson(view, key)) continue;
    const message =
      fault === 'cut off'
        ? `the JSON of \`${key}\` is cut off after ${value.length} characters: the sender's limit may be ` +
          'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'
        : `the text of \`${key}\` looks like JSON and is none, such as what str() makes of a Python value`;
    issues.push({ code: 'ATTRIBUTE_JSON_INVALID', key, message });
  }
}

function holdsJson(view: SpanView, key: string): boolean {
  if (PLAIN_TEXT_KEY.test(key)) return false;
  const known = REGISTRY.keys.get(key);
  if (known === undefined) return findPrefix(key) !== undefined;
  if (known.isContent || known.facts.some(({ source }) => source.path !== undefined)) return true;
  return view.dialect !== null && known.contentOf.includes(view.dialect);
}

function addUnread(issues: SpanIssue[], { field, source, value }: UnreadFact): void {
  const isCost = field === 'reportedCostUsd';
  if ((!isCost && !TOKEN_FIELDS.has(field)) || value === '') return;
  const { key, path } = source;
  const place = path === undefined ? `\`${key}\`` : `\`${path.join('.')}\` in \`${key}\``;
  const wanted = isCost ? 'an amount of money of 0 or more' : 'a whole number from 0 to 2^53 - 1';
  const code = isCost ? 'COST_UNUSABLE' : 'USAGE_UNUSABLE';
  if (issues.some((issue) => issue.code === code && issue.key === key)) return;
  issues.push({ code, key, message: `${place} is ${describeValue(value)}, not ${wanted}` });
}

/** A total that no known way of counting explains: one of the counts is wrong, or there are tokens of another kind. */
function addTotalIssue(
  issues: SpanIssue[],
  candidates: Candidates,
  { sent, total, usage }: UsageReading,
): void {
  if (total === null || sent.inputTokens === null || sent.outputTokens === null) return;
  if (usage.inputTokens !== null && usage.outputTokens !== null) {
    if (total === usage.inputTokens + usage.outputTokens) return;
  }
  const least = sent.inputTokens + sent.outputTokens;
  const [read, write] = [sent.cachedInputTokens ?? 0, sent.cacheWriteTokens ?? 0];
  for (const cached of [0, read, write, read + write]) {
    for (const reasoning of [0, sent.reasoningTokens ?? 0]) if (total === least + cached + reasoning) return;
  }
  const source = candidates.pick('totalTokens')?.source;
  const key = source !== undefined && 'key' in source ? source.key : null;
  const message = `the total is ${total}, but input ${sent.inputTokens} and output ${sent.outputTokens} make ${least}`;
  issues.push({ code: 'USAGE_TOTAL_DIFFERS', key, message });
}

function isLog(view: SpanView): boolean {
  return view.eventName !== null;
}

function describeValue(value: UnreadFact['value']): string {
  if (typeof value === 'string') {
    return `the text "${value.length > SHOWN_LENGTH ? `${value.slice(0, SHOWN_LENGTH)}…` : value}"`;
  }
  return typeof value === 'object' ? 'a structure' : String(value);
}

function describeNanos(nanos: bigint): string {
  return nanos < 1_000_000n ? `${nanos} ns` : `${nanos / 1_000_000n} ms`;
}
