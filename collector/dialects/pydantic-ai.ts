import type { Message } from '../model/gen-ai.js';
import type { SpanType } from '../model/normalized-span.js';
import { ROLE_ORDER, type AttributeSource, type Dialect } from './dialect.js';
import { readListedInput, readListedOutput } from './listed-events.js';
import { createMessage, readMessages } from './readers/messages.js';
import { count, decimal, identifier, json, readAttribute } from './sources.js';
import type { SpanView } from './span-view.js';

const AGENT: readonly SpanType[] = ['agent'];
const TOOL: readonly SpanType[] = ['tool', 'handoff'];
const CALL: readonly SpanType[] = ['llm'];

/**
 * Pydantic AI in its formats 1 to 6 (pydantic/pydantic-ai:pydantic_ai_slim/pydantic_ai/{_instrumentation.py,
 * models/instrumented.py,capabilities/instrumentation.py,usage.py}). Since format 3 its spans are marked in the
 * conventions' words; an agent's usage repeats that of its calls.
 */
export const pydanticAi: Dialect = {
  name: 'pydantic-ai',
  isSpeaker: isSent,
  about: { speaker: 'the scope `pydantic-ai`, or `pydantic_ai.all_messages`' },
  roles: [
    {
      order: ROLE_ORDER.spanNames,
      about:
        'in the scope `pydantic-ai`, or with `agent_name` or `gen_ai.tool.name` beside it, a span name `agent run` is ' +
        '`agent`, `running tool` and `running output function` are `tool`, `running tools` and `running N tools` are `step`',
      read: readRole,
    },
  ],
  facts: {
    agentName: [identifier('agent_name', { isOwn: true })],
    agentId: [identifier('gen_ai.agent.call.id', { only: AGENT })],
    requestModel: [identifier('model_name', { only: ['agent', 'llm'], isOwn: true })],
    inputTokens: [ofAgent('input_tokens')],
    outputTokens: [ofAgent('output_tokens')],
    cachedInputTokens: [
      count('gen_ai.usage.details.cache_read_tokens'),
      count('gen_ai.usage.details.cached_tokens'),
      count('gen_ai.usage.details.cache_read_input_tokens'),
      ofAgent('cache_read.input_tokens'),
      ofAgent('details.cache_read_tokens'),
    ],
    cacheWriteTokens: [
      count('gen_ai.usage.details.cache_write_tokens'),
      count('gen_ai.usage.details.cache_creation_input_tokens'),
      ofAgent('cache_write.input_tokens'),
      ofAgent('cache_creation.input_tokens'),
      ofAgent('details.cache_write_tokens'),
    ],
    reasoningTokens: [
      count('gen_ai.usage.details.reasoning_tokens'),
      count('gen_ai.usage.details.thinking_tokens'),
      ofAgent('details.reasoning_tokens'),
    ],
    inputAudioTokens: [count('gen_ai.usage.details.input_audio_tokens')],
    outputAudioTokens: [count('gen_ai.usage.details.output_audio_tokens')],
    reportedCostUsd: [decimal('operation.cost')],
  },
  content: {
    inputMessages: [
      {
        keys: ['pydantic_ai.all_messages'],
        read: (view) => splitMessages(view, 'pydantic_ai.all_messages').input,
      },
      {
        keys: ['all_messages_events'],
        read: (view) => readListedInput(view, 'all_messages_events'),
        only: AGENT,
      },
      { keys: ['events'], read: (view) => readListedInput(view, 'events'), only: CALL, isOwn: true },
    ],
    outputMessages: [
      { keys: ['final_result'], read: readFinalResult, only: AGENT, isOwn: true },
      {
        keys: ['pydantic_ai.all_messages'],
        read: (view) => splitMessages(view, 'pydantic_ai.all_messages').output,
      },
      {
        keys: ['all_messages_events'],
        read: (view) => readListedOutput(view, 'all_messages_events'),
        only: AGENT,
      },
      { keys: ['events'], read: (view) => readListedOutput(view, 'events'), only: CALL, isOwn: true },
    ],
    toolArguments: [json('tool_arguments', { only: TOOL, isOwn: true })],
    toolResult: [json('tool_response', { only: TOOL, isOwn: true })],
    toolDefinitions: [
      {
        keys: ['model_request_parameters'],
        read: (view) => view.jsonAt('model_request_parameters', ['function_tools']),
        isLate: true,
      },
    ],
  },
  otherContentKeys: ['pydantic_ai.tool.deferral.metadata'],
};

function isSent(view: SpanView): boolean {
  return view.data.scope.name === 'pydantic-ai' || view.attributes.has('pydantic_ai.all_messages');
}

function readRole(view: SpanView): SpanType | undefined {
  const { name } = view.data;
  if (name === 'agent run') return isOwnSpan(view, 'agent_name') ? 'agent' : undefined;
  if (name === 'running tool' || name === 'running output function')
    return isOwnSpan(view, 'gen_ai.tool.name') ? 'tool' : undefined;
  return /^running (?:\d+ )?tools?$/.test(name) && isOwnSpan(view, 'tools') ? 'step' : undefined;
}

function isOwnSpan(view: SpanView, key: string): boolean {
  return view.data.scope.name === 'pydantic-ai' || view.attributes.has(key);
}

/** The sum over a run, which is apart from the names of single calls by default (`use_aggregated_usage_attribute_names`). */
function ofAgent(name: string): AttributeSource<number> {
  return count(`gen_ai.aggregated_usage.${name}`, { only: AGENT });
}

/**
 * The conversation as the run left it. What it was given ends with the last message of a person or a program; what it
 * answered is what the assistant says at the end.
 */
function splitMessages(view: SpanView, key: string): { input?: Message[]; output?: Message[] } {
  const all = readMessages(readAttribute(view, key), 'user') ?? [];
  const [lastGiven, last] = [
    all.findLastIndex(isGiven),
    all.findLastIndex(({ role }) => role !== 'assistant'),
  ];
  const [input, output] = [all.slice(0, lastGiven + 1), all.slice(last + 1)];
  return { ...(input.length > 0 && { input }), ...(output.length > 0 && { output }) };
}

/** Before format 6 tool results stand in the role `user`. */
function isGiven({ role, parts }: Message): boolean {
  return role !== 'assistant' && parts.some(({ type }) => type !== 'tool_call_response');
}

/** A text, or the JSON text of a structured result, which is what the model wrote. */
function readFinalResult(view: SpanView): Message[] | undefined {
  const result = view.string('final_result');
  return result === undefined ? undefined : [createMessage('assistant', [{ type: 'text', content: result }])];
}
