import type { SpanType } from '../model/normalized-span.js';
import { ROLE_ORDER, type Dialect } from './dialect.js';
import { count } from './sources.js';
import type { SpanView } from './span-view.js';

/** Spans of a workflow, which have no operation. */
const NAMES: ReadonlyMap<string, SpanType> = new Map([
  ['workflow.run', 'workflow'],
  ['workflow.build', 'step'],
  ['executor.process', 'step'],
  ['edge_group.process', 'step'],
  ['message.send', 'step'],
]);

/**
 * What Microsoft's Agent Framework adds to the conventions
 * (microsoft/agent-framework:python/packages/core/agent_framework/observability.py; scopes of .NET begin with
 * `Microsoft.Agents.AI`).
 */
export const agentFramework: Dialect = {
  name: 'agent-framework',
  speaks: 'otel-genai',
  roles: [
    {
      order: ROLE_ORDER.spanNames,
      about:
        'in a scope that begins with `agent_framework` or `Microsoft.Agents.AI`, a span name `workflow.run` is ' +
        '`workflow`; `workflow.build`, `executor.process`, `edge_group.process` and `message.send` are `step`',
      read: readRole,
    },
  ],
  facts: {
    cacheWriteTokens: [count('anthropic.cache_creation_input_tokens', { isLate: true })],
    cachedInputTokens: [count('anthropic.cache_read_input_tokens', { isLate: true })],
    reasoningTokens: [count('openai.reasoning_tokens', { isLate: true })],
  },
};

/** `executor.process` may have the executor's id behind it. */
function readRole({ data: { name, scope } }: SpanView): SpanType | undefined {
  return /^(?:agent_framework|Microsoft\.Agents\.AI)/.test(scope.name)
    ? NAMES.get(name.split(' ', 1)[0] ?? '')
    : undefined;
}
