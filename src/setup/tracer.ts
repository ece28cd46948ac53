import { INVALID_SPAN_CONTEXT, trace, type Span, type Tracer } from '@opentelemetry/api';
import { VERSION } from '../version.js';
import { state } from './state.js';

/** The instrumentation scope of every span that the SDK makes. */
export const SCOPE = { name: 'spanledger', version: VERSION } as const;

/** The API's own no-op tracer can be had only through what it deprecates (@opentelemetry/api 1.9.1). */
const NOOP_TRACER: Tracer = {
  startSpan: () => trace.wrapSpanContext(INVALID_SPAN_CONTEXT),
  startActiveSpan: (_name: string, ...rest: unknown[]): unknown => {
    const fn = rest.at(-1) as (span: Span) => unknown;
    return fn(trace.wrapSpanContext(INVALID_SPAN_CONTEXT));
  },
};

/** The tracer of the SDK's own spans; before `init` one whose spans cost and do nothing. */
export function getTracer(): Tracer {
  return state.tracer ?? NOOP_TRACER;
}

/** Whether spans are made at all. */
export function isActive(): boolean {
  return state.tracer !== undefined;
}

/** Whether messages, arguments and results may be recorded: where not, they need not be rendered. */
export function isContentCaptured(): boolean {
  return state.isContentCaptured;
}
