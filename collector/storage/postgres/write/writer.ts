import type { Pool, PoolClient } from 'pg';
import type { Projector, WriteBatch, WriteCounts, WriteReceipt } from '../../../model/write-batch.js';
import type { StorageWriter } from '../../storage.js';
import { gatherFirstStatistics } from '../maintenance/first-statistics.js';
import { ensureDaysForBatch } from '../maintenance/partitions.js';
import { ContentStore } from '../contents/content-store.js';
import { isConflict, pauseBefore } from './conflicts.js';
import { DEFAULT_DEFERRAL } from './deferral.js';
import type { DeferralLimits } from './deferral.js';
import { DictionaryWriter } from './dictionaries.js';
import { GroupQueue } from './group-queue.js';
import type { GroupQueueLimits } from './group-queue.js';
import { prepareBatch } from './prepared-batch.js';
import type { PreparedBatch } from './prepared-batch.js';
import { salvageBatch } from './salvage.js';
import { writeGroup } from './transaction.js';
import { isConnectionFailure, isDivisible, isRefusal, readSqlState, toRejection } from './write-failure.js';

export interface WriterOptions {
  pool: Pool;
  projector: Projector;
  limits?: Partial<GroupQueueLimits>;
  /** What is too large to be brought up to date with each write. */
  deferral?: DeferralLimits;
  /** Told after each commit that left derived rows of a project stale. */
  onStale?: (projectId: string) => void;
}

export interface Writer extends StorageWriter {
  /** Refuses further batches and waits until those that were accepted are written or refused. Idempotent. */
  close(): Promise<void>;
}

const MAX_ATTEMPTS = 8;
const NOTHING: WriteCounts = { stored: 0, updated: 0, duplicate: 0 };
const UNIQUE_VIOLATION = '23505';
/** Whoever waits for a lock is told within two seconds; Postgres looks for a deadlock after one. */
const BEGIN = `begin; set local lock_timeout = '1500ms'`;

/**
 * Writes batches to Postgres. Batches that wait while the writers are busy are merged into one transaction (group
 * commit), and each caller is answered after its commit. Where a merged transaction fails on data or takes too long,
 * it is tried in halves, so that a bad batch fails no other; and so is a batch alone, so that a bad record costs none but
 * itself. What one transaction does, and in which order: `writeGroup`.
 */
export function createWriter({ pool, projector, limits, ...options }: WriterOptions): Writer {
  const { deferral = DEFAULT_DEFERRAL, onStale } = options;
  const dictionaries = new DictionaryWriter();
  const contents = new ContentStore();
  /** After a failover a new connection leads to a server that may lack what was committed last. */
  const forget = (): void => {
    dictionaries.forget();
    contents.forget();
  };
  pool.on('error', forget).on('remove', forget);
  let hasStatistics = false;

  /** Nobody waits for it; where it fails, the next write tries again. */
  function gatherStatistics(): void {
    if (hasStatistics) return;
    hasStatistics = true;
    gatherFirstStatistics(pool).catch(() => (hasStatistics = false));
  }

  async function attempt(group: readonly PreparedBatch[], expectsLeftovers: boolean) {
    const client = await pool.connect();
    let failure: unknown;
    try {
      await client.query(BEGIN);
      const { receipts, shared, leavesStale } = await writeGroup(client, group, {
        projector,
        dictionaries,
        contents,
        expectsLeftovers,
        deferral,
      });
      await client.query('commit');
      const projectId = group[0]?.projectId ?? '';
      dictionaries.remember(
        projectId,
        group.map((batch) => batch.dictionaries),
      );
      contents.remember(projectId, shared);
      gatherStatistics();
      if (leavesStale) onStale?.(projectId);
      return receipts;
    } catch (error) {
      failure = await rollBack(client, error);
      if (failure !== undefined) forget();
      throw error;
    } finally {
      client.release(failure !== undefined);
    }
  }

  async function commit(group: readonly PreparedBatch[]): Promise<WriteCounts[]> {
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

  async function write(group: readonly PreparedBatch[]): Promise<WriteReceipt[]> {
    try {
      const counts = await commit(group);
      return group.map(({ refused }, index) => ({ ...(counts[index] ?? NOTHING), rejected: refused }));
    } catch (error) {
      const [batch, other] = group;
      if (batch === undefined || other !== undefined || !isRefusal(error)) throw error;
      const { rejected, ...counts } = await salvageBatch(batch.source, error, async (part) => {
        const [stored = NOTHING] = await commit([prepareBatch(part, contents)]);
        return stored;
      });
      return [{ ...counts, rejected: [...batch.refused, ...rejected] }];
    }
  }

  const queue = new GroupQueue({ write, isConnectionFailure, isDivisible, toRejection }, limits);
  return {
    async write(batch: WriteBatch): Promise<WriteReceipt> {
      if (isEmpty(batch)) return { ...NOTHING, rejected: [] };
      // Refuse before the work of encoding.
      queue.checkOpen();
      return queue.add(prepareBatch(batch, contents));
    },
    async close() {
      await queue.close();
      pool.off('error', forget).off('remove', forget);
    },
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
