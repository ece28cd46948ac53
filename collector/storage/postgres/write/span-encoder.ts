import { hash } from 'node:crypto';
import type { NormalizedSpan } from '../../../model/normalized-span.js';
import { cleanText } from '../../../model/ids.js';
import { splitMicros } from '../../../model/time.js';
import { CopyBuffer } from '../copy/copy-buffer.js';
import { isDecimal } from '../copy/numeric.js';
import { OddTexts } from '../odd-text.js';
import { encodeEvents, encodeLinks } from '../rows/nested-codec.js';
import { encodeAttributes, encodeValue, joinEntries } from '../value-codec.js';
import type { TextPart } from '../value-codec.js';
import { readDayMicros } from '../contents/content-store.js';
import type { ContentStore, SharedContent } from '../contents/content-store.js';
import type { DictionaryEntries } from './dictionaries.js';

/** The columns of `spans` in the order in which {@link SpanEncoder} writes them. */
export const SPAN_COPY_COLUMNS = (
  'content_hash received_at computed_cost_usd price_ref project_id trace_id span_id start_time end_time start_nanos end_nanos kind status_code flags ' +
  'dropped_attributes_count dropped_events_count dropped_links_count ' +
  'input_tokens output_tokens cached_input_tokens cache_write_tokens reasoning_tokens attempt ' +
  'is_pending has_payload resource_id scope_id parent_span_id name type outcome status_message trace_state ' +
  'dialect operation agent_name agent_id agent_version agent_type request_model response_model provider ' +
  'response_id finish_reasons tool_name tool_call_id session_id conversation_id user_id service_name environment ' +
  'tags case_id workflow_id reported_cost_usd error_type error_message attributes events links odd'
).split(' ');

/** The columns of `span_payloads` in the order in which {@link SpanEncoder} writes them. */
export const PAYLOAD_COPY_COLUMNS = [
  'project_id',
  'trace_id',
  'span_id',
  'start_time',
  'attributes',
  'events',
  'received_at',
];

/** Encoded attributes and events longer than this go to `span_payloads`, whatever they are. */
const LARGE_VALUE_LENGTH = 1024;
const HASH_BYTES = 16;
const NO_CONTENTS: readonly SharedContent[] = [];
const NO_HASH = new Uint8Array(HASH_BYTES);
/** The number of fields and the length of the first one come before the hash in a row. */
const HASH_OFFSET = 6;

/** Which of two copies of a span is kept: the greater one, by these in this order (final beats pending). */
export interface SpanVersion {
  isPending: boolean;
  endTimeUnixNano: bigint;
  contentHash: Buffer;
}

/** Whether `candidate` replaces `current`. Of equal versions neither does. */
export function beats(candidate: SpanVersion, current: SpanVersion): boolean {
  if (candidate.isPending !== current.isPending) return current.isPending;
  if (candidate.endTimeUnixNano !== current.endTimeUnixNano) {
    return candidate.endTimeUnixNano > current.endTimeUnixNano;
  }
  return Buffer.compare(candidate.contentHash, current.contentHash) > 0;
}

/** A span with its rows in the format of COPY. */
export interface EncodedSpan extends SpanVersion {
  span: NormalizedSpan;
  startMicros: bigint;
  row: Buffer;
  payload: Buffer | null;
  /** What the payload names and holds not itself. */
  contents: readonly SharedContent[];
}

interface Extent {
  rowStart: number;
  payloadStart: number;
  end: number;
  contents: readonly SharedContent[];
}

/**
 * Encodes the spans of one batch, one after the other in one buffer: a span's row (its content hash, time of arrival
 * and price first), then the row of its payload (time of arrival last), so that what is hashed lies together. The price
 * is not hashed: the same span sent again after prices have changed is a duplicate. What is hashed holds all texts; only
 * then are those that repeat taken out of the payload.
 */
export class SpanEncoder {
  private readonly buffer = new CopyBuffer(64 * 1024);
  private readonly projectId: Buffer;

  constructor(
    projectId: string,
    private readonly dictionaries: DictionaryEntries,
    private readonly receivedMicros: bigint,
    private readonly store: ContentStore,
  ) {
    this.projectId = Buffer.from(projectId.replaceAll('-', ''), 'hex');
  }

