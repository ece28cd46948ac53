import type { SpanType } from '../model/normalized-span.js';
import { ROLE_ORDER, type Dialect } from './dialect.js';
import {
  findEventField,
  listMessageEvents,
  readChoiceFinishReasons,
  readInputEvents,
  readOutputEvents,
} from './message-events.js';
import { createDetailsSources } from './operation-details.js';
import { readIndexedMessages } from './readers/flattened-messages.js';
import { readJson } from './readers/json.js';
import { readPartsOfText } from './readers/parts.js';
import { readIdentifier } from './readers/scalars.js';
import { count, decimal, identifier, json, messages, parts, strings } from './sources.js';
import type { SpanView } from './span-view.js';

const AGENT: readonly SpanType[] = ['agent'];
const TOOL: readonly SpanType[] = ['tool', 'handoff'];
const CALL: readonly SpanType[] = ['llm', 'agent'];
const NO_TOOL: readonly SpanType[] = ['llm', 'agent', 'step', 'workflow', 'span', 'guardrail', 'evaluation'];

/** `gen_ai.operation.name`: the registry's values, and those that its speakers add. */
const OPERATIONS: ReadonlyMap<string, SpanType> = new Map([
  ['chat', 'llm'],
  ['text_completion', 'llm'],
  ['generate_content', 'llm'],
  ['completion', 'llm'],
  ['chat.completions', 'llm'],
  ['text.completions', 'llm'],
  ['llm_call', 'llm'],
  ['embeddings', 'embedding'],
  ['execute_tool', 'tool'],
  ['tool_call', 'tool'],
  ['invoke_agent', 'agent'],
  ['create_agent', 'agent'],
  ['agent_call', 'agent'],
  ['invoke_workflow', 'workflow'],
  ['workflow', 'workflow'],
  ['retrieval', 'retrieval'],
  ['rerank', 'rerank'],
  ['guardrail', 'guardrail'],
  ['evaluate', 'evaluation'],
  ['evaluation', 'evaluation'],
]);

const USAGE_KEYS = [
  'gen_ai.usage.input_tokens',
  'gen_ai.usage.prompt_tokens',
  'gen_ai.usage.output_tokens',
  'gen_ai.usage.completion_tokens',
];

/**
 * The GenAI conventions of OpenTelemetry in the four generations that are in the field (docs/registry/attributes/gen-ai.md
 * of open-telemetry/semantic-conventions-genai and its deprecated registry). What single senders add that speak it
 * (Mastra, Strands, the Anthropic SDK, …) stands in tables of their own (`speaks`).
 */
