import { findAttribute } from '../model/any-value.js';
import type { Message } from '../model/gen-ai.js';
import type { SpanType } from '../model/normalized-span.js';
import type { SpanData } from '../model/span-data.js';
import { ROLE_ORDER, type Dialect } from './dialect.js';
import { readListedInput, readListedOutput } from './listed-events.js';
import { isObject } from './readers/json.js';
import { createMessage, readMessages } from './readers/messages.js';
import { readNumber, readString } from './readers/scalars.js';
import { decimal, identifier, json, messages, readAttribute, strings } from './sources.js';
import type { SpanView } from './span-view.js';

const AGENT: readonly SpanType[] = ['agent'];
const TOOL: readonly SpanType[] = ['tool', 'handoff'];
const CALL: readonly SpanType[] = ['llm'];
const MODEL: readonly SpanType[] = ['llm', 'embedding', 'step'];

const STATUS_ERROR = 2;
/** `error` of the levels (pydantic/logfire:logfire/_internal/constants.py). */
const LEVEL_ERROR = 17;
const SPAN_ID = /^[0-9a-f]{16}$/;
const NO_PARENT = '0000000000000000';

/**
 * Templates of the messages of Logfire's own instrumentations, which mark their spans by nothing else
 * (pydantic/logfire:logfire/_internal/integrations/{openai_agents.py,llm_providers/{openai,anthropic}.py}).
 */
const TEMPLATES: ReadonlyMap<string, SpanType> = new Map([
  ['OpenAI Agents trace: {name}', 'workflow'],
  ['Agent run: {name!r}', 'agent'],
  ['Function: {name}', 'tool'],
  ['Handoff: {from_agent} → {to_agent}', 'handoff'],
  ['Guardrail {name!r} {triggered=}', 'guardrail'],
  ['Responses API with {gen_ai.request.model!r}', 'llm'],
  ['Responses API with {request_data[model]!r}', 'llm'],
  ['Chat completion with {gen_ai.request.model!r}', 'llm'],
  ['Chat completion with {request_data[model]!r}', 'llm'],
  ['Chat Completion with {request_data[model]!r}', 'llm'],
  ['Completion with {request_data[model]!r}', 'llm'],
  ['Message with {request_data[model]!r}', 'llm'],
  ['Embedding Creation with {request_data[model]!r}', 'embedding'],
]);

/**
 * Logfire (npm:@pydantic/logfire-node 0.18; pydantic/logfire in Python), whose spans say what they are only where they
 * come from one of its own instrumentations, or name an agent.
 */
