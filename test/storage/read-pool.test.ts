import { expect, test } from 'vitest';
import { readContent, readReportContent } from '../../collector/dialects/normalize.js';
import { DEFAULT_PROJECT_ID } from '../../collector/model/ids.js';
import { createProjector } from '../../collector/projections/projector.js';
import { createPool } from '../../collector/storage/postgres/pool.js';
import { createPostgresStorage } from '../../collector/storage/postgres/postgres-storage.js';
import { createTestDatabase } from '../support/database.js';
import { makeAgentRun, makeBatch, traceIdOf } from '../support/telemetry.js';

test('a write succeeds at once while every connection for reads is busy, and closing ends both pools', async () => {
  const database = await createTestDatabase();
  const pool = createPool(database.connection, { max: 2 });
  const readPool = createPool(database.connection, { max: 2 });
  const projector = createProjector({ readContent, readReportContent });
  const storage = await createPostgresStorage({ pool, readPool, projector });

  let isBusy = true;
  const slowReads = Promise.all([1, 2].map(() => readPool.query('select pg_sleep(1.5)'))).then(() => {
    isBusy = false;
  });
  const read = storage.findTrace(DEFAULT_PROJECT_ID, traceIdOf(1));
  expect(await storage.write(makeBatch({ spans: makeAgentRun(1) }))).toMatchObject({ stored: 5 });
  expect(await storage.checkHealth()).toMatchObject({ reachable: true });
  expect(isBusy).toBe(true);
  await slowReads;
  await read;

  await storage.close();
  expect([pool.ended, readPool.ended]).toEqual([true, true]);
  await database.drop();
});