export const otelGenAi: Dialect = {
  name: 'otel-genai',
  roles: [
    {
      order: ROLE_ORDER.genAiOperation,
      key: 'gen_ai.operation.name',
      values: OPERATIONS,
      about: 'any other value is `step`',
      read: (_view, value) =>
        typeof value === 'string' && value !== '' ? (OPERATIONS.get(value) ?? 'step') : undefined,
    },
    {
      order: ROLE_ORDER.modelWithUsage,
      key: 'gen_ai.request.model',
      about: 'with a count of input or output tokens beside it: `llm`',
      read: (view) => (USAGE_KEYS.some((key) => view.attributes.has(key)) ? 'llm' : undefined),
    },
  ],
  facts: {
    operation: [identifier('gen_ai.operation.name')],
    agentName: [
      identifier('gen_ai.agent.name'),
      {
        about: 'X of a span name `invoke_agent X` or `create_agent X`, unless X is the model',
        derive: readNameOfAgentSpan,
        only: AGENT,
        isLate: true,
      },
    ],
    agentId: [
      {
        about: '`gen_ai.agent.id`, unless it is the constant `agent` of Strands',
        keys: ['gen_ai.agent.id'],
        derive: readAgentId,
      },
    ],
    agentVersion: [identifier('gen_ai.agent.version')],
    requestModel: [identifier('gen_ai.request.model')],
    responseModel: [identifier('gen_ai.response.model')],
    provider: [identifier('gen_ai.provider.name'), identifier('gen_ai.system')],
    responseId: [identifier('gen_ai.response.id')],
    finishReasons: [
      strings('gen_ai.response.finish_reasons'),
      strings('gen_ai.response.finish_reason'),
      {
        about: '`finish_reason` of the span events `gen_ai.choice`',
        derive: readChoiceFinishReasons,
        only: CALL,
        isLate: true,
      },
    ],
    toolName: [
      identifier('gen_ai.tool.name'),
      { about: 'X of a span name `execute_tool X`', derive: readNameOfToolSpan, only: TOOL, isLate: true },
    ],
    toolCallId: [identifier('gen_ai.tool.call.id'), identifier('gen_ai.tool.call_id')],
    conversationId: [identifier('gen_ai.conversation.id')],
    userId: [identifier('gen_ai.user')],
    inputTokens: [count('gen_ai.usage.input_tokens'), count('gen_ai.usage.prompt_tokens')],
    outputTokens: [count('gen_ai.usage.output_tokens'), count('gen_ai.usage.completion_tokens')],
    totalTokens: [count('gen_ai.usage.total_tokens')],
    cachedInputTokens: [
      count('gen_ai.usage.cache_read.input_tokens'),
      count('gen_ai.usage.cache_read_input_tokens'),
    ],
    cacheWriteTokens: [
      count('gen_ai.usage.cache_write.input_tokens'),
      count('gen_ai.usage.cache_creation.input_tokens'),
      count('gen_ai.usage.cache_creation_input_tokens'),
      count('gen_ai.usage.cache_write_input_tokens'),
    ],
    reasoningTokens: [count('gen_ai.usage.reasoning.output_tokens'), count('gen_ai.usage.reasoning_tokens')],
    inputAudioTokens: [count('gen_ai.usage.audio.input_tokens')],
    outputAudioTokens: [count('gen_ai.usage.audio.output_tokens')],
    inputImageTokens: [count('gen_ai.usage.image.input_tokens')],
    outputImageTokens: [count('gen_ai.usage.image.output_tokens')],
    reportedCostUsd: [decimal('gen_ai.usage.cost')],
    serviceTier: [
      identifier('openai.response.service_tier'),
      identifier('gen_ai.openai.response.service_tier'),
      identifier('openai.request.service_tier'),
      identifier('gen_ai.openai.request.service_tier'),
    ],
    serverAddress: [identifier('server.address')],
  },
  content: {
    inputMessages: [
      messages('gen_ai.input.messages', 'user', { only: NO_TOOL }),
      {
        readsEvents: true,
        read: (view) => readInputEvents(listMessageEvents(view)),
        only: NO_TOOL,
        isLate: true,
      },
      {
        prefix: 'gen_ai.prompt.',
        read: (view) => readIndexedMessages(view.data.attributes, 'gen_ai.prompt.', 'user'),
        isLate: true,
      },
      messages('gen_ai.prompt', 'user', { only: NO_TOOL, isLate: true }),
    ],
    outputMessages: [
      messages('gen_ai.output.messages', 'assistant', { only: NO_TOOL }),
      {
        readsEvents: true,
        read: (view) => readOutputEvents(listMessageEvents(view)),
        only: NO_TOOL,
        isLate: true,
      },
      {
        prefix: 'gen_ai.completion.',
        read: (view) => readIndexedMessages(view.data.attributes, 'gen_ai.completion.', 'assistant'),
        isLate: true,
      },
      messages('gen_ai.completion', 'assistant', { only: NO_TOOL, isLate: true }),
    ],
    systemInstructions: [
      parts('gen_ai.system_instructions'),
      { readsEvents: true, read: readSystemInstructions, only: NO_TOOL, isLate: true },
    ],
    toolArguments: [
      json('gen_ai.tool.call.arguments', { only: TOOL }),
      {
        readsEvents: true,
        read: (view) => readEventField(view, 'gen_ai.tool.message', 'content'),
        only: TOOL,
        isLate: true,
      },
      json('gen_ai.input.messages', { only: TOOL, isLate: true }),
    ],
    toolResult: [
      json('gen_ai.tool.call.result', { only: TOOL }),
      {
        readsEvents: true,
        read: (view) => readEventField(view, 'gen_ai.choice', 'message'),
        only: TOOL,
        isLate: true,
      },
      json('gen_ai.output.messages', { only: TOOL, isLate: true }),
    ],
    toolDefinitions: [json('gen_ai.tool.definitions')],
  },
  otherContentKeys: ['gen_ai.retrieval.query.text', 'gen_ai.retrieval.documents'],
  logs: createDetailsSources(OPERATIONS),
};

/** `invoke_agent X`, unless X is the model, which @ai-sdk/otel writes where it knows no name. */
function readNameOfAgentSpan(view: SpanView): string | undefined {
  const name = /^(?:invoke_agent|create_agent) (.+)$/.exec(view.data.name)?.[1];
  if (name === view.string('gen_ai.request.model') || name === view.string('gen_ai.response.model')) {
    return undefined;
  }
  return readIdentifier(name);
}

function readNameOfToolSpan(view: SpanView): string | undefined {
  return readIdentifier(/^execute_tool (.+)$/.exec(view.data.name)?.[1]);
}

/** The JavaScript SDK of Strands calls every agent `agent` (npm:@strands-agents/sdk 1.16). */
function readAgentId(view: SpanView): string | undefined {
  const id = readIdentifier(view.attributes.get('gen_ai.agent.id'));
  return id === 'agent' && view.data.scope.name === 'strands-agents' ? undefined : id;
}

function readSystemInstructions(view: SpanView) {
  const content = findEventField(listMessageEvents(view), 'gen_ai.system.message', 'content');
  const found = readPartsOfText(content);
  return found.length === 0 ? undefined : found;
}

function readEventField(view: SpanView, event: string, field: string) {
  return readJson(findEventField(listMessageEvents(view), event, field));
}
