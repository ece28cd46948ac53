import type { JsonObject, JsonValue } from '../model/json.js';
import type { SpanType } from '../model/normalized-span.js';
import { ROLE_ORDER, type AttributeSource, type Dialect } from './dialect.js';
import { findAtPath, isObject, readJson } from './readers/json.js';
import { isLangChainAgent, readToolMessageField } from './readers/langchain.js';
import { unwrapToolMessage } from './readers/messages.js';
import { readIdentifier, readString, type Readable } from './readers/scalars.js';
import { count, decimal, identifier, plainText, raw, readAttribute } from './sources.js';
import type { SpanView } from './span-view.js';

const NAMED: readonly SpanType[] = ['agent', 'llm'];
const TOOL: readonly SpanType[] = ['tool', 'handoff'];
const CALL: readonly SpanType[] = ['llm'];

const RUN: readonly SpanType[] = ['agent', 'workflow'];

const KIND = 'langsmith.span.kind';
const RUN_NAME = 'langsmith.trace.name';
const METADATA = 'langsmith.metadata.';
const USAGE = 'langsmith.usage_metadata';
const PROMPT = 'gen_ai.prompt';
const COMPLETION = 'gen_ai.completion';
const TAG_LIMIT = 64;

/** The run's type (npm:langsmith 0.10 dist/experimental/otel/translator; `RunType` of its schemas). */
const KINDS: ReadonlyMap<string, SpanType> = new Map([
  ['llm', 'llm'],
  ['tool', 'tool'],
  ['chain', 'step'],
  ['retriever', 'retrieval'],
  ['embedding', 'embedding'],
  ['prompt', 'step'],
  ['parser', 'step'],
]);

/**
 * LangSmith's OpenTelemetry export (langsmith-sdk js/src/experimental/otel; captured npm:langsmith 0.10). It writes the
 * conventions' keys beside its own. `langsmith.trace.session_*` is the project, and no session; metadata repeats the
 * process's `LANGSMITH_*` variables, which are nothing of the run and are not read.
 */
export const langsmith: Dialect = {
  name: 'langsmith',
  roles: [
    {
      order: ROLE_ORDER.langSmith,
      key: KIND,
      values: KINDS,
      about:
        'any other value is `step`; a `chain` is `agent` if it is the run of a LangChain agent (`lc_agent_name` in its ' +
        'metadata), or a root with `ls_agent_type`',
      read: readRole,
    },
  ],
  facts: {
    operation: [identifier(KIND)],
    agentName: [
      identifier(`${METADATA}lc_agent_name`),
      {
        about:
          'the name of a root with `ls_agent_type` in its metadata, on `llm` only where it is not the name of the run: ' +
          'the exporter writes the last streaming child over its parent',
        keys: [`${METADATA}ls_agent_type`, 'langsmith.is_root', RUN_NAME],
        derive: readNameOfRoot,
        only: NAMED,
        isOwn: true,
      },
    ],
    requestModel: [identifier(`${METADATA}ls_model_name`, { isLate: true })],
    provider: [identifier(`${METADATA}ls_provider`)],
    toolName: [identifier(RUN_NAME, { only: TOOL })],
    toolCallId: [
      identifier(`${METADATA}tool_call_id`, { only: TOOL }),
      {
        about: `\`tool_call_id\` of a LangChain message in \`${COMPLETION}\``,
        keys: [COMPLETION],
        derive: (view) => readIdentifier(readToolMessageField(view.jsonAt(COMPLETION, []), 'tool_call_id')),
        only: TOOL,
        isOwn: true,
      },
    ],
    sessionId: [identifier(`${METADATA}session_id`)],
    conversationId: [identifier(`${METADATA}thread_id`), identifier(`${METADATA}conversation_id`)],
    userId: [identifier(`${METADATA}user_id`)],
    tags: [{ key: 'langsmith.span.tags', read: readTags }],
    inputTokens: [count(USAGE, { path: ['input_tokens'] })],
    outputTokens: [count(USAGE, { path: ['output_tokens'] })],
    totalTokens: [count(USAGE, { path: ['total_tokens'] })],
    cachedInputTokens: ofDetails('input', 'cache_read'),
    cacheWriteTokens: ofDetails('input', 'cache_creation'),
    reasoningTokens: ofDetails('output', 'reasoning'),
    inputAudioTokens: ofDetails('input', 'audio'),
    outputAudioTokens: ofDetails('output', 'audio'),
    reportedCostUsd: [decimal(USAGE, { path: ['total_cost'] })],
    serviceTier: [identifier('gen_ai.response.service_tier')],
  },
  content: {
    inputMessages: [plainText(PROMPT, 'user', { only: RUN, isLate: true, isOwn: true })],
    outputMessages: [plainText(COMPLETION, 'assistant', { only: RUN, isLate: true, isOwn: true })],
    toolArguments: [
      {
        keys: [PROMPT],
        read: (view) => unwrapOnly(readAttribute(view, PROMPT), ['input']),
        only: TOOL,
        isOwn: true,
      },
    ],
    toolResult: [{ keys: [COMPLETION], read: readToolResult, only: TOOL, isOwn: true }],
    toolDefinitions: [
      {
        keys: [PROMPT],
        read: (view) => findAtPath(readAttribute(view, PROMPT), ['tools']),
        only: CALL,
        isOwn: true,
      },
    ],
    rawInput: [raw(PROMPT, { isOwn: true })],
    rawOutput: [raw(COMPLETION, { isOwn: true })],
  },
  otherContentKeys: ['langsmith.request.headers', 'gen_ai.request.extra_body', 'gen_ai.request.extra_query'],
};

