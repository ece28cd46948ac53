import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { encodeTraces } from '../../collector/otlp/encode-request.js';
import { createPool } from '../../collector/storage/postgres/pool.js';
import { Senders } from '../kills/senders.js';
import { findDifferences, findMissing, findSurplus, findUnlike, storeAfresh } from '../kills/stored-check.js';
import { Workload, type Batch } from '../kills/workload.js';
import { getJson, spawnCollector, type SpawnedCollector } from '../support/collector.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { insertSpan } from '../support/stored-days.js';
import { makeAgentRun, traceIdOf } from '../support/telemetry.js';

// Two collectors and a comparison of everything take their time on a busy machine.
vi.setConfig({ testTimeout: 180_000 });

const MIGRATIONS = fileURLToPath(new URL('../../migrations/', import.meta.url));
const DAY_NANOS = 86_400_000_000_000n;
const ANSWERS = 80;
const OLD_SPANS = 40;

let database: TestDatabase;
let pool: pg.Pool;
let collectors: [SpawnedCollector, SpawnedCollector];
/** Everything that was sent. */
const batches: Batch[] = [];
/** How many of them came before the price. */
let unpricedCount = 0;
let runNumber = 900_000;

// Both start on a database without any table, at once.
beforeAll(async () => {
  database = await createTestDatabase({ isEmpty: true });
  pool = createPool(database.connection, { max: 1 });
  const args = ['--database-url', database.connectionString];
  collectors = await Promise.all([spawnCollector(args), spawnCollector(args)]);
});

afterAll(async () => {
  await Promise.all(collectors.map((collector) => collector.end('SIGTERM')));
  await pool.end();
  await database.drop();
});

/** An agent run of its own that began some days ago, sent to a collector; its trace id. */
async function sendRun(collector: SpawnedCollector, daysAgo = 0): Promise<string> {
  const number = runNumber++;
  const spans = makeAgentRun(number, 2, `session ${number % 3}`).map((span) => ({
    ...span,
    startTimeUnixNano: span.startTimeUnixNano - BigInt(daysAgo) * DAY_NANOS,
    endTimeUnixNano: span.endTimeUnixNano - BigInt(daysAgo) * DAY_NANOS,
  }));
  const headers = { 'content-type': 'application/x-protobuf' };
  const body = encodeTraces(spans);
  batches.push({
    number,
    signal: 'traces',
    headers,
    body,
    message: body,
    keys: spans.map(({ traceId, spanId }) => `${traceId}/${spanId}`),
  });
  const response = await fetch(`${collector.url}/v1/traces`, {
    method: 'POST',
    headers,
    body: new Uint8Array(body),
  });
  expect(response.status).toBe(200);
  return traceIdOf(number);
}

async function send<Body>(collector: SpawnedCollector, path: string, body: object): Promise<Body> {
  const response = await fetch(collector.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.ok).toBe(true);
  return (await response.json()) as Body;
}

describe('two collectors on one database', () => {
  test('that was empty migrate it once', async () => {
    const files = readdirSync(MIGRATIONS).filter((name) => /^\d.*\.sql$/.test(name));
    const { rowCount } = await pool.query('select 1 from schema_migrations');
    expect(rowCount).toBe(files.length);
    const said = collectors.flatMap((collector) => collector.output().match(/applying migration \S+/g) ?? []);
    expect(said).toHaveLength(files.length);
  });

  test('make the partitions of the same days at the same time', async () => {
    const days = [1, 2, 3, 4, 5, 6];
    await Promise.all(days.flatMap((day) => [sendRun(collectors[0], day), sendRun(collectors[1], day)]));
    const { rows } = await pool.query<{ count: number }>('select count(*)::int as count from spans_default');
    expect(rows).toEqual([{ count: 0 }]);
  });

  test('price by what was set through one of them', async () => {
    const price = { pattern: 'gpt-x', rates: { input: '1000000', output: '2000000' } };
    await send(collectors[0], '/api/v1/prices', price);
    await expect
      .poll(
        async () => {
          const traceId = await sendRun(collectors[1]);
          return (await getJson<{ cost_usd: number }>(`${collectors[1].url}/api/v1/traces/${traceId}`))
            .cost_usd;
        },
        { timeout: 30_000, interval: 200 },
      )
      // 10 + 11 tokens in and twice 5 out, at a dollar and at two.
      .toBe(41);
    unpricedCount = batches.length - 1;
  });

  test('store what both are sent of the same traces and sessions once, with the rows of one collector', async () => {
    const workload = new Workload(7);
    const senders = collectors.map((collector) => {
      const half = new Senders(workload, 3);
      half.moveTo({ url: collector.url, grpcUrl: null });
      return half;
    });
    await Promise.all(senders.map((half) => half.waitForAnswers(ANSWERS)));
    await Promise.all(senders.map((half) => half.finish()));
    expect(senders.map(({ tally }) => [tally.broken, tally.retryable])).toEqual([
      [0, 0],
      [0, 0],
    ]);
    batches.push(...workload.sent);
    expect(await findMissing(pool, batches)).toEqual([]);
    expect(await findSurplus(pool, batches)).toEqual([]);
    // Both show the same, whichever was sent it.
    const [first, second] = await Promise.all(
      collectors.map(({ url }) => getJson(`${url}/api/v1/traces?limit=500`)),
    );
    expect(first).toEqual(second);
    expect(await findUnlike(database.connection, batches)).toEqual([]);
    expect(await compareAfresh()).toEqual([]);
  });

  test('delete what has expired once, one after the other', async () => {
    for (let index = 0; index < OLD_SPANS; index++)
      await insertSpan(pool, { trace: `old ${index}`, daysAgo: 40 });
    interface Run {
      started_at: string;
      ended_at: string;
      deleted: { what: string; rows: number }[];
    }
    const runs = await Promise.all(
      collectors.map((collector) => send<Run>(collector, '/api/v1/retention/run', { dry_run: false })),
    );
    const deleted = runs.flatMap((run) => run.deleted.filter(({ what }) => what === 'spans'));
    expect(deleted.reduce((sum, { rows }) => sum + rows, 0)).toBe(OLD_SPANS);
    const { rows: overlaps } = await pool.query(
      `select 1 from retention_runs a join retention_runs b
         on a.id <> b.id and a.started_at < b.ended_at and b.started_at < a.ended_at`,
    );
    expect(overlaps).toEqual([]);
  });

  test('have nothing to complain of', () => {
    for (const collector of collectors) expect(collector.output()).not.toMatch(/"level":(40|50|60)/);
  });
});

/** The differences to a database into which one writer stored the same, at the same prices. */
async function compareAfresh(): Promise<string[]> {
  const afresh = await createTestDatabase();
  const afreshPool = createPool(afresh.connection, { max: 1 });
  try {
    await storeAfresh(afresh.connection, batches.slice(0, unpricedCount));
    await copyPrices(afreshPool);
    await storeAfresh(afresh.connection, batches.slice(unpricedCount));
    return await findDifferences(pool, afreshPool);
  } finally {
    await afreshPool.end();
    await afresh.drop();
  }
}

async function copyPrices(target: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ price: string }>('select to_jsonb(p)::text as price from prices p');
  for (const { price } of rows)
    await target.query('insert into prices select * from jsonb_populate_record(null::prices, $1)', [price]);
}
