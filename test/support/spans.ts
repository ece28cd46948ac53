import { NO_USAGE } from '../../collector/model/gen-ai.js';
import type { Usage } from '../../collector/model/gen-ai.js';
import { NO_FACTS } from '../../collector/model/normalized-span.js';
import type { SpanContent, SpanFacts, SpanType } from '../../collector/model/normalized-span.js';
import type { TraceMaterial, TraceSpan } from '../../collector/model/rows.js';
import type { LogRecordData, SpanData } from '../../collector/model/span-data.js';
import type { Understanding } from '../../collector/model/understanding.js';

export const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';

/** 2026-01-01T00:00:00Z; span times of this builder count milliseconds from it. */
const EPOCH = 1_767_225_600_000_000_000n;
const NANOS_PER_MILLI = 1_000_000n;

export interface SpanSketch extends Partial<Omit<SpanFacts, 'usage' | 'type'>> {
  name?: string;
  flags?: number;
  /** Milliseconds since the builder's epoch; by default each span begins where the one before began, plus one. */
  start?: number;
  /** Milliseconds; 10 by default. */
  duration?: number;
  usage?: Partial<Usage>;
  content?: Partial<SpanContent>;
}

/** Builds the spans of one trace with ids counted from 1 and times on a clock of its own. */
export class TraceSketch {
  readonly spans: TraceSpan[] = [];
  readonly #contents = new Map<string, SpanContent>();

  /** Adds a span; `parent` is a span added before, the id of one that is not here, or null. */
  add(type: SpanType, parent: TraceSpan | string | null, sketch: SpanSketch = {}): TraceSpan {
    const number = this.spans.length + 1;
    const { name, flags, start, duration, usage, content, ...facts } = sketch;
    const startTimeUnixNano = EPOCH + BigInt(start ?? number) * NANOS_PER_MILLI;
    const span: TraceSpan = {
      traceId: TRACE_ID,
      spanId: number.toString(16).padStart(16, '0'),
      parentSpanId: parent === null || typeof parent === 'string' ? parent : parent.spanId,
      name: name ?? `${type} ${number}`,
      flags: flags ?? 0x101,
      startTimeUnixNano,
      endTimeUnixNano: startTimeUnixNano + BigInt(duration ?? 10) * NANOS_PER_MILLI,
      statusCode: facts.outcome === 'failed' ? 2 : 0,
      statusMessage: '',
      facts: { ...plainFacts(type), ...facts, usage: { ...NO_USAGE, ...usage } },
      links: [],
    };
    this.spans.push(span);
    if (content !== undefined) this.#contents.set(span.spanId, { ...NO_CONTENT, ...content });
    return span;
  }

  /** What storage hands to a projector, with the spans in any order. */
  material(spans: TraceSpan[] = this.spans): TraceMaterial {
    const bodies = new Map(spans.map((span) => [span.spanId, bodyOf(span)]));
    return { traceId: TRACE_ID, spans, bodies, logs: [], reports: [] };
  }

  /** Nothing: records that report something come from the dialects' tests. */
  readonly readReportContent: Understanding['readReportContent'] = (): SpanContent => NO_CONTENT;

  /** Reads the contents that were given to {@link add}. */
  readonly readContent: Understanding['readContent'] = (
    data: SpanData,
    _logs: readonly LogRecordData[],
  ): SpanContent => this.#contents.get(data.spanId) ?? NO_CONTENT;
}

const NO_CONTENT: SpanContent = {
  inputMessages: null,
  outputMessages: null,
  systemInstructions: null,
  thinking: [],
  toolArguments: undefined,
  toolResult: undefined,
  toolDefinitions: undefined,
  rawInput: null,
  rawOutput: null,
};

/** The facts of a span that says nothing but its type. */
export function plainFacts(type: SpanType): SpanFacts {
  return { ...NO_FACTS, type, dialect: type === 'span' || type === 'http' ? null : 'otel-genai' };
}

function bodyOf(span: TraceSpan): SpanData {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    traceState: '',
    flags: span.flags,
    name: span.name,
    kind: 1,
    startTimeUnixNano: span.startTimeUnixNano,
    endTimeUnixNano: span.endTimeUnixNano,
    attributes: [],
    droppedAttributesCount: 0,
    events: [],
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    statusCode: span.statusCode,
    statusMessage: span.statusMessage,
    resource: { attributes: [], droppedAttributesCount: 0, entityRefs: [], schemaUrl: '' },
    scope: { name: '', version: '', attributes: [], droppedAttributesCount: 0, schemaUrl: '' },
  };
}
