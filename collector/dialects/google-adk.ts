import type { Message, MessagePart, Usage } from '../model/gen-ai.js';
import type { JsonValue } from '../model/json.js';
import type { SpanType } from '../model/normalized-span.js';
import { ROLE_ORDER, type ContentSource, type CountingRule, type Dialect } from './dialect.js';
import { normalizeFinishReason } from './finish-reason.js';
import { isObject } from './readers/json.js';
import { readMessages } from './readers/messages.js';
import { readParts } from './readers/parts.js';
import { readCount, readIdentifier } from './readers/scalars.js';
import { count, identifier, readAttribute, strings } from './sources.js';
import type { SpanView } from './span-view.js';

const AGENT: readonly SpanType[] = ['agent'];
const TOOL: readonly SpanType[] = ['tool', 'handoff'];
const CALL: readonly SpanType[] = ['llm'];

const STATUS_ERROR = 2;
const REQUEST = 'gcp.vertex.agent.llm_request';
const RESPONSE = 'gcp.vertex.agent.llm_response';
const REASONING = 'gen_ai.usage.reasoning.output_tokens';

/**
 * Google's Agent Development Kit (npm:@google/adk@2.0.0:dist/esm/telemetry/tracing.js, whose JSON has the API's own
 * camel case; google/adk-python:src/google/adk/telemetry, in snake case). Its agents and tools speak otel-genai, its
 * model calls a dialect of their own.
 */
export const googleAdk: Dialect = {
  name: 'google-adk',
  isSpeaker: isSent,
  about: {
    speaker: 'the scope `gcp.vertex.agent`',
    counting: 'thoughts are outside the output, unless `gen_ai.usage.reasoning.output_tokens` says them',
  },
  roles: [
    {
      order: ROLE_ORDER.misnomers,
      key: 'gen_ai.tool.name',
      about: '`(merged tools)` in the scope `gcp.vertex.agent` is `step`: it repeats the tools beside it',
      read: (view, value) => (value === '(merged tools)' && isSent(view) ? 'step' : undefined),
    },
    {
      order: ROLE_ORDER.googleAdk,
      about:
        'in the scope `gcp.vertex.agent`, a span name `call_llm` is `llm`, but `step` where it has neither a request nor a ' +
        'failure; `invocation` is `workflow`; `agent_run [X]` is `agent`; `execute_tool X` is `tool`; `send_data` is `step`',
      read: (view) => (isSent(view) ? readRole(view) : undefined),
    },
  ],
  facts: {
    agentName: [
      {
        about: 'X of a span name `agent_run [X]`',
        derive: ({ data }) => readIdentifier(/^agent_run \[(.+)\]$/.exec(data.name)?.[1]),
        only: AGENT,
        isLate: true,
      },
    ],
    responseModel: [ofResponse('modelVersion'), ofResponse('model_version')],
    finishReasons: [
      strings(RESPONSE, { path: ['finishReason'], only: CALL, isLate: true }),
      strings(RESPONSE, { path: ['finish_reason'], only: CALL, isLate: true }),
    ],
    conversationId: [identifier('gcp.vertex.agent.session_id')],
    inputTokens: ofUsage('promptTokenCount', 'prompt_token_count'),
    outputTokens: ofUsage('candidatesTokenCount', 'candidates_token_count'),
    totalTokens: ofUsage('totalTokenCount', 'total_token_count'),
    cachedInputTokens: ofUsage('cachedContentTokenCount', 'cached_content_token_count'),
    reasoningTokens: [
      count('gen_ai.usage.experimental.reasoning_tokens'),
      ...ofUsage('thoughtsTokenCount', 'thoughts_token_count'),
    ],
  },
  content: {
    inputMessages: [{ keys: [REQUEST], read: readInput, only: CALL }],
    outputMessages: [{ keys: [RESPONSE], read: readOutput, only: CALL }],
    systemInstructions: [{ keys: [REQUEST], read: readSystem, only: CALL }],
    toolArguments: [filled('gcp.vertex.agent.tool_call_args')],
    toolResult: [filled('gcp.vertex.agent.tool_response')],
    toolDefinitions: [{ keys: [REQUEST], read: readTools, only: CALL }],
  },
  otherContentKeys: ['gcp.vertex.agent.data'],
  findCountingRule,
};

