import { sumDecimals } from '../model/decimal.js';
import type { Message } from '../model/gen-ai.js';
import type { JsonValue } from '../model/json.js';
import type { SpanType } from '../model/normalized-span.js';
import { ROLE_ORDER, type AttributeSource, type Dialect } from './dialect.js';
import { listEntries, readFlattened } from './readers/flattened.js';
import { readFlattenedMessages } from './readers/flattened-messages.js';
import { isObject, readJson, renderValue } from './readers/json.js';
import { isLangChainAgent } from './readers/langchain.js';
import { readMessages, unwrapToolMessage } from './readers/messages.js';
import { readParts } from './readers/parts.js';
import { readDecimal, readIdentifier } from './readers/scalars.js';
import { count, decimal, identifier, json, messages, raw, readAttribute, strings } from './sources.js';
import type { SpanView } from './span-view.js';

const AGENT: readonly SpanType[] = ['agent'];
const TOOL: readonly SpanType[] = ['tool', 'handoff'];
const CALL: readonly SpanType[] = ['llm'];
const CALLS: readonly SpanType[] = ['llm', 'embedding', 'rerank'];
const RUN: readonly SpanType[] = ['llm', 'agent', 'step', 'workflow', 'guardrail', 'evaluation', 'span'];

/** `openinference.span.kind` (spec/semantic_conventions.md). */
const KINDS: ReadonlyMap<string, SpanType> = new Map([
  ['LLM', 'llm'],
  ['EMBEDDING', 'embedding'],
  ['AGENT', 'agent'],
  ['TOOL', 'tool'],
  ['CHAIN', 'step'],
  ['RETRIEVER', 'retrieval'],
  ['RERANKER', 'rerank'],
  ['GUARDRAIL', 'guardrail'],
  ['EVALUATOR', 'evaluation'],
  ['PROMPT', 'step'],
]);

/** Where LangChain.js puts the answer's message in the output (npm:@langchain/core 1.2). */
const LANGCHAIN_ANSWER = ['generations', 0, 0, 'message', 'kwargs'];

/**
 * OpenInference (spec/semantic_conventions.md of Arize-ai/openinference; npm:@arizeai/openinference-instrumentation-openai
 * 4.2, -anthropic 0.2, -langchain 4.1, -openai-agents 0.2).
 */
