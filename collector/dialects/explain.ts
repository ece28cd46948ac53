import { findAttribute } from '../model/any-value.js';
import type {
  ExplainedBody,
  ExplainedField,
  ExplainedSource,
  SpanExplanation,
} from '../model/explanation.js';
import type { JsonValue } from '../model/json.js';
import type { LogRecordData, SpanData } from '../model/span-data.js';
import { Candidates } from './candidates.js';
import { pickContent, type ContentPick } from './content.js';
import type { ContentField, FactField, FactSource } from './dialect.js';
import { readSpan, type SpanReading } from './facts.js';
import { viewLog } from './log.js';
import { findFailureMark } from './outcome.js';
import { explainKeys, type ReadSpan } from './passed-over.js';
import { isFramework } from './provider.js';
import { readFirstLine } from './readers/scalars.js';
import { DIALECTS, REGISTRY } from './registry.js';
import { findRole, type Role } from './role.js';
import { SpanView } from './span-view.js';
import type { UsageReading } from './usage.js';

const STATUS_ERROR = 2;

/** Which part of a span, or of the log records that belong to it, each of its columns is from. Never throws. */
export function explainSpan(data: SpanData, logs: readonly LogRecordData[]): SpanExplanation {
  return explainView(new SpanView(data, logs));
}

/** The same of what a log record reports. */
export function explainReport(log: LogRecordData): SpanExplanation {
  return explainView(viewLog(log));
}

function explainView(view: SpanView): SpanExplanation {
  const candidates = new Candidates(view);
  const role = findRole(view);
  const reading = readSpan(view, candidates);
  const columns = listColumns(reading);
  const bodies = pickBodies(view);
  const span: ReadSpan = { view, candidates, role, columns, bodies };
  return {
    type: explainType(view, role),
    fields: [...columns].map(([field, value]) => explainColumn(span, field, value)),
    ...explainKeys(span),
    bodies: [...[...bodies].map(([field, pick]) => explainBody(view, field, pick)), ...listOtherBodies(view)],
    usage: explainUsage(reading.usage),
  };
}

function explainType(view: SpanView, { type, dialect, mark }: Role): SpanExplanation['type'] {
  if (type !== view.type) {
    return {
      value: view.type,
      dialect,
      key: null,
      about: 'a tool whose name says that it hands the work over',
    };
  }
  if (mark === null && view.eventName !== null)
    return { value: type, dialect, key: null, about: `the event \`${view.eventName}\`` };
  if (mark === null) return { value: type, dialect: null, key: null, about: 'no table marks it' };
  const key = mark.key ?? null;
  const value = key === null ? undefined : view.string(key);
  const isListed = value !== undefined && mark.values?.get(value) === type;
  const about = isListed ? null : (mark.about ?? null);
  return { value: type, dialect: dialect ?? mark.dialect.name, key, about };
}

/** Explained apart: the type, the usage, and the cost by prices. */
const NO_COLUMNS = new Set(['type', 'dialect', 'usage', 'computedCostUsd', 'priceRef', 'details']);

/** The columns that have a value, as they are stored. */
function listColumns({ facts, usage, billing }: SpanReading): Map<string, JsonValue> {
  const columns: Record<string, unknown> = { ...facts, ...billing, ...usage.usage, ...usage.details };
  const listed = new Map<string, JsonValue>();
  for (const [field, value] of Object.entries(columns)) {
    const isEmpty = value === null || value === false || (Array.isArray(value) && value.length === 0);
    if (!isEmpty && !NO_COLUMNS.has(field)) listed.set(field, value as JsonValue);
  }
  return listed;
}

function explainColumn(span: ReadSpan, field: string, value: JsonValue): ExplainedField {
  const elsewhere = findElsewhere(span, field, value);
  if (elsewhere !== undefined) return { field, value, path: null, ...elsewhere };
  const picked = span.candidates.pick(field as FactField);
  if (picked === undefined) return { field, value, path: null, dialect: null, key: null, about: null };
  return { field, value, dialect: picked.dialect, ...describeSource(picked.source) };
}

function describeSource(source: FactSource<unknown>): Pick<ExplainedField, 'key' | 'path' | 'about'> {
  if ('derive' in source) {
    const [key = null, ...more] = source.keys ?? [];
    return { key: more.length === 0 ? key : null, path: null, about: source.about };
  }
  return { key: source.key, path: source.path?.join('.') ?? null, about: null };
}

