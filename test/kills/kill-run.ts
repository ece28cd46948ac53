import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { createPool } from '../../collector/storage/postgres/pool.js';
import { spawnCollector, type SpawnedCollector } from '../support/collector.js';
import { SeededRandom } from '../support/random.js';
import type { KillableDatabase } from './killable-database.js';
import { Senders, type SenderTally } from './senders.js';
import { findMissing } from './stored-check.js';
import { Workload, type Batch } from './workload.js';

/** What is ended with SIGKILL: with `collector starting`, the collector once more before it is ready again. */
export type Victim = 'collector' | 'collector starting' | 'postmaster' | 'postgres' | 'both';

export interface Kill {
  victim: Victim;
  /** How many more batches are acknowledged first, and how long after that. */
  afterAnswers: number;
  afterMillis: number;
  /** How long a Postgres stays away that nobody starts again by itself. */
  awayMillis: number;
}

const OF_COLLECTOR: readonly Victim[] = ['collector', 'collector', 'collector starting'];
const OF_POSTGRES: readonly Victim[] = ['postgres', 'postmaster', 'both'];
const SENDERS = 4;
/** Within this, what was spooled is stored. It guards against waiting for ever; no run passes or fails by it otherwise. */
const REPLAY_MILLIS = 60_000;

/** Kills in turn of the collector and of Postgres, the same for the same seed. */
export function planKills(count: number, seed: number): Kill[] {
  const random = new SeededRandom(seed);
  return Array.from({ length: count }, (_, index) => ({
    victim: random.pick(index % 2 === 0 ? OF_COLLECTOR : OF_POSTGRES),
    afterAnswers: 1 + random.below(30),
    afterMillis: random.below(30),
    awayMillis: random.below(300),
  }));
}

export interface KillRunOptions {
  database: KillableDatabase;
  /** Where the collector keeps what it takes while the database is away; absent where it does not. */
  spoolFolder?: string;
  kills: readonly Kill[];
  seed: number;
  onProgress?: (line: string) => void;
}

export interface KillRun {
  /** Every batch, each of them acknowledged. */
  batches: readonly Batch[];
  tally: SenderTally;
  pool: pg.Pool;
  close(): Promise<void>;
}

/**
 * Sends without a pause to a collector in a process of its own while that and its Postgres are killed by the plan, and
 * ends when all is acknowledged. After each kill, what was acknowledged before must be in the tables, and with a spool get
 * there. The database
 * stays up until `close`. Rejects where something acknowledged is missing, or a sender saw what it must not.
 */
export async function runKills({
  database,
  spoolFolder,
  kills,
  seed,
  onProgress,
}: KillRunOptions): Promise<KillRun> {
  const workload = new Workload(seed);
  const senders = new Senders(workload, SENDERS);
  const target = new Target(database, senders, spoolFolder);
  try {
    await target.start();
    for (const [index, kill] of kills.entries()) {
      await senders.waitForAnswers(kill.afterAnswers);
      await delay(kill.afterMillis);
      await target.endure(kill);
      await senders.waitForAnswers(1);
      await target.check(`after kill ${index + 1} of ${kills.length} (${kill.victim})`);
      if ((index + 1) % Math.ceil(kills.length / 20) === 0)
        onProgress?.(`${index + 1} of ${kills.length} kills survived; ${workload.sent.length} batches`);
    }
    await senders.finish();
    await target.check('in the end');
  } catch (error) {
    await senders.abort();
    await target.close();
    throw error;
  }
  return {
    batches: workload.sent,
    tally: senders.tally,
    pool: target.pool,
    close: () => target.close(),
  };
}

/** A collector and its database, of which the senders are told where they are. */
class Target {
  readonly pool: pg.Pool;
  #collector: SpawnedCollector | undefined;
  readonly #database: KillableDatabase;
  readonly #senders: Senders;
  readonly #spoolFolder: string | undefined;

  constructor(database: KillableDatabase, senders: Senders, spoolFolder: string | undefined) {
    this.#database = database;
    this.#senders = senders;
    this.#spoolFolder = spoolFolder;
    this.pool = createPool(database.connection, { max: 1, onError: () => undefined });
  }

  async start(onSpawn?: (child: ChildProcess) => void): Promise<void> {
    const spool = this.#spoolFolder === undefined ? [] : ['--spool-dir', this.#spoolFolder];
    const args = [...this.#database.collectorArgs, ...spool, '--log-level', 'error', '--grpc-port', 'free'];
    const collector = await spawnCollector(args, {}, onSpawn);
    this.#collector = collector;
    this.#senders.moveTo({ url: collector.url, grpcUrl: collector.grpcUrl() });
  }

  async endure({ victim, awayMillis }: Kill): Promise<void> {
    const isOfCollector = victim !== 'postmaster' && victim !== 'postgres';
    const isOfPostgres = victim !== 'collector' && victim !== 'collector starting';
    if (isOfPostgres) this.#database.kill(victim === 'postmaster' ? 'postmaster' : 'everything');
    if (isOfCollector) await this.#collector?.end('SIGKILL');
    if (isOfPostgres) {
      await delay(awayMillis);
      await this.#database.restart();
    }
    if (victim === 'collector starting') await this.#startInVain(awayMillis);
    if (isOfCollector) await this.start();
    else if (this.#collector?.process.exitCode !== null)
      throw new Error(`the collector ended with its Postgres:\n${this.#collector?.output() ?? ''}`);
  }

  /** Throws where something that was acknowledged since the last time is not in the tables. */
  async check(when: string): Promise<void> {
    const batches = [...this.#senders.acknowledged];
    this.#senders.acknowledged.clear();
    const missing = await this.#findMissing(batches);
    if (missing.length > 0)
      throw new Error(
        `${when}, ${missing.length} acknowledged records are missing: ${missing.slice(0, 5).join(', ')}`,
      );
  }

  async close(): Promise<void> {
    await this.#collector?.end('SIGKILL');
    await this.pool.end();
  }

  async #startInVain(millis: number): Promise<void> {
    await this.start((child) => {
      setTimeout(() => child.kill('SIGKILL'), millis);
    }).catch(() => undefined);
    // It may have become ready just before.
    if (this.#collector?.process.signalCode === null) await this.#collector.end('SIGKILL');
  }

  /** With a spool, what is missing at first may come yet, as may the database. */
  async #findMissing(batches: readonly Batch[]): Promise<string[]> {
    const find = () => findMissing(this.pool, batches);
    // The connection may be one that was killed: that is found out by using it.
    if (this.#spoolFolder === undefined) return find().catch(find);
    for (const deadline = Date.now() + REPLAY_MILLIS; Date.now() < deadline;) {
      const missing = await find().catch(() => undefined);
      if (missing?.length === 0) return [];
      await delay(50);
    }
    return find();
  }
}
