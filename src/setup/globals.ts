import { context, createContextKey, propagation, ROOT_CONTEXT } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import type { PropagatorName } from '../config/options.js';
import { createPropagator } from './propagator.js';

const PROBE = createContextKey('spanledger.probe');

/** Registers a context manager where nobody has: without one, no span would know its parent. */
export function ensureContextManager(): void {
  const isThere = context.with(
    ROOT_CONTEXT.setValue(PROBE, true),
    () => context.active().getValue(PROBE) === true,
  );
  if (!isThere) context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
}

/** Registers propagators where nobody has; the API's own no-op one has no fields. */
export function ensurePropagators(names: readonly PropagatorName[]): void {
  if (propagation.fields().length > 0) return;
  const propagator = createPropagator(names);
  if (propagator !== undefined) propagation.setGlobalPropagator(propagator);
}
