import type { SpanProcessor } from '@opentelemetry/sdk-trace-base';

/** How `flush` and `shutdown` behave. */
export interface FlushOptions {
  /** How long to wait at most, in milliseconds. Default 30,000. */
  timeoutMillis?: number;
  /** Rejects where not everything could be sent, rather than saying so in a warning. Default false. */
  throwOnError?: boolean;
}

/** What `init` gives: the exporter half of Spanledger, running. */
export interface Spanledger {
  /**
   * Sends all spans that have ended, and resolves when that is done or has failed. Never rejects unless
   * `throwOnError` is given, so that it can be handed to `waitUntil` of a serverless platform as it is.
   */
  flush(options?: FlushOptions): Promise<void>;
  /**
   * Sends what is left and stops. Afterwards operations run plainly, without spans, and `init` may be called
   * again. What another provider does is not touched, except that nothing more is sent by us.
   */
  shutdown(options?: FlushOptions): Promise<void>;
  /** False where nothing is recorded: `OTEL_SDK_DISABLED`, `OTEL_TRACES_EXPORTER=none` or after `shutdown`. */
  readonly isActive: boolean;
  /** The processors through which spans leave; none where `isActive` is false. */
  readonly spanProcessors: readonly SpanProcessor[];
}
