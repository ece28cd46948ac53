import { SpanledgerError } from '../../../errors.js';
import type { WriteReceipt } from '../../../model/write-batch.js';
import type { PreparedBatch } from './prepared-batch.js';

export interface GroupQueueLimits {
  /** Transactions at a time. */
  writers: number;
  /** Rows and encoded bytes at which a group is full; a larger batch is a group of its own. */
  groupRows: number;
  groupBytes: number;
  /** Rows and encoded bytes that may wait; beyond them batches are refused with `INGEST_OVERLOADED`. */
  queuedRows: number;
  queuedBytes: number;
}

const DEFAULT_LIMITS: GroupQueueLimits = {
  writers: 3,
  groupRows: 1_024,
  groupBytes: 32 * 1024 * 1024,
  queuedRows: 100_000,
  queuedBytes: 256 * 1024 * 1024,
};

/** Exporters are to be answered within about two seconds when something goes wrong. */
const LONG_WAIT_MILLIS = 500;

/** How groups are written, and how failures are understood. */
export interface GroupWriter {
  write(group: readonly PreparedBatch[]): Promise<WriteReceipt[]>;
  isConnectionFailure(error: unknown): boolean;
  /** Whether parts of a group may be written where the whole was not. */
  isDivisible(error: unknown): boolean;
  toRejection(error: unknown): SpanledgerError;
}

interface Job {
  batch: PreparedBatch;
  queuedAtMillis: number;
  resolve: (receipt: WriteReceipt) => void;
  reject: (error: SpanledgerError) => void;
}

/** Batches that wait to be written: each free writer takes all that is there, up to a group's limits. */
export class GroupQueue {
  private readonly limits: GroupQueueLimits;
  private waiting: Job[] = [];
  private waitingRows = 0;
  private waitingBytes = 0;
  private busyWriters = 0;
  private isClosed = false;
  private onIdle: (() => void)[] = [];

  constructor(
    private readonly writer: GroupWriter,
    limits: Partial<GroupQueueLimits> = {},
  ) {
    this.limits = { ...DEFAULT_LIMITS, ...limits };
  }

  /** Throws where a batch would be refused now. */
  checkOpen(): void {
    if (this.isClosed) throw new SpanledgerError('INGEST_SHUTTING_DOWN', 'The collector is shutting down.');
    const { queuedRows, queuedBytes } = this.limits;
    if (this.waitingRows >= queuedRows || this.waitingBytes >= queuedBytes) {
      throw new SpanledgerError(
        'INGEST_OVERLOADED',
        'More arrives than the database can write. Send again later.',
      );
    }
  }

  /** Resolves once the batch has been committed. */
  add(batch: PreparedBatch): Promise<WriteReceipt> {
    this.checkOpen();
    return new Promise((resolve, reject) => {
      this.waiting.push({ batch, queuedAtMillis: performance.now(), resolve, reject });
      this.waitingRows += batch.rowCount;
      this.waitingBytes += batch.byteCount;
      this.startWriters();
    });
  }

  /** Refuses further batches; resolves when none is left. */
  async close(): Promise<void> {
    this.isClosed = true;
    if (this.busyWriters > 0 || this.waiting.length > 0) {
      await new Promise<void>((resolve) => this.onIdle.push(resolve));
    }
  }

  private startWriters(): void {
    while (this.busyWriters < this.limits.writers && this.waiting.length > 0) {
      this.busyWriters += 1;
      void this.run(this.takeGroup()).finally(() => {
        this.busyWriters -= 1;
        this.startWriters();
        if (this.busyWriters === 0) for (const resolve of this.onIdle.splice(0)) resolve();
      });
    }
  }

  /** The oldest batch and all others of its project that fit beside it, in order. */
  private takeGroup(): Job[] {
    const group: Job[] = [];
    const rest: Job[] = [];
    let rows = 0;
    let bytes = 0;
    let isFull = false;
    for (const job of this.waiting) {
      const { projectId, rowCount, byteCount } = job.batch;
      const isFirst = group.length === 0;
      isFull ||=
        !isFirst && (rows + rowCount > this.limits.groupRows || bytes + byteCount > this.limits.groupBytes);
      if (isFull || (!isFirst && projectId !== group[0]?.batch.projectId)) {
        rest.push(job);
        continue;
      }
      group.push(job);
      rows += rowCount;
      bytes += byteCount;
    }
    this.waiting = rest;
    this.waitingRows -= rows;
    this.waitingBytes -= bytes;
    return group;
  }

  private async run(group: readonly Job[]): Promise<void> {
    try {
      const receipts = await this.writer.write(group.map((job) => job.batch));
      group.forEach((job, index) => {
        job.resolve(receipts[index] ?? { stored: 0, updated: 0, duplicate: 0, rejected: [] });
      });
    } catch (error) {
      if (this.writer.isConnectionFailure(error)) {
        // What waits would only wait for the same failure, each for as long as it takes to notice.
        this.rejectAll([...group, ...this.takeWaiting(0)], error);
      } else if (!this.writer.isDivisible(error)) {
        // Whoever has waited for a writer meanwhile would next wait as long for what this one waited for.
        this.rejectAll([...group, ...this.takeWaiting(LONG_WAIT_MILLIS)], error);
      } else if (group.length > 1) {
        const middle = Math.ceil(group.length / 2);
        await this.run(group.slice(0, middle));
        await this.run(group.slice(middle));
      } else {
        this.rejectAll(group, error);
      }
    }
  }

  /** Those that have waited for so long. */
  private takeWaiting(millis: number): Job[] {
    const latest = performance.now() - millis;
    const jobs = this.waiting.filter(({ queuedAtMillis }) => queuedAtMillis <= latest);
    this.waiting = this.waiting.filter(({ queuedAtMillis }) => queuedAtMillis > latest);
    for (const { batch } of jobs) {
      this.waitingRows -= batch.rowCount;
      this.waitingBytes -= batch.byteCount;
    }
    return jobs;
  }

  private rejectAll(jobs: readonly Job[], error: unknown): void {
    const rejection = this.writer.toRejection(error);
    for (const job of jobs) job.reject(rejection);
  }
}
