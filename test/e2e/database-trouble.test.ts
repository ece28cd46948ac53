import { randomBytes } from 'node:crypto';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createCollector, type Collector } from '../../collector/collector.js';
import { parseConfig } from '../../collector/config.js';
import { startBreakablePostgres, type BreakablePostgres } from '../support/breakable-postgres.js';
import { getJson } from '../support/collector.js';
import { encodeTraces } from '../../collector/otlp/encode-request.js';
import { createGrpcClient } from '../support/grpc-client.js';
import { mountSmallDisk } from '../support/small-disk.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { makeSpan, spanIdOf } from '../support/telemetry.js';
import { listSpanIds, postExport, postUntilTaken, renderExport } from './sent-spans.js';

let postgres: BreakablePostgres;
let proxy: TcpProxy;
let collector: Collector;
let traceId: string;
/** Connections of tests, which are ended after them. */
const clients: pg.Client[] = [];

beforeAll(async () => {
  postgres = await startBreakablePostgres();
  proxy = await startTcpProxy(postgres.port);
  collector = await startCollector();
});

afterAll(async () => {
  postgres.thaw();
  await collector.close();
  await proxy.close();
  await postgres.remove();
});

beforeEach(() => {
  traceId = randomBytes(16).toString('hex');
});

afterEach(async () => {
  for (const client of clients.splice(0)) await client.end();
  await postgres.run('drop function if exists break_write cascade');
});

function startCollector(): Promise<Collector> {
  const url = new URL(postgres.url);
  url.port = String(proxy.port);
  return createCollector(
    parseConfig({
      flags: { databaseUrl: url.href, port: '0', grpcPort: 'free', logLevel: 'silent', noOpen: true },
      env: {},
    }),
  );
}

async function connect(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: postgres.url });
  client.on('error', () => undefined);
  await client.connect();
  clients.push(client);
  return client;
}

/** The answers come while what is broken is still broken: this is called before it is mended. */
async function expectRetryable(numbers: number[]): Promise<void> {
  const answers = await Promise.all(
    numbers.map((number) => postExport(collector.url, renderExport(traceId, [number]))),
  );
  for (const { status, retryAfter } of answers) {
    expect(status).toBe(503);
    expect(retryAfter).toBeGreaterThanOrEqual(1);
    expect(retryAfter).toBeLessThanOrEqual(5);
  }
}

/** What was refused is sent again, without the collector having been started anew, and is there once. */
async function expectRecovery(numbers: number[]): Promise<void> {
  for (const number of numbers) await postUntilTaken(collector.url, renderExport(traceId, [number]));
  expect(await listSpanIds(collector.url, traceId)).toEqual(numbers.map(spanIdOf));
  const { span_count } = await getJson<{ span_count: number }>(`${collector.url}/api/v1/traces/${traceId}`);
  expect(span_count).toBe(numbers.length);
}

/** Statements fail with this SQLSTATE for the first so many writes of spans. */
async function failWith(state: string, times: number): Promise<void> {
  await postgres.run(`
    create sequence if not exists broken_writes;
    alter sequence broken_writes restart;
    create or replace function break_write() returns trigger language plpgsql as $$
    begin
      if nextval('broken_writes') <= ${times} then raise exception 'broken' using errcode = '${state}'; end if;
      return null;
    end $$;
    create or replace trigger break_write before insert on spans for each statement execute function break_write()`);
}

/** How long a condition is awaited before the test has failed. */
const PATIENCE_MILLIS = 20_000;
const NUMBERS = [1, 2, 3, 4, 5, 6];

test('a server that is not there is answered for at once, and found again when it is back', async () => {
  await postgres.stop();
  await expectRetryable(NUMBERS);
  const client = createGrpcClient(new URL(collector.grpcUrl ?? '').host);
  const called = await client.export('traces', encodeTraces([makeSpan({ traceId })]));
  client.close();
  // UNAVAILABLE, and google.rpc.RetryInfo beside it.
  expect(called.code).toBe(14);
  expect(JSON.stringify(called.status)).toContain('RetryInfo');
  await postgres.start();
  await expectRecovery(NUMBERS);
});

test('a server that is killed under load and started again: what was acknowledged is there, and nothing twice', async () => {
  const acknowledged = new Set<number>();
  const refused: number[] = [];
  let next = 1;
  let isKilled = false;
  const senders = Array.from({ length: 6 }, async () => {
    while (!isKilled || refused.length < 6) {
      const number = next;
      next += 1;
      const { status, retryAfter } = await postExport(collector.url, renderExport(traceId, [number]));
      if (status === 200) {
        acknowledged.add(number);
      } else {
        expect({ status, retryAfter }).toEqual({ status: 503, retryAfter: 1 });
        refused.push(number);
      }
    }
  });
  const killing = (async () => {
    while (acknowledged.size < 50) await new Promise((resolve) => setImmediate(resolve));
    await postgres.stop('SIGKILL');
    isKilled = true;
  })();
  await Promise.all([...senders, killing]);
  await postgres.start();
  for (const number of refused) await postUntilTaken(collector.url, renderExport(traceId, [number]));
  expect(await listSpanIds(collector.url, traceId)).toEqual(
    [...acknowledged, ...refused].map(spanIdOf).sort(),
  );
});

