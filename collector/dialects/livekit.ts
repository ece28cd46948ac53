import type { SpanType } from '../model/normalized-span.js';
import { ROLE_ORDER, type Dialect } from './dialect.js';
import { findAtPath, isObject } from './readers/json.js';
import { readMessages } from './readers/messages.js';
import { identifier, json, messages, parts, readAttribute } from './sources.js';
import type { SpanView } from './span-view.js';

const AGENT: readonly SpanType[] = ['agent'];
const TOOL: readonly SpanType[] = ['tool', 'handoff'];
const CALL: readonly SpanType[] = ['llm'];

/** A voice turn is a run of the agent; the node around a request and the speech stages are its steps. */
const NAMES: ReadonlyMap<string, SpanType> = new Map([
  ['agent_session', 'workflow'],
  ['agent_turn', 'agent'],
  ['llm_request', 'llm'],
  ['function_tool', 'tool'],
]);

/** LiveKit Agents (livekit/agents:livekit-agents/livekit/agents/telemetry/trace_types.py). */
export const livekit: Dialect = {
  name: 'livekit',
  roles: [
    {
      order: ROLE_ORDER.misnomers,
      about:
        'in the scope `livekit-agents`, a span name `agent_session` is `workflow`, `agent_turn` is `agent`, `llm_request` ' +
        'is `llm` and `function_tool` is `tool`; any other is `step`',
      read: ({ data: { name, scope } }) =>
        scope.name === 'livekit-agents' ? (NAMES.get(name) ?? 'step') : undefined,
    },
  ],
  facts: {
    agentName: [
      identifier('lk.agent_name', { only: AGENT }),
      identifier('lk.agent_label', { only: AGENT, isLate: true }),
    ],
    toolName: [identifier('lk.function_tool.name')],
    toolCallId: [identifier('lk.function_tool.id')],
  },
  content: {
    inputMessages: [
      { keys: ['lk.chat_ctx'], read: readChatContext, only: CALL },
      messages('lk.user_input', 'user', { only: AGENT }),
    ],
    outputMessages: [messages('lk.response.text', 'assistant', { only: ['agent', 'llm', 'step'] })],
    systemInstructions: [parts('lk.instructions')],
    toolArguments: [json('lk.function_tool.arguments', { only: TOOL })],
    toolResult: [json('lk.function_tool.output', { only: TOOL })],
    toolDefinitions: [json('lk.function_tools')],
  },
  failures: [{ key: 'lk.function_tool.is_error', isFailure: (value) => value === true || value === 'true' }],
  otherContentKeys: [
    'lk.response.function_calls',
    'lk.user_transcript',
    'lk.input_text',
    'lk.tts.input_text',
  ],
};

/** The chat context keeps its messages among other items. */
function readChatContext(view: SpanView) {
  const context = readAttribute(view, 'lk.chat_ctx');
  return readMessages(isObject(context) ? (findAtPath(context, ['items']) ?? context) : context, 'user');
}