  /** Throws a RangeError where a number does not fit its column. */
  encodeSpans(spans: readonly NormalizedSpan[]): EncodedSpan[] {
    const extents = spans.map((span) => this.putSpan(span));
    return spans.map((span, index) => this.readEncoded(span, extents[index]));
  }

  private putSpan(span: NormalizedSpan): Extent {
    const { buffer } = this;
    const bodies = splitBodies(span);
    const rowStart = buffer.length;
    buffer.beginRow(SPAN_COPY_COLUMNS.length);
    buffer.putBytes(NO_HASH);
    const hashEnd = buffer.length;
    buffer.putTimestamp(this.receivedMicros);
    putDecimal(buffer, span.facts.computedCostUsd);
    putClean(buffer, span.facts.priceRef);
    const contentStart = buffer.length;
    this.putKey(span);
    putRest(buffer, span, bodies, this.dictionaries);
    const payloadStart = buffer.length;
    if (bodies.hasPayload) this.putPayload(span, bodies);
    const contentHash = hash('sha256', buffer.view(contentStart), 'buffer');
    contentHash.copy(buffer.view(hashEnd - HASH_BYTES, hashEnd), 0, 0, HASH_BYTES);
    const contents = bodies.hasPayload ? this.shareContents(span, bodies, payloadStart) : NO_CONTENTS;
    if (bodies.hasPayload) buffer.putTimestamp(this.receivedMicros);
    return { rowStart, payloadStart, end: buffer.length, contents };
  }

  private putPayload(
    span: NormalizedSpan,
    bodies: Pick<Bodies, 'payloadAttributes' | 'payloadEvents'>,
  ): void {
    this.buffer.beginRow(PAYLOAD_COPY_COLUMNS.length);
    this.putKey(span);
    this.buffer.putJsonb(bodies.payloadAttributes);
    this.buffer.putJsonb(bodies.payloadEvents);
  }

  /** Writes the payload once more, without the texts that repeat, if there are any. */
  private shareContents(
    span: NormalizedSpan,
    bodies: Bodies,
    payloadStart: number,
  ): readonly SharedContent[] {
    const { attributes, events } = span.data;
    const heavy = attributes.filter(({ key }) => bodies.heavyKeys.has(key));
    const shared = this.store.share(
      [...heavy, ...(bodies.areEventsHeavy ? events.flatMap((event) => event.attributes) : [])],
      readDayMicros(splitMicros(span.data.startTimeUnixNano).micros),
    );
    if (shared === undefined) return NO_CONTENTS;
    const share = (text: string): readonly TextPart[] | undefined => shared.parts.get(text);
    this.buffer.rewind(payloadStart);
    this.putPayload(span, {
      payloadAttributes: heavy.length === 0 ? null : encodeAttributes(heavy, share),
      payloadEvents: bodies.areEventsHeavy ? encodeEvents(events, share) : null,
    });
    return shared.contents;
  }

  private readEncoded(span: NormalizedSpan, extent: Extent | undefined): EncodedSpan {
    if (extent === undefined) throw new RangeError('a span was not encoded');
    const { rowStart, payloadStart, end, contents } = extent;
    const hashStart = rowStart + HASH_OFFSET;
    return {
      span,
      isPending: span.facts.isPending,
      endTimeUnixNano: span.data.endTimeUnixNano,
      startMicros: splitMicros(span.data.startTimeUnixNano).micros,
      contentHash: this.buffer.view(hashStart, hashStart + HASH_BYTES),
      row: this.buffer.view(rowStart, payloadStart),
      payload: end > payloadStart ? this.buffer.view(payloadStart, end) : null,
      contents,
    };
  }

  private putKey({ data }: NormalizedSpan): void {
    this.buffer.putBytes(this.projectId);
    this.buffer.putHex(data.traceId);
    this.buffer.putHex(data.spanId);
    this.buffer.putTimestamp(splitMicros(data.startTimeUnixNano).micros);
  }
}

interface Bodies {
  attributes: string | null;
  events: string | null;
  payloadAttributes: string | null;
  payloadEvents: string | null;
  heavyKeys: ReadonlySet<string>;
  areEventsHeavy: boolean;
  hasPayload: boolean;
}

