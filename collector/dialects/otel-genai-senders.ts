import type { AnyValue } from '../model/any-value.js';
import type { SpanType } from '../model/normalized-span.js';
import type { SpanView } from './span-view.js';

/** Of npm:@mastra/otel-exporter 1.4 with @mastra/core 1.71; `llm_generation` is that of 0.x. */
export const MASTRA_TYPES: ReadonlyMap<string, SpanType> = new Map([
  ['agent_run', 'agent'],
  ['model_inference', 'llm'],
  ['llm_generation', 'llm'],
  ['tool_call', 'tool'],
  ['mcp_tool_call', 'tool'],
  ['model_chunk', 'event'],
]);

/** Only `model_inference` is the call: `model_generation` and `model_step` stand around it. */
export function readMastraRole(value: AnyValue | undefined): SpanType | undefined {
  if (typeof value !== 'string') return undefined;
  return MASTRA_TYPES.get(value) ?? (value.startsWith('workflow_') ? 'workflow' : 'step');
}

/** A cycle of the agent loop has a name and no operation (npm:@strands-agents/sdk 1.16; Python 1.x). */
export function readStrandsRole(view: SpanView): SpanType | undefined {
  const { name } = view.data;
  return name.startsWith('execute_agent_loop_cycle') || name.startsWith('execute_event_loop_cycle')
    ? 'step'
    : undefined;
}

/** Strands hands on the provider's numbers, and Anthropic's leave cached tokens out of the input. */
export function isStrandsCacheExcluded(view: SpanView): boolean {
  return (
    view.data.scope.name.startsWith('strands') &&
    (view.string('gen_ai.request.model') ?? '').toLowerCase().includes('claude')
  );
}
