import type { LogRecordData, ResourceData, ScopeData, SpanData } from '../model/span-data.js';
import type { DecodedRequest, RemarkCode } from './decoded-request.js';
import type {
  LogRecordMessage,
  LogsRequest,
  ResourceMessage,
  ScopeMessage,
  SpanMessage,
  TraceRequest,
} from './messages.js';
import { assembleMetricPoints } from './assemble-metrics.js';
import type { MetricsRequest } from './metric-messages.js';
import { readSpanId, readTraceId } from './record-ids.js';
import { RemarkList, type RecordPlace } from './remarks.js';
import type { Repairs } from './repairs.js';

const NO_TRACE_ID = '0'.repeat(32);
const NO_SPAN_ID = '0'.repeat(16);

const EMPTY_RESOURCE: ResourceMessage = { attributes: [], droppedAttributesCount: 0, entityRefs: [] };
const EMPTY_SCOPE: ScopeMessage = { name: '', version: '', attributes: [], droppedAttributesCount: 0 };

/** Turns a decoded trace request into spans; those with ids that are none are rejected one by one. */
export function assembleTraces(request: TraceRequest, repairs: Repairs): DecodedRequest {
  const assembly = new Assembly(request, repairs);
  const groups = request.resourceSpans.map((group) => ({ ...group, scopes: group.scopeSpans }));
  assembly.visit(groups, (group, resource, scope) => {
    for (const span of group.spans) assembly.addSpan(span, resource, scope);
  });
  return assembly.decoded;
}

export function assembleLogs(request: LogsRequest, repairs: Repairs): DecodedRequest {
  const assembly = new Assembly(request, repairs);
  const groups = request.resourceLogs.map((group) => ({ ...group, scopes: group.scopeLogs }));
  assembly.visit(groups, (group, resource, scope) => {
    for (const record of group.logRecords) assembly.addLogRecord(record, resource, scope);
  });
  return assembly.decoded;
}

export function assembleMetrics(request: MetricsRequest, repairs: Repairs): DecodedRequest {
  const assembly = new Assembly(request, repairs);
  const groups = request.resourceMetrics.map((group) => ({ ...group, scopes: group.scopeMetrics }));
  assembly.visit(groups, (group, resource, scope) => {
    for (const metric of group.metrics) {
      assembly.noteRepairs(metric, { resource, scope, traceId: null, spanId: null });
      // No spread: a metric may have more points than a call takes arguments.
      for (const point of assembleMetricPoints(metric, resource, scope)) {
        assembly.decoded.metricPoints.push(point);
      }
    }
  });
  return assembly.decoded;
}

interface Group<ScopeGroup> {
  resource: ResourceMessage | null;
  schemaUrl: string;
  scopes: ScopeGroup[];
}

class Assembly {
  readonly #rejected = new RemarkList();
  readonly #repaired = new RemarkList();
  readonly #repairs: Repairs;
  readonly decoded: DecodedRequest = {
    spans: [],
    logRecords: [],
    metricPoints: [],
    rejected: this.#rejected.remarks,
    repaired: this.#repaired.remarks,
  };

  constructor(request: object, repairs: Repairs) {
    this.#repairs = repairs;
    this.noteRepairs(request, { resource: null, scope: null, traceId: null, spanId: null });
  }

  visit<ScopeGroup extends { scope: ScopeMessage | null; schemaUrl: string }>(
    groups: Group<ScopeGroup>[],
    visitScope: (group: ScopeGroup, resource: ResourceData, scope: ScopeData) => void,
  ): void {
    for (const group of groups) {
      const sent = group.resource ?? EMPTY_RESOURCE;
      const resource: ResourceData = { ...sent, schemaUrl: group.schemaUrl };
      const place: RecordPlace = { resource, scope: null, traceId: null, spanId: null };
      for (const message of [group, sent, ...sent.entityRefs]) this.noteRepairs(message, place);
      for (const scopeGroup of group.scopes) {
        const sentScope = scopeGroup.scope ?? EMPTY_SCOPE;
        const scope: ScopeData = { ...sentScope, schemaUrl: scopeGroup.schemaUrl };
        for (const message of [scopeGroup, sentScope]) this.noteRepairs(message, { ...place, scope });
        visitScope(scopeGroup, resource, scope);
      }
    }
  }

