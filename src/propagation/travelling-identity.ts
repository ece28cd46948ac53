import { propagation, type Context } from '@opentelemetry/api';
import { getIdentity, setIdentity, type Identity } from '../operations/identity.js';
import { ATTR } from '../semconv.js';

/** Which ids travel: all (`true`, the default), none, or those that are listed. */
export type TravellingIdentity = boolean | readonly (keyof Identity)[];

/** Baggage keys are the attributes' names, as everybody copies baggage to spans. */
const KEYS = {
  sessionId: ATTR.sessionId,
  userId: ATTR.userId,
  conversationId: ATTR.conversationId,
  caseId: ATTR.caseId,
  workflowId: ATTR.workflowId,
} as const satisfies Record<keyof Identity, string>;

const ALL = Object.keys(KEYS) as (keyof Identity)[];

/** An identifier has at most so many characters (spec/README.md, Common rules). */
const MAX_CHARACTERS = 200;

/** The context with its identity in its baggage, beside what the application has put there. */
export function packIdentity(of: Context, travelling: TravellingIdentity): Context {
  const identity = getIdentity(of);
  let baggage = propagation.getBaggage(of);
  for (const field of listFields(travelling)) {
    const value = identity[KEYS[field]];
    if (typeof value !== 'string') continue;
    baggage = (baggage ?? propagation.createBaggage()).setEntry(KEYS[field], { value });
  }
  return baggage === undefined ? of : propagation.setBaggage(of, baggage);
}

/** The context with the identity that came in its baggage; ids that are too long to be any are left out. */
export function unpackIdentity(of: Context, travelling: TravellingIdentity): Context {
  const baggage = propagation.getBaggage(of);
  if (baggage === undefined) return of;
  const identity: Identity = {};
  for (const field of listFields(travelling)) {
    const value = baggage.getEntry(KEYS[field])?.value;
    if (value !== undefined && value.length <= MAX_CHARACTERS) identity[field] = value;
  }
  return setIdentity(of, identity);
}

function listFields(travelling: TravellingIdentity): readonly (keyof Identity)[] {
  if (travelling === true) return ALL;
  return travelling === false ? [] : travelling;
}
