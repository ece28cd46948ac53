import type { SpanType } from '../model/normalized-span.js';
import { ROLE_ORDER, type Dialect } from './dialect.js';
import { identifier } from './sources.js';
import type { SpanView } from './span-view.js';

/**
 * Bare span names of CrewAI in OpenLLMetry's Python instrumentation, whose spans mostly say their kind besides
 * (traceloop/openllmetry:packages/opentelemetry-instrumentation-crewai: `crewai.workflow`, `<role>.agent`,
 * `<task>.task`, `<model>.llm`, with `crewai.{crew,agent,task}.<key>`).
 */
export const crewai: Dialect = {
  name: 'crewai',
  speaks: 'openllmetry',
  roles: [
    {
      order: ROLE_ORDER.spanNames,
      about:
        'in a scope with `crewai` in it, a span name `crewai.workflow` is `workflow`; `….agent` is `agent`; `….task` is ' +
        '`step`; `….llm` is `llm`',
      read: readRole,
    },
  ],
  facts: { agentName: [identifier('crewai.agent.role', { only: ['agent'], isLate: true })] },
};

function readRole({ data: { name, scope } }: SpanView): SpanType | undefined {
  if (!scope.name.includes('crewai')) return undefined;
  if (name === 'crewai.workflow') return 'workflow';
  if (name.endsWith('.agent')) return 'agent';
  if (name.endsWith('.task')) return 'step';
  return name.endsWith('.llm') ? 'llm' : undefined;
}
