import { randomBytes } from 'node:crypto';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { startBreakablePostgres, type BreakablePostgres } from '../support/breakable-postgres.js';
import { createTemporaryFolder, spawnCollector, type SpawnedCollector } from '../support/collector.js';
import { encodeTraces } from '../../collector/otlp/encode-request.js';
import { createGrpcClient } from '../support/grpc-client.js';
import { makeSpan, spanIdOf } from '../support/telemetry.js';
import { listSpanIds, postExport, postUntilTaken, renderExport } from './sent-spans.js';

/** How long a condition is awaited before the test has failed. */
const PATIENCE = { timeout: 60_000, interval: 50 };

vi.setConfig({ testTimeout: 120_000 });

const folder = createTemporaryFolder();
let postgres: BreakablePostgres;
const collectors: SpawnedCollector[] = [];
let spoolDir: string;
let traceId: string;

beforeAll(async () => {
  postgres = await startBreakablePostgres();
});

afterAll(async () => {
  await postgres.remove();
  folder.remove();
});

beforeEach(() => {
  traceId = randomBytes(16).toString('hex');
  spoolDir = join(folder.path, traceId);
});

afterEach(async () => {
  for (const collector of collectors.splice(0)) await collector.end('SIGKILL');
  await postgres.stop();
  await postgres.start();
  rmSync(spoolDir, { recursive: true, force: true });
});

async function start(...args: string[]): Promise<SpawnedCollector> {
  const collector = await spawnCollector(['--database-url', postgres.url, '--spool-dir', spoolDir, ...args]);
  collectors.push(collector);
  return collector;
}

interface Readiness {
  status: string;
  reasons: string[];
  spool: { bytes: number; requests: number; oldest_received_at: string | null };
}

async function readReadiness(url: string): Promise<Readiness> {
  return (await (await fetch(`${url}/readyz`)).json()) as Readiness;
}

/** Resolves once the database is there and nothing waits for it. */
async function untilDrained(url: string): Promise<void> {
  await vi.waitFor(async () => {
    expect(await readReadiness(url)).toMatchObject({ status: 'ready', spool: { requests: 0, bytes: 0 } });
  }, PATIENCE);
}

/** Sends requests of one span each from several clients until one gets no answer; the numbers of those answered 200. */
async function sendUntilDead(
  url: string,
  from: number,
  onAcknowledged: (count: number) => void,
): Promise<number[]> {
  const acknowledged: number[] = [];
  let next = from;
  const send = async (): Promise<void> => {
    for (;;) {
      const number = next;
      next += 1;
      const { status } = await postExport(url, renderExport(traceId, [number], { bytes: 2_000 }));
      if (status === 0) return;
      expect(status).toBe(200);
      acknowledged.push(number);
      onAcknowledged(acknowledged.length);
    }
  };
  await Promise.all(Array.from({ length: 4 }, send));
  return acknowledged;
}

async function expectStored(url: string, acknowledged: readonly number[]): Promise<void> {
  const ids = await listSpanIds(url, traceId);
  expect(new Set(ids).size).toBe(ids.length);
  const stored = new Set(ids);
  expect(acknowledged.map(spanIdOf).filter((id) => !stored.has(id))).toEqual([]);
}

test('what was acknowledged while the database was away is there after kill -9, twice, and then once', async () => {
  let collector = await start();
  await postUntilTaken(collector.url, renderExport(traceId, [1]));
  await postgres.stop('SIGKILL');
  const acknowledged = [1];
  for (let round = 1; round <= 2; round += 1) {
    const running = collector;
    acknowledged.push(
      ...(await sendUntilDead(running.url, round * 100_000, (count) => {
        if (count === 40 * round) running.process.kill('SIGKILL');
      })),
    );
    await running.end('SIGKILL');
    // The second and the third start find no database either.
    collector = await start();
    expect(await readReadiness(collector.url)).toMatchObject({ status: 'spooling' });
  }
  expect(acknowledged.length).toBeGreaterThanOrEqual(121);
  await postgres.start();
  await untilDrained(collector.url);
  await expectStored(collector.url, acknowledged);
});

test('kill -9 in the middle of the replay loses nothing and doubles nothing', async () => {
  let collector = await start();
  await postgres.stop();
  const numbers = Array.from({ length: 600 }, (_, index) => index + 1);
  await Promise.all(
    Array.from({ length: 6 }, async (_, client) => {
      for (const number of numbers.filter((each) => each % 6 === client)) {
        const { status } = await postExport(
          collector.url,
          renderExport(traceId, [number], { bytes: 20_000 }),
        );
        expect(status).toBe(200);
      }
    }),
  );
  await postgres.start();
  for (let kills = 0; kills < 2; kills += 1) {
    const before = await countStored();
    await allowWrites(5);
    await vi.waitFor(async () => {
      expect(await countStored()).toBeGreaterThan(before);
    }, PATIENCE);
    await collector.end('SIGKILL');
    expect(await countStored()).toBeLessThan(600);
    collector = await start();
  }
  await postgres.run('drop function hold_write cascade');
  await untilDrained(collector.url);
  expect(await listSpanIds(collector.url, traceId)).toEqual(numbers.map(spanIdOf));
});

/** Lets so many more writes of spans happen, so that a replay gets so far and no further. */
async function allowWrites(count: number): Promise<void> {
  await postgres.run(`
    create sequence if not exists writes;
    alter sequence writes restart;
    create or replace function hold_write() returns trigger language plpgsql as $$
    begin
      if nextval('writes') > ${count} then raise exception 'enough' using errcode = '57P03'; end if;
      return null;
    end $$;
    create or replace trigger hold_write before insert on spans for each statement execute function hold_write()`);
}