test('a server that hangs with its connections open is answered for, and used again when it goes on', async () => {
  await postUntilTaken(collector.url, renderExport(traceId, [1]));
  postgres.freeze();
  try {
    await expectRetryable([2, 3, 4]);
    // Those that come once it is known to hang are no slower, and neither are readers.
    await expectRetryable([5]);
    expect((await fetch(`${collector.url}/api/v1/traces`)).status).toBe(503);
  } finally {
    postgres.thaw();
  }
  await expectRecovery([1, 2, 3, 4, 5]);
});

test('a server that hangs in the middle of many writes answers for all of them', async () => {
  const started = Array.from({ length: 20 }, (_, index) =>
    postExport(collector.url, renderExport(traceId, [index + 1], { bytes: 100_000 })),
  );
  await started[0];
  postgres.freeze();
  try {
    const answers = await Promise.all(started);
    expect(answers.map(({ status }) => status).filter((status) => status !== 200 && status !== 503)).toEqual(
      [],
    );
  } finally {
    postgres.thaw();
  }
  await expectRecovery(Array.from({ length: 20 }, (_, index) => index + 1));
});

test('a read-only database is a reason to come again', async () => {
  await postgres.run('alter system set default_transaction_read_only = on');
  await postgres.run('select pg_reload_conf()');
  const observer = await connect();
  while (
    (await observer.query<{ on: string }>(`select current_setting('default_transaction_read_only') as on`))
      .rows[0]?.on !== 'on'
  );
  await expectRetryable(NUMBERS);
  await observer.query('alter system reset default_transaction_read_only');
  await observer.query('select pg_reload_conf()');
  await expectRecovery(NUMBERS);
});

