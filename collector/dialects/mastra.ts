import type { SpanType } from '../model/normalized-span.js';
import { ROLE_ORDER, type Dialect } from './dialect.js';
import type { AnyValue } from '../model/any-value.js';
import { firstLine, identifier, json, messages, strings } from './sources.js';
import type { SpanView } from './span-view.js';

const TOOL: readonly SpanType[] = ['tool', 'handoff'];

/** `SpanType` of npm:@mastra/core 1.71; `llm_…` are the names of 0.x. */
const TYPES: ReadonlyMap<string, SpanType> = new Map([
  ['agent_run', 'agent'],
  ['model_inference', 'llm'],
  ['llm_generation', 'llm'],
  ['tool_call', 'tool'],
  ['mcp_tool_call', 'tool'],
  ['model_chunk', 'event'],
  ['llm_chunk', 'event'],
]);

const COUNTS = ['gen_ai.usage.input_tokens', 'gen_ai.usage.output_tokens'];

/** What npm:@mastra/otel-exporter 1.4 with @mastra/core 1.71, and its line 0.x, add to the conventions. */
export const mastra: Dialect = {
  name: 'mastra',
  speaks: 'otel-genai',
  roles: [
    {
      order: ROLE_ORDER.mastra,
      key: 'mastra.span.type',
      values: TYPES,
      about:
        '`model_generation` with a count of tokens is `llm`; `workflow_…` is `workflow`; any other value is `step`',
      read: readRole,
    },
  ],
  facts: {
    sessionId: [identifier('mastra.metadata.sessionId', { isLate: true })],
    conversationId: [identifier('mastra.metadata.threadId')],
    userId: [
      identifier('mastra.metadata.userId', { isLate: true }),
      identifier('mastra.metadata.resourceId', { isLate: true }),
    ],
    tags: [strings('mastra.tags')],
    errorMessage: [firstLine('mastra.error.message', { isLate: true })],
  },
  content: {
    inputMessages: [
      messages('mastra.model_step.input', 'user', { isLate: true }),
      messages('mastra.model_generation.input', 'user', { isLate: true }),
      messages('mastra.llm_generation.input', 'user', { isLate: true }),
      messages('mastra.agent_run.input', 'user', { isLate: true }),
      messages('mastra.workflow_run.input', 'user', { isLate: true }),
    ],
    outputMessages: [
      messages('mastra.model_step.output', 'assistant', { isLate: true }),
      messages('mastra.model_generation.output', 'assistant', { isLate: true }),
      messages('mastra.llm_generation.output', 'assistant', { isLate: true }),
      messages('mastra.agent_run.output', 'assistant', { isLate: true }),
      messages('mastra.workflow_run.output', 'assistant', { isLate: true }),
    ],
    toolArguments: [
      json('mastra.tool_call.input', { only: TOOL, isLate: true }),
      json('mastra.mcp_tool_call.input', { only: TOOL, isLate: true }),
    ],
    toolResult: [
      json('mastra.tool_call.output', { only: TOOL, isLate: true }),
      json('mastra.mcp_tool_call.output', { only: TOOL, isLate: true }),
    ],
  },
  otherContentKeys: ['mastra.model_chunk.output', 'mastra.metadata.body'],
  otherContentPrefixes: ['mastra.workflow_step.', 'mastra.processor_run.'],
};

/**
 * Since 1.4 only `model_inference` is the call, and `model_generation` and `model_step` stand around it without any
 * usage; before that the generation was the call and had the usage.
 */
function readRole(view: SpanView, value: AnyValue | undefined): SpanType | undefined {
  if (typeof value !== 'string') return undefined;
  if (value === 'model_generation' && COUNTS.some((key) => view.attributes.has(key))) return 'llm';
  return TYPES.get(value) ?? (value.startsWith('workflow_') ? 'workflow' : 'step');
}
