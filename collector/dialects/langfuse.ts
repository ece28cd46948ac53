import { findAttribute } from '../model/any-value.js';
import { sumDecimals } from '../model/decimal.js';
import type { JsonValue } from '../model/json.js';
import type { SpanType } from '../model/normalized-span.js';
import { ROLE_ORDER, type Dialect } from './dialect.js';
import {
  findLangfuseRule,
  handedOn,
  readCacheReads,
  readCacheWrites,
  readInputTokens,
  readOutputTokens,
  readReasoning,
  USAGE_DETAILS,
} from './langfuse-usage.js';
import { guessProvider } from './provider.js';
import { findAtPath, isObject } from './readers/json.js';
import { isLangChainAgent, readToolMessageField } from './readers/langchain.js';
import { unwrapToolMessage } from './readers/messages.js';
import { readDecimal, readIdentifier } from './readers/scalars.js';
import {
  count,
  decimal,
  firstLine,
  identifier,
  json,
  messages,
  plainText,
  raw,
  readAttribute,
  strings,
} from './sources.js';
import type { SpanView } from './span-view.js';

const AGENT: readonly SpanType[] = ['agent'];
const TOOL: readonly SpanType[] = ['tool', 'handoff'];
const CALL: readonly SpanType[] = ['llm'];
const CALLS: readonly SpanType[] = ['llm', 'embedding', 'rerank'];
const WORK: readonly SpanType[] = ['llm', 'agent', 'step', 'workflow', 'guardrail', 'evaluation', 'span'];

const RUN: readonly SpanType[] = ['agent', 'workflow'];

const TYPE = 'langfuse.observation.type';
const INPUT = 'langfuse.observation.input';
const OUTPUT = 'langfuse.observation.output';
const MODEL = 'langfuse.observation.model.name';
const USAGE = USAGE_DETAILS;
const COST = 'langfuse.observation.cost_details';
const METADATA = 'langfuse.observation.metadata.';

/** `langfuse.observation.type` (langfuse-js packages/core/src/constants.ts; npm:@langfuse/tracing 5.11). */
const TYPES: ReadonlyMap<string, SpanType> = new Map([
  ['generation', 'llm'],
  ['embedding', 'embedding'],
  ['agent', 'agent'],
  ['tool', 'tool'],
  ['chain', 'step'],
  ['retriever', 'retrieval'],
  ['guardrail', 'guardrail'],
  ['evaluator', 'evaluation'],
  ['event', 'event'],
  ['span', 'span'],
]);

/** What only a model call is given; the Python SDK to 3.3 calls such an observation a span (langfuse issue 8682). */
const CALL_KEYS = [MODEL, USAGE];

/** An error's class at the start of what `String(error)` gave. */
const ERROR_CLASS = /^((?:[A-Za-z_$][\w$.]*)?(?:Error|Exception|Interrupt))(?::|$)/;
const ERROR_HEAD_LIMIT = 200;

/**
 * Langfuse's SDKs and integrations (npm:@langfuse/tracing, @langfuse/openai and @langfuse/langchain 5.11; keys by
 * langfuse-js packages/core/src/constants.ts and langfuse packages/shared/src/server/otel/attributes.ts).
 */
