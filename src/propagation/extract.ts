import {
  context,
  ROOT_CONTEXT,
  trace,
  type Context,
  type SpanContext,
  type TextMapGetter,
} from '@opentelemetry/api';
import { quietly } from '../quietly.js';
import { getPropagator } from './propagator.js';
import { unpackIdentity, type TravellingIdentity } from './travelling-identity.js';

/** What is taken over from a carrier. */
export interface ExtractOptions {
  /**
   * Which of session, user, conversation, case and workflow ids are taken from baggage; all by default. Say `false` where
   * strangers may call: baggage is as true as whoever sent it.
   */
  identity?: TravellingIdentity;
}

type Fields = Record<string, unknown>;

/** Deeper than any envelope that is known: `{ params: { message: { metadata: { [extension]: … } } } }`. */
const MAX_DEPTH = 5;

/** Where the fields may be, the nearest to the message first: a request's own context goes before its transport's. */
const ENVELOPES = ['_meta', 'metadata', 'params', 'message', 'requestInfo', 'headers'] as const;

/**
 * The active context with the remote span as its parent that a carrier tells of, or the active context itself where it
 * tells of none. Anything may be given; never throws. Understood are
 *
 * - headers: `Headers`, an object by name in any case (Node's `request.headers`), or what has `headers` (a `Request`, an
 *   `IncomingMessage`);
 * - MCP: a request, its `params`, its `_meta`, or the `extra` of a request handler of @modelcontextprotocol/sdk 1; `_meta`
 *   goes before the headers of the transport (semantic-conventions-genai: docs/gen-ai/mcp.md, Context propagation);
 * - A2A: a message, the parameters or request around it, with the fields in `metadata` or in an object under an
 *   extension's URI there;
 * - what `captureContext` gave.
 */
export function extractContext(carrier: unknown, { identity = true }: ExtractOptions = {}): Context {
  const active = context.active();
  const extracted = quietly(() => {
    for (const fields of listCarriers(carrier, 0)) {
      const found = getPropagator().extract(active, fields, GETTER);
      if (isFoundIn(found, active)) return unpackIdentity(found, identity);
    }
    return active;
  });
  return extracted ?? active;
}

/**
 * Runs a function in the trace of whoever sent a request or message: its operations become children of the sender's
 * span, and carry the session, user, conversation, case and workflow that came along. Without a trace in the carrier
 * the function runs as it would have. Gives the function's own result and throws its own errors.
 *
 * ```ts
 * app.post('/agent', (request, response) => withRemoteParent(request.headers, () => answer(request, response)));
 * ```
 */
export function withRemoteParent<R>(carrier: unknown, fn: () => R, options: ExtractOptions = {}): R {
  return context.with(extractContext(carrier, options), fn);
}

/** The remote span that a carrier tells of, for links; undefined where it tells of none. Never throws. */
export function extractSpanContext(carrier: unknown): SpanContext | undefined {
  return quietly(() => {
    for (const fields of listCarriers(carrier, 0)) {
      const found = trace.getSpanContext(getPropagator().extract(ROOT_CONTEXT, fields, GETTER));
      if (found !== undefined) return found;
    }
    return undefined;
  });
}

function isFoundIn(found: Context, active: Context): boolean {
  return trace.getSpanContext(found) !== trace.getSpanContext(active);
}

/** What may hold the fields, in the order in which it is asked. */
function* listCarriers(carrier: unknown, depth: number): Generator<Fields | Headers> {
  if (typeof carrier !== 'object' || carrier === null || depth > MAX_DEPTH) return;
  if (carrier instanceof Headers) {
    yield carrier;
    return;
  }
  const fields = carrier as Fields;
  for (const key of ENVELOPES) yield* listCarriers(fields[key], depth + 1);
  yield fields;
  for (const [key, value] of Object.entries(fields)) {
    // An extension of A2A has its part of the metadata under its URI (A2A 0.3, Extensions).
    if (key.includes('://')) yield* listCarriers(value, depth + 1);
  }
}

const GETTER: TextMapGetter<Fields | Headers> = {
  keys: (carrier) => (carrier instanceof Headers ? [...carrier.keys()] : Object.keys(carrier)),
  get: (carrier, key) => {
    if (carrier instanceof Headers) return carrier.get(key) ?? undefined;
    const found = Object.hasOwn(carrier, key) ? carrier[key] : findInAnyCase(carrier, key);
    if (typeof found === 'string') return found;
    return Array.isArray(found) ? found.filter((item) => typeof item === 'string') : undefined;
  },
};

function findInAnyCase(carrier: Fields, key: string): unknown {
  const lower = key.toLowerCase();
  const name = Object.keys(carrier).find((candidate) => candidate.toLowerCase() === lower);
  return name === undefined ? undefined : carrier[name];
}
