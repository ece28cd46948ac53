import type { SpanType } from '../model/normalized-span.js';
import type { Dialect } from './dialect.js';
import { readCount, readFlag, readIdentifier } from './readers/scalars.js';
import { count, identifier, json, messages, strings } from './sources.js';
import type { SpanView } from './span-view.js';

const OWN = { isOwn: true } as const;
const CALL: readonly SpanType[] = ['llm'];
const TOOL: readonly SpanType[] = ['tool', 'handoff'];

/**
 * Gemini CLI (google-gemini/gemini-cli packages/core/src/telemetry; @google/gemini-cli 0.61): spans in the words of
 * the conventions with operations of its own (`llm_call`, `tool_call`, `agent_call`, `schedule_tool_calls`), which
 * without prompt logging say nothing of tokens and never of a failed tool, and log records that do.
 */
export const geminiCli: Dialect = {
  name: 'gemini-cli',
  isSpeaker: isGeminiCli,
  about: { speaker: 'the scope `gemini-cli`', counting: 'thoughts are always outside the output' },
  facts: {
    requestModel: [identifier('model', { ...OWN, only: CALL })],
    responseModel: [identifier('model', { ...OWN, only: CALL })],
    provider: [
      {
        about: '`gcp.gen_ai`, as its records in the words of the conventions say',
        derive: () => 'gcp.gen_ai',
        only: CALL,
        ...OWN,
        isLate: true,
      },
    ],
    finishReasons: [strings('finish_reasons', OWN)],
    toolName: [identifier('function_name', OWN)],
    inputTokens: [
      {
        about: '`input_token_count` with `tool_token_count`, where `total_token_count` has both in',
        keys: ['input_token_count', 'tool_token_count', 'total_token_count'],
        derive: readInputWithTools,
        ...OWN,
      },
      count('input_token_count', OWN),
    ],
    outputTokens: [count('output_token_count', OWN)],
    totalTokens: [count('total_token_count', OWN)],
    cachedInputTokens: [count('cached_content_token_count', OWN)],
    reasoningTokens: [count('thoughts_token_count', OWN)],
    errorType: [
      {
        about: '`status_code`, or `api_error`, for the event `gemini_cli.api_error`',
        keys: ['status_code'],
        derive: readFailedRequest,
        isAlwaysAsked: true,
        ...OWN,
        isLate: true,
      },
    ],
  },
  content: {
    inputMessages: [messages('prompt', 'user', OWN)],
    outputMessages: [messages('response_text', 'assistant', OWN)],
    toolArguments: [json('function_args', { ...OWN, only: TOOL })],
  },
  failures: [{ key: 'success', about: '`false`', isFailure: (value) => readFlag(value) === false, ...OWN }],
  findCountingRule: ({ dialect }) =>
    dialect === 'gemini-cli'
      ? { isReasoningApart: true, because: 'Gemini CLI counts thoughts beside the output tokens' }
      : undefined,
  logs: [
    { events: ['gemini_cli.api_response'], type: 'llm', durationKey: 'duration_ms' },
    { events: ['gemini_cli.api_error'], type: 'llm', durationKey: 'duration_ms' },
    { events: ['gemini_cli.tool_call'], type: 'tool', durationKey: 'duration_ms' },
    { events: ['gemini_cli.user_prompt'], type: 'event' },
  ],
};

function isGeminiCli({ data }: SpanView): boolean {
  return data.scope.name === 'gemini-cli';
}

/**
 * Tokens of what tools gave back during the call (`toolUsePromptTokenCount`) are input that the Gemini API counts
 * beside the prompt; its total is the sum of prompt, tool use, candidates and thoughts.
 */
function readInputWithTools({ attributes }: SpanView): number | undefined {
  const read = (key: string): number => readCount(attributes.get(key)) ?? 0;
  const tools = read('tool_token_count');
  const input = read('input_token_count') + tools;
  const rest = read('output_token_count') + read('thoughts_token_count');
  return tools > 0 && read('total_token_count') === input + rest ? input : undefined;
}

function readFailedRequest({ eventName, attributes }: SpanView): string | undefined {
  if (eventName !== 'gemini_cli.api_error') return undefined;
  return readIdentifier(attributes.get('status_code')) ?? 'api_error';
}
