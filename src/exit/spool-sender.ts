import type { SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { Spool } from './spool.js';

const INTERVAL_MILLIS = 60_000;

/** What is sent, and how. */
export interface SpoolSenderOptions {
  /** The spool of the exporter's destination. */
  spool: Spool;
  /** Takes spans as they were spooled: already transformed, so not through the transform again. */
  exporter: SpanExporter;
  /** How often it looks again, 60,000 by default: the endpoint may have been away, or another process have died. */
  intervalMillis?: number;
}

/** A sender at work. */
export interface SpoolSender {
  /** Looks no more. Resolves, never rejects, when what was begun is done. */
  stop(): Promise<void>;
}

/** Sends what a spool holds, at once and then from time to time; its timer keeps no process alive. */
export function startSpoolSender({
  spool,
  exporter,
  intervalMillis = INTERVAL_MILLIS,
}: SpoolSenderOptions): SpoolSender {
  let sending: Promise<unknown> = spool.send(exporter);
  const timer = setInterval(() => {
    sending = spool.send(exporter);
  }, intervalMillis);
  timer.unref();
  return {
    stop: async () => {
      clearInterval(timer);
      await sending;
    },
  };
}
