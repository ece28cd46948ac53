import { context, propagation, trace } from '@opentelemetry/api';

/** Takes away what was registered with the OpenTelemetry API, for the tests that come next. */
export function disableOtel(): void {
  trace.disable();
  context.disable();
  propagation.disable();
}