export const openInference: Dialect = {
  name: 'openinference',
  roles: [
    {
      order: ROLE_ORDER.openInference,
      key: 'openinference.span.kind',
      values: KINDS,
      about:
        'three exceptions: `AGENT` of the OpenAI Agents bridge without `graph.node.id` is `workflow`; `CHAIN` that is ' +
        'the run of a LangGraph agent (`lc_agent_name` in `metadata`) is `agent`; `LLM` and `EMBEDDING` on an outer ' +
        'span of the AI SDK are left to `ai.operationId`',
      read: readRole,
    },
  ],
  facts: {
    operation: [identifier('openinference.span.kind')],
    agentName: [
      identifier('agent.name'),
      identifier('graph.node.name', { only: AGENT }),
      { about: '`graph.node.id`', keys: ['graph.node.id'], derive: readNodeName, only: AGENT },
      ofMetadata('lc_agent_name'),
      identifier('metadata.lc_agent_name'),
      {
        about: 'the name of a span with `openinference.span.kind` that the AI SDK did not make',
        keys: ['openinference.span.kind'],
        derive: readNameOfAgentSpan,
        only: AGENT,
      },
    ],
    agentId: [identifier('graph.node.id', { only: AGENT })],
    requestModel: [
      identifier('llm.request.model_name'),
      identifier('llm.invocation_parameters', { path: ['model'], only: CALL }),
      identifier('embedding.model_name'),
      identifier('reranker.model_name'),
      identifier('llm.model_name', { isLate: true }),
    ],
    responseModel: [
      identifier('llm.response.model_name'),
      ofAnswer(['model']),
      ofAnswer([...LANGCHAIN_ANSWER, 'response_metadata', 'model_name']),
      {
        about: '`llm.model_name`, unless the span has failed',
        keys: ['llm.model_name'],
        derive: readAnsweringModel,
        only: CALL,
      },
    ],
    provider: [identifier('llm.provider'), identifier('llm.system'), ofMetadata('ls_provider')],
    responseId: [ofAnswer(['id']), ofAnswer([...LANGCHAIN_ANSWER, 'id'])],
    finishReasons: [strings('llm.finish_reason')],
    toolName: [
      identifier('tool.name'),
      {
        about: 'the name of the span',
        derive: (view) => readIdentifier(view.data.name),
        only: ['tool'],
        isLate: true,
      },
    ],
    toolCallId: [
      identifier('tool.id'),
      identifier('tool_call.id'),
      identifier('output.value', { path: ['output', 'kwargs', 'tool_call_id'], only: TOOL }),
      identifier('output.value', { path: ['kwargs', 'tool_call_id'], only: TOOL }),
    ],
    sessionId: [
      ofMetadata('session_id'),
      identifier('metadata.sessionId'),
      identifier('metadata.session_id'),
    ],
    conversationId: [ofMetadata('thread_id'), identifier('metadata.thread_id')],
    userId: [
      identifier('llm.user', { isLate: true }),
      ofMetadata('user_id'),
      identifier('metadata.userId'),
      identifier('metadata.user_id'),
    ],
    tags: [strings('tag.tags')],
    inputTokens: [count('llm.token_count.prompt')],
    outputTokens: [count('llm.token_count.completion')],
    totalTokens: [count('llm.token_count.total')],
    cachedInputTokens: [count('llm.token_count.prompt_details.cache_read')],
    cacheWriteTokens: [count('llm.token_count.prompt_details.cache_write')],
    reasoningTokens: [count('llm.token_count.completion_details.reasoning')],
    reportedCostUsd: [
      decimal('llm.cost.total'),
      {
        about: 'the sum of `llm.cost.prompt` and `llm.cost.completion`',
        keys: ['llm.cost.prompt', 'llm.cost.completion'],
        derive: readSumOfCosts,
      },
    ],
  },
  content: {
    inputMessages: [
      {
        prefix: 'llm.input_messages.',
        read: (view) => readFilled(view, 'llm.input_messages.', 'input.value', 'user'),
      },
      messages('input.value', 'user', { only: RUN, isLate: true }),
    ],
    outputMessages: [
      { prefix: 'llm.output_messages.', read: readOutputMessages },
      messages('output.value', 'assistant', { only: RUN, isLate: true }),
    ],
    systemInstructions: [{ keys: ['input.value'], read: readSystem, only: CALL }],
    toolArguments: [json('input.value', { only: TOOL })],
    toolResult: [
      {
        keys: ['output.value'],
        read: (view) => unwrapToolMessage(readAttribute(view, 'output.value')),
        only: TOOL,
      },
    ],
    toolDefinitions: [{ prefix: 'llm.tools.', read: readToolDefinitions }],
    rawInput: [raw('input.value')],
    rawOutput: [raw('output.value'), { prefix: 'embedding.embeddings.', read: readVectors, only: CALLS }],
  },
  otherContentKeys: ['llm.invocation_parameters'],
  otherContentPrefixes: [
    'llm.prompts',
    'llm.choices',
    'llm.prompt_template.variables',
    'retrieval.documents.',
    'reranker.input_documents.',
    'reranker.output_documents.',
    'reranker.query',
  ],
};

function readRole(view: SpanView, value: unknown): SpanType | undefined {
  const type = typeof value === 'string' ? KINDS.get(value.toUpperCase()) : undefined;
  if (type === 'agent' && isWorkflowRoot(view)) return 'workflow';
  if (type === 'step' && isGraphRun(view)) return 'agent';
  if ((type === 'llm' || type === 'embedding') && isOuterOperation(view)) return undefined;
  return type;
}

/** The OpenAI Agents bridge makes an AGENT of the whole trace, named as the workflow; its agents are graph nodes. */
function isWorkflowRoot(view: SpanView): boolean {
  return /openai[-_]agents/.test(view.data.scope.name) && !view.attributes.has('graph.node.id');
}

