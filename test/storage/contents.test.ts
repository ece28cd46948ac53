import fc from 'fast-check';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readContent, readReportContent } from '../../collector/dialects/normalize.js';
import { DEFAULT_PROJECT_ID } from '../../collector/model/ids.js';
import type { SpanData } from '../../collector/model/span-data.js';
import { createProjector } from '../../collector/projections/projector.js';
import { ContentStore } from '../../collector/storage/postgres/contents/content-store.js';
import { cutText } from '../../collector/storage/postgres/contents/cut-text.js';
import { RepeatFilter } from '../../collector/storage/postgres/contents/repeats.js';
import { createMaintenance } from '../../collector/storage/postgres/maintenance/maintenance.js';
import { createPool } from '../../collector/storage/postgres/pool.js';
import { createPostgresStorage } from '../../collector/storage/postgres/postgres-storage.js';
import type { Storage } from '../../collector/storage/storage.js';
import { createTestDatabase } from '../support/database.js';
import type { TestDatabase } from '../support/database.js';
import { SeededRandom } from '../support/random.js';
import { listAttributes, makeBatch, makeSpan, spanIdOf, traceIdOf } from '../support/telemetry.js';

const DAY_NANOS = 86_400_000_000_000n;

/** Text of random words, so that nothing in it repeats by chance. */
function write(random: SeededRandom, length: number): string {
  let text = '';
  while (text.length < length) text += `${random.below(2 ** 30).toString(36)} `;
  return text.slice(0, length);
}

/** The model calls of an agent's loop: each is sent the whole conversation so far. */
function makeLoop(calls: number, options: { trace: number; start: bigint; seed?: number }): SpanData[] {
  const random = new SeededRandom(options.seed ?? options.trace);
  const messages: object[] = [{ role: 'system', content: write(random, 2_000) }];
  return Array.from({ length: calls }, (_, call) => {
    messages.push({ role: 'user', content: `🙂 ${write(random, 400)}` });
    const start = options.start + BigInt(call) * 1_000_000n;
    return makeSpan({
      traceId: traceIdOf(options.trace),
      spanId: spanIdOf(options.trace * 1_000 + call),
      parentSpanId: null,
      startTimeUnixNano: start,
      endTimeUnixNano: start + 1_000n,
      attributes: listAttributes({
        'gen_ai.operation.name': 'chat',
        'gen_ai.input.messages': JSON.stringify(messages),
      }),
      events: [
        {
          name: 'gen_ai.choice',
          timeUnixNano: start,
          attributes: listAttributes({ 'gen_ai.output.messages': JSON.stringify(messages.slice(1)) }),
          droppedAttributesCount: 0,
        },
      ],
    });
  });
}

