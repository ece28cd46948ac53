import type { ClientBase } from 'pg';
import type { TraceMaterial, TraceSpan } from '../../../model/rows.js';
import type { SpanData } from '../../../model/span-data.js';
import type { LoadedTrace } from './expired-content.js';
import type { TraceRecords } from './logs.js';
import { beats } from './span-encoder.js';
import type { EncodedSpan } from './span-encoder.js';
import type { TouchedTrace } from './span-merge.js';
import type { LoadedSpan } from './spans.js';
import { listSpanData, needsBody, spanKey, toTraceSpan } from './spans.js';

/** A trace whose spans all came with this group, as far as is known. */
export function gatherNewTrace(trace: TouchedTrace): TraceMaterial {
  return gatherTrace(trace, new Map(), undefined).material;
}

/** Traces with everything that is stored of them, bodies of stored spans loaded where derived rows need them. */
export async function loadMaterials(
  client: ClientBase,
  projectId: string,
  traces: readonly TouchedTrace[],
  records: ReadonlyMap<string, TraceRecords>,
): Promise<LoadedTrace[]> {
  const wanted = traces.flatMap((trace) => {
    const isRoot = createRootTest(trace);
    return listKept(trace).filter((span) => needsBody(span, isRoot));
  });
  const storedBodies = await listSpanData(client, projectId, wanted);
  return traces.map((trace) => gatherTrace(trace, storedBodies, records.get(trace.traceId)));
}

function gatherTrace(
  trace: TouchedTrace,
  storedBodies: ReadonlyMap<string, LoadedSpan>,
  records: TraceRecords | undefined,
): LoadedTrace {
  const spans = listKept(trace);
  const bodies = new Map<string, SpanData>();
  const logs = records?.logs ?? [];
  const expiredSpanIds = new Set(records?.expiredReportIds);
  // Retention leaves nothing else of a record that held message bodies.
  for (const { spanId, body, attributes } of logs) {
    if (spanId !== null && body === null && attributes.length === 0) expiredSpanIds.add(spanId);
  }
  for (const { spanId } of spans) {
    const body = storedBodies.get(spanKey(trace.traceId, spanId));
    if (body === undefined) continue;
    bodies.set(spanId, body.data);
    if (body.isExpired) expiredSpanIds.add(spanId);
  }
  const isRoot = createRootTest(trace);
  for (const encoded of listWinners(trace)) {
    const span = toTraceSpan(encoded);
    spans.push(span);
    if (needsBody(span, isRoot)) bodies.set(span.spanId, encoded.span.data);
  }
  return {
    material: { traceId: trace.traceId, spans, bodies, logs, reports: records?.reports ?? [] },
    expiredSpanIds,
  };
}

/** The times of the spans that a trace will have. */
export function listTraceSpans(
  trace: TouchedTrace,
): Pick<TraceSpan, 'startTimeUnixNano' | 'endTimeUnixNano'>[] {
  return [...listKept(trace), ...listWinners(trace).map(({ span }) => span.data)];
}

/** Stored spans that no better copy has come for. */
function listKept({ stored, arrived }: TouchedTrace): TraceSpan[] {
  const kept: TraceSpan[] = [];
  for (const [spanId, version] of stored) {
    const candidate = arrived.get(spanId);
    if (candidate === undefined || !beats(candidate, version)) kept.push(version.traceSpan);
  }
  return kept;
}

function listWinners({ stored, arrived }: TouchedTrace): EncodedSpan[] {
  const winners: EncodedSpan[] = [];
  for (const [spanId, encoded] of arrived) {
    const current = stored.get(spanId);
    if (current === undefined || beats(encoded, current)) winners.push(encoded);
  }
  return winners;
}

/** A span without a parent, or whose parent is not in the trace. */
function createRootTest({ stored, arrived }: TouchedTrace): (span: TraceSpan) => boolean {
  return ({ parentSpanId }) =>
    parentSpanId === null || !(stored.has(parentSpanId) || arrived.has(parentSpanId));
}
