import type { KeyValue } from '../../../model/any-value.js';
import type { Outcome, SpanFacts, SpanType } from '../../../model/normalized-span.js';
import type { SpanData, SpanEventData } from '../../../model/span-data.js';
import type { TraceSpanWithKind } from '../../storage.js';
import { decodeAttributes } from '../value-codec.js';
import type { Contents } from '../value-codec.js';
import { loadContents } from './contents.js';
import type { Dictionaries } from './dictionary-row.js';
import { findResource, findScope } from './dictionary-row.js';
import { decodeEvents, decodeLinks } from './nested-codec.js';
import type { Queryable, StoredRow } from './queryable.js';
import { RowReader } from './stored-row.js';
import { renderTimestamp } from './timestamp.js';

const LIGHT_COLUMNS = [
  'trace_id, span_id, parent_span_id, start_time, start_nanos, end_time, end_nanos, kind, status_code, flags',
  'name, status_message, type, outcome, is_pending, dialect, operation, attempt',
  'agent_name, agent_id, agent_version, agent_type, request_model, response_model, provider, response_id',
  'finish_reasons, tool_name, tool_call_id, session_id, conversation_id, user_id, service_name, environment, tags',
  'case_id, workflow_id, input_tokens, output_tokens, cached_input_tokens, cache_write_tokens, reasoning_tokens',
  'reported_cost_usd, computed_cost_usd, price_ref, error_type, error_message, links, odd',
];

/** The columns of `spans` that {@link readTraceSpan} needs, as a select list. */
export const SPAN_LIGHT_COLUMNS = LIGHT_COLUMNS.join(', ');

/** The columns of `spans` that {@link readSpanData} and {@link readFacts} need, as a select list. */
export const SPAN_COLUMNS = [
  ...LIGHT_COLUMNS,
  'trace_state, dropped_attributes_count, dropped_events_count, dropped_links_count',
  'resource_id, scope_id, has_payload, attributes, events',
].join(', ');

/** A row of `spans` with {@link SPAN_LIGHT_COLUMNS} as the light part of a span. */
export function readTraceSpan(stored: StoredRow): TraceSpanWithKind {
  const row = new RowReader(stored);
  return {
    traceId: row.hex('trace_id'),
    spanId: row.hex('span_id'),
    parentSpanId: row.hexOrNull('parent_span_id'),
    name: row.text('name'),
    kind: row.number('kind'),
    flags: row.number('flags'),
    startTimeUnixNano: row.unixNano('start_time', 'start_nanos'),
    endTimeUnixNano: row.unixNano('end_time', 'end_nanos'),
    statusCode: row.number('status_code'),
    statusMessage: row.text('status_message'),
    facts: readFactsOf(row),
    links: decodeLinks(row.json('links')).map(({ traceId, spanId }) => ({ traceId, spanId })),
  };
}

/** What was understood of a span, from a row of `spans` with {@link SPAN_LIGHT_COLUMNS}. */
export function readFacts(stored: StoredRow): SpanFacts {
  return readFactsOf(new RowReader(stored));
}

/**
 * The span as it was received, from a row of `spans` with {@link SPAN_COLUMNS}, its row of `span_payloads` (undefined
 * where there is none or it is not wanted) and the dictionaries. Attributes come in no particular order.
 */
export function readSpanData(
  stored: StoredRow,
  payload: StoredPayload | undefined,
  dictionaries: Dictionaries,
): SpanData {
  const row = new RowReader(stored);
  return {
    traceId: row.hex('trace_id'),
    spanId: row.hex('span_id'),
    parentSpanId: row.hexOrNull('parent_span_id'),
    traceState: row.text('trace_state'),
    flags: row.number('flags'),
    name: row.text('name'),
    kind: row.number('kind'),
    startTimeUnixNano: row.unixNano('start_time', 'start_nanos'),
    endTimeUnixNano: row.unixNano('end_time', 'end_nanos'),
    attributes: readAttributes(row, payload),
    droppedAttributesCount: row.number('dropped_attributes_count'),
    events: readEvents(row, payload),
    droppedEventsCount: row.number('dropped_events_count'),
    links: decodeLinks(row.json('links')),
    droppedLinksCount: row.number('dropped_links_count'),
    statusCode: row.number('status_code'),
    statusMessage: row.text('status_message'),
    resource: findResource(row, dictionaries),
    scope: findScope(row, dictionaries),
  };
}

