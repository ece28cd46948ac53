import { expect, it } from 'vitest';
import { AGENT_TYPE_OPERATION } from '../../collector/model/normalized-span.js';
import type { TraceRows } from '../../collector/model/rows.js';
import { createProjector } from '../../collector/projections/projector.js';
import { TraceSketch } from '../support/spans.js';

const project = (trace: TraceSketch): TraceRows =>
  createProjector(trace).projectTrace('p', trace.material(trace.spans.toReversed()));
const operation = (agentName: string) => ({ agentName, agentType: AGENT_TYPE_OPERATION });
const usage = { inputTokens: 40, outputTokens: 11 };

it('an operation inside a declared agent is the work of that agent', () => {
  const trace = new TraceSketch();
  const agent = trace.add('agent', null, { agentName: 'quiz_agent', duration: 100 });
  const step = trace.add('step', agent, { duration: 90 });
  trace.add('llm', trace.add('agent', step, { ...operation('quiz'), usage }), { usage });
  const rows = project(trace);
  expect(rows.trace.agents).toEqual(['quiz_agent']);
  expect(rows.executions).toMatchObject([{ agentName: 'quiz_agent', llmCalls: 1, own: usage }]);
});

it('an operation inside another operation, or alone, is an agent', () => {
  const trace = new TraceSketch();
  trace.add('agent', trace.add('agent', null, operation('outer')), operation('inner'));
  expect(project(trace).trace.agents).toEqual(['outer', 'inner']);
});

it.each(['tool', 'handoff', 'llm'] as const)('an operation behind a %s is an agent of its own', (type) => {
  const trace = new TraceSketch();
  const lead = trace.add('agent', null, { agentName: 'lead' });
  trace.add('agent', trace.add(type, lead), operation('researcher'));
  expect(project(trace).trace.agents).toEqual(['lead', 'researcher']);
});

it('a declared agent inside another is an agent of its own', () => {
  const trace = new TraceSketch();
  trace.add('agent', trace.add('agent', null, { agentName: 'lead' }), { agentName: 'researcher' });
  expect(project(trace).trace.agents).toEqual(['lead', 'researcher']);
});
