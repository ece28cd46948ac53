import { KeyValueList, findAttribute, type KeyValue } from '../model/any-value.js';
import type { NormalizedSpan } from '../model/normalized-span.js';
import type { LogRecordData, SpanData } from '../model/span-data.js';
import { Candidates } from './candidates.js';
import type { FactField } from './dialect.js';
import { readSpan } from './facts.js';
import { findSpanIssues } from './issues.js';
import { isMessageEvent, readEventName } from './message-events.js';
import { readIdentifier, readNumber } from './readers/scalars.js';
import { REGISTRY } from './registry.js';
import { findLogSource } from './role.js';
import { SpanView } from './span-view.js';

const NANOS_PER_MILLI = 1_000_000;

/** What a log record says before it is stored. */
export interface LogReading {
  /** It holds message bodies of a span, so the rows derived from its trace depend on it. */
  isContent: boolean;
  /** The session it names, or the conversation where it names no session. */
  sessionId: string | null;
  /**
   * What it reports, read as if it were a span that ended at the record's time: a model call, a tool's run, a prompt,
   * an answer. Trace id and span id are empty where the record has none; null where it reports nothing.
   */
  report: NormalizedSpan | null;
}

/** Reads a log record by the same tables as spans. Never throws. */
export function readLog(data: LogRecordData): LogReading {
  const isTied = data.traceId !== null && data.spanId !== null;
  const eventName = readEventName(data);
  return {
    isContent: isTied && isMessageEvent(eventName),
    sessionId:
      readField(data.attributes, 'sessionId') ??
      readField(data.attributes, 'conversationId') ??
      readIdentifier(findAttribute(data.resource.attributes, 'session.id')) ??
      null,
    report: REGISTRY.logs.has(eventName) ? readReport(data, eventName) : null,
  };
}

/** A view of a log record through the tables; its bodies are read from it too (see `readContent`). */
export function viewLog(data: LogRecordData): SpanView {
  return new SpanView(toSpanData(data), [], readEventName(data));
}

function readReport(log: LogRecordData, eventName: string): NormalizedSpan | null {
  const view = new SpanView(toSpanData(log), [], eventName);
  const source = findLogSource(view);
  if (source === undefined) return null;
  const millis =
    source.durationKey === undefined ? undefined : readNumber(view.attributes.get(source.durationKey));
  if (millis !== undefined && millis > 0) {
    const { endTimeUnixNano } = view.data;
    const nanos = millis * NANOS_PER_MILLI;
    if (nanos < endTimeUnixNano) view.data.startTimeUnixNano = endTimeUnixNano - BigInt(Math.round(nanos));
  }
  const candidates = new Candidates(view);
  const reading = readSpan(view, candidates);
  return {
    data: view.data,
    facts: reading.facts,
    billing: reading.billing,
    contentKeys: candidates.contentKeys,
    hasContentEvents: false,
    issues: findSpanIssues(view, candidates, reading),
  };
}

/** The record as a span without a duration, below the span that it names; a structured body counts as attributes. */
function toSpanData(log: LogRecordData): SpanData {
  const time = log.timeUnixNano === 0n ? log.observedTimeUnixNano : log.timeUnixNano;
  const body = log.body instanceof KeyValueList ? log.body.entries : [];
  return {
    traceId: log.traceId ?? '',
    spanId: '',
    parentSpanId: log.spanId,
    traceState: '',
    flags: log.flags,
    name: readEventName(log),
    kind: 0,
    startTimeUnixNano: time,
    endTimeUnixNano: time,
    attributes: body.length === 0 ? log.attributes : [...log.attributes, ...body],
    droppedAttributesCount: log.droppedAttributesCount,
    events: [],
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    statusCode: 0,
    statusMessage: '',
    resource: log.resource,
    scope: log.scope,
  };
}

/** Only sources that read a whole attribute: a record has no span that derived ones could look at. */
function readField(attributes: readonly KeyValue[], field: FactField): string | undefined {
  let best: { rank: number; value: string } | undefined;
  for (const { key, value } of attributes) {
    for (const { rank, source, field: known } of REGISTRY.keys.get(key)?.facts ?? []) {
      if (known !== field || source.path !== undefined || (best !== undefined && best.rank <= rank)) continue;
      const text = source.read(value);
      if (typeof text === 'string') best = { rank, value: text };
    }
  }
  return best?.value;
}