describe('cutting a text', () => {
  test('into pieces that are the text again, with no character cut in two', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 0, maxLength: 6_000 });
    fc.assert(
      fc.property(text, fc.nat(40), (part, times) => {
        const whole = part.repeat(times);
        const pieces = cutText(whole);
        expect(pieces.map((piece) => piece.text).join('')).toBe(whole);
        expect(pieces.every((piece) => piece.text.isWellFormed())).toBe(true);
        expect(pieces.every((piece) => Number.isSafeInteger(piece.print))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test('finds the same pieces in what two texts have in common, wherever it stands', () => {
    const random = new SeededRandom(1);
    const common = write(random, 20_000);
    const prints = (text: string) => cutText(text).map(({ print }) => print);
    const first = new Set(prints(write(random, 777) + common));
    const shared = prints(write(random, 1_234) + common).filter((print) => first.has(print));
    expect(shared.length).toBeGreaterThan(cutText(common).length - 4);
  });

  test('at the places where it was always cut, since what is stored is found by what the pieces hold', () => {
    const cutBefore = (text: string): string[] => {
      const gear: number[] = [];
      for (let state = 0x9e3779b9; gear.length < 256; gear.push(state)) {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
      }
      const pieces: string[] = [];
      let rolling = 0;
      let start = 0;
      for (let end = 1; end <= text.length; end += 1) {
        const code = text.charCodeAt(end - 1);
        rolling = ((rolling << 1) + (gear[code & 0xff] ?? 0)) | 0;
        if (end - start < 128 || ((rolling & 0xff800000) !== 0 && end - start < 8_192)) continue;
        if (code >= 0xd800 && code <= 0xdbff && end < text.length) continue;
        pieces.push(text.slice(start, end));
        start = end;
      }
      return start < text.length ? [...pieces, text.slice(start)] : pieces;
    };
    const random = new SeededRandom(7);
    const prose = write(random, 90_000);
    const wide = Array.from({ length: 60_000 }, () =>
      String.fromCodePoint(0x4e00 + random.below(20_000)),
    ).join('');
    const emoji = Array.from({ length: 40_000 }, () =>
      String.fromCodePoint(0x1f300 + random.below(700)),
    ).join('');
    for (const text of [
      prose,
      wide,
      emoji,
      'a'.repeat(30_000),
      '🙂'.repeat(20_000),
      `x${'🙂'.repeat(20_000)}`,
    ]) {
      for (let length = text.length; length > 0; length = Math.floor(length / 3)) {
        const part = text.slice(0, length);
        expect(cutText(part).map((piece) => piece.text)).toEqual(cutBefore(part));
      }
    }
  });

  test('gives what is in a text twice one print, whatever stands around it', () => {
    const random = new SeededRandom(11);
    const prints = (text: string) => cutText(text).map(({ print }) => print);
    const piece = cutText(write(random, 5_000))[1]?.text ?? '';
    const before = cutText(write(random, 5_000))[0]?.text ?? '';
    const print = prints(piece)[0];
    expect(prints(before + piece + write(random, 700))[1]).toBe(print);
    expect(prints(piece + write(random, 700))[0]).toBe(print);
  });

  test('a store cuts a text that comes again, and goes on in another way, as one that is new', () => {
    const random = new SeededRandom(12);
    const store = new ContentStore();
    const common = write(random, 20_000);
    const texts = [common, common + write(random, 9_000), common.slice(0, 9_999) + write(random, 3_000)];
    texts.push(...texts, `${common.slice(0, 5_000)}☃${common.slice(5_000)}`);
    for (const text of texts) {
      expect(store.cut(text).map((piece) => piece.text)).toEqual(cutText(text).map((piece) => piece.text));
    }
    expect(store.cut(common).map(({ known }) => known?.text)).toEqual([
      ...cutText(common)
        .slice(0, -1)
        .map(({ text }) => text),
      undefined,
    ]);
  });

  test('remembers what was seen for at least a generation, and not for ever', () => {
    const filter = new RepeatFilter(10);
    expect([filter.see(1), filter.see(1)]).toEqual([false, true]);
    for (let print = 2; print <= 11; print += 1) filter.see(print);
    expect(filter.see(1)).toBe(true);
    for (let print = 100; print < 130; print += 1) filter.see(print);
    expect(filter.see(2)).toBe(false);
  });

  test('tells thousands of prints from each other', () => {
    const random = new SeededRandom(3);
    const filter = new RepeatFilter();
    const prints = Array.from(
      { length: 20_000 },
      () => random.below(2 ** 20) * 2 ** 33 + random.below(2 ** 30),
    );
    const seen = new Set<number>();
    for (const print of prints) {
      expect(filter.see(print)).toBe(seen.has(print));
      seen.add(print);
    }
  });

  test('takes no longer for prints that somebody has chosen', () => {
    const filter = new RepeatFilter();
    const began = process.cpuUsage();
    // With places by the bits themselves, as these have them, each would meet all before it: some twenty seconds.
    for (let high = 0; high < 60_000; high += 1) filter.see(high * 2 ** 32 + (high ^ 0x15555));
    expect(process.cpuUsage(began).user).toBeLessThan(3_000_000);
  });
});

describe('message bodies that repeat', () => {
  let database: TestDatabase;
  let pool: Pool;
  let storage: Storage;
  const open = (): Promise<Storage> =>
    createPostgresStorage({
      pool: createPool(database.connection),
      projector: createProjector({ readContent, readReportContent }),
    });

  beforeAll(async () => {
    database = await createTestDatabase();
    pool = createPool(database.connection);
    storage = await open();
  });

  afterAll(async () => {
    await storage.close();
    await pool.end();
    await database.drop();
  });

  async function readBack(spans: readonly SpanData[]): Promise<SpanData[]> {
    const { rows } = await storage.listSpans(DEFAULT_PROJECT_ID, spans[0]?.traceId ?? '', {
      limit: 500,
      payloads: true,
    });
    return rows.map(({ data }) => data);
  }

  const bodiesOf = (spans: readonly SpanData[]) =>
    spans.map(({ spanId, attributes, events }) => ({
      spanId,
      attributes: attributes.toSorted((left, right) => (left.key < right.key ? -1 : 1)),
      events,
    }));

  async function sumStored(): Promise<{ contents: number; bytes: number }> {
    const { rows } = await pool.query<{ contents: number; bytes: number }>(
      `select (select count(*) from span_contents) as contents,
         (select coalesce(sum(length(body)), 0) from span_contents)
         + (select coalesce(sum(length(attributes::text) + length(events::text)), 0) from span_payloads) as bytes`,
    );
    return rows[0] as { contents: number; bytes: number };
  }

  test('are stored once, and read back whole', async () => {
    const spans = makeLoop(40, { trace: 1, start: BigInt(Date.now()) * 1_000_000n });
    for (let first = 0; first < spans.length; first += 3) {
      await storage.write(makeBatch({ spans: spans.slice(first, first + 3) }));
    }
    expect(bodiesOf(await readBack(spans))).toEqual(bodiesOf(spans));
    const sent = JSON.stringify(
      spans.map(({ attributes, events }) => [attributes, events.map(String)]),
    ).length;
    const { contents, bytes } = await sumStored();
    expect(contents).toBeGreaterThan(10);
    expect(bytes).toBeLessThan(sent / 3);
  });

  test('sent again, in another process too, are duplicates and add nothing', async () => {
    const spans = makeLoop(12, { trace: 2, start: BigInt(Date.now()) * 1_000_000n });
    expect(await storage.write(makeBatch({ spans }))).toMatchObject({ stored: 12 });
    const before = await sumStored();
    expect(await storage.write(makeBatch({ spans }))).toMatchObject({ stored: 0, duplicate: 12 });
    const another = await open();
    expect(await another.write(makeBatch({ spans }))).toMatchObject({ stored: 0, duplicate: 12 });
    await another.close();
    expect(await sumStored()).toEqual(before);
    expect(bodiesOf(await readBack(spans))).toEqual(bodiesOf(spans));
  });

  test('come whole out of derived rows when a trace is read anew', async () => {
    const spans = makeLoop(6, { trace: 3, start: BigInt(Date.now()) * 1_000_000n });
    const root = makeSpan({
      traceId: traceIdOf(3),
      spanId: spanIdOf(3_999),
      parentSpanId: null,
      attributes: listAttributes({ 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'looper' }),
    });
    for (const span of spans) {
      await storage.write(makeBatch({ spans: [{ ...span, parentSpanId: root.spanId }] }));
    }
    await storage.write(makeBatch({ spans: [root] }));
    const page = await storage.listExecutions(DEFAULT_PROJECT_ID, {}, { limit: 1 });
    const found = await storage.findExecution(DEFAULT_PROJECT_ID, page.rows[0]?.id ?? '');
    expect(JSON.stringify(found?.input_data)).toContain('🙂');
    expect(JSON.stringify(found)).not.toContain('not stored any more');
  });

  test('are written by several processes at once without waiting in a circle', async () => {
    const others = await Promise.all([open(), open()]);
    const start = BigInt(Date.now()) * 1_000_000n;
    const loops = [10, 11, 12, 13].map((trace) => makeLoop(10, { trace, start, seed: 5 }));
    await Promise.all(
      loops.flatMap((spans, index) => {
        const writer = others[index % others.length] as Storage;
        return spans.map((span) => writer.write(makeBatch({ spans: [span] })));
      }),
    );
    for (const spans of loops) expect(bodiesOf(await readBack(spans))).toEqual(bodiesOf(spans));
    for (const other of others) await other.close();
  });

  test('stay as long as a body of their day does that may name them', async () => {
    await pool.query('truncate spans, span_payloads, span_contents, traces, sessions, agent_executions');
    const fresh = await open();
    const start = BigInt(Date.now()) * 1_000_000n - 40n * DAY_NANOS;
    const spans = makeLoop(8, { trace: 20, start });
    await fresh.write(makeBatch({ spans }));
    await fresh.close();
    const maintenance = createMaintenance(pool);
    const { contents } = await sumStored();
    // They arrived today, so nothing of them is old enough, however long ago they say they were.
    await maintenance.runRetention({ dryRun: false });
    expect(await sumStored()).toMatchObject({ contents });
    expect(bodiesOf(await readBack(spans))).toEqual(bodiesOf(spans));
    const age = `update span_contents set received_at = received_at - interval '35 days'`;
    await pool.query(age);
    await maintenance.runRetention({ dryRun: false });
    expect(await sumStored()).toMatchObject({ contents });
    await pool.query(`update span_payloads set received_at = received_at - interval '35 days'`);
    await maintenance.runRetention({ dryRun: false });
    expect(await sumStored()).toMatchObject({ contents: 0 });
  });
});
