import { pino, type Logger } from 'pino';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { Signal } from './model/span-data.js';

/** What the collector says of itself: a log on stderr and the figures of `GET /metrics`. */
export interface Telemetry {
  log: Logger;
  registry: Registry;
  /** Adds what became of one export request; `records` counts spans, log records or data points. */
  countExport(signal: Signal, records: Partial<Record<ExportResult, number>>): void;
  /** Adds the time from the last byte of a request to its answer. */
  observeExport(signal: Signal, status: number, seconds: number): void;
  /** Shows how many bytes the requests hold that are not answered yet. */
  watchBytesInFlight(read: () => number): void;
}

/**
 * `received` is the sum of `stored`, `updated`, `duplicate`, `rejected` and `failed`. Beside these, `truncated` counts
 * records that lost something at the sender, and `repaired` places where something was changed or passed over.
 */
export type ExportResult =
  'received' | 'stored' | 'updated' | 'duplicate' | 'rejected' | 'failed' | 'truncated' | 'repaired';

/** One instance per collector, so that several in one process don't share figures. */
export function createTelemetry(options: { logLevel: string }): Telemetry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'spanledger_' });
  const records = new Counter({
    name: 'spanledger_ingest_records_total',
    help: 'Spans, log records and data points by what became of them',
    labelNames: ['signal', 'result'],
    registers: [registry],
  });
  const seconds = new Histogram({
    name: 'spanledger_ingest_request_seconds',
    help: 'Seconds from the end of an export request to its answer',
    labelNames: ['signal', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  });
  new Gauge({
    name: 'spanledger_start_time_seconds',
    help: 'When this collector started, in seconds since the epoch',
    registers: [registry],
  }).set(Date.now() / 1000);
  return {
    log: pino({ level: options.logLevel }, pino.destination({ fd: 2, sync: true })),
    registry,
    countExport(signal, results) {
      for (const [result, count] of Object.entries(results))
        if (count > 0) records.inc({ signal, result }, count);
    },
    watchBytesInFlight(read) {
      new Gauge({
        name: 'spanledger_ingest_in_flight_bytes',
        help: 'Bytes of request bodies that are held now',
        registers: [registry],
        collect() {
          this.set(read());
        },
      });
    },
    observeExport(signal, status, elapsed) {
      seconds.observe({ signal, status: String(status) }, elapsed);
    },
  };
}
