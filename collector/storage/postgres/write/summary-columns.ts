import { cleanText } from '../../../model/ids.js';
import type { SessionRow, TraceRow, UsageTotals } from '../../../model/rows.js';
import { splitMicros } from '../../../model/time.js';
import type { CopyRecord } from '../copy/copy-record.js';
import type { RowReader } from '../rows/stored-row.js';
import { renderTimestamp } from '../rows/timestamp.js';
import { renderInteger } from './record-set.js';
import type { RecordOf } from './record-set.js';

const USAGE_COLUMNS = {
  input_tokens: 'bigint',
  output_tokens: 'bigint',
  cached_input_tokens: 'bigint',
  cache_write_tokens: 'bigint',
  reasoning_tokens: 'bigint',
  cost_usd: 'numeric',
} as const;

/** The columns that the rows of traces and sessions have in common. */
export const SUMMARY_COLUMNS = {
  started_at: 'timestamptz',
  ended_at: 'timestamptz',
  start_nanos: 'smallint',
  end_nanos: 'smallint',
  llm_calls: 'bigint',
  failed_llm_calls: 'bigint',
  tool_calls: 'bigint',
  error_count: 'bigint',
  failed_span_count: 'bigint',
  ...USAGE_COLUMNS,
  conversation_id: 'text',
  user_id: 'text',
  status: 'text',
  cost_source: 'text',
  environment: 'text',
  agents: 'text[]',
  models: 'text[]',
  providers: 'text[]',
  tools: 'text[]',
  services: 'text[]',
  dialects: 'text[]',
  tags: 'text[]',
} as const;

type Summary = Pick<
  TraceRow & SessionRow,
  | 'startTimeUnixNano'
  | 'endTimeUnixNano'
  | 'llmCalls'
  | 'failedLlmCalls'
  | 'toolCalls'
  | 'errorCount'
  | 'failedSpanCount'
  | 'totals'
  | 'conversationId'
  | 'userId'
  | 'environment'
  | 'agents'
  | 'models'
  | 'providers'
  | 'tools'
  | 'services'
  | 'dialects'
  | 'tags'
>;

/** The row's values for {@link SUMMARY_COLUMNS}. */
export function renderSummary(row: TraceRow | SessionRow): RecordOf<typeof SUMMARY_COLUMNS> {
  const start = splitMicros(row.startTimeUnixNano);
  const end = splitMicros(row.endTimeUnixNano);
  return {
    started_at: renderTimestamp(start.micros),
    ended_at: renderTimestamp(end.micros),
    start_nanos: start.nanos,
    end_nanos: end.nanos,
    llm_calls: row.llmCalls,
    failed_llm_calls: row.failedLlmCalls,
    tool_calls: row.toolCalls,
    error_count: row.errorCount,
    failed_span_count: row.failedSpanCount,
    ...renderUsage(row.totals),
    conversation_id: cleanOrNull(row.conversationId),
    user_id: cleanOrNull(row.userId),
    status: row.status,
    cost_source: row.costSource,
    environment: cleanOrNull(row.environment),
    agents: row.agents.map(cleanText),
    models: row.models.map(cleanText),
    providers: row.providers.map(cleanText),
    tools: row.tools.map(cleanText),
    services: row.services.map(cleanText),
    dialects: row.dialects.map(cleanText),
    tags: row.tags.map(cleanText),
  };
}

/** Microseconds between two times; 0 where the end is before the start. */
export function renderDuration(start: { micros: bigint }, end: { micros: bigint }): string {
  return (end.micros > start.micros ? end.micros - start.micros : 0n).toString();
}

export function renderUsage(totals: UsageTotals): CopyRecord<typeof USAGE_COLUMNS> {
  return {
    input_tokens: renderCount(totals.inputTokens),
    output_tokens: renderCount(totals.outputTokens),
    cached_input_tokens: renderCount(totals.cachedInputTokens),
    cache_write_tokens: renderCount(totals.cacheWriteTokens),
    reasoning_tokens: renderCount(totals.reasoningTokens),
    cost_usd: totals.costUsd,
  };
}

/** Reads what {@link renderSummary} wrote. */
export function readSummary(row: RowReader): Summary {
  return {
    startTimeUnixNano: row.unixNano('started_at', 'start_nanos'),
    endTimeUnixNano: row.unixNano('ended_at', 'end_nanos'),
    llmCalls: row.number('llm_calls'),
    failedLlmCalls: row.number('failed_llm_calls'),
    toolCalls: row.number('tool_calls'),
    errorCount: row.number('error_count'),
    failedSpanCount: row.number('failed_span_count'),
    totals: {
      inputTokens: row.numberOrNull('input_tokens'),
      outputTokens: row.numberOrNull('output_tokens'),
      cachedInputTokens: row.numberOrNull('cached_input_tokens'),
      cacheWriteTokens: row.numberOrNull('cache_write_tokens'),
      reasoningTokens: row.numberOrNull('reasoning_tokens'),
      costUsd: row.textOrNull('cost_usd'),
    },
    conversationId: row.textOrNull('conversation_id'),
    userId: row.textOrNull('user_id'),
    environment: row.textOrNull('environment'),
    agents: row.texts('agents'),
    models: row.texts('models'),
    providers: row.texts('providers'),
    tools: row.texts('tools'),
    services: row.texts('services'),
    dialects: row.texts('dialects'),
    tags: row.texts('tags'),
  };
}

export function cleanOrNull(text: string | null): string | null {
  return text === null ? null : cleanText(text);
}

function renderCount(count: number | null): string | number | null {
  return count === null ? null : renderInteger(count);
}
