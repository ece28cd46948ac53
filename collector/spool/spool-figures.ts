import { Counter, Gauge, type Registry } from 'prom-client';
import type { SpoolFill } from './spool.js';

/** Adds what `GET /metrics` says of a spool; answers with the function that counts requests by what became of them. */
export function registerSpoolFigures(
  registry: Registry,
  measure: () => SpoolFill,
): (result: 'spooled' | 'replayed' | 'rejected') => void {
  const registers = [registry];
  new Gauge({
    name: 'spanledger_spool_bytes',
    help: 'Bytes of the export requests that wait on disk for the database',
    registers,
    collect() {
      this.set(measure().bytes);
    },
  });
  new Gauge({
    name: 'spanledger_spool_requests',
    help: 'Export requests that wait on disk for the database',
    registers,
    collect() {
      this.set(measure().requests);
    },
  });
  new Gauge({
    name: 'spanledger_spool_oldest_age_seconds',
    help: 'How long the oldest export request has waited on disk; 0 where none waits',
    registers,
    collect() {
      const { oldestMillis } = measure();
      this.set(oldestMillis === null ? 0 : Math.max(0, Date.now() - oldestMillis) / 1000);
    },
  });
  const requests = new Counter({
    name: 'spanledger_spool_requests_total',
    help: 'Export requests that were kept on disk, by what became of them',
    labelNames: ['result'],
    registers,
  });
  for (const result of ['spooled', 'replayed', 'rejected']) requests.inc({ result }, 0);
  return (result) => {
    requests.inc({ result });
  };
}
