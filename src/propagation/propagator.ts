import { propagation, type TextMapPropagator } from '@opentelemetry/api';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';

const W3C: TextMapPropagator = new CompositePropagator({
  propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()],
});

/**
 * The propagators that the application has configured, which the conventions ask for (semantic-conventions-genai:
 * docs/gen-ai/mcp.md, Context propagation); W3C Trace Context and Baggage where none is: the API's own one knows no
 * fields and carries nothing.
 */
export function getPropagator(): Pick<TextMapPropagator, 'inject' | 'extract'> {
  return propagation.fields().length > 0 ? propagation : W3C;
}
