import type { ResourceData, ScopeData, SpanData } from '../model/span-data.js';
import { ExportTraceServiceRequest, type SpanMessage, type TraceRequest } from './messages.js';
import { encodeProtobuf } from './protobuf-encode.js';

/** A protobuf ExportTraceServiceRequest of these spans, grouped by their resource and scope objects. */
export function encodeTraces(spans: readonly SpanData[]): Uint8Array {
  const byResource = new Map<ResourceData, Map<ScopeData, SpanMessage[]>>();
  for (const span of spans) {
    const byScope = byResource.get(span.resource) ?? new Map<ScopeData, SpanMessage[]>();
    byResource.set(span.resource, byScope);
    const group = byScope.get(span.scope) ?? [];
    byScope.set(span.scope, group);
    group.push(createMessage(span));
  }
  const resourceSpans = [...byResource].map(([resource, byScope]): TraceRequest['resourceSpans'][number] => ({
    resource,
    schemaUrl: resource.schemaUrl,
    scopeSpans: [...byScope].map(([scope, group]) => ({ scope, schemaUrl: scope.schemaUrl, spans: group })),
  }));
  return encodeProtobuf(ExportTraceServiceRequest, { resourceSpans });
}

function createMessage(span: SpanData): SpanMessage {
  const { statusCode, statusMessage, parentSpanId } = span;
  const hasStatus = statusCode !== 0 || statusMessage !== '';
  return {
    ...span,
    parentSpanId: parentSpanId ?? '',
    status: hasStatus ? { code: statusCode, message: statusMessage } : null,
  };
}
