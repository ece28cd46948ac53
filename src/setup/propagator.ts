import type { TextMapPropagator } from '@opentelemetry/api';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { B3InjectEncoding, B3Propagator } from '@opentelemetry/propagator-b3';
import * as jaeger from '@opentelemetry/propagator-jaeger';
import type { PropagatorName } from '../config/options.js';

/** Deprecated, but still a name that `OTEL_PROPAGATORS` may have (api/propagators.md, Propagators Distribution). */
const { JaegerPropagator } = jaeger as Record<'JaegerPropagator', new () => TextMapPropagator>;

const CREATE: Readonly<Record<PropagatorName, () => TextMapPropagator | undefined>> = {
  tracecontext: () => new W3CTraceContextPropagator(),
  baggage: () => new W3CBaggagePropagator(),
  b3: () => new B3Propagator(),
  b3multi: () => new B3Propagator({ injectEncoding: B3InjectEncoding.MULTI_HEADER }),
  jaeger: () => new JaegerPropagator(),
  none: () => undefined,
};

/** One propagator for all the names; undefined where there is none. */
export function createPropagator(names: readonly PropagatorName[]): TextMapPropagator | undefined {
  const propagators = names.map((name) => CREATE[name]()).filter((one) => one !== undefined);
  return propagators.length > 1 ? new CompositePropagator({ propagators }) : propagators[0];
}
