import { executionId } from '../model/ids.js';
import type { SpanFacts } from '../model/normalized-span.js';
import type { ExecutionRow } from '../model/rows.js';
import type { TraceAnalysis } from './analysis.js';
import { readModel } from './calls.js';
import { listThinking, listToolsCalled, readInput, readOutput } from './execution-content.js';
import type { Identity } from './identity.js';
import { addIdentity, fillIdentity, NO_IDENTITY } from './identity.js';
import type { Run, RunSums } from './runs.js';
import { listRuns, sumRuns } from './runs.js';
import { findFirst } from './sets.js';
import { sumCounted } from './totals.js';
import { passDown } from './tree.js';

/**
 * Projects one execution for each agent span, parents before children, and where model calls or tool runs lie outside
 * all of them, an implicit one for the outermost operation around the first of these. So own usage, summed over a
 * trace's executions, is the trace's total. A trace without agents, model calls and tools has none.
 */
export function projectExecutions(projectId: string, analysis: TraceAnalysis): ExecutionRow[] {
  const { traceId, tree, content, identity: shared } = analysis;
  const runs = listRuns(analysis);
  const sums = sumRuns(runs, analysis);
  const inherited = passDown<Identity>(tree, NO_IDENTITY, (parent, above) => addIdentity(parent, above));
  const idOf = (run: Run): string => executionId(projectId, traceId, run.node.span.spanId);
  return runs.map((run): ExecutionRow => {
    const { node } = run;
    const { span } = node;
    return {
      id: idOf(run),
      traceId,
      spanId: span.spanId,
      parentExecutionId: run.parent === null ? null : idOf(run.parent),
      ...fillIdentity(addIdentity(node, inherited[node.index] ?? NO_IDENTITY), shared),
      ...readAgent(run),
      ...readModels(run),
      status: span.facts.outcome,
      attempt: (span.facts.type === 'agent' ? span.facts.attempt : null) ?? 1,
      inputData: readInput(run, content),
      outputData: readOutput(run, content),
      thinkingTraces: listThinking(run, content),
      toolsCalled: listToolsCalled(run, content),
      ...readError(run),
      ...readSums(run, sums),
      startTimeUnixNano: span.startTimeUnixNano,
      endTimeUnixNano: span.facts.outcome === 'running' ? null : span.endTimeUnixNano,
    };
  });
}

const NO_BILL = sumCounted([]);
const NO_SUMS: RunSums = { own: NO_BILL, bill: NO_BILL, llmCalls: 0, failedLlmCalls: 0, toolCalls: 0 };

type Sums = Pick<ExecutionRow, 'llmCalls' | 'failedLlmCalls' | 'toolCalls' | 'own' | 'total' | 'costSource'>;

/** Counts and `total` have the nested agents in, `own` leaves them out. */
function readSums(run: Run, sums: ReadonlyMap<Run, RunSums>): Sums {
  const { own, bill, llmCalls, failedLlmCalls, toolCalls } = sums.get(run) ?? NO_SUMS;
  const { costSource } = bill;
  return { llmCalls, failedLlmCalls, toolCalls, own: own.totals, total: bill.totals, costSource };
}

type Agent = Pick<ExecutionRow, 'agentId' | 'agentName' | 'agentVersion' | 'agentType'>;

function readAgent({ node, isImplicit }: Run): Agent {
  if (isImplicit) return { agentId: null, agentName: null, agentVersion: null, agentType: 'implicit' };
  const { agentId, agentName, agentVersion, agentType } = node.span.facts;
  return { agentId, agentName, agentVersion, agentType };
}

/** Of the run's own calls; what the agent itself names stands in where no call says. */
function readModels(run: Run): Pick<ExecutionRow, 'modelName' | 'models' | 'provider'> {
  const tokens = new Map<string, number>();
  for (const call of run.calls) {
    const model = readModel(call);
    if (model === null) continue;
    const { inputTokens, outputTokens } = call.usage;
    tokens.set(model, (tokens.get(model) ?? 0) + (inputTokens ?? 0) + (outputTokens ?? 0));
  }
  let most: string | null = null;
  for (const [model, count] of tokens) if (most === null || count > (tokens.get(most) ?? 0)) most = model;
  const { responseModel, requestModel } = run.node.span.facts;
  const ownModel = responseModel ?? requestModel;
  const runsItself = run.counted.some(({ call }) => call === null);
  return {
    modelName: most ?? ownModel ?? findInCalls(run, (facts) => facts.requestModel),
    models: tokens.size === 0 && runsItself && ownModel !== null ? [ownModel] : [...tokens.keys()],
    provider: findInCalls(run, ({ provider }) => provider) ?? run.node.span.facts.provider,
  };
}

function findInCalls({ calls }: Run, read: (facts: SpanFacts) => string | null): string | null {
  for (const { members } of calls) {
    const found = findFirst(members, read);
    if (found !== null) return found;
  }
  return null;
}

/** The agent's own words; where it says only that it failed, those of the failure that ended it. */
function readError({ node, lastFailure }: Run): Pick<ExecutionRow, 'errorType' | 'errorMessage'> {
  const { outcome, errorType, errorMessage } = node.span.facts;
  if (outcome !== 'failed' || (errorType ?? errorMessage) !== null) return { errorType, errorMessage };
  const cause = lastFailure?.span.facts;
  return { errorType: cause?.errorType ?? null, errorMessage: cause?.errorMessage ?? null };
}