function isSent(view: SpanView): boolean {
  return view.data.scope.name === 'gcp.vertex.agent';
}

/**
 * A call that failed in the JavaScript line leaves a `call_llm` without attributes and status: nothing tells it from
 * one that was never made.
 */
function readRole({ data, attributes }: SpanView): SpanType | undefined {
  const { name, statusCode, events } = data;
  if (name === 'invocation') return 'workflow';
  if (name === 'send_data') return 'step';
  if (name.startsWith('agent_run [')) return 'agent';
  // A tool that threw leaves its span without attributes in the JavaScript line.
  if (name.startsWith('execute_tool ')) return name === 'execute_tool (merged tools)' ? 'step' : 'tool';
  if (name !== 'call_llm') return undefined;
  const hasFailed = statusCode === STATUS_ERROR || events.some((event) => event.name === 'exception');
  return hasFailed || attributes.has('gen_ai.request.model') || attributes.has(REQUEST) ? 'llm' : 'step';
}

function ofResponse(key: string) {
  return identifier(RESPONSE, { path: [key], only: CALL });
}

/** A count of the API's `usageMetadata`, as JavaScript and as Python writes it. */
function ofUsage(camel: string, snake: string) {
  return [
    count(RESPONSE, { path: ['usageMetadata', camel], only: CALL }),
    count(RESPONSE, { path: ['usage_metadata', snake], only: CALL }),
  ];
}

/**
 * Output is Gemini's count of the candidates, which leaves thoughts out. Since the Python line writes the conventions'
 * own count of reasoning, it has them inside (`_experimental_semconv.py`).
 */
function findCountingRule(view: SpanView, sent: Usage): CountingRule | undefined {
  if (view.dialect !== googleAdk.name || view.attributes.has(REASONING)) return undefined;
  const candidates =
    readCount(view.jsonAt(RESPONSE, ['usageMetadata', 'candidatesTokenCount'])) ??
    readCount(view.jsonAt(RESPONSE, ['usage_metadata', 'candidates_token_count']));
  return sent.reasoningTokens !== null && (candidates ?? sent.outputTokens) === sent.outputTokens
    ? {
        isReasoningApart: true,
        because: 'Google ADK hands on the count of the candidates without the thoughts',
      }
    : undefined;
}

function readInput(view: SpanView): Message[] | undefined {
  const request = readAttribute(view, REQUEST);
  return isObject(request) ? readMessages(request.contents, 'user') : undefined;
}

function readOutput(view: SpanView): Message[] | undefined {
  const response = readAttribute(view, RESPONSE);
  if (!isObject(response) || !isObject(response.content)) return undefined;
  const messages = readMessages(response.content, 'assistant');
  const reason = response.finishReason ?? response.finish_reason;
  const [message] = messages ?? [];
  if (message !== undefined && typeof reason === 'string')
    message.finish_reason = normalizeFinishReason(reason);
  return messages;
}

/** A text, a list of parts, or a content that holds parts. */
function readSystem(view: SpanView): MessagePart[] | undefined {
  const config = view.jsonAt(REQUEST, ['config']);
  if (!isObject(config)) return undefined;
  const system = config.systemInstruction ?? config.system_instruction;
  const found = readParts(isObject(system) ? (system.parts ?? system) : system);
  return found.length === 0 ? undefined : found;
}

function readTools(view: SpanView): JsonValue | undefined {
  return view.jsonAt(REQUEST, ['config', 'tools']);
}

/** `{}` and `N/A` stand where content is not captured, and where a span has no such thing. */
function filled(key: string): ContentSource<JsonValue> {
  return {
    keys: [key],
    read: (view) => {
      const value = readAttribute(view, key);
      const isEmpty = value === 'N/A' || (isObject(value) && Object.keys(value).length === 0);
      return isEmpty ? undefined : value;
    },
    only: TOOL,
  };
}
