import { normalizeSpan, readLog } from './dialects/normalize.js';
import type { LogRecordData, ResourceData, ScopeData, Signal } from './model/span-data.js';
import type { IngestIssue, LogRow, WriteBatch } from './model/write-batch.js';
import { renderAttributesJson, renderValueJson, stringifyJson } from './model/value-json.js';
import type { DecodedRequest, RequestRemark } from './otlp/decoded-request.js';
import type { StorageWriter } from './storage/storage.js';
import type { Telemetry } from './telemetry.js';

/** One decoded export request and whose it is. */
export interface IngestRequest {
  projectId: string;
  signal: Signal;
  decoded: DecodedRequest;
}

/** What the sender is told: how many records were refused, and why. */
export interface IngestResult {
  rejected: number;
  message: string;
}

/** Resolves once everything that was not rejected is committed and readable; rejects with nothing stored. */
export type Ingest = (request: IngestRequest) => Promise<IngestResult>;

/** The flow: what was decoded is understood, and stored together with the rows derived from it. */
export function createIngest(options: { storage: StorageWriter; telemetry: Telemetry }): Ingest {
  const { storage, telemetry } = options;
  return async ({ projectId, signal, decoded }) => {
    const batch = createBatch(projectId, signal, decoded);
    const received = batch.spans.length + batch.logRecords.length + batch.metricPoints.length;
    const rejected = decoded.rejected.reduce((sum, remark) => sum + remark.count, 0);
    telemetry.countExport(signal, { received: received + rejected, rejected });
    if (received > 0 || batch.issues.length > 0) {
      try {
        const { stored, updated, duplicate } = await storage.write(batch);
        telemetry.countExport(signal, { stored, updated, duplicate });
      } catch (error) {
        telemetry.countExport(signal, { failed: received });
        throw error;
      }
    }
    return { rejected, message: describeRejections(decoded.rejected) };
  };
}

function createBatch(projectId: string, signal: Signal, decoded: DecodedRequest): WriteBatch {
  return {
    projectId,
    spans: decoded.spans.map(normalizeSpan),
    logRecords: createLogRows(decoded.logRecords),
    metricPoints: decoded.metricPoints.map((data) => ({ data })),
    issues: [...decoded.rejected, ...decoded.repaired].map((remark) => createIssue(signal, remark)),
  };
}

/** Equal records of one request are told apart by their place among equals, so that sending it again adds none. */
function createLogRows(records: LogRecordData[]): LogRow[] {
  const seen = new Map<string, number>();
  const origins = new Map<ResourceData | ScopeData, string>();
  return records.map((data) => {
    const key = identifyLogRecord(data, origins);
    const ordinal = seen.get(key) ?? 0;
    seen.set(key, ordinal + 1);
    return { data, ordinal, ...readLog(data) };
  });
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
  return { code, message: reason, signal, serviceName, scopeName, traceId, spanId };
}

/** One sentence for the sender; the first three kinds of reason are named, each with its count. */
function describeRejections(rejected: readonly RequestRemark[]): string {
  const counts = new Map<string, number>();
  for (const { reason, count } of rejected) counts.set(reason, (counts.get(reason) ?? 0) + count);
  const named = [...counts].slice(0, 3).map(([reason, count]) => `${count} × ${reason}`);
  const rest = counts.size - named.length;
  return named.join('; ') + (rest > 0 ? `; and ${rest} more kinds` : '');
}