/** A row of `span_payloads`, with the contents that it names. */
export interface StoredPayload {
  row: StoredRow;
  contents: Contents;
}

/** The rows of `span_payloads` of spans of one trace, by the hex of the span id. */
export async function loadPayloads(
  database: Queryable,
  projectId: string,
  rows: readonly StoredRow[],
): Promise<Map<string, StoredPayload>> {
  const wanted = rows.filter((row) => row.has_payload === true);
  const payloads = new Map<string, StoredPayload>();
  const first = wanted[0];
  if (first === undefined) return payloads;
  const times = new Set(wanted.map((row) => renderTimestamp(row.start_time as bigint)));
  const found = await database.query(
    `select span_id, start_time, attributes, events from span_payloads
     where project_id = $1 and trace_id = $2 and span_id = any($3::bytea[])
       and start_time = any($4::timestamptz[])`,
    [projectId, first.trace_id, wanted.map((row) => row.span_id), [...times]],
  );
  const contents = await loadContents(database, projectId, found.rows);
  for (const row of found.rows) payloads.set((row.span_id as Buffer).toString('hex'), { row, contents });
  return payloads;
}

function readFactsOf(row: RowReader): SpanFacts {
  return {
    dialect: row.textOrNull('dialect'),
    type: row.text('type') as SpanType,
    operation: row.textOrNull('operation'),
    outcome: row.text('outcome') as Outcome,
    isPending: row.boolean('is_pending'),
    agentName: row.textOrNull('agent_name'),
    agentId: row.textOrNull('agent_id'),
    agentVersion: row.textOrNull('agent_version'),
    agentType: row.textOrNull('agent_type'),
    requestModel: row.textOrNull('request_model'),
    responseModel: row.textOrNull('response_model'),
    provider: row.textOrNull('provider'),
    responseId: row.textOrNull('response_id'),
    finishReasons: row.texts('finish_reasons'),
    toolName: row.textOrNull('tool_name'),
    toolCallId: row.textOrNull('tool_call_id'),
    sessionId: row.textOrNull('session_id'),
    conversationId: row.textOrNull('conversation_id'),
    userId: row.textOrNull('user_id'),
    serviceName: row.textOrNull('service_name'),
    environment: row.textOrNull('environment'),
    tags: row.texts('tags'),
    caseId: row.textOrNull('case_id'),
    workflowId: row.textOrNull('workflow_id'),
    attempt: row.numberOrNull('attempt'),
    usage: {
      inputTokens: row.numberOrNull('input_tokens'),
      outputTokens: row.numberOrNull('output_tokens'),
      cachedInputTokens: row.numberOrNull('cached_input_tokens'),
      cacheWriteTokens: row.numberOrNull('cache_write_tokens'),
      reasoningTokens: row.numberOrNull('reasoning_tokens'),
    },
    reportedCostUsd: row.textOrNull('reported_cost_usd'),
    computedCostUsd: row.textOrNull('computed_cost_usd'),
    priceRef: row.textOrNull('price_ref'),
    errorType: row.textOrNull('error_type'),
    errorMessage: row.textOrNull('error_message'),
  };
}

function readAttributes(row: RowReader, payload: StoredPayload | undefined): KeyValue[] {
  const light = decodeAttributes(row.json('attributes'));
  const heavy = (payload?.row.attributes as string | null | undefined) ?? null;
  return heavy === null ? light : [...light, ...decodeAttributes(heavy, payload?.contents)];
}

function readEvents(row: RowReader, payload: StoredPayload | undefined): SpanEventData[] {
  const heavy = (payload?.row.events as string | null | undefined) ?? null;
  return decodeEvents(heavy ?? row.json('events'), payload?.contents);
}
