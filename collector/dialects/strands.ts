import type { SpanType } from '../model/normalized-span.js';
import { ROLE_ORDER, type CountingRule, type Dialect } from './dialect.js';
import { json, parts } from './sources.js';
import type { SpanView } from './span-view.js';

/** What Strands adds to the conventions (npm:@strands-agents/sdk 1.16; strands-agents/sdk-python:src/strands/telemetry). */
export const strands: Dialect = {
  name: 'strands',
  speaks: 'otel-genai',
  about: { counting: 'with a Claude model, cached tokens are outside the input' },
  roles: [
    {
      order: ROLE_ORDER.spanNames,
      about:
        'a span name that begins with `execute_agent_loop_cycle` or `execute_event_loop_cycle` is `step`',
      read: readRole,
    },
  ],
  content: {
    systemInstructions: [parts('system_prompt', { isLate: true })],
    toolDefinitions: [json('gen_ai.agent.tools', { isLate: true })],
  },
  failures: [{ key: 'gen_ai.tool.status', isFailure: (value) => value === 'error' }],
  findCountingRule,
};

/** A cycle of the agent loop has a name and no operation; the former is JavaScript's, the latter Python's. */
function readRole({ data: { name } }: SpanView): SpanType | undefined {
  return name.startsWith('execute_agent_loop_cycle') || name.startsWith('execute_event_loop_cycle')
    ? 'step'
    : undefined;
}

/** Strands hands on the provider's numbers, and Anthropic's leave cached tokens out of the input. */
function findCountingRule(view: SpanView): CountingRule | undefined {
  const isClaude =
    view.data.scope.name.startsWith('strands') &&
    (view.string('gen_ai.request.model') ?? '').toLowerCase().includes('claude');
  return isClaude
    ? { isCacheApart: true, because: 'Strands hands on the numbers of Claude, which leave cached tokens out' }
    : undefined;
}
