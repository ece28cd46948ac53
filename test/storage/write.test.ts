import type { Pool } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readContent } from '../../collector/dialects/normalize.js';
import { DEFAULT_PROJECT_ID } from '../../collector/model/ids.js';
import { createProjector } from '../../collector/projections/projector.js';
import { createPool } from '../../collector/storage/postgres/pool.js';
import { createWriter } from '../../collector/storage/postgres/write/writer.js';
import type { Writer } from '../../collector/storage/postgres/write/writer.js';
import { createTestDatabase } from '../support/database.js';
import type { TestDatabase } from '../support/database.js';
import {
  START,
  listAttributes,
  makeAgentRun,
  makeBatch,
  makePoint,
  makeSpan,
  spanIdOf,
  traceIdOf,
} from '../support/telemetry.js';

const projector = createProjector({ readContent });

let database: TestDatabase;
let pool: Pool;
let writer: Writer;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.connection);
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

beforeEach(async () => {
  await pool.query(
    'delete from spans; delete from traces; delete from sessions; delete from agent_executions',
  );
  writer = createWriter({ pool, projector });
});

async function readTransactions(): Promise<string[]> {
  const { rows } = await pool.query<{ xmin: string }>('select distinct xmin::text as xmin from spans');
  return rows.map((row) => row.xmin);
}

async function readSpanCount(traceNumber: number): Promise<number | undefined> {
  const { rows } = await pool.query<{ span_count: number }>(
    'select span_count from traces where project_id = $1 and trace_id = $2',
    [DEFAULT_PROJECT_ID, Buffer.from(traceIdOf(traceNumber), 'hex')],
  );
  return rows[0]?.span_count;
}

describe('group commit', () => {
  test('batches that wait are committed together, and each caller gets its own receipt', async () => {
    const receipts = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        writer.write(makeBatch({ spans: makeAgentRun(index + 1, index % 3) })),
      ),
    );
    expect(receipts.map((receipt) => receipt.stored)).toEqual(
      Array.from({ length: 40 }, (_, index) => 1 + 2 * (index % 3)),
    );
    expect((await readTransactions()).length).toBeLessThan(8);
  });

  test('what waits beyond the limit is refused as overload, and what was accepted is written', async () => {
    const narrow = createWriter({ pool, projector, limits: { writers: 1, queuedRows: 5 } });
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, (_, index) => narrow.write(makeBatch({ spans: makeAgentRun(index + 1) }))),
    );
    expect(results.slice(0, 2).map((result) => result.status)).toEqual(['fulfilled', 'fulfilled']);
    expect(results.slice(2)).toMatchObject(
      results.slice(2).map(() => ({ reason: { code: 'INGEST_OVERLOADED', retryAfterSeconds: 1 } })),
    );
  });

  test('closing waits for what was accepted and refuses what comes later', async () => {
    const write = writer.write(makeBatch({ spans: makeAgentRun(1) }));
    await writer.close();
    expect(await write).toMatchObject({ stored: 5 });
    await expect(writer.write(makeBatch({ spans: [makeSpan()] }))).rejects.toMatchObject({
      code: 'INGEST_SHUTTING_DOWN',
    });
    await writer.close();
  });

  test('more records than fit in one statement are all stored once', async () => {
    const points = Array.from({ length: 20_001 }, (_, index) =>
      makePoint({ timeUnixNano: START + BigInt(index) }),
    );
    expect(await writer.write(makeBatch({ points }))).toMatchObject({ stored: 20_001 });
    expect(await writer.write(makeBatch({ points }))).toMatchObject({ duplicate: 20_001 });
  });

  test('an empty batch touches nothing', async () => {
    expect(await writer.write(makeBatch({}))).toEqual({ stored: 0, updated: 0, duplicate: 0 });
  });
});

describe('failures', () => {
  test('a database that is not there is told within two seconds, to all that wait', async () => {
    const gone = createPool({ host: '127.0.0.1', port: 9, user: 'nobody', database: 'nothing' });
    const lost = createWriter({ pool: gone, projector });
    const started = Date.now();
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) => lost.write(makeBatch({ spans: makeAgentRun(index + 1) }))),
    );
    expect(Date.now() - started).toBeLessThan(2000);
    expect(results).toMatchObject(results.map(() => ({ reason: { code: 'STORAGE_UNAVAILABLE' } })));
    await gone.end();
  });

  test('a connection that is cut in the middle fails the write, and the next write succeeds', async () => {
    const blocker = await pool.connect();
    await blocker.query('begin; lock table traces in access exclusive mode');
    const write = writer.write(makeBatch({ spans: makeAgentRun(1) }));
    const outcome = write.catch((error: unknown) => error);
    const cut = `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`;
    await expect.poll(async () => (await blocker.query(cut)).rowCount, { timeout: 10_000 }).toBe(1);
    expect(await outcome).toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    await blocker.query('rollback');
    blocker.release();
    expect(await writer.write(makeBatch({ spans: makeAgentRun(1) }))).toMatchObject({ stored: 5 });
  });

  test('a number that its column cannot hold is rejected, not retried', async () => {
    const batch = makeBatch({ spans: [makeSpan({ kind: 2 ** 31 })] });
    await expect(writer.write(batch)).rejects.toMatchObject({ code: 'STORAGE_REJECTED' });
  });
});

