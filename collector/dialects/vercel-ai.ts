import type { Message, MessagePart, Usage } from '../model/gen-ai.js';
import type { JsonValue } from '../model/json.js';
import { AGENT_TYPE_OPERATION, type SpanType } from '../model/normalized-span.js';
import { ROLE_ORDER, type CountingRule, type Dialect } from './dialect.js';
import { normalizeFinishReason } from './finish-reason.js';
import { findAtPath, readJson } from './readers/json.js';
import { createMessage, readMessages } from './readers/messages.js';
import { readParts } from './readers/parts.js';
import { readCount, readString } from './readers/scalars.js';
import { count, identifier, json, messages, raw, readAttribute, strings } from './sources.js';
import type { SpanView } from './span-view.js';

const PROVIDER_METADATA = 'ai.response.providerMetadata';
const CALL: readonly SpanType[] = ['llm'];
const TOOL: readonly SpanType[] = ['tool', 'handoff'];
const EMBED: readonly SpanType[] = ['embedding', 'step', 'rerank'];
/** `ai.embed` is given a function id too, and is no agent. */
const OF_AGENT: readonly SpanType[] = ['agent', 'llm', 'tool', 'handoff'];

const OUTER_OPERATIONS = new Set([
  'ai.generateText',
  'ai.streamText',
  'ai.generateObject',
  'ai.streamObject',
  'ai.workflowAgent.stream',
]);

/**
 * The AI SDK's own keys, `ai.*` (npm:ai 5.0 and 6.0 experimental_telemetry; npm:@ai-sdk/otel 1.0 LegacyOpenTelemetry
 * for 7; names of 3 and 4 as fallbacks). The OpenTelemetry integration of 7 speaks otel-genai and adds a few of these.
 */
export const vercelAi: Dialect = {
  name: 'vercel-ai',
  about: {
    counting:
      'where the input equals `input_tokens` of the usage of Anthropic in `ai.response.providerMetadata`, cached tokens are outside it',
  },
  roles: [
    {
      order: ROLE_ORDER.vercelAi,
      key: 'ai.operationId',
      about:
        `${[...OUTER_OPERATIONS].map((name) => `\`${name}\``).join(', ')} are \`agent\`; \`ai.toolCall\` is \`tool\`; ` +
        '`….doGenerate` and `….doStream` are `llm`; `….doEmbed` is `embedding`; `….doRerank` is `rerank`; any other ' +
        '`ai.…` is `step`',
      read: (_view, value) => (typeof value === 'string' ? readRole(value) : undefined),
    },
  ],
  facts: {
    operation: [identifier('ai.operationId')],
    agentName: [
      identifier('ai.telemetry.functionId', { only: OF_AGENT, isLate: true }),
      identifier('resource.name', { only: OF_AGENT, isLate: true }),
    ],
    agentType: [
      {
        about: `\`${AGENT_TYPE_OPERATION}\` for the outer operations`,
        derive: () => AGENT_TYPE_OPERATION,
        only: ['agent'],
        isOwn: true,
        isLate: true,
      },
    ],
    requestModel: [identifier('ai.model.id')],
    responseModel: [identifier('ai.response.model')],
    provider: [identifier('ai.model.provider')],
    responseId: [identifier('ai.response.id')],
    finishReasons: [strings('ai.response.finishReason'), strings('ai.finishReason', { isLate: true })],
    toolName: [identifier('ai.toolCall.name')],
    toolCallId: [identifier('ai.toolCall.id')],
    sessionId: [
      identifier('ai.telemetry.metadata.sessionId'),
      identifier('ai.telemetry.metadata.session_id'),
      identifier('ai.telemetry.metadata.chatId'),
      identifier('ai.telemetry.metadata.threadId'),
      identifier('ai.settings.context.sessionId'),
    ],
    userId: [
      identifier('ai.telemetry.metadata.userId'),
      identifier('ai.telemetry.metadata.user_id'),
      identifier('ai.settings.context.userId'),
    ],
    tags: [strings('ai.telemetry.metadata.tags')],
    inputTokens: [count('ai.usage.inputTokens'), count('ai.usage.promptTokens'), count('ai.usage.tokens')],
    outputTokens: [count('ai.usage.outputTokens'), count('ai.usage.completionTokens')],
    totalTokens: [count('ai.usage.totalTokens')],
    cachedInputTokens: [
      count('ai.usage.inputTokenDetails.cacheReadTokens'),
      count('ai.usage.cachedInputTokens'),
      ofProvider(['openai', 'cachedPromptTokens']),
      ofProvider(['anthropic', 'usage', 'cache_read_input_tokens']),
    ],
    cacheWriteTokens: [
      count('ai.usage.inputTokenDetails.cacheWriteTokens'),
      ofProvider(['anthropic', 'cacheCreationInputTokens']),
    ],
    reasoningTokens: [
      count('ai.usage.outputTokenDetails.reasoningTokens'),
      count('ai.usage.reasoningTokens'),
    ],
  },
  content: {
    inputMessages: [messages('ai.prompt.messages', 'user'), messages('ai.prompt', 'user')],
    outputMessages: [
      { keys: listResponseKeys('ai.response'), read: (view) => readResponse(view, 'ai.response') },
      { keys: listResponseKeys('ai.result'), read: (view) => readResponse(view, 'ai.result') },
    ],
    systemInstructions: [{ keys: ['ai.prompt'], read: readSystem }],
    toolArguments: [json('ai.toolCall.args', { only: TOOL })],
    toolResult: [json('ai.toolCall.result', { only: TOOL })],
    toolDefinitions: [{ keys: ['ai.prompt.tools'], read: readToolDefinitions }],
    rawInput: [
      raw('ai.value', { only: EMBED }),
      raw('ai.values', { only: EMBED }),
      raw('ai.documents', { only: EMBED }),
    ],
    rawOutput: [
      raw('ai.embedding', { only: EMBED }),
      raw('ai.embeddings', { only: EMBED }),
      raw('ai.ranking', { only: EMBED }),
    ],
  },
  findCountingRule,
};

