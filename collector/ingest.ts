import { findArrivalIssues, normalizeSpan, readLog } from './dialects/normalize.js';
import type { IngestCounts } from './model/answered-export.js';
import { BILLED_TYPES, readBilledCall } from './model/billed-call.js';
import type { IngestIssue } from './model/ingest-issue.js';
import { limitIssues } from './model/ingest-issue.js';
import type { NormalizedSpan } from './model/normalized-span.js';
import type { PriceBook, PriceRow } from './model/price.js';
import type { LogRecordData, ResourceData, ScopeData, Signal, SpanData } from './model/span-data.js';
import { nowUnixNano } from './model/time.js';
import type { LogRow, WriteBatch } from './model/write-batch.js';
import { renderAttributesJson, renderValueJson, stringifyJson } from './model/value-json.js';
import type { DecodedRequest, Encoding, RequestRemark } from './otlp/decoded-request.js';
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

/** Resolves once everything that was not rejected is committed and readable; rejects with nothing stored. */
export type Ingest = (request: IngestRequest) => Promise<IngestResult>;

export interface IngestOptions {
  storage: StorageWriter & Pick<StoragePrices, 'listPrices'>;
  telemetry: Telemetry;
}

/** A price set through another collector is in force here after so long at most. */
const PRICES_MAX_AGE_MILLIS = 5_000;

/** The flow: what was decoded is understood and priced, and stored together with the rows derived from it. */
export function createIngest({ storage, telemetry }: IngestOptions): Ingest {
  return async ({ projectId, signal, decoded }) => {
    const received = decoded.spans.length + decoded.logRecords.length + decoded.metricPoints.length;
    const rejected = decoded.rejected.reduce((sum, remark) => sum + remark.count, 0);
    telemetry.countExport(signal, { received: received + rejected, rejected });
    let counts = { received: received + rejected, stored: 0, updated: 0, duplicate: 0, rejected };
    if (received > 0 || decoded.rejected.length + decoded.repaired.length > 0) {
      try {
        const prices = await storage.listPrices(projectId, { maxAgeMillis: PRICES_MAX_AGE_MILLIS });
        const understanding = createUnderstanding(prices);
        const { stored, updated, duplicate } = await storage.write(
          createBatch(projectId, signal, decoded, understanding),
        );
        telemetry.countExport(signal, { stored, updated, duplicate });
        counts = { ...counts, stored, updated, duplicate };
      } catch (error) {
        telemetry.countExport(signal, { failed: received });
        throw error;
      }
    }
    return { ...describeDecoded(decoded), counts };
  };
}

/** What the sender is told of a request that decoded so, whether or not it is stored yet. */
export function describeDecoded({ rejected }: DecodedRequest): IngestResult {
  const count = rejected.reduce((sum, remark) => sum + remark.count, 0);
  return { rejected: count, message: describeRejections(rejected) };
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

function priceSpan(span: NormalizedSpan, book: PriceBook): NormalizedSpan {
  const { facts, billing, data } = span;
  if (!BILLED_TYPES.has(facts.type)) return span;
  if (facts.reportedCostUsd !== null) return { ...span, facts: { ...facts, priceRef: 'reported' } };
  const call = readBilledCall(data, facts, billing);
  if (call === undefined) return span;
  const { costUsd, ref } = book.price(call);
  return { ...span, facts: { ...facts, computedCostUsd: costUsd, priceRef: ref } };
}

function createBatch(
  projectId: string,
  signal: Signal,
  decoded: DecodedRequest,
  understanding: RecordUnderstanding,
): WriteBatch {
  const spans = decoded.spans.map((data) => understanding.readSpan(data));
  const { logRecords, issues: logIssues } = createLogRows(signal, decoded.logRecords, understanding);
  const received = nowUnixNano();
  return {
    projectId,
    spans,
    logRecords,
    metricPoints: decoded.metricPoints.map((data) => ({ data })),
    issues: limitIssues([
      ...[...decoded.rejected, ...decoded.repaired].map((remark) => createIssue(signal, remark)),
      ...spans.flatMap((span) => listIssues(signal, span)),
      ...logIssues,
      ...spans.flatMap((span) =>
        listIssues(signal, { ...span, issues: findArrivalIssues(span.data, received) }),
      ),
    ]),
  };
}

/** Equal records of one request are told apart by their place among equals, so that sending it again adds none. */
function createLogRows(
  signal: Signal,
  records: LogRecordData[],
  understanding: RecordUnderstanding,
): { logRecords: LogRow[]; issues: IngestIssue[] } {
  const seen = new Map<string, number>();
  const origins = new Map<ResourceData | ScopeData, string>();
  const issues: IngestIssue[] = [];
  const logRecords = records.map((data) => {
    const key = identifyLogRecord(data, origins);
    const ordinal = seen.get(key) ?? 0;
    seen.set(key, ordinal + 1);
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

/** Resources and scopes are shared by reference among the records of a request: each is rendered once. */
function identifyLogRecord(data: LogRecordData, origins: Map<ResourceData | ScopeData, string>): string {
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

/** One sentence for the sender; the first three kinds of reason are named, each with its count. */
function describeRejections(rejected: readonly RequestRemark[]): string {
  const counts = new Map<string, number>();
  for (const { reason, count } of rejected) counts.set(reason, (counts.get(reason) ?? 0) + count);
  const named = [...counts].slice(0, 3).map(([reason, count]) => `${count} × ${reason}`);
  const rest = counts.size - named.length;
  return named.join('; ') + (rest > 0 ? `; and ${rest} more kinds` : '');
}
