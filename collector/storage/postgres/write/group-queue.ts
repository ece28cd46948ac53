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
  groupRows: 4_000,
  groupBytes: 32 * 1024 * 1024,
  queuedRows: 100_000,
  queuedBytes: 256 * 1024 * 1024,
};

/** How groups are written, and how failures are understood. */
export interface GroupWriter {
  write(group: readonly PreparedBatch[]): Promise<WriteReceipt[]>;
  isConnectionFailure(error: unknown): boolean;
  toRejection(error: unknown): SpanledgerError;
}

interface Job {
  batch: PreparedBatch;
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
      this.waiting.push({ batch, resolve, reject });
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
        job.resolve(receipts[index] ?? { stored: 0, updated: 0, duplicate: 0 });
      });
    } catch (error) {
      if (this.writer.isConnectionFailure(error)) {
        // What waits would only wait for the same failure, each for as long as it takes to notice.
        this.rejectAll([...group, ...this.takeWaiting()], error);
      } else if (group.length > 1) {
        for (const job of group) await this.run([job]);
      } else {
        this.rejectAll(group, error);
      }
    }
  }

  private takeWaiting(): Job[] {
    const jobs = this.waiting;
    this.waiting = [];
    this.waitingRows = 0;
    this.waitingBytes = 0;
    return jobs;
  }

  private rejectAll(jobs: readonly Job[], error: unknown): void {
    const rejection = this.writer.toRejection(error);
    for (const job of jobs) job.reject(rejection);
  }
}
