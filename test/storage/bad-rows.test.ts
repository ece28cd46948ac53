import type { Pool } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readContent, readReportContent } from '../../collector/dialects/normalize.js';
import { DEFAULT_PROJECT_ID as PROJECT } from '../../collector/model/ids.js';
import type { SpanData } from '../../collector/model/span-data.js';
import { createProjector } from '../../collector/projections/projector.js';
import { createPool } from '../../collector/storage/postgres/pool.js';
import { createPostgresStorage } from '../../collector/storage/postgres/postgres-storage.js';
import type { Storage } from '../../collector/storage/storage.js';
import { createTestDatabase } from '../support/database.js';
import type { TestDatabase } from '../support/database.js';
import {
  makeAgentRun,
  makeBatch,
  makeLog,
  makePoint,
  makeSpan,
  spanIdOf,
  traceIdOf,
} from '../support/telemetry.js';

const projector = createProjector({ readContent, readReportContent });

let database: TestDatabase;
let pool: Pool;
let storage: Storage;
let acquired = 0;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => {
  await database.drop();
});

beforeEach(async () => {
  pool = createPool(database.connection);
  storage = await createPostgresStorage({ pool, projector, writeLimits: { writers: 1 } });
  await pool.query(`alter table spans add constraint no_forbidden check (name <> 'forbidden')`);
  pool.on('acquire', () => (acquired += 1));
});
afterEach(async () => {
  await pool.query('alter table spans drop constraint if exists no_forbidden');
  await pool.query('delete from spans; delete from traces; delete from ingest_issues');
  await storage.close();
});

/** A trace of so many spans, of which those that `isBad` picks are refused by a check. */
function makeTrace(number: number, count: number, isBad: (index: number) => boolean): SpanData[] {
  return Array.from({ length: count }, (_, index) =>
    makeSpan({
      traceId: traceIdOf(number),
      spanId: spanIdOf(index + 1),
      parentSpanId: index === 0 ? null : spanIdOf(1),
      name: isBad(index) ? 'forbidden' : 'work',
    }),
  );
}

async function listIssues(code: string) {
  const { rows } = await storage.listIngestIssues(PROJECT, { code }, { limit: 500 });
  return rows;
}

async function countSpans(traceId: string): Promise<number> {
  return (await storage.findTrace(PROJECT, traceId))?.span_count ?? 0;
}

describe('records that Postgres refuses', () => {
  test('cost only themselves, among duplicates, and each is listed with the reason', async () => {
    const spans = makeTrace(1, 20, (index) => [3, 4, 17].includes(index));
    await storage.write(makeBatch({ spans: spans.slice(8, 10) }));
    const receipt = await storage.write(makeBatch({ spans: [...spans, ...spans.slice(0, 2)] }));
    expect(receipt).toMatchObject({ stored: 15, updated: 0, duplicate: 4 });
    expect(receipt.rejected.map(({ code, spanId }) => [code, spanId]).toSorted()).toEqual(
      [3, 4, 17].map((index) => ['ROW_REFUSED', spanIdOf(index + 1)]),
    );
    expect(await countSpans(traceIdOf(1))).toBe(17);
    const issues = await listIssues('ROW_REFUSED');
    expect(issues).toHaveLength(3);
    expect(issues[0]).toMatchObject({ signal: 'traces', trace_id: traceIdOf(1), service_name: 'planner' });
    expect(issues[0]?.message).toMatch(
      /^the database refused it: new row for relation "spans_\d{8}" violates check constraint "no_forbidden" \(SQLSTATE 23514\)$/,
    );
  });

  test('sent again are refused again, and listed once', async () => {
    const spans = makeTrace(2, 6, (index) => index === 2);
    const logs = [makeLog({ severityNumber: 2 ** 40 }), makeLog({ severityNumber: 2 ** 41 })];
    for (let round = 0; round < 2; round += 1) {
      for (const records of [{ spans }, { logs }]) {
        const { stored, duplicate, rejected } = await storage.write(makeBatch(records));
        const total = 'spans' in records ? 5 : 0;
        expect([stored, duplicate]).toEqual(round === 0 ? [total, 0] : [0, total]);
        expect(rejected).toHaveLength('spans' in records ? 1 : 2);
      }
    }
    expect(await listIssues('ROW_REFUSED')).toHaveLength(3);
  });

  test('may be of each signal, in one batch', async () => {
    const point = makePoint();
    const receipt = await storage.write(
      makeBatch({
        spans: makeTrace(3, 4, (index) => index === 1),
        logs: [makeLog({ body: 'good' }), makeLog({ severityNumber: 2 ** 40 })],
        points: [
          point,
          makePoint({ metric: { ...point.metric, name: 'odd', aggregationTemporality: 2 ** 40 } }),
        ],
      }),
    );
    expect(receipt).toMatchObject({ stored: 5, updated: 0, duplicate: 0 });
    const reasons = new Map(receipt.rejected.map(({ signal, message }) => [signal, message]));
    expect(reasons.get('traces')).toContain('(SQLSTATE 23514)');
    expect(reasons.get('logs')).toContain('(SQLSTATE 22003)');
    expect(reasons.get('metrics')).toMatch(/^metric odd: the database refused it: .*\(SQLSTATE 22003\)$/);
  });

  test('are found again where the database failed meanwhile and the request is sent again', async () => {
    await pool.query(`
      create function fill_disk() returns trigger language plpgsql as
        'begin raise exception ''no space left'' using errcode = ''53100''; end';
      create trigger fill_disk before insert on spans for each row when (new.name = 'large') execute function fill_disk()`);
    const names = ['forbidden', 'work', 'large', 'work'];
    const spans = makeTrace(14, 4, () => false).map((span, at) => ({ ...span, name: names[at] ?? '' }));
    await expect(storage.write(makeBatch({ spans }))).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    await pool.query('drop function fill_disk cascade');
    const { stored, duplicate, rejected } = await storage.write(makeBatch({ spans }));
    expect(stored + duplicate).toBe(3);
    expect(rejected).toMatchObject([{ code: 'ROW_REFUSED', spanId: spanIdOf(1) }]);
    expect(await countSpans(traceIdOf(14))).toBe(3);
  });

  test('of a resource that is refused itself cost no record of another', async () => {
    await pool.query(`alter table resources add constraint no_secret check (not attributes ? 'secret')`);
    const [first, second, third] = makeTrace(4, 3, () => false);
    const secret = { attributes: [{ key: 'secret', value: 'x' }], droppedAttributesCount: 0 };
    const resource = { ...secret, entityRefs: [], schemaUrl: '' };
    const spans = [first, { ...(second ?? makeSpan()), resource }, third].filter(
      (span) => span !== undefined,
    );
    const { stored, rejected } = await storage.write(makeBatch({ spans }));
    await pool.query('alter table resources drop constraint no_secret');
    expect(stored).toBe(2);
    expect(rejected).toMatchObject([{ spanId: second?.spanId, serviceName: null }]);
  });

  test('leave what merged with their request as if they had not been there', async () => {
    const batches = [6, 7, 8, 9].map((number) => makeBatch({ spans: makeAgentRun(number) }));
    const bad = makeBatch({ spans: makeTrace(5, 3, (index) => index === 1) });
    // The first takes the only writer, and the others wait and are merged.
    const receipts = await Promise.all(batches.toSpliced(2, 0, bad).map((batch) => storage.write(batch)));
    expect(receipts.map(({ stored, rejected }) => [stored, rejected.length])).toEqual([
      [5, 0],
      [5, 0],
      [2, 1],
      [5, 0],
      [5, 0],
    ]);
  });
});

