import type { ClientBase } from 'pg';
import type { SpanFacts } from '../../../model/normalized-span.js';
import type { TraceSpan } from '../../../model/rows.js';
import { splitMicros } from '../../../model/time.js';
import { FACT_COLUMNS, renderFacts } from '../rows/fact-columns.js';
import { renderWindows } from '../rows/time-window.js';
import { renderTimestamp } from '../rows/timestamp.js';
import { hexBytes, selectRows } from '../write/record-set.js';
import type { TouchedTrace } from '../write/span-merge.js';
import type { LoadedSpan } from '../write/spans.js';
import { listSpanData, spanKey } from '../write/spans.js';
import type { Rereading } from './rereading.js';
import { addDifferences, listDifferences } from './rerun-tally.js';
import { UnderstandingFailure } from './understanding-failure.js';

const COLUMNS = {
  trace_id: 'bytea',
  span_id: 'bytea',
  start_time: 'timestamptz',
  ...FACT_COLUMNS,
} as const;

/** The content hash stays: it is of what was sent, as it was first understood. */
const updateStatement = (timeCondition: string): string => `
  update spans set ${Object.keys(FACT_COLUMNS)
    .map((name) => `${name} = source.${name}`)
    .join(', ')}
  from ${selectRows(COLUMNS).source}
  where spans.project_id = $1 and spans.trace_id = source.trace_id and spans.span_id = source.span_id
    and spans.start_time = source.start_time and ${timeCondition}`;

/** Reads the spans of traces anew, in the tables and in `traces`; answers with the traces in which one changed. */
export async function rereadSpans(
  rereading: Rereading,
  traces: ReadonlyMap<string, TouchedTrace>,
): Promise<Set<string>> {
  const { client, rerun } = rereading;
  const { counts } = rerun.tally;
  const spans = [...traces.values()].flatMap(({ stored }) =>
    [...stored.values()].map(({ traceSpan }) => traceSpan),
  );
  const whole = await listSpanData(client, rerun.projectId, spans);
  const changed = new Set<string>();
  const updated: TraceSpan[] = [];
  for (const span of spans) {
    counts.spans_done += 1;
    const loaded = whole.get(spanKey(span.traceId, span.spanId));
    const facts = loaded && rereadFacts(rereading, span.facts, loaded);
    if (facts === undefined) {
      counts.spans_skipped += 1;
      continue;
    }
    const [before, after] = [renderFacts(span.facts), renderFacts(facts)];
    const names = listDifferences(before, after);
    if (names.length === 0) continue;
    addDifferences(rerun.tally, { trace_id: span.traceId, span_id: span.spanId }, before, after, names);
    changed.add(span.traceId);
    span.facts = facts;
    updated.push(span);
  }
  await updateFacts(client, rerun.projectId, updated);
  return changed;
}

/** Undefined where the span is left as it is. */
function rereadFacts(
  { rerun, understanding }: Rereading,
  stored: SpanFacts,
  { data, isExpired }: LoadedSpan,
): SpanFacts | undefined {
  if (isExpired && rerun.kind === 'reproject') return undefined;
  const facts = UnderstandingFailure.guard(() => understanding.readSpan(data).facts);
  if (rerun.kind === 'prices') return takePrice(stored, facts);
  // A copy that an announcement was turned into does not say so itself.
  return stored.isPending ? { ...facts, isPending: true, outcome: 'running' } : facts;
}

/** The price as read now; undefined where it would be of another model or other tokens than are stored. */
export function takePrice(stored: SpanFacts, read: SpanFacts): SpanFacts | undefined {
  if (identifyCall(stored) !== identifyCall(read)) return undefined;
  return { ...stored, computedCostUsd: read.computedCostUsd, priceRef: read.priceRef };
}

function identifyCall({ type, provider, requestModel, responseModel, usage }: SpanFacts): string {
  const { inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, reasoningTokens } = usage;
  const tokens = [inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, reasoningTokens];
  return JSON.stringify([type, provider, requestModel, responseModel, ...tokens]);
}

async function updateFacts(
  client: ClientBase,
  projectId: string,
  spans: readonly TraceSpan[],
): Promise<void> {
  if (spans.length === 0) return;
  const starts = spans.map((span) => splitMicros(span.startTimeUnixNano).micros);
  const rows = spans.map(({ traceId, spanId, facts }, index) => ({
    trace_id: hexBytes(traceId),
    span_id: hexBytes(spanId),
    start_time: renderTimestamp(starts[index] ?? 0n),
    ...renderFacts(facts),
  }));
  const values: unknown[] = [projectId, JSON.stringify(rows)];
  const windows = starts.map((micros) => ({ fromMicros: micros, toMicros: micros }));
  await client.query(updateStatement(renderWindows('spans.start_time', windows, values)), values);
}
