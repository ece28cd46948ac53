import { context, createContextKey, type Attributes, type Context } from '@opentelemetry/api';
import { ATTR } from '../semconv.js';

/** To what and to whom work belongs. Given once, every operation within carries it. */
export interface Identity {
  /** `session.id`: the visit or run that several traces belong to. */
  sessionId?: string | undefined;
  /** `user.id`. */
  userId?: string | undefined;
  /** `gen_ai.conversation.id`: the thread that messages belong to. */
  conversationId?: string | undefined;
  /** `spanledger.case.id`: the matter that is worked on. */
  caseId?: string | undefined;
  /** `spanledger.workflow.id`: groups the executions of one run of a workflow. */
  workflowId?: string | undefined;
}

const KEY = createContextKey('spanledger.identity');
const NOBODY: Attributes = Object.freeze({});

const NAMES: readonly (readonly [keyof Identity, string])[] = [
  ['sessionId', ATTR.sessionId],
  ['userId', ATTR.userId],
  ['conversationId', ATTR.conversationId],
  ['caseId', ATTR.caseId],
  ['workflowId', ATTR.workflowId],
];

/** The attributes of those who work is done for in a context; none where nobody was named. */
export function getIdentity(of: Context): Attributes {
  return (of.getValue(KEY) as Attributes | undefined) ?? NOBODY;
}

/** A context whose operations carry what is given beside what they carried before. */
export function setIdentity(of: Context, identity: Identity): Context {
  let merged: Attributes | undefined;
  for (const [field, name] of NAMES) {
    const value = identity[field];
    if (typeof value === 'string' && value !== '') (merged ??= { ...getIdentity(of) })[name] = value;
  }
  return merged === undefined ? of : of.setValue(KEY, merged);
}

/**
 * Runs a function all of whose operations carry the given session, user, conversation, case or workflow, without a
 * span of its own. What an enclosing operation named is kept where it is not given again. Gives the function's own
 * result and throws its own errors.
 */
export function identify<R>(identity: Identity, fn: () => R): R {
  return context.with(setIdentity(context.active(), identity), fn);
}
