import type { Pool } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readContent, readReportContent } from '../../collector/dialects/normalize.js';
import { DEFAULT_PROJECT_ID } from '../../collector/model/ids.js';
import { renderTime } from '../../collector/model/time.js';
import { createProjector } from '../../collector/projections/projector.js';
import { createPool } from '../../collector/storage/postgres/pool.js';
import { ContentStore } from '../../collector/storage/postgres/contents/content-store.js';
import { createWriter } from '../../collector/storage/postgres/write/writer.js';
import type { Writer } from '../../collector/storage/postgres/write/writer.js';
import { DictionaryWriter } from '../../collector/storage/postgres/write/dictionaries.js';
import { prepareBatch } from '../../collector/storage/postgres/write/prepared-batch.js';
import { writeGroup } from '../../collector/storage/postgres/write/transaction.js';
import { KeyValueList } from '../../collector/model/any-value.js';
import type { LogRecordData, SpanData } from '../../collector/model/span-data.js';
import type { WriteBatch } from '../../collector/model/write-batch.js';
import { ensurePartitions, listDays } from '../../collector/storage/postgres/maintenance/partitions.js';
import { createTestDatabase } from '../support/database.js';
import type { TestDatabase } from '../support/database.js';
import {
  START,
  listAttributes,
  makeAgentRun,
  makeBatch,
  makeLog,
  makePoint,
  makeSpan,
  spanIdOf,
  traceIdOf,
} from '../support/telemetry.js';

const projector = createProjector({ readContent, readReportContent });
const DAY_NANOS = 86_400_000_000_000n;

function dayOf(unixNano: bigint): string {
  return renderTime(unixNano).slice(0, 10).replaceAll('-', '');
}

/** A copy that beats the one that is stored. */
function outlive(span: SpanData): SpanData {
  return { ...span, endTimeUnixNano: span.endTimeUnixNano + 1_000n };
}

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

async function clear(): Promise<void> {
  await pool.query(
    `delete from spans; delete from span_payloads; delete from log_records; delete from traces; delete from sessions;
     delete from agent_executions`,
  );
}

beforeEach(async () => {
  await clear();
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
    expect(await writer.write(makeBatch({}))).toEqual({ stored: 0, updated: 0, duplicate: 0, rejected: [] });
  });
});

test('soon after the first write the planner finds a trace by its key, not among all of the project', async () => {
  const own = await createTestDatabase();
  const ownPool = createPool(own.connection);
  const ownWriter = createWriter({ pool: ownPool, projector });
  await ownWriter.write(makeBatch({ spans: [makeSpan()] }));
  await expect
    .poll(async () => {
      const { rows } = await ownPool.query<{ name: string }>(
        `select relname as name from pg_class where reltuples >= 0 and relname = any($1) order by 1`,
        [['agent_executions', 'sessions', 'traces']],
      );
      return rows.map(({ name }) => name);
    })
    .toEqual(['agent_executions', 'sessions', 'traces']);
  const { rows } = await ownPool.query<{ 'QUERY PLAN': string }>(
    `explain update traces set name = source.name
     from json_to_recordset('[]') as source (trace_id bytea, name text)
     where traces.project_id = '${DEFAULT_PROJECT_ID}' and traces.trace_id = source.trace_id`,
  );
  expect(rows.map((row) => row['QUERY PLAN']).join('\n')).not.toContain('traces_project_session');
  await ownWriter.close();
  await ownPool.end();
  await own.drop();
});

