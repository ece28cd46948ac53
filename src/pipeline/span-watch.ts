import type { ReadableSpan, Span } from '@opentelemetry/sdk-trace-base';

/** Is told which spans are open, which have ended, and which nobody has to send any more. Must not throw. */
export interface SpanWatch {
  onStart(span: Span): void;
  onEnd(span: ReadableSpan): void;
  /** The exporter has confirmed these, or sampling has dropped them. They are the objects that `onEnd` was given. */
  confirm(spans: readonly ReadableSpan[]): void;
}
