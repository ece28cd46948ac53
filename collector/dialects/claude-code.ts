import type { Message } from '../model/gen-ai.js';
import type { SpanType } from '../model/normalized-span.js';
import { ROLE_ORDER, type ContentSource, type Dialect } from './dialect.js';
import { readMessages } from './readers/messages.js';
import { readFlag, readIdentifier } from './readers/scalars.js';
import { count, decimal, identifier, json, strings, readAttribute } from './sources.js';
import type { SpanView } from './span-view.js';

const PREFIX = 'claude_code.';
const OWN = { isOwn: true } as const;
const TOOL: readonly SpanType[] = ['tool', 'handoff'];

/** What stands where a text was not to be sent (Monitoring, OTEL_LOG_USER_PROMPTS). */
const REDACTED = '<REDACTED>';

/** Spans by the last part of their name, which `span.type` repeats (Monitoring, Span hierarchy). */
const SPAN_TYPES: ReadonlyMap<string, SpanType> = new Map([
  ['interaction', 'agent'],
  ['llm_request', 'llm'],
  ['tool', 'tool'],
  ['tool.blocked_on_user', 'step'],
  ['tool.execution', 'step'],
  ['hook', 'step'],
]);

/**
 * Claude Code: log events, and spans in beta (code.claude.com/docs/en/monitoring-usage, 2.1). Its four counts of tokens
 * stand beside each other, and only log events name a cost. Its metrics repeat all of it and are not read.
 */
export const claudeCode: Dialect = {
  name: 'claude-code',
  about: { counting: 'cached tokens are always outside the input' },
  roles: [
    {
      order: ROLE_ORDER.claudeCode,
      key: 'span.type',
      values: SPAN_TYPES,
      about: 'with or without `claude_code.` before it, on spans of Claude Code',
      read: (view, value) =>
        typeof value === 'string' && isClaudeCode(view) ? SPAN_TYPES.get(cutPrefix(value)) : undefined,
    },
    {
      order: ROLE_ORDER.claudeCode,
      about: 'a span name `claude_code.…`: `interaction`, `llm_request` and `tool`; any other is `step`',
      read: ({ data: { name } }) =>
        name.startsWith(PREFIX) ? (SPAN_TYPES.get(cutPrefix(name)) ?? 'step') : undefined,
    },
  ],
  facts: {
    agentName: [
      identifier('agent.name', OWN),
      {
        about: '`claude-code`, unless `agent_id` names another agent',
        derive: readMainAgent,
        ...OWN,
        isLate: true,
      },
    ],
    agentId: [identifier('agent_id', OWN)],
    workflowId: [identifier('workflow.run_id', { ...OWN, isLate: true })],
    requestModel: [identifier('model', OWN)],
    provider: [
      {
        about: '`anthropic`, as its spans say and its log events do not',
        derive: () => 'anthropic',
        only: ['llm'],
        ...OWN,
        isLate: true,
      },
    ],
    responseId: [identifier('request_id', OWN)],
    finishReasons: [
      strings('stop_reason', OWN),
      {
        about: '`refusal` for the event `api_refusal`',
        derive: (view) => (isEvent(view, 'api_refusal') ? ['refusal'] : undefined),
        ...OWN,
      },
    ],
    toolName: [identifier('tool_name', OWN)],
    toolCallId: [identifier('tool_use_id', OWN)],
    userId: [identifier('user.account_uuid', { isLate: true })],
    inputTokens: [count('input_tokens', OWN)],
    outputTokens: [count('output_tokens', OWN)],
    cachedInputTokens: [count('cache_read_tokens', OWN)],
    cacheWriteTokens: [count('cache_creation_tokens', OWN)],
    reportedCostUsd: [decimal('cost_usd', OWN)],
    attempt: [count('attempt', { ...OWN, only: ['llm'] })],
    errorType: [
      {
        about: '`status_code`, or `api_error`, for the event `api_error`',
        keys: ['status_code'],
        derive: readFailedRequest,
        isAlwaysAsked: true,
        ...OWN,
        isLate: true,
      },
    ],
  },
  content: {
    inputMessages: [told('prompt', 'user'), told('user_prompt', 'user')],
    outputMessages: [told('response', 'assistant'), told('response.model_output', 'assistant')],
    toolArguments: [
      json('tool_input', { ...OWN, only: TOOL }),
      json('tool_parameters', { ...OWN, only: TOOL }),
    ],
  },
  failures: [{ key: 'success', about: '`false`', isFailure: (value) => readFlag(value) === false, ...OWN }],
  findCountingRule: ({ dialect }) =>
    dialect === 'claude-code'
      ? { isCacheApart: true, because: 'Claude Code counts cached tokens beside the input tokens' }
      : undefined,
  logs: [
    { ...event('api_request'), type: 'llm', durationKey: 'duration_ms' },
    { ...event('api_error'), type: 'llm', durationKey: 'duration_ms' },
    {
      ...event('api_refusal'),
      about: 'of Claude Code; `server_fallback_hop` is not `true`: the user did not see such a refusal',
      isOwn: (view) => isClaudeCode(view) && readFlag(view.attributes.get('server_fallback_hop')) !== true,
      type: 'llm',
    },
    { ...event('tool_result'), type: 'tool', durationKey: 'duration_ms' },
    { ...event('user_prompt'), type: 'event' },
    { ...event('assistant_response'), type: 'event' },
  ],
};

/** An event has its name in an attribute without the prefix, and in the body or as the event's name with it. */
function event(name: string) {
  return { events: [`${PREFIX}${name}`, name], about: 'of Claude Code', isOwn: isClaudeCode };
}

function isEvent({ eventName }: SpanView, name: string): boolean {
  return eventName !== null && cutPrefix(eventName) === name;
}

function cutPrefix(name: string): string {
  return name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name;
}

/** Scopes are `com.anthropic.claude_code` and `com.anthropic.claude_code.events`. */
function isClaudeCode({ data, eventName }: SpanView): boolean {
  return (
    data.scope.name.startsWith('com.anthropic.claude_code') || (eventName ?? data.name).startsWith(PREFIX)
  );
}

function readMainAgent(view: SpanView): string | undefined {
  return view.attributes.has('agent_id') ? undefined : 'claude-code';
}

function readFailedRequest(view: SpanView): string | undefined {
  if (!isEvent(view, 'api_error')) return undefined;
  return readIdentifier(view.attributes.get('status_code')) ?? 'api_error';
}

/** A text that is sent only where the user allows it. */
function told(key: string, role: 'user' | 'assistant'): ContentSource<Message[]> {
  return {
    keys: [key],
    read: (view) =>
      view.attributes.get(key) === REDACTED ? undefined : readMessages(readAttribute(view, key), role),
    ...OWN,
  };
}
