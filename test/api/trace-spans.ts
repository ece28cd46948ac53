import type { SpanFacts } from '../../collector/model/normalized-span.js';
import type { TraceSpanWithKind } from '../../collector/storage/storage.js';
import { plainFacts } from '../support/spans.js';

export const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const TRACE_START = 1_767_225_600_000_000_000n;

const FACTS = plainFacts('span');

export interface SpanSketch {
  /** The first hex digits of the span id. */
  id: string;
  parent?: string;
  /** Milliseconds since the start of the trace. */
  from?: number;
  to?: number;
  facts?: Partial<SpanFacts>;
}

export function toSpanId(id: string): string {
  return id.padEnd(16, '0');
}

/** A span of one trace, as storage lists it. */
export function sketchSpan({ id, parent, from = 0, to = from, facts = {} }: SpanSketch): TraceSpanWithKind {
  return {
    traceId: TRACE_ID,
    spanId: toSpanId(id),
    parentSpanId: parent === undefined ? null : toSpanId(parent),
    name: `span ${id}`,
    kind: 1,
    flags: 0,
    startTimeUnixNano: TRACE_START + BigInt(from) * 1_000_000n,
    endTimeUnixNano: TRACE_START + BigInt(to) * 1_000_000n,
    statusCode: facts.outcome === 'failed' ? 2 : 0,
    statusMessage: '',
    facts: { ...FACTS, ...facts },
    links: [],
  };
}
