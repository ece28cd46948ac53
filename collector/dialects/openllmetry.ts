import type { Usage } from '../model/gen-ai.js';
import type { SpanType } from '../model/normalized-span.js';
import { ROLE_ORDER, type CountingRule, type Dialect } from './dialect.js';
import {
  listFunctions,
  readArguments,
  readEntityMessages,
  readNameInResult,
  readRawInput,
  readResult,
} from './openllmetry-entity.js';
import { readIdentifier } from './readers/scalars.js';
import { count, identifier, raw, strings } from './sources.js';
import type { SpanView } from './span-view.js';

const AGENT: readonly SpanType[] = ['agent'];
const TOOL: readonly SpanType[] = ['tool', 'handoff'];
const CALL: readonly SpanType[] = ['llm'];
const WORK: readonly SpanType[] = ['llm', 'agent', 'step', 'workflow', 'guardrail', 'evaluation', 'span'];

const KIND = 'traceloop.span.kind';
const ENTITY = 'traceloop.entity.name';
const WORKFLOW = 'traceloop.workflow.name';
const PROPERTIES = 'traceloop.association.properties.';

/** `TraceloopSpanKindValues` (opentelemetry-semantic-conventions-ai `semconv_ai/__init__.py`). */
const KINDS: ReadonlyMap<string, SpanType> = new Map([
  ['workflow', 'workflow'],
  ['task', 'step'],
  ['agent', 'agent'],
  ['tool', 'tool'],
]);

/** `LLMRequestTypeValues` (the same file). */
const REQUEST_TYPES: ReadonlyMap<string, SpanType> = new Map([
  ['chat', 'llm'],
  ['completion', 'llm'],
  ['embedding', 'embedding'],
  ['rerank', 'rerank'],
]);

/** What none but this family writes. `traceloop.workflow.name` is put on every span below, whoever made it. */
const OWN_KEYS = [KIND, ENTITY, 'llm.request.type', 'llm.usage.total_tokens'];

/** Of npm:@traceloop/instrumentation-anthropic the versions to 0.27. */
const ANTHROPIC_SCOPE = '@traceloop/instrumentation-anthropic';
const EXCLUSIVE_VERSION = /^0\.(?:\d|1\d|2[0-7])\./;

/** The classes under which LangChain knows its tools: OpenLLMetry (npm 0.27) takes them for the tools' names. */
const TOOL_CLASSES = new Set(['DynamicStructuredTool', 'DynamicTool', 'StructuredTool', 'Tool']);

/**
 * OpenLLMetry (traceloop/openllmetry and openllmetry-js; captured npm:@traceloop/node-server-sdk 0.19 and 0.27). The
 * newer packages speak the conventions and add `traceloop.*`; the older ones flatten messages under `gen_ai.prompt.N`.
 */
