import { sumDecimals } from '../model/decimal.js';
import type { Usage } from '../model/gen-ai.js';
import type { JsonValue } from '../model/json.js';
import type { SpanType } from '../model/normalized-span.js';
import { ROLE_ORDER, type AttributeSource, type CountingRule, type Dialect } from './dialect.js';
import { readJson } from './readers/json.js';
import { unwrapToolMessage } from './readers/messages.js';
import { readDecimal, readIdentifier, readStrings, type Readable } from './readers/scalars.js';
import { count, decimal, identifier, json, messages, plainText, raw, readAttribute } from './sources.js';
import type { SpanView } from './span-view.js';

const AGENT: readonly SpanType[] = ['agent'];
const TOOL: readonly SpanType[] = ['tool', 'handoff'];
const CALL: readonly SpanType[] = ['llm'];
const WORK: readonly SpanType[] = ['llm', 'agent', 'step', 'workflow', 'guardrail', 'evaluation', 'span'];

const RUN: readonly SpanType[] = ['agent', 'workflow'];

const TYPE = 'mlflow.spanType';
const INPUTS = 'mlflow.spanInputs';
const OUTPUTS = 'mlflow.spanOutputs';
const USAGE = 'mlflow.chat.tokenUsage';
const COST = 'mlflow.llm.cost';

/** `SpanType` (mlflow/entities/span.py). A type of one's own is possible, and says nothing here. */
const TYPES: ReadonlyMap<string, SpanType> = new Map([
  ['LLM', 'llm'],
  ['CHAT_MODEL', 'llm'],
  ['EMBEDDING', 'embedding'],
  ['TOOL', 'tool'],
  ['AGENT', 'agent'],
  ['CHAIN', 'step'],
  ['RETRIEVER', 'retrieval'],
  ['RERANKER', 'rerank'],
  ['PARSER', 'step'],
  ['WORKFLOW', 'workflow'],
  ['TASK', 'step'],
  ['GUARDRAIL', 'guardrail'],
  ['EVALUATOR', 'evaluation'],
  ['MEMORY', 'step'],
]);

/**
 * MLflow tracing (mlflow/tracing/constant.py). Its OTLP exporter writes every value as JSON text, plain texts with
 * quotes around them; its own client sends structured values.
 */
export const mlflow: Dialect = {
  name: 'mlflow',
  about: { counting: 'with `mlflow.message.format` `anthropic`, cached tokens are outside the input' },
  roles: [
    {
      order: ROLE_ORDER.mlflow,
      key: TYPE,
      values: TYPES,
      about: 'any other value is `span`',
      read: (_view, value) => readRole(value),
    },
  ],
  facts: {
    operation: [quoted(TYPE)],
    agentName: [
      { about: 'the name of the span', keys: [TYPE], derive: readSpanName, only: AGENT, isOwn: true },
    ],
    requestModel: [quoted('mlflow.llm.model'), identifier(INPUTS, { path: ['model'], only: CALL })],
    responseModel: [identifier(OUTPUTS, { path: ['model'], only: CALL })],
    provider: [quoted('mlflow.llm.provider')],
    responseId: [identifier(OUTPUTS, { path: ['id'], only: CALL })],
    finishReasons: [
      { key: OUTPUTS, path: ['choices', 0, 'finish_reason'], read: readStrings, only: CALL },
      { key: OUTPUTS, path: ['stop_reason'], read: readStrings, only: CALL },
    ],
    toolName: [
      { about: 'the name of the span', keys: [TYPE], derive: readSpanName, only: TOOL, isOwn: true },
    ],
    toolCallId: [identifier(OUTPUTS, { path: ['tool_call_id'], only: TOOL })],
    sessionId: [quoted('mlflow.trace.session')],
    userId: [quoted('mlflow.trace.user')],
    inputTokens: [count(USAGE, { path: ['input_tokens'] })],
    outputTokens: [count(USAGE, { path: ['output_tokens'] })],
    totalTokens: [count(USAGE, { path: ['total_tokens'] })],
    cachedInputTokens: [count(USAGE, { path: ['cache_read_input_tokens'] })],
    cacheWriteTokens: [count(USAGE, { path: ['cache_creation_input_tokens'] })],
    reportedCostUsd: [
      decimal(COST, { path: ['total_cost'] }),
      {
        about: `the sum of \`input_cost\` and \`output_cost\` in \`${COST}\``,
        keys: [COST],
        derive: readSumOfCosts,
      },
    ],
  },
  content: {
    inputMessages: [messages(INPUTS, 'user', { only: WORK }), plainText(INPUTS, 'user', { only: RUN })],
    outputMessages: [
      messages(OUTPUTS, 'assistant', { only: WORK }),
      plainText(OUTPUTS, 'assistant', { only: RUN }),
    ],
    toolArguments: [json(INPUTS, { only: TOOL })],
    toolResult: [
      { keys: [OUTPUTS], read: (view) => unwrapToolMessage(readAttribute(view, OUTPUTS)), only: TOOL },
    ],
    toolDefinitions: [json('mlflow.chat.tools')],
    rawInput: [raw(INPUTS)],
    rawOutput: [raw(OUTPUTS)],
  },
  findCountingRule: findAnthropicRule,
};

function readRole(value: Readable): SpanType | undefined {
  const type = readJson(value);
  return typeof type === 'string' && type !== '' ? (TYPES.get(type.toUpperCase()) ?? 'span') : undefined;
}

/** A text that may come with the quotes of JSON around it. */
function quoted(key: string): AttributeSource<string> {
  return { key, read: (value) => readIdentifier(readJson(value)) };
}

function readSpanName(view: SpanView): string | undefined {
  return readIdentifier(view.data.name);
}

function readSumOfCosts(view: SpanView): string | undefined {
  const parts = ['input_cost', 'output_cost'].map((key): JsonValue | undefined => view.jsonAt(COST, [key]));
  return sumDecimals(parts.flatMap((part) => readDecimal(part) ?? [])) ?? undefined;
}

/** Its wrapper of Anthropic's client hands on the provider's numbers (mlflow/anthropic/autolog.py). */
function findAnthropicRule(view: SpanView, sent: Usage): CountingRule | undefined {
  const hasCached = sent.cachedInputTokens !== null || sent.cacheWriteTokens !== null;
  const isAnthropic =
    hasCached &&
    view.dialect === 'mlflow' &&
    readJson(view.attributes.get('mlflow.message.format')) === 'anthropic';
  return isAnthropic
    ? {
        isCacheApart: true,
        because: 'MLflow hands on the numbers of Anthropic, which leave cached tokens out',
      }
    : undefined;
}
