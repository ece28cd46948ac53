import type { CostSource } from '../../../model/rows.js';
import type { RowReader } from '../rows/stored-row.js';

/** The columns that traces and sessions have in common, as a select list. */
export const AGGREGATE_COLUMNS = [
  'llm_calls, failed_llm_calls, tool_calls, error_count, failed_span_count',
  'input_tokens, output_tokens, cached_input_tokens, cache_write_tokens, reasoning_tokens, cost_usd, cost_source',
  'agents, models, providers, tools, services, dialects, tags, environment',
].join(', ');

/** Token counts and cost as the API names them; null is unknown. */
export function readUsageColumns(row: RowReader): {
  input_tokens: number | null;
  output_tokens: number | null;
  cached_input_tokens: number | null;
  cache_write_tokens: number | null;
  reasoning_tokens: number | null;
  cost_usd: number | null;
  cost_source: CostSource;
} {
  return {
    input_tokens: row.numberOrNull('input_tokens'),
    output_tokens: row.numberOrNull('output_tokens'),
    cached_input_tokens: row.numberOrNull('cached_input_tokens'),
    cache_write_tokens: row.numberOrNull('cache_write_tokens'),
    reasoning_tokens: row.numberOrNull('reasoning_tokens'),
    cost_usd: row.numberOrNull('cost_usd'),
    cost_source: row.text('cost_source') as CostSource,
  };
}

export function readCountColumns(
  row: RowReader,
): Record<'llm_calls' | 'failed_llm_calls' | 'tool_calls' | 'error_count' | 'failed_span_count', number> {
  return {
    llm_calls: row.number('llm_calls'),
    failed_llm_calls: row.number('failed_llm_calls'),
    tool_calls: row.number('tool_calls'),
    error_count: row.number('error_count'),
    failed_span_count: row.number('failed_span_count'),
  };
}

export function readSetColumns(
  row: RowReader,
): Record<'agents' | 'models' | 'providers' | 'tools' | 'services' | 'dialects' | 'tags', string[]> {
  return {
    agents: row.texts('agents'),
    models: row.texts('models'),
    providers: row.texts('providers'),
    tools: row.texts('tools'),
    services: row.texts('services'),
    dialects: row.texts('dialects'),
    tags: row.texts('tags'),
  };
}