export const openLlmetry: Dialect = {
  name: 'openllmetry',
  isSpeaker,
  about: {
    speaker:
      'a scope that begins with `@traceloop/`, or one of `traceloop.span.kind`, `traceloop.entity.name`, `llm.request.type` and `llm.usage.total_tokens`',
    counting: '`@traceloop/instrumentation-anthropic` up to 0.27 leaves cached tokens outside the input',
  },
  roles: [
    {
      order: ROLE_ORDER.openLlmetry,
      key: KIND,
      values: KINDS,
      about: 'any other value is `step`',
      read: (_view, value) =>
        typeof value === 'string' && value !== '' ? (KINDS.get(value) ?? 'step') : undefined,
    },
    {
      order: ROLE_ORDER.llmRequestType,
      key: 'llm.request.type',
      values: REQUEST_TYPES,
      read: (_view, value) => (typeof value === 'string' ? REQUEST_TYPES.get(value) : undefined),
    },
  ],
  facts: {
    operation: [identifier(KIND, { isLate: true }), identifier('llm.request.type', { isLate: true })],
    agentName: [
      identifier(ENTITY, { only: AGENT }),
      {
        about: 'X of a span name `X.agent`',
        derive: readNameOfAgentSpan,
        only: AGENT,
        isOwn: true,
        isLate: true,
      },
    ],
    finishReasons: [
      strings('gen_ai.completion.0.finish_reason', { isLate: true }),
      strings('llm.response.finish_reason', { isLate: true }),
      strings('llm.response.stop_reason', { isLate: true }),
    ],
    toolName: [
      {
        about: `the name in the ToolMessage of \`traceloop.entity.output\`, where \`gen_ai.tool.name\` or \`${ENTITY}\` is a class of LangChain`,
        keys: ['gen_ai.tool.name', ENTITY, 'traceloop.entity.output'],
        derive: readNameInsteadOfClass,
        only: TOOL,
        isOwn: true,
        isFirst: true,
      },
      identifier(ENTITY, { only: TOOL }),
    ],
    toolCallId: [
      {
        about: '`tool_call_id` of the ToolMessage in `traceloop.entity.output`',
        keys: ['traceloop.entity.output'],
        derive: (view) => readNameInResult(view, 'tool_call_id'),
        only: TOOL,
        isOwn: true,
      },
    ],
    sessionId: [identifier(`${PROPERTIES}session_id`), identifier(`${PROPERTIES}sessionId`)],
    conversationId: [
      identifier(`${PROPERTIES}thread_id`),
      identifier(`${PROPERTIES}threadId`),
      {
        about: `X of a \`${WORKFLOW}\` \`conversation.X\``,
        keys: [WORKFLOW],
        derive: readConversation,
        isOwn: true,
        isLate: true,
      },
    ],
    userId: [identifier(`${PROPERTIES}user_id`), identifier(`${PROPERTIES}userId`)],
    totalTokens: [count('llm.usage.total_tokens')],
    reasoningTokens: [count('llm.usage.reasoning_tokens')],
  },
  content: {
    inputMessages: [
      {
        keys: ['traceloop.entity.input'],
        read: (view) => readEntityMessages(view, 'traceloop.entity.input', 'user'),
        only: WORK,
        isLate: true,
      },
    ],
    outputMessages: [
      {
        keys: ['traceloop.entity.output'],
        read: (view) => readEntityMessages(view, 'traceloop.entity.output', 'assistant'),
        only: WORK,
        isLate: true,
      },
      { keys: ['crewai.crew.result'], read: readCrewResult, only: WORK, isLate: true },
    ],
    toolArguments: [{ keys: ['traceloop.entity.input'], read: readArguments, only: TOOL, isLate: true }],
    toolResult: [{ keys: ['traceloop.entity.output'], read: readResult, only: TOOL, isLate: true }],
    toolDefinitions: [{ prefix: 'llm.request.functions.', read: listFunctions, only: CALL, isLate: true }],
    rawInput: [{ keys: ['traceloop.entity.input'], read: readRawInput }],
    rawOutput: [raw('traceloop.entity.output'), raw('crewai.crew.result')],
  },
  otherContentKeys: ['crewai.crew.tasks_output', 'crewai.task.description', 'crewai.task.expected_output'],
  otherContentPrefixes: ['traceloop.prompt.template_variables.'],
  findCountingRule: findAnthropicRule,
};

function isSpeaker(view: SpanView): boolean {
  return view.data.scope.name.startsWith('@traceloop/') || OWN_KEYS.some((key) => view.attributes.has(key));
}

/** Spans of CrewAI have a kind and no entity (Python's opentelemetry-instrumentation-crewai). */
function readNameOfAgentSpan(view: SpanView): string | undefined {
  return readIdentifier(/^(.+)\.agent$/s.exec(view.data.name)?.[1]);
}

function readNameInsteadOfClass(view: SpanView): string | undefined {
  const name = view.string('gen_ai.tool.name') ?? view.string(ENTITY);
  return name !== undefined && TOOL_CLASSES.has(name) ? readNameInResult(view, 'name') : undefined;
}

/** The helper `withConversation` (npm:@traceloop/node-server-sdk 0.27) makes a workflow of this name. */
function readConversation(view: SpanView): string | undefined {
  return readIdentifier(/^conversation\.(.+)$/.exec(view.string(WORKFLOW) ?? '')?.[1]);
}

function readCrewResult(view: SpanView) {
  const result = view.string('crewai.crew.result');
  return result === undefined
    ? undefined
    : [{ role: 'assistant', parts: [{ type: 'text', content: result }] }];
}

function findAnthropicRule(view: SpanView, sent: Usage): CountingRule | undefined {
  const { name, version } = view.data.scope;
  const hasCached = sent.cachedInputTokens !== null || sent.cacheWriteTokens !== null;
  return hasCached && name === ANTHROPIC_SCOPE && EXCLUSIVE_VERSION.test(version)
    ? {
        isCacheApart: true,
        because: `${ANTHROPIC_SCOPE} hands on the numbers of Anthropic up to 0.27, which leave cached tokens out`,
      }
    : undefined;
}
