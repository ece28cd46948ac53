import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { createGrpcClient, type GrpcClient } from '../support/grpc-client.js';
import { NO_ANSWER, post } from '../support/post.js';
import type { Batch, Workload } from './workload.js';

export interface SenderTally {
  /** Answers with success, those to batches sent again included. */
  acknowledged: number;
  /** Answers that ask to come again. */
  retryable: number;
  /** Connections that ended without an answer. */
  broken: number;
}

/** OpenTelemetry Protocol specification, "Retryable Response Codes": an exporter drops what any other answers. */
const RETRYABLE = new Set([429, 502, 503, 504]);
/** The same for gRPC ("Failures"): RESOURCE_EXHAUSTED is retried only with RetryInfo, which these must never need. */
const RETRYABLE_CODES = new Set([1, 4, 10, 11, 14, 15]);
const PAUSE_MILLIS = 20;
const TIMEOUT_MILLIS = 30_000;

/** Where a collector is. */
export interface Place {
  url: string;
  /** null where it has no gRPC. */
  grpcUrl: string | null;
}

/**
 * Exporters that never give up: each takes a batch, sends it until it is acknowledged, and takes the next. An answer
 * that would make an exporter drop its batch, one that rejects records, and none within 30 seconds, is a failure, which
 * ends all of them.
 */
export class Senders {
  readonly tally: SenderTally = { acknowledged: 0, retryable: 0, broken: 0 };
  /** Batches acknowledged since the set was last cleared. */
  readonly acknowledged = new Set<Batch>();
  failure: Error | undefined;
  #url = '';
  #grpc: GrpcClient | undefined;
  #isEnding = false;
  readonly #workload: Workload;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #running: Promise<void>[];
  readonly #waiting = new Set<() => void>();

  constructor(workload: Workload, count: number) {
    this.#workload = workload;
    this.#running = Array.from({ length: count }, (_, index) => this.#run(index % 2 === 1));
  }

  /** Where the collector is from now on. Every other sender speaks gRPC, where there is any. */
  moveTo({ url, grpcUrl }: Place): void {
    this.#url = url;
    this.#grpc?.close();
    this.#grpc = grpcUrl === null ? undefined : createGrpcClient(new URL(grpcUrl).host);
  }

  /** Waits until `count` more batches have been acknowledged. Rejects with the failure of a sender. */
  async waitForAnswers(count: number): Promise<void> {
    const target = this.tally.acknowledged + count;
    while (this.tally.acknowledged < target) {
      if (this.failure !== undefined) throw this.failure;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /** Takes no more batches, and waits until those that were taken are acknowledged. Rejects as above. */
  async finish(): Promise<void> {
    this.#isEnding = true;
    await Promise.all(this.#running);
    this.#close();
    if (this.failure !== undefined) throw this.failure;
  }

  /** Ends at once, whatever is under way. */
  async abort(): Promise<void> {
    this.failure ??= new Error('aborted');
    this.#close();
    await Promise.all(this.#running);
  }

  #close(): void {
    this.#agent.destroy();
    this.#grpc?.close();
  }

  async #run(prefersGrpc: boolean): Promise<void> {
    try {
      while (!this.#isEnding && this.failure === undefined) {
        if (this.#url === '') await delay(PAUSE_MILLIS);
        else await this.#deliver(this.#workload.next(), prefersGrpc);
      }
    } catch (error) {
      this.failure ??= error as Error;
      this.#wakeAll();
    }
  }

  async #deliver(batch: Batch, prefersGrpc: boolean): Promise<void> {
    while (this.failure === undefined) {
      const status = await (prefersGrpc ? this.#call(batch) : this.#post(batch));
      if (status === 200) {
        this.acknowledged.add(batch);
        this.tally.acknowledged++;
        this.#wakeAll();
        return;
      }
      if (status === 0) this.tally.broken++;
      else this.tally.retryable++;
      await delay(PAUSE_MILLIS);
    }
  }

  /** 200, a retryable status, or 0 where the connection broke. */
  async #post(batch: Batch): Promise<number> {
    const { signal, headers, body } = batch;
    const answer = await post(`${this.#url}/v1/${signal}`, { headers, body, agent: this.#agent }).catch(
      (error: unknown) => {
        if (error instanceof Error && error.message === NO_ANSWER)
          throw new Error(`batch ${batch.number} (${signal}) had no answer in time`, { cause: error });
        return undefined;
      },
    );
    if (answer === undefined) return 0;
    const { status } = answer;
    const isWhole = answer.body.length === 0 || answer.body.toString() === '{}';
    if ((status === 200 && isWhole) || RETRYABLE.has(status)) return status;
    throw new Error(`batch ${batch.number} (${signal}) was answered ${status}: ${answer.body.toString()}`);
  }

  /** The same over gRPC, of which a connection that broke is UNAVAILABLE like an answer. */
  async #call(batch: Batch): Promise<number> {
    const { signal, message } = batch;
    if (this.#grpc === undefined || message === null) return this.#post(batch);
    const ending = new AbortController();
    const timeout = delay(TIMEOUT_MILLIS, undefined, { signal: ending.signal }).catch(() => undefined);
    const result = await Promise.race([this.#grpc.export(signal, message), timeout]);
    ending.abort();
    if (result === undefined)
      throw new Error(`batch ${batch.number} (${signal}) had no answer over gRPC in time`);
    if (result.code === 0 && result.answer?.length === 0) return 200;
    if (RETRYABLE_CODES.has(result.code)) return 503;
    throw new Error(`batch ${batch.number} (${signal}) was answered ${result.code}: ${result.message}`);
  }

  #wakeAll(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}