/** Of columns that come, or may come, from something else than the tables of facts. */
function findElsewhere(span: ReadSpan, field: string, value: JsonValue): ExplainedSource | undefined {
  switch (field) {
    case 'outcome':
      return explainOutcome(span, value);
    case 'errorType':
      return span.candidates.pick('errorType') === undefined
        ? say('the exception event, or the stack in the message')
        : undefined;
    case 'errorMessage':
      return explainErrorMessage(span);
    case 'provider':
      return explainProvider(span);
    case 'serviceName':
      return ofResource('service.name');
    case 'environment':
      if (span.candidates.pick('environment') !== undefined) return undefined;
      return ofResource(
        findAttribute(span.view.data.resource.attributes, 'deployment.environment.name') === undefined
          ? 'deployment.environment'
          : 'deployment.environment.name',
      );
    case 'sessionId':
      return span.candidates.pick('sessionId') === undefined ? ofResource('session.id') : undefined;
    default:
      return undefined;
  }
}

function explainProvider({ candidates }: ReadSpan): ExplainedSource | undefined {
  const picked = candidates.pick('provider');
  if (picked === undefined || !isFramework(picked.value)) return undefined;
  return say(`guessed from the model: \`${picked.value}\` names a framework`);
}

function explainOutcome({ view, candidates }: ReadSpan, outcome: JsonValue): ExplainedSource {
  if (outcome === 'completed') return say('nothing says that it failed');
  if (outcome === 'running') return say('a copy that was sent when the span started');
  const how = outcome === 'failed' ? '' : '; what it was follows from the type of the error';
  if (view.data.statusCode === STATUS_ERROR) return say(`the status of the span is ERROR${how}`);
  const mark = findFailureMark(view);
  if (mark !== undefined) return { ...mark, about: null };
  if (view.data.events.some(({ name }) => name === 'exception')) return say(`an exception event${how}`);
  const picked = candidates.pick('errorType');
  const key = picked === undefined ? null : describeSource(picked.source).key;
  return { dialect: picked?.dialect ?? null, key, about: `it names the type of an error${how}` };
}

/** Asked in the order of `readEnding`. */
function explainErrorMessage({ view, candidates }: ReadSpan): ExplainedSource | undefined {
  if (readFirstLine(view.data.statusMessage) !== undefined) return say('the message of the status');
  const exception = view.data.events.findLast(({ name }) => name === 'exception');
  const message = exception && findAttribute(exception.attributes, 'exception.message');
  if (readFirstLine(message) !== undefined) return say('the message of the exception event');
  return candidates.pick('errorMessage') === undefined ? say('the exception event') : undefined;
}

function say(about: string): ExplainedSource {
  return { dialect: null, key: null, about };
}

function ofResource(key: string): ExplainedSource {
  return { dialect: null, key, about: 'of the resource' };
}

function pickBodies(view: SpanView): Map<ContentField, ContentPick<unknown>> {
  const bodies = new Map<ContentField, ContentPick<unknown>>();
  for (const field of REGISTRY.content.keys()) {
    const pick = pickContent(view, field);
    if (pick !== undefined) bodies.set(field, pick);
  }
  return bodies;
}

function explainBody(view: SpanView, field: string, pick: ContentPick<unknown>): ExplainedBody {
  const { keys = [], prefix } = pick.source;
  const present = keys.filter((key) => view.attributes.has(key));
  return { field, dialect: pick.dialect, keys: prefix === undefined ? present : [...present, `${prefix}*`] };
}

/** Bodies that no field is read from. */
function listOtherBodies(view: SpanView): ExplainedBody[] {
  return DIALECTS.flatMap(({ name, otherContentKeys = [], otherContentPrefixes = [] }) => {
    const keys = [...view.attributes.keys()];
    const present = [
      ...otherContentKeys.filter((key) => view.attributes.has(key)),
      ...otherContentPrefixes.flatMap((prefix) =>
        keys.some((key) => key.startsWith(prefix)) ? [`${prefix}*`] : [],
      ),
    ];
    return present.length === 0 ? [] : [{ field: 'other', dialect: name, keys: present }];
  });
}

function explainUsage({ sent, usage, details, rule }: UsageReading): SpanExplanation['usage'] {
  if (rule === undefined) return { sent, usage, details, rule: null };
  const { isCacheApart = false, isReasoningApart = false, because } = rule;
  return { sent, usage, details, rule: { isCacheApart, isReasoningApart, because } };
}
