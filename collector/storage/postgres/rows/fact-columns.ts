import { isDecimal } from '../copy/numeric.js';
import { cleanText } from '../../../model/ids.js';
import type { SpanFacts } from '../../../model/normalized-span.js';

/** The columns of `spans` that hold what was understood of a span, with their types. */
export const FACT_COLUMNS = {
  type: 'text',
  outcome: 'text',
  is_pending: 'boolean',
  dialect: 'text',
  operation: 'text',
  agent_name: 'text',
  agent_id: 'text',
  agent_version: 'text',
  agent_type: 'text',
  request_model: 'text',
  response_model: 'text',
  provider: 'text',
  response_id: 'text',
  finish_reasons: 'text[]',
  tool_name: 'text',
  tool_call_id: 'text',
  session_id: 'text',
  conversation_id: 'text',
  user_id: 'text',
  service_name: 'text',
  environment: 'text',
  tags: 'text[]',
  case_id: 'text',
  workflow_id: 'text',
  attempt: 'integer',
  input_tokens: 'bigint',
  output_tokens: 'bigint',
  cached_input_tokens: 'bigint',
  cache_write_tokens: 'bigint',
  reasoning_tokens: 'bigint',
  reported_cost_usd: 'numeric',
  computed_cost_usd: 'numeric',
  price_ref: 'text',
  error_type: 'text',
  error_message: 'text',
} as const;

export type FactRecord = Record<keyof typeof FACT_COLUMNS, string | number | boolean | null | string[]>;

/** Facts by column, as JSON values; amounts of money as decimal text. */
export function renderFacts({ usage, ...facts }: SpanFacts): FactRecord {
  return {
    type: facts.type,
    outcome: facts.outcome,
    is_pending: facts.isPending,
    dialect: clean(facts.dialect),
    operation: clean(facts.operation),
    agent_name: clean(facts.agentName),
    agent_id: clean(facts.agentId),
    agent_version: clean(facts.agentVersion),
    agent_type: clean(facts.agentType),
    request_model: clean(facts.requestModel),
    response_model: clean(facts.responseModel),
    provider: clean(facts.provider),
    response_id: clean(facts.responseId),
    finish_reasons: facts.finishReasons.map(cleanText),
    tool_name: clean(facts.toolName),
    tool_call_id: clean(facts.toolCallId),
    session_id: clean(facts.sessionId),
    conversation_id: clean(facts.conversationId),
    user_id: clean(facts.userId),
    service_name: clean(facts.serviceName),
    environment: clean(facts.environment),
    tags: facts.tags.map(cleanText),
    case_id: clean(facts.caseId),
    workflow_id: clean(facts.workflowId),
    attempt: facts.attempt,
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    cached_input_tokens: usage.cachedInputTokens,
    cache_write_tokens: usage.cacheWriteTokens,
    reasoning_tokens: usage.reasoningTokens,
    reported_cost_usd: renderCost(facts.reportedCostUsd),
    computed_cost_usd: renderCost(facts.computedCostUsd),
    price_ref: clean(facts.priceRef),
    error_type: clean(facts.errorType),
    error_message: clean(facts.errorMessage),
  };
}

function clean(text: string | null): string | null {
  return text === null ? null : cleanText(text);
}

/** Like the encoder of spans: a text that is no amount is none. */
function renderCost(text: string | null): string | null {
  return text !== null && isDecimal(text) ? text : null;
}
