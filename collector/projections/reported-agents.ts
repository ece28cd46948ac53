import { reportedAgentId } from '../model/ids.js';
import { NO_FACTS } from '../model/normalized-span.js';
import type { TraceSpan } from '../model/rows.js';
import { workOf } from './report-target.js';
import type { AddedNode } from './tree.js';
import { startOf } from './tree.js';

/**
 * Puts reports that no span holds under agents made of them: one for each agent name that calls and tool runs have,
 * one without a name for those that have none. The agent that was heard first is the one that was asked: the others
 * work for it, and prompts and answers of nobody known are its own. `reports` are in order of time.
 */
export function placeUnderAgents(reports: readonly TraceSpan[]): AddedNode[] {
  const names = new Set<string | null>();
  for (const { facts } of reports) if (workOf(facts.type) !== undefined) names.add(facts.agentName);
  const main = reports.find(({ facts }) => names.has(facts.agentName))?.facts.agentName;
  if (main === undefined) {
    return reports.map((report) => ({ span: { ...report, parentSpanId: null }, origin: 'report' }));
  }
  const agentOf = ({ facts }: TraceSpan): string | null =>
    names.has(facts.agentName) ? facts.agentName : main;
  const ownOf = new Map([...names].map((name): [string | null, TraceSpan[]] => [name, []]));
  for (const report of reports) ownOf.get(agentOf(report))?.push(report);
  const agents = [...ownOf].map(([name, own]): AddedNode => {
    const members = name === main ? reports : own;
    const parentSpanId = name === main ? null : reportedAgentId(main);
    return { span: createAgent({ name, parentSpanId, members, own }), origin: 'agent' };
  });
  const placed = reports.map((report): AddedNode => {
    return { span: { ...report, parentSpanId: reportedAgentId(agentOf(report)) }, origin: 'report' };
  });
  return [...agents, ...placed];
}

interface ReportedAgent {
  name: string | null;
  parentSpanId: string | null;
  /** What belongs to it and to those that work for it. */
  members: readonly TraceSpan[];
  own: readonly TraceSpan[];
}

/** From the first start to the last end. It failed where its last model call did. */
function createAgent({ name, parentSpanId, members, own }: ReportedAgent): TraceSpan {
  const starts = members.map(startOf);
  const lastCall = own.findLast(({ facts }) => facts.type === 'llm');
  return {
    traceId: members[0]?.traceId ?? '',
    spanId: reportedAgentId(name),
    parentSpanId,
    name: name ?? '',
    flags: 0,
    startTimeUnixNano: starts.reduce((first, start) => (start < first ? start : first), starts[0] ?? 0n),
    endTimeUnixNano: members.reduce((end, { endTimeUnixNano: at }) => (at > end ? at : end), 0n),
    statusCode: 0,
    statusMessage: '',
    facts: {
      ...NO_FACTS,
      type: 'agent',
      dialect: own[0]?.facts.dialect ?? null,
      outcome: lastCall?.facts.outcome === 'failed' ? 'failed' : 'completed',
      agentName: name,
      agentId: own.find(({ facts }) => facts.agentId !== null)?.facts.agentId ?? null,
      agentType: name === null ? 'implicit' : null,
    },
    links: [],
  };
}
