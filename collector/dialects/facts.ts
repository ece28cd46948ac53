import { findAttribute } from '../model/any-value.js';
import type { SpanFacts } from '../model/normalized-span.js';
import type { Billing } from '../model/price.js';
import type { ResourceData } from '../model/span-data.js';
import type { Candidates } from './candidates.js';
import { normalizeFinishReason } from './finish-reason.js';
import { readEnding } from './outcome.js';
import { normalizeProvider } from './provider.js';
import { readIdentifier } from './readers/scalars.js';
import { findRole, isHandoff } from './role.js';
import type { SpanView } from './span-view.js';
import type { UsageReading } from './usage.js';
import { readUsage } from './usage.js';

/** Everything that is read of a span but its message bodies. */
export interface SpanReading {
  facts: SpanFacts;
  usage: UsageReading;
  billing: Billing;
}

/** Sets the view's type, dialect and failure as it goes: sources further down depend on them. */
export function readSpan(view: SpanView, candidates: Candidates): SpanReading {
  const role = findRole(view);
  view.type = role.type;
  view.dialect = role.dialect;
  const toolName = candidates.read('toolName');
  if (role.type === 'tool' && isHandoff(toolName, view.data.name)) view.type = 'handoff';
  const isPending = candidates.read('isPending') ?? false;
  const ending = readEnding(view, candidates, { isAi: role.dialect !== null, isPending });
  view.hasFailed = ending.outcome !== 'completed' && !isPending;
  const resource = readResource(view.data.resource);
  const models = readModels(view, candidates);
  const usage = readUsage(view, candidates);
  // A conversation goes before the session of a resource: for editors that is a window (Copilot in VS Code).
  const conversationId = candidates.read('conversationId') ?? null;
  const facts: SpanFacts = {
    dialect: role.dialect,
    type: view.type,
    operation: candidates.read('operation') ?? null,
    ...ending,
    isPending,
    agentName: candidates.read('agentName') ?? null,
    agentId: candidates.read('agentId') ?? null,
    agentVersion: candidates.read('agentVersion') ?? null,
    agentType: candidates.read('agentType') ?? null,
    ...models,
    responseId: candidates.read('responseId') ?? null,
    finishReasons: readFinishReasons(candidates),
    toolName: toolName ?? null,
    toolCallId: candidates.read('toolCallId') ?? null,
    sessionId: candidates.read('sessionId') ?? (conversationId === null ? resource.sessionId : null),
    conversationId,
    userId: candidates.read('userId') ?? null,
    serviceName: resource.serviceName,
    environment: candidates.read('environment') ?? resource.environment,
    tags: candidates.read('tags') ?? [],
    caseId: candidates.read('caseId') ?? null,
    workflowId: candidates.read('workflowId') ?? null,
    attempt: candidates.read('attempt') ?? null,
    usage: usage.usage,
    reportedCostUsd: readCost(view, candidates),
    computedCostUsd: null,
    priceRef: null,
  };
  return { facts, usage, billing: readBilling(candidates, usage) };
}

function readBilling(candidates: Candidates, { details }: UsageReading): Billing {
  return {
    details,
    serviceTier: candidates.read('serviceTier')?.toLowerCase() ?? null,
    serverAddress: candidates.read('serverAddress') ?? null,
  };
}

function readModels(
  view: SpanView,
  candidates: Candidates,
): Pick<SpanFacts, 'requestModel' | 'responseModel' | 'provider'> {
  const requestModel = candidates.read('requestModel');
  const responseModel = candidates.read('responseModel');
  const provider = candidates.read('provider');
  const model = responseModel ?? requestModel;
  return {
    requestModel: requestModel ?? null,
    responseModel: responseModel ?? null,
    provider: (provider === undefined ? undefined : normalizeProvider(provider, model)) ?? null,
  };
}

function readFinishReasons(candidates: Candidates): string[] {
  const sent = candidates.read('finishReasons');
  if (sent === undefined) return [];
  const [first = ''] = sent;
  if (sent.length === 1 && !first.includes(',')) return [normalizeFinishReason(first)];
  // LangSmith's exporter (npm:langsmith 0.10) writes those of all choices as one text.
  const reasons = sent.flatMap((text) => text.split(/,\s*/));
  return [...new Set(reasons.map(normalizeFinishReason))];
}

/** A cost of 0 on a failed call says that nobody reckoned it (Langfuse), not that it was free. */
function readCost(view: SpanView, candidates: Candidates): string | null {
  const cost = candidates.read('reportedCostUsd');
  return cost === undefined || (view.hasFailed && Number(cost) === 0) ? null : cost;
}

interface ResourceFacts {
  serviceName: string | null;
  environment: string | null;
  sessionId: string | null;
}

const resources = new WeakMap<ResourceData, ResourceFacts>();

/** Read once for each resource: all spans of one sender in a request share it. */
function readResource(resource: ResourceData): ResourceFacts {
  let facts = resources.get(resource);
  if (facts === undefined) {
    const read = (key: string) => readIdentifier(findAttribute(resource.attributes, key));
    facts = {
      serviceName: read('service.name') ?? null,
      environment: read('deployment.environment.name') ?? read('deployment.environment') ?? null,
      sessionId: read('session.id') ?? null,
    };
    resources.set(resource, facts);
  }
  return facts;
}