export const langfuse: Dialect = {
  name: 'langfuse',
  about: {
    counting:
      'where the counts are from `langfuse.observation.usage_details` and its parts do not overlap, cached tokens and reasoning are outside',
  },
  roles: [
    {
      order: ROLE_ORDER.langfuse,
      key: TYPE,
      values: TYPES,
      about:
        'a `span` with a model or usage is `llm` (Python SDK to 3.3); a `span` or `chain` that is the run of a ' +
        'LangChain agent (`lc_agent_name` in its metadata) is `agent`',
      read: readRole,
    },
  ],
  facts: {
    operation: [identifier(TYPE)],
    agentName: [
      identifier(`${METADATA}lc_agent_name`),
      { about: 'the name of the span', keys: [TYPE], derive: readSpanName, only: AGENT, isOwn: true },
    ],
    agentVersion: [identifier('langfuse.version', { only: AGENT })],
    requestModel: [
      identifier(`${METADATA}ls_model_name`, { isLate: true }),
      identifier(MODEL, { isLate: true }),
    ],
    responseModel: [
      {
        about: `\`${MODEL}\`, unless the span has failed`,
        keys: [MODEL],
        derive: readAnsweringModel,
        only: CALLS,
      },
    ],
    provider: [
      identifier(`${METADATA}ls_provider`),
      {
        about: `guessed from \`${MODEL}\``,
        keys: [MODEL],
        derive: (view) => guessProvider(view.string(MODEL) ?? ''),
        isOwn: true,
        isLate: true,
      },
    ],
    toolName: [
      { about: 'the name of the span', keys: [TYPE], derive: readSpanName, only: TOOL, isOwn: true },
    ],
    toolCallId: [
      {
        about: `\`tool_call_id\` of a LangChain message in \`${OUTPUT}\``,
        keys: [OUTPUT],
        derive: (view) => readIdentifier(readToolMessageField(view.jsonAt(OUTPUT, []), 'tool_call_id')),
        only: TOOL,
      },
    ],
    sessionId: [identifier('langfuse.session.id'), identifier(`${METADATA}langfuse_session_id`)],
    conversationId: [identifier(`${METADATA}thread_id`)],
    userId: [identifier('langfuse.user.id'), identifier(`${METADATA}langfuse_user_id`)],
    environment: [
      identifier('langfuse.environment'),
      {
        about: '`langfuse.environment` of the resource (Python SDK 3)',
        derive: (view) =>
          readIdentifier(findAttribute(view.data.resource.attributes, 'langfuse.environment')),
        isOwn: true,
      },
    ],
    tags: [strings('langfuse.trace.tags')],
    inputTokens: [
      {
        about: `in \`${USAGE}\` the sum of \`input\` and all \`input_…\` but cached tokens, as long as \`total\` is the sum of all`,
        keys: [USAGE],
        derive: readInputTokens,
      },
      handedOn('prompt_tokens', 'promptTokens', 'input_tokens', 'inputTokens'),
    ],
    outputTokens: [
      {
        about: `in \`${USAGE}\` the sum of \`output\` and all \`output_…\` but reasoning, as long as \`total\` is the sum of all`,
        keys: [USAGE],
        derive: readOutputTokens,
      },
      handedOn('completion_tokens', 'completionTokens', 'output_tokens', 'outputTokens'),
    ],
    totalTokens: [count(USAGE, { path: ['total'] }), handedOn('total_tokens', 'totalTokens')],
    cachedInputTokens: [
      {
        about: `in \`${USAGE}\` \`input_cached_tokens\`, \`input_cache_read\` or \`cache_read_input_tokens\``,
        keys: [USAGE],
        derive: readCacheReads,
      },
      handedOn(
        'prompt_tokens_details.cached_tokens',
        'input_tokens_details.cached_tokens',
        'inputTokenDetails.cacheReadTokens',
        'cachedInputTokens',
      ),
    ],
    cacheWriteTokens: [
      {
        about: `in \`${USAGE}\` the larger of \`input_cache_creation…\` (or \`cache_creation_input_tokens\`) and the sum of \`input_ephemeral_…\``,
        keys: [USAGE],
        derive: readCacheWrites,
      },
      handedOn('inputTokenDetails.cacheWriteTokens'),
    ],
    reasoningTokens: [
      {
        about: `in \`${USAGE}\` \`output_reasoning_tokens\` or \`output_reasoning\``,
        keys: [USAGE],
        derive: readReasoning,
      },
      handedOn(
        'completion_tokens_details.reasoning_tokens',
        'output_tokens_details.reasoning_tokens',
        'outputTokenDetails.reasoningTokens',
        'reasoningTokens',
      ),
    ],
    cacheWrite5mTokens: [count(USAGE, { path: ['input_ephemeral_5m_input_tokens'] })],
    cacheWrite1hTokens: [count(USAGE, { path: ['input_ephemeral_1h_input_tokens'] })],
    inputAudioTokens: [
      count(USAGE, { path: ['input_audio_tokens'] }),
      count(USAGE, { path: ['input_audio'] }),
    ],
    outputAudioTokens: [
      count(USAGE, { path: ['output_audio_tokens'] }),
      count(USAGE, { path: ['output_audio'] }),
    ],
    reportedCostUsd: [
      decimal(COST, { path: ['total'] }),
      { about: `the sum of what is in \`${COST}\``, keys: [COST], derive: readSumOfCosts },
    ],
    errorType: [
      {
        about: 'the class at the start of `langfuse.observation.status_message`, with level `ERROR`',
        keys: ['langfuse.observation.status_message'],
        derive: readErrorClass,
        isLate: true,
      },
    ],
    errorMessage: [firstLine('langfuse.observation.status_message')],
  },
  content: {
    inputMessages: [
      messages(INPUT, 'user', { only: WORK }),
      plainText(INPUT, 'user', { only: RUN }),
      messages('langfuse.trace.input', 'user', { only: WORK, isLate: true }),
    ],
    outputMessages: [
      messages(OUTPUT, 'assistant', { only: WORK }),
      plainText(OUTPUT, 'assistant', { only: RUN }),
      messages('langfuse.trace.output', 'assistant', { only: WORK, isLate: true }),
    ],
    toolArguments: [json(INPUT, { only: TOOL })],
    toolResult: [
      { keys: [OUTPUT], read: (view) => unwrapToolMessage(readAttribute(view, OUTPUT)), only: TOOL },
    ],
    toolDefinitions: [{ keys: [INPUT], read: readToolDefinitions, only: CALL }],
    rawInput: [raw(INPUT), raw('langfuse.trace.input', { isLate: true })],
    rawOutput: [raw(OUTPUT), raw('langfuse.trace.output', { isLate: true })],
  },
  failures: [{ key: 'langfuse.observation.level', isFailure: isErrorLevel, about: '`ERROR`' }],
  otherContentKeys: ['langfuse.experiment.item.expected_output'],
  findCountingRule: findLangfuseRule,
};

