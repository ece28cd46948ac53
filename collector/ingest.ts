import { findArrivalIssues, normalizeSpan, readLog } from './dialects/normalize.js';
import type { IngestCounts } from './model/answered-export.js';
import { BILLED_TYPES, readBilledCall } from './model/billed-call.js';
import type { IngestIssue } from './model/ingest-issue.js';
import { limitIssues } from './model/ingest-issue.js';
import type { NormalizedSpan } from './model/normalized-span.js';
import type { PriceBook, PriceRow } from './model/price.js';
import type { LogRecordData, ResourceData, ScopeData, Signal, SpanData } from './model/span-data.js';
import { nowUnixNano } from './model/time.js';
import type { LogRow, WriteBatch, WriteReceipt } from './model/write-batch.js';
import { renderAttributesJson, renderValueJson, stringifyJson } from './model/value-json.js';
import type { DecodedRequest, Encoding, RequestRemark } from './otlp/decoded-request.js';
import { countArrived, describeRejections, sumCounts } from './otlp/request-counts.js';
import { createPriceBook } from './prices/price-book.js';
import type { StoragePrices, StorageWriter } from './storage/storage.js';
import type { Telemetry } from './telemetry.js';

/** One decoded export request and whose it is. */
export interface IngestRequest {
  projectId: string;
  signal: Signal;
  decoded: DecodedRequest;
  /** What was decoded, for whoever keeps the request on disk meanwhile; absent where it did not come as OTLP. */
  body?: { encoding: Encoding; content: Uint8Array };
}

/** What the sender is told: how many records were refused, and why. */
export interface IngestResult {
  rejected: number;
  message: string;
  /** What became of the records; absent where that is not known yet. */
  counts?: IngestCounts;
}

/**
 * Resolves once everything that was not rejected is committed and readable. Where it rejects, nothing or only a part is
 * stored; the request sent again adds nothing twice.
 */
export type Ingest = (request: IngestRequest) => Promise<IngestResult>;

export interface IngestOptions {
  storage: StorageWriter & Pick<StoragePrices, 'listPrices'>;
  telemetry: Telemetry;
}

/** A price set through another collector is in force here after so long at most. */
const PRICES_MAX_AGE_MILLIS = 5_000;

/** The flow: what was decoded is understood and priced, and stored together with the rows derived from it. */
export function createIngest({ storage, telemetry }: IngestOptions): Ingest {
  async function store({ projectId, signal, decoded }: IngestRequest): Promise<WriteReceipt> {
    const prices = await storage.listPrices(projectId, { maxAgeMillis: PRICES_MAX_AGE_MILLIS });
    const understanding = createUnderstanding(prices);
    const identities: LogIdentities = { ordinals: new Map(), origins: new Map() };
    const sum: WriteReceipt = { stored: 0, updated: 0, duplicate: 0, rejected: [] };
    for (const part of cutRequest(decoded)) {
      const batch = createBatch({ projectId, signal, decoded: part }, understanding, identities);
      const { stored, updated, duplicate, rejected } = await storage.write(batch);
      sum.stored += stored;
      sum.updated += updated;
      sum.duplicate += duplicate;
      sum.rejected.push(...rejected);
    }
    return sum;
  }

  return async (request) => {
    const { projectId, signal, decoded } = request;
    const arrived = countArrived(decoded);
    telemetry.countExport(signal, arrived);
    let receipt: WriteReceipt = { stored: 0, updated: 0, duplicate: 0, rejected: [] };
    const { received, rejected } = arrived;
    if (received > 0 || decoded.repaired.length > 0) {
      try {
        receipt = await store(request);
      } catch (error) {
        const failed = received - rejected;
        telemetry.countExport(signal, { failed });
        telemetry.log.debug({ projectId, signal, ...arrived, failed }, 'an export request was not stored');
        throw error;
      }
    }
    const { rejected: refused, ...taken } = receipt;
    telemetry.countExport(signal, { ...taken, rejected: refused.length });
    const counts = { ...arrived, ...taken, rejected: rejected + refused.length };
    telemetry.log.debug({ projectId, signal, ...counts }, 'an export request was stored');
    return { ...describeDecoded(decoded, refused), counts };
  };
}

/**
 * What the sender is told of a request that decoded so, whether or not it is stored yet; `refused` are the records that
 * could not be stored.
 */
export function describeDecoded(
  { rejected }: DecodedRequest,
  refused: readonly IngestIssue[] = [],
): IngestResult {
  const reasons = [...rejected, ...refused.map(({ message }) => ({ reason: message, count: 1 }))];
  return { rejected: sumCounts(rejected) + refused.length, message: describeRejections(reasons) };
}

/** What a span or a log record says in today's conventions, with what its call cost. */
export interface RecordUnderstanding {
  readSpan(data: SpanData): NormalizedSpan;
  readLog(data: LogRecordData): Pick<LogRow, 'isContent' | 'sessionId' | 'report'>;
}

/** Understands records by the dialects and prices them by the project's own prices, then the library's. Pure. */
export function createUnderstanding(prices: readonly PriceRow[]): RecordUnderstanding {
  const book = findBook(prices);
  return {
    readSpan: (data) => priceSpan(normalizeSpan(data), book),
    readLog: (data) => {
      const { isContent, sessionId, report } = readLog(data);
      return { isContent, sessionId, report: report === null ? null : priceSpan(report, book) };
    },
  };
}

