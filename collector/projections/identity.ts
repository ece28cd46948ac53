import type { SpanFacts } from '../model/normalized-span.js';
import type { ExecutionRow, TraceSpan } from '../model/rows.js';
import { findFirst } from './sets.js';
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
  if (IDENTITY_KEYS.every((key) => facts[key] === null || facts[key] === above[key])) return above;
  return fillIdentity(facts, above);
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
  const ofSpans = readIdentity(nodes.filter(({ origin }) => origin === 'span'));
  return reports.length === 0
    ? ofSpans
    : fillIdentity(ofSpans, readIdentity(reports.map((span) => ({ span }))));
}

function readIdentity(nodes: readonly { span: TraceSpan }[]): Identity {
  const conversationId = findFirst(nodes, ({ conversationId: id }) => id);
  return {
    caseId: findFirst(nodes, ({ caseId }) => caseId),
    workflowId: findFirst(nodes, ({ workflowId }) => workflowId),
    sessionId: findFirst(nodes, ({ sessionId }) => sessionId) ?? conversationId,
    conversationId,
    userId: findFirst(nodes, ({ userId }) => userId),
    serviceName: findFirst(nodes, ({ serviceName }) => serviceName),
    environment: findFirst(nodes, ({ environment }) => environment),
  };
}
