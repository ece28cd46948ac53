import { AGENT_TYPE_OPERATION } from '../model/normalized-span.js';
import type { SpanNode, TraceTree } from './tree.js';
import { passDown } from './tree.js';

/**
 * The agent spans of a trace that are runs of agents. An operation that nobody declared an agent (agent type
 * `operation`) is the own work of a declared agent around it, unless a tool or a model call stands in between.
 */
export function findAgentRuns(tree: TraceTree): ReadonlySet<SpanNode> {
  const isInDeclared = passDown(tree, false, (parent, above) => {
    const { type, agentType } = parent.span.facts;
    if (type === 'agent') return above || agentType !== AGENT_TYPE_OPERATION;
    return above && type !== 'tool' && type !== 'handoff' && type !== 'llm';
  });
  return new Set(
    tree.nodes.filter(({ span: { facts }, index }) => {
      if (facts.type !== 'agent') return false;
      return facts.agentType !== AGENT_TYPE_OPERATION || isInDeclared[index] !== true;
    }),
  );
}