async function countStored(): Promise<number> {
  const rows = await postgres.run<{ count: string }>(
    `select count(*) from spans where trace_id = decode($1, 'hex')`,
    [traceId],
  );
  return Number(rows[0]?.count);
}

test('past its size exporters are told to come again, and nothing of what was acknowledged is missing', async () => {
  const collector = await start('--spool-max-bytes', '300KiB');
  await postgres.stop();
  const acknowledged: number[] = [];
  const refused: number[] = [];
  for (let number = 1; refused.length < 5; number += 1) {
    const { status, retryAfter } = await postExport(
      collector.url,
      renderExport(traceId, [number], { bytes: 10_000 }),
    );
    if (status === 200) {
      acknowledged.push(number);
      continue;
    }
    expect({ status, retryAfter }).toEqual({ status: 503, retryAfter: 1 });
    refused.push(number);
  }
  expect(acknowledged.length).toBeGreaterThan(20);
  const bytes = readdirSync(spoolDir).reduce((sum, name) => sum + statSync(join(spoolDir, name)).size, 0);
  expect(bytes).toBeLessThan(300 * 1024 + 1_000);
  expect((await fetch(`${collector.url}/readyz`)).status).toBe(503);
  await postgres.start();
  await untilDrained(collector.url);
  for (const number of refused) await postUntilTaken(collector.url, renderExport(traceId, [number]));
  await expectStored(collector.url, [...acknowledged, ...refused]);
});

test('a body as large as may be is kept and stored', async () => {
  const collector = await start();
  await postgres.stop();
  const numbers = Array.from({ length: 62 }, (_, index) => index + 1);
  const body = renderExport(traceId, numbers, { bytes: 1024 * 1024 });
  expect((await postExport(collector.url, body)).status).toBe(200);
  expect((await readReadiness(collector.url)).spool.bytes).toBeGreaterThan(62 * 1024 * 1024);
  await postgres.start();
  await untilDrained(collector.url);
  expect(await listSpanIds(collector.url, traceId)).toEqual(numbers.map(spanIdOf));
});

test('readiness, figures and log say that requests are kept, and that it is over', async () => {
  const collector = await start();
  expect(await readReadiness(collector.url)).toMatchObject({ status: 'ready', spool: { requests: 0 } });
  await postgres.stop();
  await postUntilTaken(collector.url, renderExport(traceId, [1]));
  const response = await fetch(`${collector.url}/readyz`);
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({
    status: 'spooling',
    reasons: ['the database does not answer'],
    spool: { requests: 1 },
  });
  const figures = await (await fetch(`${collector.url}/metrics`)).text();
  expect(figures).toContain('spanledger_spool_requests 1');
  await postgres.start();
  await untilDrained(collector.url);
  for (const line of [
    'the database is away',
    'the database is back',
    'everything in the spool has been stored',
  ])
    expect(collector.output()).toContain(line);
});

test('what comes over gRPC and from Zipkin, log records and metrics are kept as well', async () => {
  const collector = await start('--grpc-port', 'free');
  await postgres.stop();
  const client = createGrpcClient(new URL(collector.grpcUrl() ?? '').host);
  const sent = await client.export('traces', encodeTraces([makeSpan({ traceId, spanId: spanIdOf(1) })]));
  client.close();
  expect(sent.code).toBe(0);
  const now = Date.now() * 1_000;
  const zipkin = [{ traceId, id: spanIdOf(2), name: 'from zipkin', timestamp: now, duration: 10 }];
  const time = `${now}000`;
  const logs = { resourceLogs: [{ scopeLogs: [{ logRecords: [{ traceId, timeUnixNano: time }] }] }] };
  const dataPoints = [{ timeUnixNano: time, asInt: '1' }];
  const metrics = [{ name: `kept.${traceId}`, gauge: { dataPoints } }];
  const bodies: [path: string, body: unknown, status: number][] = [
    ['/api/v2/spans', zipkin, 202],
    ['/v1/logs', logs, 200],
    ['/v1/metrics', { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] }, 200],
  ];
  for (const [path, body, status] of bodies) {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(collector.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    expect([path, answer.status]).toEqual([path, status]);
  }
  expect((await readReadiness(collector.url)).spool.requests).toBe(4);
  await postgres.start();
  await untilDrained(collector.url);
  expect(await listSpanIds(collector.url, traceId)).toEqual([1, 2].map(spanIdOf));
  const counts = await postgres.run<{ logs: number; points: number }>(
    `select (select count(*)::int from log_records where trace_id = decode($1, 'hex')) as logs,
            (select count(*)::int from metrics where name = 'kept.' || $1) as points`,
    [traceId],
  );
  expect(counts).toEqual([{ logs: 1, points: 1 }]);
});

test('a second collector does not get the spool directory of the first', async () => {
  const collector = await start();
  await expect(start()).rejects.toThrow(/The spool directory .* is in use by process \d+/);
  await collector.end('SIGTERM');
  await start();
});

test('a database that will never let it in is a reason not to start, spool or not', async () => {
  const url = postgres.url.replace('/postgres', '/no_such_database');
  await expect(spawnCollector(['--database-url', url, '--spool-dir', spoolDir])).rejects.toThrow(
    /no_such_database/,
  );
});
