import { afterEach, describe, expect, test } from 'vitest';
import { createPool } from '../../collector/storage/postgres/pool.js';
import { createTemporaryFolder } from '../support/collector.js';
import { createTestDatabase } from '../support/database.js';
import { findSystemPostgres } from '../support/system-postgres.js';
import { createBuiltInDatabase, startSeparateDatabase, type KillableDatabase } from './killable-database.js';
import { planKills, runKills } from './kill-run.js';
import { countRecords, findDifferences, findSurplus, findUnlike, storeAfresh } from './stored-check.js';

/** `npm run kills` asks for many more. */
const KILLS = Number(process.env['TEST_KILLS'] ?? 4);
const SEED = Number(process.env['TEST_KILLS_SEED'] ?? 20_261_121);
const TIMEOUT_MILLIS = 120_000 + KILLS * 20_000;

const programs = findSystemPostgres();
const databases: KillableDatabase[] = [];
const folders: { remove(): void }[] = [];

afterEach(async () => {
  for (const database of databases.splice(0)) await database.remove();
  for (const folder of folders.splice(0)) folder.remove();
});

const DATABASES: readonly (readonly [
  name: string,
  isThere: boolean,
  open: () => Promise<KillableDatabase>,
  isSpooled: boolean,
])[] = [
  ['the built-in Postgres', true, () => Promise.resolve(createBuiltInDatabase()), false],
  ['a separate Postgres', programs !== undefined, () => startSeparateDatabase(programs ?? ''), false],
  ['a spool before the built-in Postgres', true, () => Promise.resolve(createBuiltInDatabase()), true],
];

// The processes of a server are found by their working directories, which only Linux tells of.
describe.skipIf(process.platform !== 'linux').each(DATABASES)('%s', (name, isThere, open, isSpooled) => {
  test.skipIf(!isThere)(
    `${KILLS} kills of the collector and of Postgres under load lose nothing and double nothing (seed ${SEED})`,
    { timeout: TIMEOUT_MILLIS },
    async () => {
      const started = Date.now();
      const say = (line: string): void => {
        if (process.env['TEST_KILLS'] === undefined) return;
        console.log(`${name}, ${((Date.now() - started) / 1000).toFixed(0)} s: ${line}`);
      };
      const database = await open();
      databases.push(database);
      const spool = createTemporaryFolder();
      folders.push(spool);
      const run = await runKills({
        database,
        ...(isSpooled && { spoolFolder: spool.path }),
        kills: planKills(KILLS, SEED),
        seed: SEED,
        onProgress: say,
      });
      const afresh = await createTestDatabase();
      const afreshPool = createPool(afresh.connection, { max: 1 });
      try {
        const { traces: spans, logs, metrics: points } = countRecords(run.batches);
        say(`${spans} spans, ${logs} log records, ${points} points; ${JSON.stringify(run.tally)}`);
        expect(await findSurplus(run.pool, run.batches)).toEqual([]);
        expect(await findUnlike(database.connection, run.batches)).toEqual([]);
        await storeAfresh(afresh.connection, run.batches);
        expect(await findDifferences(run.pool, afreshPool)).toEqual([]);
        say(`all of them are stored, once each, with the derived rows of an undisturbed database`);
      } finally {
        await run.close();
        await afreshPool.end();
        await afresh.drop();
      }
      expect(run.tally.broken + run.tally.retryable).toBeGreaterThan(0);
    },
  );
});