test('a server without a connection to spare is a reason to come again', async () => {
  // What is free now would be taken by the collector: so its own connections go when all others are taken.
  const fill = async (): Promise<void> => {
    for (;;) await connect();
  };
  await expect(fill()).rejects.toMatchObject({ code: '53300' });
  await clients[0]?.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'spanledger'`,
  );
  await expect(fill()).rejects.toMatchObject({ code: '53300' });
  await expectRetryable(NUMBERS);
  for (const client of clients.splice(0)) await client.end();
  await expectRecovery(NUMBERS);
});

describe('a write that fails with', () => {
  for (const state of ['40001', '40P01']) {
    test(`${state} is tried again by the collector itself`, async () => {
      await failWith(state, 2);
      const answers = await Promise.all(
        NUMBERS.map((number) => postExport(collector.url, renderExport(traceId, [number]))),
      );
      expect(answers.map(({ status }) => status)).toEqual(NUMBERS.map(() => 200));
      await expectRecovery(NUMBERS);
    });
  }

  for (const state of [
    '40001',
    '40P01',
    '53100',
    '53200',
    '57014',
    '57P01',
    '57P03',
    '55P03',
    '58030',
    '08006',
    'XX000',
  ]) {
    test(`${state} each time is a reason to come again`, async () => {
      await failWith(state, 1_000_000);
      await expectRetryable(NUMBERS);
      await postgres.run('drop function break_write cascade');
      await expectRecovery(NUMBERS);
    });
  }
});

test('a real deadlock with another session is settled without the sender noticing', async () => {
  await postUntilTaken(collector.url, renderExport(traceId, [1]));
  const other = await connect();
  await other.query(`set deadlock_timeout = '10min'`);
  await other.query('begin');
  await other.query(`select 1 from traces where trace_id = decode($1, 'hex') for update`, [traceId]);
  // A new service, so that the write holds its row of resources while it waits for the trace.
  const answer = postExport(collector.url, renderExport(traceId, [2], { service: `deadlock ${traceId}` }));
  const before = await countDeadlocks();
  await untilBlocked();
  await other.query('lock table resources in share mode');
  await other.query('commit');
  expect((await answer).status).toBe(200);
  await vi.waitFor(async () => {
    expect(await countDeadlocks()).toBeGreaterThan(before);
  }, PATIENCE_MILLIS);
  await expectRecovery([1, 2]);
});

async function countDeadlocks(): Promise<number> {
  const rows = await postgres.run<{ deadlocks: string }>(
    'select deadlocks::text from pg_stat_database where datname = current_database()',
  );
  return Number(rows[0]?.deadlocks);
}

/** Resolves to the backends of the collector that wait for a lock, once there is one. */
async function untilBlocked(): Promise<number[]> {
  return vi.waitFor(async () => {
    const rows = await postgres.run<{ pid: number }>(
      `select pid from pg_stat_activity where application_name = 'spanledger' and wait_event_type = 'Lock'`,
    );
    expect(rows).not.toEqual([]);
    return rows.map(({ pid }) => pid);
  }, PATIENCE_MILLIS);
}

test('a write that waits for a lock is answered for while the lock is held, and not stored twice', async () => {
  await postUntilTaken(collector.url, renderExport(traceId, [1]));
  const other = await connect();
  await other.query('begin; lock table spans in access exclusive mode');
  await expectRetryable([2, 3, 4]);
  await expectRetryable([5]);
  await other.query('rollback');
  await expectRecovery([1, 2, 3, 4, 5]);
});

test('a write whose connection an administrator ends is a reason to come again', async () => {
  await postUntilTaken(collector.url, renderExport(traceId, [1]));
  const other = await connect();
  await other.query('begin');
  await other.query(`select 1 from traces where trace_id = decode($1, 'hex') for update`, [traceId]);
  const answer = postExport(collector.url, renderExport(traceId, [2]));
  for (const pid of await untilBlocked()) await postgres.run('select pg_terminate_backend($1)', [pid]);
  expect((await answer).status).toBe(503);
  await other.query('rollback');
  await expectRecovery([1, 2]);
});

test('a connection that breaks after the commit was sent is answered as not stored, and sending again adds nothing', async () => {
  await postUntilTaken(collector.url, renderExport(traceId, [1]));
  let cuts = 0;
  proxy.judge = (sent) => {
    // A simple query: 'Q', its length, the text (PostgreSQL manual, "Message Formats").
    if (!sent.includes('commit\0') || cuts > 0) return 'pass';
    cuts += 1;
    return 'cut-answer';
  };
  await expectRetryable([2]);
  expect(cuts).toBe(1);
  // It was stored all the same.
  expect(await listSpanIds(collector.url, traceId)).toEqual([1, 2].map(spanIdOf));
  proxy.judge = () => 'pass';
  await expectRecovery([1, 2]);
});

test('after a failover to a server that lacks the latest, what is sent from then on is whole', async () => {
  const service = `failover ${traceId}`;
  await postgres.stop();
  const standby = await startBreakablePostgres({ copyOf: postgres.data });
  try {
    await postgres.start();
    await postUntilTaken(collector.url, renderExport(traceId, [1], { service }));
    proxy.target = standby.port;
    await postgres.stop('SIGKILL');
    proxy.cut();
    await postUntilTaken(collector.url, renderExport(traceId, [2], { service }));
    expect(await listSpanIds(collector.url, traceId)).toEqual([spanIdOf(2)]);
    const trace = await getJson<{ services: string[] }>(`${collector.url}/api/v1/traces/${traceId}`);
    expect(trace.services).toEqual([service]);
    const span = await getJson<{ resource: { attributes: unknown } }>(
      `${collector.url}/api/v1/spans/${traceId}/${spanIdOf(2)}`,
    );
    expect(JSON.stringify(span.resource)).toContain(service);
  } finally {
    proxy.target = postgres.port;
    proxy.cut();
    await standby.remove();
    await postgres.start();
  }
});

const disk = mountSmallDisk(300);

afterAll(() => {
  disk?.remove();
});

/** Takes all that is left of the disk. */
function fillDisk(file: string): void {
  const handle = openSync(file, 'w');
  try {
    for (const bytes of [Buffer.alloc(1024 * 1024), Buffer.alloc(4096)]) {
      try {
        for (;;) writeSync(handle, bytes);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    }
  } finally {
    closeSync(handle);
  }
}

test.skipIf(disk === undefined)(
  'a database whose disk is full is a reason to come again, and what was acknowledged before is there',
  async () => {
    const folder = disk?.path ?? '';
    const filler = join(folder, 'filler');
    const full = await startBreakablePostgres({ folder });
    proxy.target = full.port;
    proxy.cut();
    try {
      await postUntilTaken(collector.url, renderExport(traceId, [1]));
      fillDisk(filler);
      const taken = [1];
      let status = 200;
      for (let number = 2; status === 200; number += 1) {
        ({ status } = await postExport(collector.url, renderExport(traceId, [number], { bytes: 500_000 })));
        if (status === 200) taken.push(number);
      }
      expect(status).toBe(503);
      rmSync(filler);
      await full.start();
      await postUntilTaken(collector.url, renderExport(traceId, [taken.length + 1]));
      expect(await listSpanIds(collector.url, traceId)).toEqual([...taken, taken.length + 1].map(spanIdOf));
    } finally {
      proxy.target = postgres.port;
      proxy.cut();
      await full.remove();
    }
  },
);