/** Tells message bodies and large values from the rest. All values of one key stay together, in their order. */
function splitBodies(span: NormalizedSpan): Bodies {
  const entries = span.data.attributes.map(({ key, value }) => [key, encodeValue(value)] as const);
  const heavyKeys = new Set<string>();
  for (const [key, text] of entries) {
    if (text.length > LARGE_VALUE_LENGTH || span.contentKeys.has(key)) heavyKeys.add(key);
  }
  const light = heavyKeys.size === 0 ? entries : entries.filter(([key]) => !heavyKeys.has(key));
  const heavy = heavyKeys.size === 0 ? [] : entries.filter(([key]) => heavyKeys.has(key));
  const events = encodeEvents(span.data.events);
  const areEventsHeavy = events !== null && (span.hasContentEvents || events.length > LARGE_VALUE_LENGTH);
  return {
    attributes: light.length === 0 ? null : joinEntries(light),
    payloadAttributes: heavy.length === 0 ? null : joinEntries(heavy),
    events: areEventsHeavy ? null : events,
    payloadEvents: areEventsHeavy ? events : null,
    heavyKeys,
    areEventsHeavy,
    hasPayload: heavy.length > 0 || areEventsHeavy,
  };
}

function putRest(
  row: CopyBuffer,
  { data, facts }: NormalizedSpan,
  bodies: Bodies,
  dictionaries: DictionaryEntries,
): void {
  const odd = new OddTexts();
  row.putTimestamp(splitMicros(data.endTimeUnixNano).micros);
  row.putInt2(splitMicros(data.startTimeUnixNano).nanos);
  row.putInt2(splitMicros(data.endTimeUnixNano).nanos);
  row.putInt4(data.kind);
  row.putInt4(data.statusCode);
  row.putInt8(data.flags);
  row.putInt8(data.droppedAttributesCount);
  row.putInt8(data.droppedEventsCount);
  row.putInt8(data.droppedLinksCount);
  const { usage } = facts;
  row.putInt8(usage.inputTokens);
  row.putInt8(usage.outputTokens);
  row.putInt8(usage.cachedInputTokens);
  row.putInt8(usage.cacheWriteTokens);
  row.putInt8(usage.reasoningTokens);
  row.putInt4(facts.attempt);
  row.putBoolean(facts.isPending);
  row.putBoolean(bodies.hasPayload);
  row.putBytes(dictionaries.addResource(data.resource));
  row.putBytes(dictionaries.addScope(data.scope));
  row.putHex(data.parentSpanId);
  row.putText(odd.store('name', data.name));
  row.putText(facts.type);
  row.putText(facts.outcome);
  row.putText(odd.store('status_message', data.statusMessage));
  row.putText(odd.store('trace_state', data.traceState));
  putFacts(row, facts);
  row.putJsonb(bodies.attributes);
  row.putJsonb(bodies.events);
  row.putJsonb(encodeLinks(data.links));
  row.putJsonb(odd.encode());
}

function putFacts(row: CopyBuffer, facts: NormalizedSpan['facts']): void {
  putClean(row, facts.dialect, facts.operation, facts.agentName, facts.agentId, facts.agentVersion);
  putClean(row, facts.agentType, facts.requestModel, facts.responseModel, facts.provider, facts.responseId);
  row.putTextArray(facts.finishReasons.map(cleanText));
  putClean(row, facts.toolName, facts.toolCallId, facts.sessionId, facts.conversationId, facts.userId);
  putClean(row, facts.serviceName, facts.environment);
  row.putTextArray(facts.tags.map(cleanText));
  putClean(row, facts.caseId, facts.workflowId);
  putDecimal(row, facts.reportedCostUsd);
  putClean(row, facts.errorType, facts.errorMessage);
}

function putDecimal(row: CopyBuffer, text: string | null): void {
  row.putNumeric(text !== null && isDecimal(text) ? text : null);
}

function putClean(row: CopyBuffer, ...texts: (string | null)[]): void {
  for (const text of texts) row.putText(text === null ? null : cleanText(text));
}
