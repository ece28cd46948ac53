import { hash } from 'node:crypto';
import type { NormalizedSpan } from '../../../model/normalized-span.js';
import { cleanText } from '../../../model/ids.js';
import { splitMicros } from '../../../model/time.js';
import { CopyBuffer } from '../copy/copy-buffer.js';
import { isDecimal } from '../copy/numeric.js';
import { OddTexts } from '../odd-text.js';
import { encodeLinks } from '../rows/nested-codec.js';
import { readDayMicros } from '../contents/content-store.js';
import type { ContentStore } from '../contents/content-store.js';
import type { SharedContent } from '../contents/shared-content.js';
import { SpanTexts } from '../contents/span-texts.js';
import type { DictionaryEntries } from './dictionaries.js';
import { SpanBodies } from './span-bodies.js';

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
  startMicros: bigint;
  contents: readonly SharedContent[];
}

/** A span's times as columns hold them. */
interface SpanTimes {
  start: { micros: bigint; nanos: number };
  end: { micros: bigint; nanos: number };
}

const MIN_BUFFER_BYTES = 16 * 1024;
const MAX_EXPECTED_BYTES = 8 * 1024;
/** As it was in the last batch: a buffer that need not grow is half the memory, and is not copied. */
let bytesPerSpan = 2_048;

/**
 * Encodes the spans of one batch, one after the other in one buffer: a span's row (its content hash, time of arrival
 * and price first), then the row of its payload (time of arrival last), so that what is hashed lies together. The price
 * is not hashed: the same span sent again after prices have changed is a duplicate. What is hashed holds all texts; only
 * then are those that repeat taken out of the payload.
 */
export class SpanEncoder {
  private buffer = new CopyBuffer(0);
  private readonly bodies = new SpanBodies();
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
    if (spans.length === 0) return [];
    this.buffer = new CopyBuffer(MIN_BUFFER_BYTES + spans.length * bytesPerSpan);
    const extents = spans.map((span) => this.putSpan(span));
    bytesPerSpan = Math.min(MAX_EXPECTED_BYTES, Math.ceil(this.buffer.length / spans.length));
    return spans.map((span, index) => this.readEncoded(span, extents[index]));
  }

  private putSpan(span: NormalizedSpan): Extent {
    const { buffer, bodies } = this;
    bodies.read(span);
    const times = readTimes(span);
    const rowStart = buffer.length;
    buffer.beginRow(SPAN_COPY_COLUMNS.length);
    buffer.putBytes(NO_HASH);
    const hashEnd = buffer.length;
    buffer.putTimestamp(this.receivedMicros);
    putDecimal(buffer, span.facts.computedCostUsd);
    buffer.putCleanText(span.facts.priceRef);
    const contentStart = buffer.length;
    this.putKey(span, times);
    const keyEnd = buffer.length;
    putRest(buffer, span, { bodies, times, dictionaries: this.dictionaries });
    const payloadStart = buffer.length;
    const texts = bodies.hasPayload
      ? new SpanTexts(this.store, readDayMicros(times.start.micros))
      : undefined;
    let bodiesStart = payloadStart;
    if (texts !== undefined) {
      buffer.beginRow(PAYLOAD_COPY_COLUMNS.length);
      buffer.copyWithin(contentStart, keyEnd);
      bodiesStart = buffer.length;
      bodies.putHeavy(buffer, texts);
    }
    const contentHash = hash('sha256', buffer.view(contentStart), 'buffer');
    buffer.overwrite(hashEnd - HASH_BYTES, contentHash.subarray(0, HASH_BYTES));
    if (texts !== undefined) {
      if (texts.contents.length > 0) {
        buffer.rewind(bodiesStart);
        bodies.putShared(buffer, texts.findParts);
      }
      buffer.putTimestamp(this.receivedMicros);
    }
    return {
      rowStart,
      payloadStart,
      end: buffer.length,
      startMicros: times.start.micros,
      contents: texts?.contents ?? NO_CONTENTS,
    };
  }

  private readEncoded(span: NormalizedSpan, extent: Extent | undefined): EncodedSpan {
    if (extent === undefined) throw new RangeError('a span was not encoded');
    const { rowStart, payloadStart, end, contents } = extent;
    const hashStart = rowStart + HASH_OFFSET;
    return {
      span,
      isPending: span.facts.isPending,
      endTimeUnixNano: span.data.endTimeUnixNano,
      startMicros: extent.startMicros,
      contentHash: this.buffer.view(hashStart, hashStart + HASH_BYTES),
      row: this.buffer.view(rowStart, payloadStart),
      payload: end > payloadStart ? this.buffer.view(payloadStart, end) : null,
      contents,
    };
  }

  private putKey({ data }: NormalizedSpan, { start }: SpanTimes): void {
    this.buffer.putBytes(this.projectId);
    this.buffer.putHex(data.traceId);
    this.buffer.putHex(data.spanId);
    this.buffer.putTimestamp(start.micros);
  }
}

function readTimes({ data }: NormalizedSpan): SpanTimes {
  return { start: splitMicros(data.startTimeUnixNano), end: splitMicros(data.endTimeUnixNano) };
}

function putRest(
  row: CopyBuffer,
  { data, facts }: NormalizedSpan,
  { bodies, times, dictionaries }: { bodies: SpanBodies; times: SpanTimes; dictionaries: DictionaryEntries },
): void {
  const odd = new OddTexts();
  row.putTimestamp(times.end.micros);
  row.putInt2(times.start.nanos);
  row.putInt2(times.end.nanos);
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
  bodies.putLightAttributes(row);
  bodies.putLightEvents(row);
  row.putJsonb(encodeLinks(data.links));
  row.putJsonb(odd.encode());
}

function putFacts(row: CopyBuffer, facts: NormalizedSpan['facts']): void {
  row.putCleanText(facts.dialect);
  row.putCleanText(facts.operation);
  row.putCleanText(facts.agentName);
  row.putCleanText(facts.agentId);
  row.putCleanText(facts.agentVersion);
  row.putCleanText(facts.agentType);
  row.putCleanText(facts.requestModel);
  row.putCleanText(facts.responseModel);
  row.putCleanText(facts.provider);
  row.putCleanText(facts.responseId);
  row.putTextArray(facts.finishReasons.map(cleanText));
  row.putCleanText(facts.toolName);
  row.putCleanText(facts.toolCallId);
  row.putCleanText(facts.sessionId);
  row.putCleanText(facts.conversationId);
  row.putCleanText(facts.userId);
  row.putCleanText(facts.serviceName);
  row.putCleanText(facts.environment);
  row.putTextArray(facts.tags.map(cleanText));
  row.putCleanText(facts.caseId);
  row.putCleanText(facts.workflowId);
  putDecimal(row, facts.reportedCostUsd);
  row.putCleanText(facts.errorType);
  row.putCleanText(facts.errorMessage);
}

function putDecimal(row: CopyBuffer, text: string | null): void {
  row.putNumeric(text !== null && isDecimal(text) ? text : null);
}