  noteRepairs(message: object, place: RecordPlace): void {
    this.#repaired.addRepairs(this.#repairs.find(message), place);
  }

  addSpan(span: SpanMessage, resource: ResourceData, scope: ScopeData): void {
    const fault = findIdFault(span);
    if (fault !== undefined) {
      const place = { resource, scope, traceId: span.traceId, spanId: span.spanId };
      this.#rejected.add(fault.code, fault.reason, 1, place);
      return;
    }
    const repairs = this.#repairs.find(span);
    if (repairs !== undefined)
      this.#repaired.addRepairs(repairs, { resource, scope, traceId: span.traceId, spanId: span.spanId });
    this.decoded.spans.push(createSpan(span, resource, scope));
  }

  addLogRecord(record: LogRecordMessage, resource: ResourceData, scope: ScopeData): void {
    const place = { resource, scope, traceId: record.traceId, spanId: record.spanId };
    this.noteRepairs(record, place);
    if (!isAbsentOr(readTraceId, record.traceId))
      this.#repaired.add(
        'OTLP_INVALID_TRACE_ID',
        'a log record is stored without its trace id, which is not 16 bytes',
        1,
        place,
      );
    if (!isAbsentOr(readSpanId, record.spanId))
      this.#repaired.add(
        'OTLP_INVALID_SPAN_ID',
        'a log record is stored without its span id, which is not 8 bytes',
        1,
        place,
      );
    this.decoded.logRecords.push(createLogRecord(record, resource, scope));
  }
}

/** trace.proto: ids that are not as long as they must be, or all zero, are invalid. Decoded ids are lower-case hex. */
function findIdFault(span: SpanMessage): { code: RemarkCode; reason: string } | undefined {
  if (span.traceId.length !== NO_TRACE_ID.length || span.traceId === NO_TRACE_ID)
    return { code: 'OTLP_INVALID_TRACE_ID', reason: 'a trace id must be 16 bytes that are not all zero' };
  if (span.spanId.length !== NO_SPAN_ID.length || span.spanId === NO_SPAN_ID)
    return { code: 'OTLP_INVALID_SPAN_ID', reason: 'a span id must be 8 bytes that are not all zero' };
  if (span.parentSpanId !== '' && span.parentSpanId.length !== NO_SPAN_ID.length)
    return { code: 'OTLP_INVALID_PARENT_SPAN_ID', reason: 'a parent span id must be 8 bytes, or absent' };
  return undefined;
}

/** Many senders write an id of zeros where a record belongs to no trace. */
function isAbsentOr(read: (hex: string) => string | null, hex: string): boolean {
  return /^0*$/.test(hex) || read(hex) !== null;
}

/** A parent of zeros is none: senders that always write the field mean a root span by it. */
function createSpan(sent: SpanMessage, resource: ResourceData, scope: ScopeData): SpanData {
  const hasParent = sent.parentSpanId !== '' && sent.parentSpanId !== NO_SPAN_ID;
  return {
    traceId: sent.traceId,
    spanId: sent.spanId,
    parentSpanId: hasParent ? sent.parentSpanId : null,
    traceState: sent.traceState,
    flags: sent.flags,
    name: sent.name,
    kind: sent.kind,
    startTimeUnixNano: sent.startTimeUnixNano,
    endTimeUnixNano: sent.endTimeUnixNano,
    attributes: sent.attributes,
    droppedAttributesCount: sent.droppedAttributesCount,
    events: sent.events,
    droppedEventsCount: sent.droppedEventsCount,
    links: sent.links,
    droppedLinksCount: sent.droppedLinksCount,
    statusCode: sent.status?.code ?? 0,
    statusMessage: sent.status?.message ?? '',
    resource,
    scope,
  };
}

function createLogRecord(sent: LogRecordMessage, resource: ResourceData, scope: ScopeData): LogRecordData {
  return { ...sent, traceId: readTraceId(sent.traceId), spanId: readSpanId(sent.spanId), resource, scope };
}