/** A LangGraph agent's run comes as CHAIN. */
function isGraphRun(view: SpanView): boolean {
  return isLangChainAgent(
    view.jsonAt('metadata', ['lc_agent_name']),
    view.jsonAt('metadata', ['langgraph_node']),
    view.data.name,
  );
}

/** The Vercel bridge marks the AI SDK's outer spans too; the SDK's own operation knows better. */
function isOuterOperation(view: SpanView): boolean {
  const operation = view.string('ai.operationId');
  return operation !== undefined && !operation.includes('.do');
}

/** A node's id is the agent's name unless the span says the name elsewhere. */
function readNodeName(view: SpanView): string | undefined {
  return readIdentifier(view.attributes.get('graph.node.id'));
}

function readNameOfAgentSpan(view: SpanView): string | undefined {
  const isAgent = view.attributes.has('openinference.span.kind') && !view.attributes.has('ai.operationId');
  return isAgent ? readIdentifier(view.data.name) : undefined;
}

function ofMetadata(key: string): AttributeSource<string> {
  return identifier('metadata', { path: [key] });
}

/** The provider's or framework's own answer, which is whole in `output.value` unless it was streamed. */
function ofAnswer(path: (string | number)[]): AttributeSource<string> {
  return identifier('output.value', { path, only: CALL });
}

/** The answering model, but of streamed calls and of failed ones the requested: the latter named no answerer. */
function readAnsweringModel(view: SpanView): string | undefined {
  return view.hasFailed ? undefined : readIdentifier(view.attributes.get('llm.model_name'));
}

function readSumOfCosts(view: SpanView): string | undefined {
  const costs = ['llm.cost.prompt', 'llm.cost.completion'].flatMap(
    (key) => readDecimal(view.attributes.get(key)) ?? [],
  );
  return sumDecimals(costs) ?? undefined;
}

/**
 * Flattened messages; LangChain's have gaps (a call without id, a system message without text), and the whole ones
 * stand in the raw value.
 */
function readFilled(view: SpanView, prefix: string, key: string, role: string): Message[] | undefined {
  const found = readFlattenedMessages(view.data.attributes, prefix);
  if (found === undefined || !found.some(hasGap)) return found;
  const whole = readMessages(readAttribute(view, key), role);
  return whole?.length === found.length ? whole : found;
}

function hasGap(message: Message): boolean {
  return (
    message.parts.length === 0 ||
    message.parts.some((part) => part.type === 'tool_call' && 'id' in part && part.id === null)
  );
}

/** Reasoning of OpenAI's responses stands only in the raw answer: it is put before what was flattened. */
function readOutputMessages(view: SpanView): Message[] | undefined {
  const found = readFilled(view, 'llm.output_messages.', 'output.value', 'assistant');
  if (found === undefined || found.some(hasReasoning)) return found;
  const answer = readMessages(readAttribute(view, 'output.value'), 'assistant') ?? [];
  const reasoning = answer.flatMap((message) => message.parts.filter((part) => part.type === 'reasoning'));
  found[0]?.parts.unshift(...reasoning);
  return found;
}

function hasReasoning(message: Message): boolean {
  return message.parts.some((part) => part.type === 'reasoning');
}

/** `system` of an Anthropic request, `instructions` of OpenAI's responses. */
function readSystem(view: SpanView) {
  const request = readAttribute(view, 'input.value');
  if (!isObject(request)) return undefined;
  const found = readParts(request.system ?? request.instructions);
  return found.length === 0 ? undefined : found;
}

function readToolDefinitions(view: SpanView): JsonValue | undefined {
  const tools = listEntries(readFlattened(view.data.attributes, 'llm.tools.')).flatMap((entry) => {
    const tool = isObject(entry) && isObject(entry.tool) ? entry.tool.json_schema : undefined;
    const schema = readJson(tool);
    return schema === undefined ? [] : [schema];
  });
  return tools.length === 0 ? undefined : tools;
}

function readVectors(view: SpanView): string | undefined {
  const tree = readFlattened(view.data.attributes, 'embedding.embeddings.');
  return tree === undefined ? undefined : renderValue(JSON.stringify(listEntries(tree)));
}
