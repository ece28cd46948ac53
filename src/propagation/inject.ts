import { context, type TextMapSetter } from '@opentelemetry/api';
import { quietly } from '../quietly.js';
import { getPropagator } from './propagator.js';
import { packIdentity, type TravellingIdentity } from './travelling-identity.js';

/** Headers of an HTTP request: those of `fetch`, or an object by name. */
export type OutgoingHeaders = Headers | Record<string, unknown>;

/** What goes with the trace context. */
export interface InjectOptions {
  /**
   * Which of session, user, conversation, case and workflow ids go along as baggage; all by default. Choose less for
   * agents and tools that are not yours: baggage can be read by whoever gets it.
   */
  identity?: TravellingIdentity;
}

/**
 * Writes the active trace context (`traceparent`, `tracestate`, `baggage`, or what the application's propagators write)
 * into the headers of a request to another agent, and gives the same headers back. Headers without an active span get
 * none; never throws.
 *
 * ```ts
 * await fetch(url, { method: 'POST', headers: injectHeaders(new Headers()), body });
 * ```
 */
export function injectHeaders<T extends OutgoingHeaders>(headers: T, options: InjectOptions = {}): T {
  quietly(() => {
    inject(headers, options);
  });
  return headers;
}

/** Parameters of an MCP request with the trace context in them. */
export type WithMcpMeta<T> = T & {
  /** The trace context, beside what was there. */
  _meta?: Record<string, unknown>;
};

/**
 * Gives the parameters of an MCP request or notification with the active trace context in `_meta`, under unprefixed keys
 * (SEP-414; semantic-conventions-genai: docs/gen-ai/mcp.md, Context propagation). The parameters are
 * copied, not changed; what else `_meta` holds stays. Never throws.
 *
 * ```ts
 * await client.callTool(injectMcp({ name: 'get_weather', arguments: { city } }));
 * ```
 */
export function injectMcp<T extends object>(params: T, options: InjectOptions = {}): WithMcpMeta<T> {
  return withCarrier(params, '_meta', options) as WithMcpMeta<T>;
}

/** An A2A message, or the parameters around one, with the trace context in it. */
export type WithA2aMetadata<T> = T & {
  /** The trace context, beside what was there. */
  metadata?: Record<string, unknown>;
};

/**
 * Gives an A2A message, or the parameters of `message/send`, with the active trace context in `metadata`, for where HTTP
 * headers don't reach: queues, push notifications, gateways. The keys are unprefixed, as in MCP; neither A2A 0.3 nor the
 * conventions have settled any (semantic-conventions-genai#254). The message is copied, not changed. Never throws.
 */
export function injectA2a<T extends object>(message: T, options: InjectOptions = {}): WithA2aMetadata<T> {
  return withCarrier(message, 'metadata', options) as WithA2aMetadata<T>;
}

/**
 * The active trace context as plain text fields, to be stored or queued with a piece of work and given to
 * `withRemoteParent` by whoever takes it up. Empty without an active span.
 */
export function captureContext(options: InjectOptions = {}): Record<string, string> {
  return injectHeaders<Record<string, string>>({}, options);
}

function withCarrier(message: object, key: string, options: InjectOptions): object {
  const made = quietly(() => {
    const fields: Record<string, unknown> = {};
    inject(fields, options);
    const found = (message as Record<string, unknown>)[key] ?? {};
    const isWritable = typeof found === 'object' && !Array.isArray(found);
    return isWritable && Object.keys(fields).length > 0
      ? { ...message, [key]: { ...found, ...fields } }
      : message;
  });
  return made ?? message;
}

function inject(carrier: object, { identity = true }: InjectOptions): void {
  const active = context.active();
  getPropagator().inject(packIdentity(active, identity), carrier, SETTER);
}

const SETTER: TextMapSetter<object> = {
  set: (carrier, key, value) => {
    if (carrier instanceof Headers) carrier.set(key, value);
    else (carrier as Record<string, unknown>)[key] = value;
  },
};
