import type { ModelUsage, TraceSpan } from '../model/rows.js';
import { readModel } from './calls.js';
import { mergeReports } from './reports.js';
import { sumCounted } from './totals.js';
import { buildTree } from './tree.js';
import type { CountedUsage } from './usage.js';
import { judgeTree } from './usage.js';
import { append } from './sets.js';

/** What is counted in one whole trace, by model and provider, most tokens first: it adds up to the trace's totals. */
export function sumUsageByModel(spans: readonly TraceSpan[], reports: readonly TraceSpan[]): ModelUsage[] {
  const merged = mergeReports(spans, reports);
  const { counted } = judgeTree(buildTree(merged.spans, merged.added));
  const groups = new Map<string, CountedUsage[]>();
  for (const usage of counted) {
    append(groups, JSON.stringify([nameModel(usage), nameProvider(usage)]), usage);
  }
  return [...groups.values()].map(sumGroup).sort((one, other) => sumTokens(other) - sumTokens(one));
}

function sumGroup(group: readonly CountedUsage[]): ModelUsage {
  const [first] = group;
  const { totals, costSource } = sumCounted(group);
  return {
    model: first === undefined ? null : nameModel(first),
    provider: first === undefined ? null : nameProvider(first),
    calls: group.filter(({ call }) => call?.state === 'answered').length,
    unpricedCalls: group.filter(({ cost }) => cost === null).length,
    totals,
    costSource,
  };
}

function nameModel({ node, call }: CountedUsage): string | null {
  const { responseModel, requestModel } = node.span.facts;
  return call === null ? (responseModel ?? requestModel) : readModel(call);
}

function nameProvider({ node, call }: CountedUsage): string | null {
  const members = call?.members ?? [node];
  for (const { span } of members) if (span.facts.provider !== null) return span.facts.provider;
  return null;
}

function sumTokens({ totals: { inputTokens, outputTokens } }: ModelUsage): number {
  return (inputTokens ?? 0) + (outputTokens ?? 0);
}
