import type { SpanType } from '../model/normalized-span.js';
import { ROLE_ORDER, type Dialect } from './dialect.js';
import { readCount, readFlag, readIdentifier, readString } from './readers/scalars.js';
import { count, identifier, json, messages } from './sources.js';
import type { SpanView } from './span-view.js';

const OWN = { isOwn: true } as const;
const CALL: readonly SpanType[] = ['llm'];
const TOOL: readonly SpanType[] = ['tool', 'handoff'];
const MAIN_AGENT = '/root';
const FIRST_FAILED_STATUS = 400;

/**
 * Codex CLI (openai/codex codex-rs/otel; @openai/codex 0.169): log records, and some hundred spans of its inner
 * workings, of which those with the counts of an answer and those of tools are read. Span events repeat log records
 * without contents, and `session_task.turn` repeats the counts of its turn: neither is read.
 */
export const codexCli: Dialect = {
  name: 'codex-cli',
  roles: [
    {
      order: ROLE_ORDER.spanNames,
      about:
        'on spans of Codex: `handle_responses` with counts of tokens is `llm`; a span with a `call_id` that is named ' +
        'as its `tool_name` is `tool`',
      read: (view) => (isCodex(view) ? readRole(view) : undefined),
    },
  ],
  facts: {
    agentName: [
      { about: '`agent_name`, unless it is `/root`', keys: ['agent_name'], derive: readAgent, ...OWN },
    ],
    conversationId: [identifier('conversation.id')],
    userId: [identifier('user.account_id', { isLate: true })],
    requestModel: [identifier('model', { ...OWN, only: CALL })],
    responseModel: [identifier('model', { ...OWN, only: CALL })],
    toolName: [identifier('tool_name', OWN)],
    toolCallId: [identifier('call_id', OWN)],
    inputTokens: [count('input_token_count', OWN)],
    outputTokens: [count('output_token_count', OWN)],
    cachedInputTokens: [count('cached_token_count', OWN)],
    cacheWriteTokens: [count('cache_write_token_count', OWN)],
    reasoningTokens: [count('reasoning_token_count', OWN), count('codex.usage.reasoning_output_tokens')],
    attempt: [count('attempt', { ...OWN, only: CALL })],
    // A total, whatever its name says: 5,340 beside 5,200 and 140 (captured from 0.169).
    totalTokens: [count('tool_token_count', OWN), count('codex.usage.total_tokens')],
    errorType: [
      {
        about: '`http.response.status_code` of 400 and more',
        keys: ['http.response.status_code'],
        derive: readFailedStatus,
        ...OWN,
        isLate: true,
      },
    ],
  },
  content: {
    inputMessages: [messages('prompt', 'user', OWN)],
    toolArguments: [json('arguments', { ...OWN, only: TOOL })],
    toolResult: [json('output', { ...OWN, only: TOOL })],
  },
  failures: [
    { key: 'success', about: '`false`', isFailure: (value) => readFlag(value) === false, ...OWN },
    {
      key: 'http.response.status_code',
      about: '400 and more',
      isFailure: (value) => (readCount(value) ?? 0) >= FIRST_FAILED_STATUS,
      ...OWN,
    },
    { key: 'error.message', about: 'any', isFailure: (value) => readString(value) !== undefined, ...OWN },
  ],
  logs: [
    {
      events: ['codex.sse_event'],
      about:
        '`event.kind` is `response.completed`, with counts of tokens: another record without them comes before',
      isOwn: (view) => view.string('event.kind') === 'response.completed' && hasCounts(view, LOG_COUNTS),
      type: 'llm',
    },
    {
      events: ['codex.api_request'],
      about:
        'with a status of 400 and more, or an `error.message`: an answered request is told by its answer; not to the ' +
        '`endpoint` `/models`, which lists models',
      isOwn: isFailedCall,
      type: 'llm',
      durationKey: 'duration_ms',
    },
    { events: ['codex.tool_result'], type: 'tool', durationKey: 'duration_ms' },
    { events: ['codex.user_prompt'], type: 'event' },
  ],
};

const LOG_COUNTS = ['input_token_count', 'output_token_count'];
const SPAN_COUNTS = ['gen_ai.usage.input_tokens', 'gen_ai.usage.output_tokens'];

/** Tracing's layer names the scope after the program; `codex_exec` and `codex_cli_rs` are such. */
function isCodex({ data }: SpanView): boolean {
  return data.scope.name.startsWith('codex');
}

/** Of the 18 spans `handle_responses` that a run of two calls sends, one a call has counts (captured from 0.169). */
function readRole(view: SpanView): SpanType | undefined {
  const { name } = view.data;
  if (name === 'handle_responses') return hasCounts(view, SPAN_COUNTS) ? 'llm' : undefined;
  return view.string('tool_name') === name && view.attributes.has('call_id') ? 'tool' : undefined;
}

function hasCounts(view: SpanView, keys: readonly string[]): boolean {
  return keys.some((key) => readCount(view.attributes.get(key)) !== undefined);
}

/** The list of models is asked for under the same name (openai/codex codex-rs/models-manager). */
function isFailedCall(view: SpanView): boolean {
  if (view.string('endpoint') === '/models') return false;
  return readFailedStatus(view) !== undefined || view.string('error.message') !== undefined;
}

/** Agents have paths: `/root` is the one that the user speaks to, and has no name. */
function readAgent(view: SpanView): string | undefined {
  const name = readIdentifier(view.attributes.get('agent_name'));
  return name === MAIN_AGENT ? undefined : name;
}

function readFailedStatus(view: SpanView): string | undefined {
  const status = readCount(view.attributes.get('http.response.status_code'));
  return status !== undefined && status >= FIRST_FAILED_STATUS ? String(status) : undefined;
}
