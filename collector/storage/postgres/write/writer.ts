import type { Pool, PoolClient } from 'pg';
import type { Projector, WriteBatch, WriteReceipt } from '../../../model/write-batch.js';
import type { StorageWriter } from '../../storage.js';
import { ensureDaysForBatch } from '../maintenance/partitions.js';
import { ContentStore } from '../contents/content-store.js';
import { isConflict, pauseBefore } from './conflicts.js';
import { DictionaryWriter } from './dictionaries.js';
import { GroupQueue } from './group-queue.js';
import type { GroupQueueLimits } from './group-queue.js';
import { prepareBatch } from './prepared-batch.js';
import type { PreparedBatch } from './prepared-batch.js';
import { writeGroup } from './transaction.js';
import { isConnectionFailure, readSqlState, toRejection } from './write-failure.js';

export interface WriterOptions {
  pool: Pool;
  projector: Projector;
  limits?: Partial<GroupQueueLimits>;
}

export interface Writer extends StorageWriter {
  /** Refuses further batches and waits until those that were accepted are written or refused. Idempotent. */
  close(): Promise<void>;
}

const MAX_ATTEMPTS = 8;
const UNIQUE_VIOLATION = '23505';

/**
 * Writes batches to Postgres. Batches that wait while the writers are busy are merged into one transaction (group
 * commit), and each caller is answered after its commit. Where a merged transaction fails on data or takes too long,
 * each of its batches is tried alone, so that a bad one fails no other. What one transaction does, and in which order: `writeGroup`.
 */
export function createWriter({ pool, projector, limits }: WriterOptions): Writer {
  const dictionaries = new DictionaryWriter();
  const contents = new ContentStore();

  async function attempt(group: readonly PreparedBatch[], expectsLeftovers: boolean) {
    const client = await pool.connect();
    let failure: unknown;
    try {
      await client.query('begin');
      const { receipts, shared } = await writeGroup(client, group, {
        projector,
        dictionaries,
        contents,
        expectsLeftovers,
      });
      await client.query('commit');
      const projectId = group[0]?.projectId ?? '';
      dictionaries.remember(
        projectId,
        group.map((batch) => batch.dictionaries),
      );
      contents.remember(projectId, shared);
      return receipts;
    } catch (error) {
      failure = await rollBack(client, error);
      throw error;
    } finally {
      client.release(failure !== undefined);
    }
  }

  async function write(group: readonly PreparedBatch[]): Promise<WriteReceipt[]> {
    await ensureDaysForBatch(pool, new Set(group.flatMap((batch) => [...batch.days])));
    let expectsLeftovers = false;
    for (let count = 1; ; count += 1) {
      try {
        return await attempt(group, expectsLeftovers);
      } catch (error) {
        const state = readSqlState(error);
        if (count === MAX_ATTEMPTS || (!isConflict(error) && state !== UNIQUE_VIOLATION)) throw error;
        if (state === UNIQUE_VIOLATION && expectsLeftovers && count > 2) throw error;
        expectsLeftovers ||= state === UNIQUE_VIOLATION;
        await pauseBefore(count);
      }
    }
  }

  const queue = new GroupQueue({ write, isConnectionFailure, toRejection }, limits);
  return {
    async write(batch: WriteBatch): Promise<WriteReceipt> {
      if (isEmpty(batch)) return { stored: 0, updated: 0, duplicate: 0 };
      // Refuse before the work of encoding.
      queue.checkOpen();
      return queue.add(prepareBatch(batch, contents));
    },
    close: () => queue.close(),
  };
}

function isEmpty({ spans, logRecords, metricPoints, issues }: WriteBatch): boolean {
  return spans.length + logRecords.length + metricPoints.length + issues.length === 0;
}

/** Answers with the error where the connection can't be used again. */
async function rollBack(client: PoolClient, error: unknown): Promise<unknown> {
  if (isConnectionFailure(error)) return error;
  try {
    await client.query('rollback');
    return undefined;
  } catch (rollbackError) {
    return rollbackError;
  }
}