test('two log records of one span that are refused are listed each, and sent again not once more', async () => {
  await pool.query(`alter table log_records add constraint no_bad check (severity_text <> 'bad')`);
  const logs = ['one', 'two'].map((body) =>
    makeLog({ traceId: traceIdOf(13), spanId: spanIdOf(1), body, severityText: 'bad' }),
  );
  const batch = makeBatch({ logs });
  for (const time of ['once', 'again']) {
    const { rejected } = await storage.write(batch);
    expect(rejected, time).toHaveLength(2);
    expect(await listIssues('ROW_REFUSED'), time).toHaveLength(2);
  }
  await pool.query('alter table log_records drop constraint no_bad');
});

describe('the search for records that are refused', () => {
  test('takes few transactions for one among thousands, since Postgres names the row', async () => {
    const count = 4_000;
    const spans = makeTrace(10, count, (index) => index === 2_718);
    acquired = 0;
    const { stored, rejected } = await storage.write(makeBatch({ spans }));
    // The first, the halves without the bad row, all before it, the issues.
    expect(acquired).toBeLessThan(10);
    expect(stored).toBe(count - 1);
    expect(rejected).toMatchObject([{ code: 'ROW_REFUSED', spanId: spanIdOf(2_719) }]);
    expect(await countSpans(traceIdOf(10))).toBe(count - 1);
  });

  test('ends where half of them are bad, and says what was not tried', async () => {
    const count = 2_000;
    const spans = makeTrace(11, count, (index) => index % 2 === 1);
    acquired = 0;
    const { stored, rejected } = await storage.write(makeBatch({ spans }));
    expect(acquired).toBeLessThan(210);
    expect(stored + rejected.length).toBe(count);
    const untried = rejected.filter(({ code }) => code === 'ROW_NOT_TRIED');
    expect(untried[0]?.message).toMatch(/^not tried, for too many .*\(SQLSTATE 23514\)$/);
    const issues = await listIssues('ROW_NOT_TRIED');
    expect(issues).toHaveLength(100);
    expect(
      issues.some(({ message }) => message.includes(`and ${untried.length - 100} more of this kind`)),
    ).toBe(true);
  });
});

describe('records that can not be encoded', () => {
  test('cost only themselves', async () => {
    const [root, ...rest] = makeTrace(12, 4, () => false);
    const odd = makeSpan({ traceId: traceIdOf(12), spanId: spanIdOf(99), kind: 2 ** 31 });
    // By then the days of the partitions are known, and first statistics are gathered.
    await storage.write(makeBatch({ spans: [root ?? odd] }));
    await expect.poll(() => pool.idleCount === pool.totalCount).toBe(true);
    acquired = 0;
    const { stored, rejected } = await storage.write(makeBatch({ spans: [odd, ...rest] }));
    expect(acquired).toBe(1);
    expect(stored).toBe(3);
    expect(rejected).toMatchObject([{ code: 'ROW_REFUSED', spanId: spanIdOf(99) }]);
    expect(rejected[0]?.message).toMatch(
      /^the collector could not write it: The value of "value" is out of range/,
    );
    expect(await listIssues('ROW_REFUSED')).toMatchObject([{ span_id: spanIdOf(99) }]);
  });

  test('are told of beside those that Postgres refuses', async () => {
    const spans = makeTrace(13, 4, (index) => index === 3);
    const odd = makeSpan({ traceId: traceIdOf(13), spanId: spanIdOf(99), kind: 2 ** 31 });
    const { stored, rejected } = await storage.write(makeBatch({ spans: [...spans, odd] }));
    expect(stored).toBe(3);
    expect(rejected.map(({ spanId }) => spanId)).toEqual([spanIdOf(99), spanIdOf(4)]);
    expect(await listIssues('ROW_REFUSED')).toHaveLength(2);
  });
});