describe('traces', () => {
  test('a late span joins spans whose trace row retention has deleted', async () => {
    const [agent, ...rest] = makeAgentRun(1);
    await writer.write(makeBatch({ spans: rest }));
    await pool.query('delete from traces');
    const late = makeBatch({ spans: [...rest, ...(agent === undefined ? [] : [agent])] });
    expect(await writer.write(late)).toEqual({ stored: 1, updated: 0, duplicate: 4 });
    expect(await readSpanCount(1)).toBe(5);
  });

  test('spans whose message bodies alone were left by retention are stored again', async () => {
    await writer.write(makeBatch({ spans: makeAgentRun(1) }));
    await pool.query('delete from spans; delete from traces');
    expect(await writer.write(makeBatch({ spans: makeAgentRun(1) }))).toMatchObject({ stored: 5 });
    expect(await readSpanCount(1)).toBe(5);
  });

  test('an execution keeps its creation time, and its change time where nothing changed', async () => {
    const run = makeAgentRun(1);
    const readTimes = async (): Promise<{ created_at: bigint; updated_at: bigint }[]> =>
      (
        await pool.query<{ created_at: bigint; updated_at: bigint }>(
          'select created_at, updated_at from agent_executions',
        )
      ).rows;
    await writer.write(makeBatch({ spans: run.slice(0, 3) }));
    const [first] = await readTimes();
    const bystander = makeSpan({
      traceId: traceIdOf(1),
      spanId: spanIdOf(77),
      parentSpanId: run[0]?.spanId ?? null,
    });
    await writer.write(makeBatch({ spans: [bystander] }));
    expect(await readTimes()).toEqual([first]);
    await writer.write(makeBatch({ spans: run }));
    const [second] = await readTimes();
    expect(second?.created_at).toBe(first?.created_at);
    expect(second?.updated_at).toBeGreaterThan(first?.updated_at ?? 0n);
  });

  test('an execution whose span retention has deleted stays when another span of its trace arrives', async () => {
    await writer.write(makeBatch({ spans: makeAgentRun(1) }));
    const listIds = async (): Promise<{ id: string }[]> =>
      (await pool.query<{ id: string }>('select id from agent_executions')).rows;
    const before = await listIds();
    await pool.query('delete from span_payloads; delete from spans');
    const late = makeSpan({ traceId: traceIdOf(1), spanId: spanIdOf(77), parentSpanId: null });
    expect(await writer.write(makeBatch({ spans: [late] }))).toMatchObject({ stored: 1 });
    expect(await readSpanCount(1)).toBe(1);
    expect(await listIds()).toEqual(before);
    expect(before).toHaveLength(1);
  });

  test('counts that add up beyond 64 bits are stored as the most there is', async () => {
    const attributes = listAttributes({
      'gen_ai.operation.name': 'chat',
      'gen_ai.usage.input_tokens': Number.MAX_SAFE_INTEGER,
    });
    const spans = Array.from({ length: 1100 }, (_, index) =>
      makeSpan({ spanId: spanIdOf(index), attributes }),
    );
    expect(await writer.write(makeBatch({ spans }))).toMatchObject({ stored: 1100 });
    const { rows } = await pool.query<{ tokens: string }>('select input_tokens::text as tokens from traces');
    expect(rows).toEqual([{ tokens: String(2n ** 63n - 1n) }]);
  });

  test('spans of absurd times are stored in the quarantine and found again', async () => {
    const spans = [0n, 2n ** 64n - 1n, START].map((startTimeUnixNano, index) =>
      makeSpan({ spanId: spanIdOf(index), startTimeUnixNano, endTimeUnixNano: 0n }),
    );
    expect(await writer.write(makeBatch({ spans }))).toMatchObject({ stored: 3 });
    expect(await writer.write(makeBatch({ spans }))).toMatchObject({ duplicate: 3 });
    expect(await readSpanCount(1)).toBe(3);
  });
});