/** A book remembers what it has matched, and storage hands out the same rows as long as they stay the same. */
const books = new WeakMap<readonly PriceRow[], PriceBook>();

function findBook(prices: readonly PriceRow[]): PriceBook {
  const known = books.get(prices);
  if (known !== undefined) return known;
  const book = createPriceBook(prices);
  books.set(prices, book);
  return book;
}

/** Sets the price in the span's facts, which nobody else has yet. */
function priceSpan(span: NormalizedSpan, book: PriceBook): NormalizedSpan {
  const { facts, billing, data } = span;
  if (!BILLED_TYPES.has(facts.type)) return span;
  if (facts.reportedCostUsd !== null) {
    facts.priceRef = 'reported';
    return span;
  }
  const call = readBilledCall(data, facts, billing);
  if (call === undefined) return span;
  const { costUsd, ref } = book.price(call);
  facts.computedCostUsd = costUsd;
  facts.priceRef = ref;
  return span;
}

/** Of each kind, records that are understood and stored at a time: some 200 ms of this thread, and one transaction. */
const PART_RECORDS = 5_000;

/** A request with more than others should wait for is stored in parts, one after the other. */
function* cutRequest(decoded: DecodedRequest): Generator<DecodedRequest> {
  const { spans, logRecords, metricPoints } = decoded;
  const count = Math.max(spans.length, logRecords.length, metricPoints.length);
  if (count <= PART_RECORDS) {
    yield decoded;
    return;
  }
  for (let start = 0; start < count; start += PART_RECORDS) {
    const end = start + PART_RECORDS;
    yield {
      spans: spans.slice(start, end),
      logRecords: logRecords.slice(start, end),
      metricPoints: metricPoints.slice(start, end),
      rejected: start === 0 ? decoded.rejected : [],
      repaired: start === 0 ? decoded.repaired : [],
    };
  }
}

function createBatch(
  { projectId, signal, decoded }: IngestRequest,
  understanding: RecordUnderstanding,
  identities: LogIdentities,
): WriteBatch {
  const spans = decoded.spans.map((data) => understanding.readSpan(data));
  const { logRecords, issues: logIssues } = createLogRows(
    signal,
    decoded.logRecords,
    understanding,
    identities,
  );
  const received = nowUnixNano();
  return {
    projectId,
    spans,
    logRecords,
    metricPoints: decoded.metricPoints.map((data) => ({ data })),
    issues: limitIssues([
      ...[...decoded.rejected, ...decoded.repaired].map((remark) => createIssue(signal, remark)),
      ...spans.filter(({ issues }) => issues.length > 0).flatMap((span) => listIssues(signal, span)),
      ...logIssues,
      ...spans.flatMap((span) => {
        const issues = findArrivalIssues(span.data, received);
        return issues.length === 0 ? [] : listIssues(signal, { ...span, issues });
      }),
    ]),
  };
}

/** What tells the log records of one request apart. */
interface LogIdentities {
  /** How many equal records there have been so far. */
  ordinals: Map<string, number>;
  /** Resources and scopes, shared by reference among records, as they are rendered. */
  origins: Map<ResourceData | ScopeData, string>;
}

/** Equal records of one request are told apart by their place among equals, so that sending it again adds none. */
function createLogRows(
  signal: Signal,
  records: LogRecordData[],
  understanding: RecordUnderstanding,
  { ordinals, origins }: LogIdentities,
): { logRecords: LogRow[]; issues: IngestIssue[] } {
  const issues: IngestIssue[] = [];
  const logRecords = records.map((data) => {
    const key = identifyLogRecord(data, origins);
    const ordinal = ordinals.get(key) ?? 0;
    ordinals.set(key, ordinal + 1);
    const read = understanding.readLog(data);
    if (read.report !== null) {
      for (const issue of listIssues(signal, read.report)) {
        issues.push({ ...issue, recordKey: `${ordinal} ${key}` });
      }
    }
    return { data, ordinal, ...read };
  });
  return { logRecords, issues };
}

function identifyLogRecord(data: LogRecordData, origins: LogIdentities['origins']): string {
  const identifyOrigin = (origin: ResourceData | ScopeData): string => {
    const known = origins.get(origin);
    if (known !== undefined) return known;
    const text = stringifyJson({ ...origin, attributes: renderAttributesJson(origin.attributes) });
    origins.set(origin, text);
    return text;
  };
  return stringifyJson([
    data.timeUnixNano.toString(),
    data.observedTimeUnixNano.toString(),
    data.severityNumber,
    data.severityText,
    data.eventName,
    data.traceId,
    data.spanId,
    data.flags,
    renderValueJson(data.body),
    renderAttributesJson(data.attributes),
    identifyOrigin(data.resource),
    identifyOrigin(data.scope),
  ]);
}

function createIssue(signal: Signal, remark: RequestRemark): IngestIssue {
  const { code, reason, serviceName, scopeName, traceId, spanId } = remark;
  return { code, message: reason, signal, serviceName, scopeName, traceId, spanId, key: null };
}

/** What the dialects had to say of one span, or of what a log record reports. */
function listIssues(signal: Signal, { data, facts, issues }: NormalizedSpan): IngestIssue[] {
  return issues.map(({ code, message, key }) => ({
    code,
    message,
    signal,
    serviceName: facts.serviceName,
    scopeName: data.scope.name,
    traceId: data.traceId === '' ? null : data.traceId,
    spanId: data.spanId === '' ? data.parentSpanId : data.spanId,
    key,
  }));
}