function readRole(view: SpanView, value: unknown): SpanType | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  const type = KINDS.get(value.toLowerCase()) ?? 'step';
  return value === 'chain' && (isAgentRoot(view) || isAgentRun(view)) ? 'agent' : type;
}

/** The metadata of a run goes down to its children, so that only a root is known to be the agent itself. */
function isAgentRoot(view: SpanView): boolean {
  return view.string('langsmith.is_root') === 'true' && view.string(`${METADATA}ls_agent_type`) !== undefined;
}

function isAgentRun(view: SpanView): boolean {
  return isLangChainAgent(
    view.string(`${METADATA}lc_agent_name`),
    view.string(`${METADATA}langgraph_node`),
    view.data.name,
  );
}

/** Captured: the root `stock_agent` came as the `llm` run `ChatOpenAI`, whose own span is missing. */
function readNameOfRoot(view: SpanView): string | undefined {
  const { name } = view.data;
  if (!isAgentRoot(view) || (view.type === 'llm' && name === view.string(RUN_NAME))) return undefined;
  return readIdentifier(name);
}

/** Of the whole answer's usage, or of the details that are sent apart. */
function ofDetails(side: 'input' | 'output', part: string): AttributeSource<number>[] {
  return [
    count(`gen_ai.usage.${side}_token_details`, { path: [part] }),
    count(USAGE, { path: [`${side}_token_details`, part] }),
  ];
}

/** One text with commas between the tags; empty where there are none. */
function readTags(value: Readable): string[] | undefined {
  const tags = (readString(value) ?? '').split(/,\s*/).flatMap((tag) => readIdentifier(tag) ?? []);
  return tags.length === 0 ? undefined : [...new Set(tags)].slice(0, TAG_LIMIT);
}

function readToolResult(view: SpanView): JsonValue | undefined {
  const result = unwrapToolMessage(readAttribute(view, COMPLETION));
  return unwrapOnly(result, ['output', 'outputs']);
}

/** A value that is no object is sent as the only field of one (`input`; `output` of LangChain, `outputs` of `traceable`). */
function unwrapOnly(value: JsonValue | undefined, names: readonly string[]): JsonValue | undefined {
  if (!isObject(value)) return value;
  const only = findOnlyField(value);
  return only !== undefined && names.includes(only) ? readJson(value[only]) : value;
}

function findOnlyField(value: JsonObject): string | undefined {
  const keys = Object.keys(value);
  return keys.length === 1 ? keys[0] : undefined;
}
