import { Counter, Gauge, type Registry } from 'prom-client';
import type { Signal } from '../model/span-data.js';
import type { ForwardQueue } from './forward-queue.js';

/**
 * What became of a request that was to be sent on: `accepted` into the queue, then one of `sent`, `refused` (an answer
 * that is not retried), `overflowed` (dropped for newer ones) and `abandoned` (left when the collector ended).
 * `looped` ones had been here before and were not queued.
 */
export type ForwardResult = 'accepted' | 'sent' | 'refused' | 'overflowed' | 'abandoned' | 'looped';

export interface ForwardMetrics {
  countRequest(signal: Signal, result: ForwardResult): void;
  countRetry(signal: Signal): void;
}

export function createForwardMetrics(
  registry: Registry,
  queue: Pick<ForwardQueue, 'byteCount' | 'requestCount'>,
): ForwardMetrics {
  const registers = [registry];
  const requests = new Counter({
    name: 'spanledger_forward_requests_total',
    help: 'Requests to be sent on to --forward-endpoint, by what became of them',
    labelNames: ['signal', 'result'],
    registers,
  });
  const retries = new Counter({
    name: 'spanledger_forward_retries_total',
    help: 'Attempts to send a request on that failed and are made again',
    labelNames: ['signal'],
    registers,
  });
  new Gauge({
    name: 'spanledger_forward_queue_bytes',
    help: 'Bytes of requests that wait to be sent on or are being sent',
    registers,
    collect() {
      this.set(queue.byteCount);
    },
  });
  new Gauge({
    name: 'spanledger_forward_queue_requests',
    help: 'Requests that wait to be sent on or are being sent',
    registers,
    collect() {
      this.set(queue.requestCount);
    },
  });
  return {
    countRequest: (signal, result) => {
      requests.inc({ signal, result });
    },
    countRetry: (signal) => {
      retries.inc({ signal });
    },
  };
}
