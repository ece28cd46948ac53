import type { SpanType } from '../model/normalized-span.js';
import { ROLE_ORDER, type AttributeSource, type Dialect } from './dialect.js';
import { readIdentifier } from './readers/scalars.js';
import { count, identifier, json, messages, raw, strings } from './sources.js';
import type { SpanView } from './span-view.js';

const AGENT: readonly SpanType[] = ['agent'];
const TOOL: readonly SpanType[] = ['tool', 'handoff'];
const CALL: readonly SpanType[] = ['llm', 'embedding'];
const RUN: readonly SpanType[] = ['llm', 'agent', 'workflow', 'step'];

/** `genkit:metadata:subtype` without its version (`tool.v2`): the `ActionType` of firebase/genkit:js/core/src/registry.ts. */
const SUBTYPES: ReadonlyMap<string, SpanType> = new Map([
  ['model', 'llm'],
  ['background-model', 'llm'],
  ['tool', 'tool'],
  ['flow', 'workflow'],
  ['agent', 'agent'],
  ['embedder', 'embedding'],
  ['retriever', 'retrieval'],
  ['reranker', 'rerank'],
  ['evaluator', 'evaluation'],
]);

/**
 * Genkit (firebase/genkit:js/core/src/tracing/instrumentation.ts and js/ai/src/model-types.ts; the same keys in
 * go/core/tracing and py). Input and output are JSON texts; the usage of a model stands in its output alone, with the
 * provider's numbers: those of Gemini leave thoughts out of the output, and the total tells.
 */
export const genkit: Dialect = {
  name: 'genkit',
  roles: [
    {
      order: ROLE_ORDER.spanNames,
      key: 'genkit:metadata:subtype',
      values: SUBTYPES,
      about: 'a version such as `.v2` is left off; any other value is `step`',
      read: (_view, value) =>
        typeof value === 'string' && value !== ''
          ? (SUBTYPES.get(value.replace(/\.v\d+$/, '')) ?? 'step')
          : undefined,
    },
    {
      order: ROLE_ORDER.spanNames,
      key: 'genkit:type',
      about: '`step`, without a subtype beside it',
      read: () => 'step',
    },
  ],
  facts: {
    operation: [
      identifier('genkit:metadata:subtype', { isLate: true }),
      identifier('genkit:type', { isLate: true }),
    ],
    agentName: [identifier('genkit:name', { only: AGENT })],
    requestModel: [
      {
        about: '`genkit:name` without the plugin before its first slash',
        keys: ['genkit:name'],
        derive: (view) => readIdentifier(splitName(view)?.[1]),
        only: CALL,
        isLate: true,
      },
    ],
    provider: [
      {
        about: 'the plugin in `genkit:name`: `googleai/…` is `google`, any other as it stands',
        keys: ['genkit:name'],
        derive: readProvider,
        only: CALL,
        isLate: true,
      },
    ],
    finishReasons: [
      strings('genkit:output', { path: ['finishReason'], only: ['llm'] }),
      strings('genkit:output', { path: ['candidates', 0, 'finishReason'], only: ['llm'] }),
    ],
    toolName: [identifier('genkit:name', { only: TOOL })],
    sessionId: [identifier('genkit:sessionId')],
    inputTokens: [ofUsage('inputTokens')],
    outputTokens: [ofUsage('outputTokens')],
    totalTokens: [ofUsage('totalTokens')],
    cachedInputTokens: [ofUsage('cachedContentTokens')],
    reasoningTokens: [ofUsage('thoughtsTokens')],
  },
  content: {
    inputMessages: [messages('genkit:input', 'user', { only: RUN, isLate: true })],
    outputMessages: [messages('genkit:output', 'assistant', { only: RUN, isLate: true })],
    toolArguments: [json('genkit:input', { only: TOOL })],
    toolResult: [json('genkit:output', { only: TOOL })],
    rawInput: [raw('genkit:input')],
    rawOutput: [raw('genkit:output')],
  },
  otherContentKeys: ['genkit:init', 'genkit:metadata:context'],
  failures: [{ key: 'genkit:state', isFailure: (value) => value === 'error' }],
};

function ofUsage(key: string): AttributeSource<number> {
  return count('genkit:output', { path: ['usage', key], only: CALL });
}

/** `googleai/gemini-2.5-flash`: the plugin and the model. */
function splitName(view: SpanView): [string, string] | undefined {
  const name = view.string('genkit:name');
  if (name === undefined) return undefined;
  const slash = name.indexOf('/');
  return slash < 0 ? ['', name] : [name.slice(0, slash), name.slice(slash + 1)];
}

function readProvider(view: SpanView): string | undefined {
  const plugin = splitName(view)?.[0];
  return readIdentifier(plugin === 'googleai' ? 'google' : plugin);
}