function readRole(view: SpanView, value: unknown): SpanType | undefined {
  const type = typeof value === 'string' ? TYPES.get(value.toLowerCase()) : undefined;
  if (type === 'span' && CALL_KEYS.some((key) => view.attributes.has(key))) return 'llm';
  return (type === 'span' || type === 'step') && isAgentRun(view) ? 'agent' : type;
}

/** Nodes that LangChain hides have level DEBUG (npm:@langfuse/langchain 5.11), and are no runs. */
function isAgentRun(view: SpanView): boolean {
  return (
    view.string('langfuse.observation.level') !== 'DEBUG' &&
    isLangChainAgent(
      view.string(`${METADATA}lc_agent_name`),
      view.string(`${METADATA}langgraph_node`),
      view.data.name,
    )
  );
}

function isErrorLevel(value: unknown): boolean {
  return value === 'ERROR';
}

function readSpanName(view: SpanView): string | undefined {
  return readIdentifier(view.data.name);
}

/** The answering model, but of streamed calls and of failed ones the requested: the latter named no answerer. */
function readAnsweringModel(view: SpanView): string | undefined {
  return view.hasFailed ? undefined : readIdentifier(view.attributes.get(MODEL));
}

function readSumOfCosts(view: SpanView): string | undefined {
  const details = view.jsonAt(COST, []);
  if (!isObject(details)) return undefined;
  const costs = Object.entries(details).flatMap(([key, value]) =>
    key === 'total' ? [] : (readDecimal(value) ?? []),
  );
  return sumDecimals(costs) ?? undefined;
}

function readErrorClass(view: SpanView): string | undefined {
  if (!isErrorLevel(view.attributes.get('langfuse.observation.level'))) return undefined;
  const message = view.string('langfuse.observation.status_message')?.slice(0, ERROR_HEAD_LIMIT);
  return readIdentifier(ERROR_CLASS.exec(message ?? '')?.[1]);
}

function readToolDefinitions(view: SpanView): JsonValue | undefined {
  return findAtPath(readAttribute(view, INPUT), ['tools']);
}