function readRole(operationId: string): SpanType | undefined {
  if (OUTER_OPERATIONS.has(operationId)) return 'agent';
  if (operationId === 'ai.toolCall') return 'tool';
  if (operationId.endsWith('.doGenerate') || operationId.endsWith('.doStream')) return 'llm';
  if (operationId.endsWith('.doEmbed')) return 'embedding';
  if (operationId.endsWith('.doRerank')) return 'rerank';
  return operationId.startsWith('ai.') ? 'step' : undefined;
}

/** What the provider said of one call; on outer spans it is the last step's, so it is not read there. */
function ofProvider(path: readonly string[]) {
  return count(PROVIDER_METADATA, { path, only: CALL });
}

/**
 * Up to AI SDK 5 the provider for Anthropic hands on its input tokens, which leave cached ones out, and beside them
 * Anthropic's own usage (vercel/ai:packages/anthropic/src/anthropic-messages-language-model.ts at @ai-sdk/anthropic@2);
 * later ones add them up.
 */
function findCountingRule(view: SpanView, sent: Usage): CountingRule | undefined {
  if (view.type !== 'llm' || !view.attributes.has(PROVIDER_METADATA)) return undefined;
  const input = readCount(view.jsonAt(PROVIDER_METADATA, ['anthropic', 'usage', 'input_tokens']));
  return input !== undefined && input === sent.inputTokens
    ? {
        isCacheApart: true,
        because: 'the input tokens are those of Anthropic, which leave cached tokens out',
      }
    : undefined;
}

function listResponseKeys(prefix: string): readonly string[] {
  return [`${prefix}.text`, `${prefix}.reasoning`, `${prefix}.toolCalls`, `${prefix}.object`];
}

/** One assistant message out of the attributes over which the SDK spreads an answer. */
function readResponse(view: SpanView, prefix: string): Message[] | undefined {
  const reasoning = view.string(`${prefix}.reasoning`);
  let parts = reasoning === undefined ? [] : readParts(readReasoning(reasoning));
  const text = view.string(`${prefix}.text`) ?? view.string(`${prefix}.object`);
  if (text !== undefined) parts.push({ type: 'text', content: text });
  const calls = readAttribute(view, `${prefix}.toolCalls`);
  if (Array.isArray(calls)) {
    parts = parts.concat(
      readMessages([{ role: 'assistant', toolCalls: calls }], 'assistant')?.[0]?.parts ?? [],
    );
  }
  if (parts.length === 0) return undefined;
  const message = createMessage('assistant', parts);
  const reason = view.string('ai.response.finishReason');
  if (reason !== undefined) message.finish_reason = normalizeFinishReason(reason);
  return [message];
}

/** Text in 5 and later; versions between sent the list of reasoning parts as JSON. */
function readReasoning(text: string): JsonValue {
  const parsed = readJson(text);
  return Array.isArray(parsed) ? parsed : [{ type: 'reasoning', content: text }];
}

/** `system` of `ai.prompt`: a text, or in 6 and later a list of system messages too. */
function readSystem(view: SpanView): MessagePart[] | undefined {
  const system = findAtPath(readAttribute(view, 'ai.prompt'), ['system']);
  const found = (Array.isArray(system) ? system : [system]).flatMap((entry) =>
    typeof entry === 'string'
      ? readParts(entry)
      : (readMessages(entry, 'system') ?? []).flatMap((m) => m.parts),
  );
  return found.length === 0 ? undefined : found;
}

/** A list of JSON texts, one a tool. */
function readToolDefinitions(view: SpanView): JsonValue | undefined {
  const tools = view.attributes.get('ai.prompt.tools');
  if (!Array.isArray(tools)) return readAttribute(view, 'ai.prompt.tools');
  const found = tools.flatMap((tool) => {
    const text = readString(tool);
    return text === undefined ? [] : [readJson(text) ?? text];
  });
  return found.length === 0 ? undefined : found;
}