export const logfire: Dialect = {
  name: 'logfire',
  isSpeaker: isSent,
  about: {
    speaker: 'the scope `logfire` or `logfire.…`',
    announced:
      'a span with `logfire.span_type` `pending_span` becomes a running copy of its parent, which the real span replaces',
  },
  readAnnounced,
  roles: [
    {
      order: ROLE_ORDER.logfirePending,
      key: 'logfire.span_type',
      about:
        '`log` is `event`: a log line, sent as a span of no length; with `response_data` in it, which is a streamed ' +
        'answer, it is `llm`',
      read: (view, value) => {
        if (value !== 'log') return undefined;
        return view.attributes.has('response_data') && isSent(view) ? 'llm' : 'event';
      },
    },
    {
      order: ROLE_ORDER.misnomers,
      key: 'request_data',
      about: 'with `stream` in it, `step` unless the span has failed: a log line tells of the answer',
      read: readStreamRole,
    },
    {
      order: ROLE_ORDER.spanNames,
      key: 'logfire.msg_template',
      values: TEMPLATES,
      read: (_view, value) => (typeof value === 'string' ? TEMPLATES.get(value) : undefined),
    },
    {
      order: ROLE_ORDER.spanNames,
      key: 'sdk_span_type',
      about: '`step`: a turn or a task of the OpenAI Agents SDK',
      read: (view) => (isSent(view) ? 'step' : undefined),
    },
    {
      order: ROLE_ORDER.spanNames,
      key: 'agent_name',
      about: '`agent` in a scope `logfire` or `logfire.…`',
      read: (view) => (isSent(view) ? 'agent' : undefined),
    },
    {
      order: ROLE_ORDER.senders,
      about: 'any other span of a scope `logfire` or `logfire.…` is `span`',
      read: (view) => (isSent(view) ? 'span' : undefined),
    },
  ],
  facts: {
    operation: [
      identifier('logfire.msg_template', { only: ['llm', 'embedding'], isOwn: true, isLate: true }),
    ],
    agentName: [
      identifier('agent_name', { only: AGENT, isOwn: true }),
      identifier('name', { only: AGENT, isOwn: true }),
    ],
    requestModel: [identifier('request_data', { path: ['model'], only: MODEL, isOwn: true, isLate: true })],
    responseId: [identifier('response_id', { only: CALL, isOwn: true, isLate: true })],
    toolName: [identifier('name', { only: ['tool'], isOwn: true })],
    tags: [strings('logfire.tags')],
    reportedCostUsd: [decimal('operation.cost')],
  },
  content: {
    inputMessages: [
      messages('request_data', 'user', { only: MODEL, isOwn: true, isLate: true }),
      {
        keys: ['events'],
        read: (view) => readListedInput(view, 'events'),
        only: CALL,
        isOwn: true,
        isLate: true,
      },
    ],
    outputMessages: [
      { keys: ['response_data'], read: readAnswer, only: MODEL, isOwn: true, isLate: true },
      {
        keys: ['events'],
        read: (view) => readListedOutput(view, 'events'),
        only: CALL,
        isOwn: true,
        isLate: true,
      },
    ],
    toolArguments: [json('input', { only: TOOL, isOwn: true, isLate: true })],
    toolResult: [json('output', { only: TOOL, isOwn: true, isLate: true })],
  },
  failures: [
    {
      key: 'logfire.level_num',
      about: `${LEVEL_ERROR} and above`,
      isFailure: (value) => (readNumber(value) ?? 0) >= LEVEL_ERROR,
      except: ['event'],
    },
  ],
};

function isSent(view: SpanView): boolean {
  const { name } = view.data.scope;
  return name === 'logfire' || name.startsWith('logfire.');
}

/** The span of a streamed request ends when the stream opens (`llm_provider.py`, `record_streaming`). */
function readStreamRole(view: SpanView): SpanType | undefined {
  if (!isSent(view) || view.jsonAt('request_data', ['stream']) !== true) return undefined;
  return view.data.statusCode === STATUS_ERROR ? 'llm' : 'step';
}

/**
 * A pending span is sent when the span that it is a child of has started, with all that this had then. In its place
 * goes a pending copy of that span, which the real one replaces.
 */
function readAnnounced(data: SpanData): SpanData | undefined {
  if (data.parentSpanId === null || findAttribute(data.attributes, 'logfire.span_type') !== 'pending_span') {
    return undefined;
  }
  // What is stored comes through here again when it is read anew.
  if (findAttribute(data.attributes, 'spanledger.pending') === true) return undefined;
  const parent = readString(findAttribute(data.attributes, 'logfire.pending_parent_id'))?.toLowerCase();
  return {
    ...data,
    spanId: data.parentSpanId,
    parentSpanId: parent === undefined || parent === NO_PARENT || !SPAN_ID.test(parent) ? null : parent,
    endTimeUnixNano: data.startTimeUnixNano,
    attributes: [...data.attributes, { key: 'spanledger.pending', value: true }],
  };
}

/** `{message, usage}` of a whole answer, `{combined_chunk_content, chunk_count}` of a streamed one. */
function readAnswer(view: SpanView): Message[] | undefined {
  const answer = readAttribute(view, 'response_data');
  if (!isObject(answer)) return undefined;
  const { combined_chunk_content: streamed } = answer;
  if (typeof streamed !== 'string') return readMessages(answer, 'assistant');
  return streamed === '' ? undefined : [createMessage('assistant', [{ type: 'text', content: streamed }])];
}
