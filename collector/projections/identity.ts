import type { SpanFacts } from '../model/normalized-span.js';
import type { ExecutionRow, TraceSpan } from '../model/rows.js';
import type { SpanNode, TraceTree } from './tree.js';

/** Whom a run works for, and where. */
export type Identity = Pick<ExecutionRow, (typeof IDENTITY_KEYS)[number]>;
const IDENTITY_KEYS = [
  'caseId',
  'workflowId',
  'sessionId',
  'conversationId',
  'userId',
  'serviceName',
  'environment',
] as const;

export const NO_IDENTITY: Identity = Object.freeze({
  caseId: null,
  workflowId: null,
  sessionId: null,
  conversationId: null,
  userId: null,
  serviceName: null,
  environment: null,
});

/** What a span says of whom it works for, and where it says nothing what the spans around it say. */
export function addIdentity({ span: { facts } }: SpanNode, above: Identity): Identity {
  for (const key of IDENTITY_KEYS) {
    if (facts[key] !== null && facts[key] !== above[key]) return fillIdentity(facts, above);
  }
  return above;
}

export function fillIdentity(
  identity: Pick<SpanFacts, (typeof IDENTITY_KEYS)[number]>,
  rest: Identity,
): Identity {
  return {
    caseId: identity.caseId ?? rest.caseId,
    workflowId: identity.workflowId ?? rest.workflowId,
    sessionId: identity.sessionId ?? rest.sessionId,
    conversationId: identity.conversationId ?? rest.conversationId,
    userId: identity.userId ?? rest.userId,
    serviceName: identity.serviceName ?? rest.serviceName,
    environment: identity.environment ?? rest.environment,
  };
}

/**
 * What any span of the trace says first: senders put session and user on some spans only. Log records are asked for
 * what no span says.
 */
export function readSharedIdentity({ nodes }: TraceTree, reports: readonly TraceSpan[]): Identity {
  const ofSpans: Identity = { ...NO_IDENTITY };
  for (const { span, origin } of nodes) if (origin === 'span') addFirst(ofSpans, span.facts);
  ofSpans.sessionId ??= ofSpans.conversationId;
  if (reports.length === 0) return ofSpans;
  const ofReports: Identity = { ...NO_IDENTITY };
  for (const { facts } of reports) addFirst(ofReports, facts);
  ofReports.sessionId ??= ofReports.conversationId;
  return fillIdentity(ofSpans, ofReports);
}

function addFirst(identity: Identity, facts: SpanFacts): void {
  identity.caseId ??= facts.caseId;
  identity.workflowId ??= facts.workflowId;
  identity.sessionId ??= facts.sessionId;
  identity.conversationId ??= facts.conversationId;
  identity.userId ??= facts.userId;
  identity.serviceName ??= facts.serviceName;
  identity.environment ??= facts.environment;
}