describe('leftovers', () => {
  test('a run of which only the executions are left is stored when it comes again', async () => {
    const batch = makeBatch({ spans: makeAgentRun(771) });
    await writer.write(batch);
    const { rows: before } = await pool.query('select id, total_tokens from agent_executions order by id');
    expect(before.length).toBeGreaterThan(0);
    await pool.query(
      'delete from spans; delete from span_payloads; delete from traces; delete from sessions',
    );
    expect(await writer.write(batch)).toMatchObject({ stored: batch.spans.length });
    const { rows } = await pool.query('select id, total_tokens from agent_executions order by id');
    expect(rows).toEqual(before);
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

  test('a batch that takes too long fails alone, and may be sent again', async () => {
    await writer.write(makeBatch({ spans: makeAgentRun(1).slice(1) }));
    const hasty = createPool(database.connection, { max: 1 });
    await hasty.query('set statement_timeout = 300');
    const impatient = createWriter({ pool: hasty, projector, limits: { writers: 1 } });
    const blocker = await pool.connect();
    await blocker.query('begin');
    await blocker.query('select 1 from traces for update');
    // The first takes the writer, the others wait and are merged.
    const results = await Promise.allSettled(
      [3, 2, 1, 4].map((number) => impatient.write(makeBatch({ spans: makeAgentRun(number) }))),
    );
    await blocker.query('rollback');
    blocker.release();
    expect(results).toMatchObject([
      { value: { stored: 5 } },
      { value: { stored: 5 } },
      { reason: { code: 'STORAGE_UNAVAILABLE' } },
      { value: { stored: 5 } },
    ]);
    expect(hasty.totalCount).toBe(1);
    expect(await impatient.write(makeBatch({ spans: makeAgentRun(1) }))).toMatchObject({ stored: 1 });
    await hasty.end();
  });
});

describe('look-ups by trace', () => {
  /** The daily partitions that writing a batch within one transaction locks. */
  async function listLockedPartitions(batch: WriteBatch): Promise<string[]> {
    const client = await pool.connect();
    try {
      await client.query('begin');
      const contents = new ContentStore();
      const options = { projector, dictionaries: new DictionaryWriter(), contents, expectsLeftovers: false };
      await writeGroup(client, [prepareBatch(batch, contents)], options);
      const { rows } = await client.query<{ name: string }>(
        `select relname::text as name from pg_locks join pg_class on pg_class.oid = relation
         where pid = pg_backend_pid() and relkind = 'r' and relname ~ '_[0-9]{8}$' order by 1`,
      );
      return rows.map((row) => row.name);
    } finally {
      await client.query('rollback');
      client.release();
    }
  }

  const chat = makeSpan({
    traceId: traceIdOf(9),
    spanId: spanIdOf(9001),
    attributes: listAttributes({ 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-x' }),
  });
  const speakAt = (timeUnixNano: bigint): LogRecordData =>
    makeLog({
      traceId: chat.traceId,
      spanId: chat.spanId,
      timeUnixNano,
      observedTimeUnixNano: timeUnixNano,
      eventName: 'gen_ai.user.message',
      body: new KeyValueList([{ key: 'content', value: `at ${timeUnixNano}` }]),
    });

  test('lock the partitions of its days only, however many there are', async () => {
    await ensurePartitions(pool, listDays(-30, 1));
    await writer.write(makeBatch({ spans: makeAgentRun(1) }));
    const spans = [...makeAgentRun(1).slice(0, 1).map(outlive), ...makeAgentRun(2), chat];
    const locked = await listLockedPartitions(
      makeBatch({ spans, logs: [speakAt(START)], contentLogs: true }),
    );
    expect(locked).toContain(`spans_${dayOf(START)}`);
    const nearDays = [-2n, -1n, 0n, 1n, 2n].map((days) => dayOf(START + days * DAY_NANOS));
    expect(locked.filter((name) => !nearDays.includes(name.slice(-8)))).toEqual([]);
  });

  test('of traces far apart leave out the days between', async () => {
    await ensurePartitions(pool, listDays(-30, 1));
    const startTimeUnixNano = START - 20n * DAY_NANOS;
    const old = makeSpan({
      traceId: traceIdOf(5),
      startTimeUnixNano,
      endTimeUnixNano: startTimeUnixNano + 1_000n,
    });
    await writer.write(makeBatch({ spans: [old, ...makeAgentRun(1)] }));
    const locked = await listLockedPartitions(
      makeBatch({ spans: [{ ...old, name: 'again' }, makeSpan({ spanId: spanIdOf(77) })].map(outlive) }),
    );
    expect(locked).not.toContain(`spans_${dayOf(START - 10n * DAY_NANOS)}`);
    expect(locked).toContain(`spans_${dayOf(START - 20n * DAY_NANOS)}`);
  });

  test.each([
    ['half a day before', START - DAY_NANOS / 2n, true],
    ['half a day after', START + DAY_NANOS / 2n, true],
    ['without a time', 0n, true],
    ['two days after', START + 2n * DAY_NANOS, false],
  ])('find content %s, whatever it is written with', async (_, time, isFound) => {
    const readInput = async (): Promise<string | null | undefined> =>
      (
        await pool.query<{ input: string | null }>(
          'select input_preview as input from traces where trace_id = $1',
          [Buffer.from(chat.traceId, 'hex')],
        )
      ).rows[0]?.input;
    const wide = makeSpan({ traceId: traceIdOf(3), endTimeUnixNano: START + 9n * DAY_NANOS });
    const spans = makeBatch({ spans: [chat] });
    const logs = makeBatch({ logs: [speakAt(time)], contentLogs: true });
    const both = makeBatch({ spans: [wide, chat], logs: [speakAt(time)], contentLogs: true });
    for (const order of [[spans, logs], [logs, spans], [both]]) {
      await clear();
      for (const batch of order) await writer.write(batch);
      expect(await readInput()).toBe(isFound ? `at ${time}` : null);
    }
    await writer.write(makeBatch({ spans: [outlive(wide), outlive(chat)] }));
    expect(await readInput()).toBe(isFound ? `at ${time}` : null);
  });
});

describe('traces', () => {
  test('a late span joins spans whose trace row retention has deleted', async () => {
    const [agent, ...rest] = makeAgentRun(1);
    await writer.write(makeBatch({ spans: rest }));
    await pool.query('delete from traces');
    const late = makeBatch({ spans: [...rest, ...(agent === undefined ? [] : [agent])] });
    expect(await writer.write(late)).toEqual({ stored: 1, updated: 0, duplicate: 4, rejected: [] });
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

  test('what was told of message bodies that have expired stays when another span arrives', async () => {
    const [agent, first, firstTool, second, ...rest] = makeAgentRun(1);
    if (agent === undefined || first === undefined || firstTool === undefined || second === undefined) return;
    const thought = { type: 'reasoning', content: 'hm' };
    const thinking = {
      ...first,
      attributes: first.attributes.map((attribute) =>
        attribute.key === 'gen_ai.output.messages'
          ? { ...attribute, value: JSON.stringify([{ role: 'assistant', parts: [thought] }]) }
          : attribute,
      ),
    };
    const readContents = async (): Promise<unknown> =>
      (
        await pool.query(
          `select input_preview, output_preview, input_data, output_data, thinking_traces, tools_called
             from traces join agent_executions using (project_id, trace_id)`,
        )
      ).rows[0] as unknown;
    await writer.write(makeBatch({ spans: [agent, thinking, firstTool, second] }));
    const before = await readContents();
    expect(before).toMatchObject({
      input_preview: 'question 0',
      output_preview: 'answer 1',
      input_data: expect.stringContaining('question 0') as string,
      output_data: expect.stringContaining('answer 1') as string,
      thinking_traces: expect.stringContaining('hm') as string,
      tools_called: expect.stringContaining('query') as string,
    });
    await pool.query('delete from span_payloads');
    const bystander = makeSpan({
      traceId: agent.traceId,
      spanId: spanIdOf(77),
      parentSpanId: agent.spanId,
    });
    expect(await writer.write(makeBatch({ spans: [bystander] }))).toMatchObject({ stored: 1 });
    expect(await readContents()).toEqual(before);

    expect(await writer.write(makeBatch({ spans: rest }))).toMatchObject({ stored: 1 });
    const { tools_called, ...others } = (await readContents()) as { tools_called: string };
    const inputs = (JSON.parse(tools_called) as { arguments: unknown }[]).map((tool) => tool.arguments);
    expect(inputs).toEqual([{ query: '0' }, { query: '1' }]);
    expect(before).toMatchObject(others);
  });

  test('what was told by log records whose bodies have expired stays when another span arrives', async () => {
    const chat = makeSpan({
      attributes: listAttributes({ 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-x' }),
    });
    const body = new KeyValueList([{ key: 'content', value: 'from a log' }]);
    const ids = { traceId: chat.traceId, spanId: chat.spanId };
    const logs = [makeLog({ ...ids, eventName: 'gen_ai.user.message', body })];
    await writer.write(makeBatch({ spans: [chat], logs, contentLogs: true }));
    await pool.query('update log_records set body = null, attributes = null');
    const late = makeSpan({ traceId: chat.traceId, spanId: spanIdOf(77), parentSpanId: chat.spanId });
    await writer.write(makeBatch({ spans: [late] }));
    const { rows } = await pool.query(
      `select input_preview, input_data::text like '%from a log%' as has_input
         from traces join agent_executions using (project_id, trace_id)`,
    );
    expect(rows).toEqual([{ input_preview: 'from a log', has_input: true }]);
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
