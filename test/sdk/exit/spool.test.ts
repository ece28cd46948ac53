import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { ExportResultCode, TraceState, type ExportResult } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import fc from 'fast-check';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseSpanLine } from '../../../src/exit/parse-span-line.js';
import { renderSpanLine } from '../../../src/exit/render-span-line.js';
import { listSpoolFolders } from '../../../src/exit/spool-folder.js';
import { startSpoolSender } from '../../../src/exit/spool-sender.js';
import { Spool } from '../../../src/exit/spool.js';
import { UnsentSpans } from '../../../src/exit/unsent-spans.js';
import { startOtlpServer } from '../../support/otlp-server.js';

const RESOURCE = resourceFromAttributes(
  { 'service.name': 'planner' },
  { schemaUrl: 'https://example.org/1' },
);

let root: string;
let folder: string;

beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 'spanledger-spool-'));
  folder = path.join(root, 'folder');
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function makeSpan(number: number, changes: Partial<ReadableSpan> = {}): ReadableSpan {
  const context = {
    traceId: 'a'.repeat(32),
    spanId: number.toString(16).padStart(16, '0'),
    traceFlags: TraceFlags.SAMPLED,
  };
  return {
    name: `span ${number}`,
    kind: SpanKind.INTERNAL,
    spanContext: () => context,
    startTime: [1_800_000_000, 1],
    endTime: [1_800_000_001, 999_999_999],
    duration: [1, 999_999_998],
    ended: true,
    status: { code: SpanStatusCode.UNSET },
    attributes: {},
    events: [],
    links: [],
    resource: RESOURCE,
    instrumentationScope: { name: 'agent' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    ...changes,
  };
}

const FULL = makeSpan(1, {
  kind: SpanKind.CLIENT,
  parentSpanContext: {
    traceId: 'a'.repeat(32),
    spanId: 'b'.repeat(16),
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
  },
  spanContext: () => ({
    traceId: 'a'.repeat(32),
    spanId: 'c'.repeat(16),
    traceFlags: TraceFlags.SAMPLED,
    traceState: new TraceState('vendor=1'),
  }),
  status: { code: SpanStatusCode.ERROR, message: 'no\nreason' },
  attributes: {
    text: 'ä\u0000\ud83d\ude00',
    whole: 7,
    large: 2 ** 53,
    part: 0.5,
    yes: true,
    none: [],
    words: ['a', 'b'],
    numbers: [1, 2.5],
  },
  events: [
    {
      name: 'exception',
      time: [1_800_000_000, 5],
      attributes: { 'exception.type': 'TypeError' },
      droppedAttributesCount: 2,
    },
  ],
  links: [
    {
      context: {
        traceId: 'd'.repeat(32),
        spanId: 'e'.repeat(16),
        traceFlags: TraceFlags.NONE,
        isRemote: true,
      },
      attributes: { 'spanledger.link': 'retry_of' },
    },
  ],
  instrumentationScope: { name: 'agent', version: '1.0.0', schemaUrl: 'https://example.org/2' },
  droppedAttributesCount: 1,
  droppedEventsCount: 2,
  droppedLinksCount: 3,
});

interface Taker extends SpanExporter {
  names: string[];
}

/** Takes spans, or answers what it is told to. */
function createTaker(
  answer: (spans: readonly ReadableSpan[]) => ExportResult = () => ({ code: ExportResultCode.SUCCESS }),
): Taker {
  const names: string[] = [];
  return {
    names,
    export: (spans, callback) => {
      const result = answer(spans);
      if (result.code === ExportResultCode.SUCCESS) names.push(...spans.map(({ name }) => name));
      callback(result);
    },
    shutdown: () => Promise.resolve(),
  };
}

function fail(code?: number): ExportResult {
  return { code: ExportResultCode.FAILED, error: Object.assign(new Error('refused'), { code }) };
}

function createSpool(options: { maxBytes?: number; maxAgeMillis?: number } = {}): Spool {
  return new Spool({ folders: [folder], ...options });
}

function listFiles(): string[] {
  return readdirSync(folder).sort();
}

test('a spooled span arrives exactly as it would have been sent at once', async () => {
  const sink = await startOtlpServer();
  const exporter = new OTLPTraceExporter({ url: `${sink.url}/v1/traces` });
  await new Promise<void>((resolve) => {
    exporter.export([FULL], () => {
      resolve();
    });
  });
  const spool = createSpool();
  expect(spool.write([FULL])).toBe(1);
  expect(await spool.send(exporter)).toEqual({ sentCount: 1, rejectedCount: 0, hasFailed: false });
  await exporter.shutdown();
  await sink.close();
  const [direct, spooled] = sink.received.map(({ decoded }) => decoded.spans);
  expect(direct).toHaveLength(1);
  expect(spooled).toEqual(direct);
});

test('attributes of any kind survive a line', () => {
  // OTLP has whole numbers as integers, of which none is a negative zero.
  const number = fc.double().map((value) => value + 0);
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    number,
    fc.integer(),
    fc.boolean(),
    fc.array(fc.string({ unit: 'binary' })),
    fc.array(number),
  );
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.string({ minLength: 1 }).filter((key) => key !== '__proto__'),
        value,
      ),
      (attributes) => {
        const span = makeSpan(1, { attributes });
        const line = renderSpanLine([span]);
        expect(line).not.toContain('\n');
        expect({ ...parseSpanLine(line)[0]?.attributes }).toEqual({ ...attributes });
      },
    ),
    { numRuns: 200 },
  );
});

test('what is sent is removed, and is sent once although two processes send', async () => {
  createSpool().write([makeSpan(1), makeSpan(2)]);
  createSpool().write([makeSpan(3)]);
  const takers = [createTaker(), createTaker()] as const;
  await Promise.all(takers.map((taker) => createSpool().send(taker)));
  expect(takers.flatMap(({ names }) => names).sort()).toEqual(['span 1', 'span 2', 'span 3']);
  expect(listFiles()).toEqual([]);
});

test('what could not be sent waits for the next time', async () => {
  const spool = createSpool();
  spool.write([makeSpan(1)]);
  expect(await spool.send(createTaker(() => fail()))).toMatchObject({ hasFailed: true, sentCount: 0 });
  expect(await spool.send(createTaker(() => fail(503)))).toMatchObject({ hasFailed: true, rejectedCount: 0 });
  const taker = createTaker();
  await spool.send(taker);
  expect(taker.names).toEqual(['span 1']);
});

test('an exporter that throws loses nothing', async () => {
  const spool = createSpool();
  spool.write([makeSpan(1)]);
  const broken = createTaker(() => {
    throw new Error('broken');
  });
  expect(await spool.send(broken)).toMatchObject({ hasFailed: true });
  expect(await spool.send(createTaker())).toMatchObject({ sentCount: 1 });
});

test('what the destination refuses for good is set aside and does not stand in the way', async () => {
  const spool = createSpool();
  spool.write([makeSpan(1)]);
  spool.write([makeSpan(2)]);
  const picky = createTaker(([span]) =>
    span?.name === 'span 1' ? fail(400) : { code: ExportResultCode.SUCCESS },
  );
  expect(await spool.send(picky)).toEqual({ sentCount: 1, rejectedCount: 1, hasFailed: false });
  expect(listFiles()).toEqual([expect.stringMatching(/\.jsonl\.rejected$/)]);
  expect(await spool.send(createTaker())).toMatchObject({ sentCount: 0, rejectedCount: 0 });
});

test('a file that was cut off gives its whole lines, and its rest is set aside', async () => {
  const spool = createSpool();
  spool.write(Array.from({ length: 200 }, (_, index) => makeSpan(index)));
  const [name = ''] = listFiles();
  const text = readFileSync(path.join(folder, name), 'utf8');
  writeFileSync(path.join(folder, name), text.slice(0, -100));
  const taker = createTaker();
  const report = await spool.send(taker);
  expect(report).toEqual({ sentCount: taker.names.length, rejectedCount: 1, hasFailed: false });
  expect(taker.names).toEqual(Array.from({ length: 72 }, (_, index) => `span ${index}`));
  expect(listFiles()).toEqual([`${name}.rejected`]);
});

test('files with anything in them do no harm, and foreign files are left alone', async () => {
  const spool = createSpool();
  spool.write([makeSpan(1)]);
  const [name = ''] = listFiles();
  const garbage = ['{}', 'null', '[]', '{"resourceSpans":[{}]}', '\u0000\u0001', '{"resourceSpans":[null]}'];
  writeFileSync(path.join(folder, name), garbage.join('\n'));
  writeFileSync(path.join(folder, 'notes.txt'), 'mine');
  mkdirSync(path.join(folder, '1800000000000-1-00000000.jsonl'));
  expect(await spool.send(createTaker())).toMatchObject({ rejectedCount: garbage.length });
  expect(listFiles()).toContain('notes.txt');
});

test('a file that a dead process had claimed or not finished is taken over after a while', async () => {
  const spool = createSpool();
  spool.write([makeSpan(1)]);
  spool.write([makeSpan(2)]);
  const [first = '', second = ''] = listFiles();
  const hourAgo = Date.now() - 3_600_000;
  const rename = (from: string, to: string): void => {
    renameSync(path.join(folder, from), path.join(folder, to));
  };
  const fresh = createTaker();
  rename(first, `${first}.claimed-${Date.now()}`);
  rename(second, `${second}.writing`);
  await spool.send(fresh);
  expect(fresh.names).toEqual([]);

  const [claimed = '', writing = ''] = listFiles();
  rename(claimed, `${first}.claimed-${hourAgo}`);
  rename(writing, `${hourAgo}${second.slice(13)}.writing`);
  await spool.send(fresh);
  expect(fresh.names.sort()).toEqual(['span 1', 'span 2']);
});

test('a process that ends while it sends gives its files back at once', async () => {
  const spool = createSpool();
  spool.write([makeSpan(1)]);
  let answer = (): void => undefined;
  const sending = spool.send({
    export: (_spans, callback) => {
      answer = () => {
        callback({ code: ExportResultCode.SUCCESS });
      };
    },
    shutdown: () => Promise.resolve(),
  });
  expect(listFiles()).toEqual([expect.stringContaining('.claimed-')]);
  spool.returnClaims();
  expect(listFiles()).toEqual([expect.stringMatching(/\.jsonl$/)]);
  answer();
  await sending;
  expect(listFiles()).toHaveLength(1);
});

test('the oldest files make room for new ones', async () => {
  const bytes = renderSpanLine([makeSpan(1)]).length + 1;
  const spool = createSpool({ maxBytes: bytes * 2 });
  spool.write([makeSpan(1)]);
  const [first = ''] = listFiles();
  renameSync(path.join(folder, first), path.join(folder, `${Date.now() - 1000}${first.slice(13)}`));
  spool.write([makeSpan(2)]);
  spool.write([makeSpan(3)]);
  const taker = createTaker();
  await spool.send(taker);
  expect(taker.names.sort()).toEqual(['span 2', 'span 3']);
});

test('of more spans than the spool may hold the newest are kept', async () => {
  const spans = Array.from({ length: 300 }, (_, index) => makeSpan(index));
  const spool = createSpool({ maxBytes: renderSpanLine(spans.slice(-128)).length + 200 });
  expect(spool.write(spans)).toBe(128);
  const taker = createTaker();
  await spool.send(taker);
  expect(taker.names).toEqual(spans.slice(-128).map(({ name }) => name));
});

test('files that are too old are removed unsent', async () => {
  createSpool().write([makeSpan(1)]);
  const [name = ''] = listFiles();
  renameSync(path.join(folder, name), path.join(folder, `${Date.now() - 5_000}${name.slice(13)}`));
  const taker = createTaker();
  await createSpool({ maxAgeMillis: 4_000 }).send(taker);
  expect(taker.names).toEqual([]);
  expect(listFiles()).toEqual([]);
});

test('a folder that others may write to, or that is a link, is not used; the next one is', () => {
  const [shared, link, good] = ['shared', 'link', 'good'].map((name) => path.join(root, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(shared);
  chmodSync(shared, 0o777);
  symlinkSync(shared, link);
  writeFileSync(path.join(root, 'file'), '');
  const folders = [shared, link, path.join(root, 'file', 'below'), good];
  expect(new Spool({ folders }).write([makeSpan(1)])).toBe(1);
  expect(readdirSync(shared)).toEqual([]);
  expect(readdirSync(good)).toHaveLength(1);
  expect(new Spool({ folders: folders.slice(0, 3) }).write([makeSpan(1)])).toBe(0);
});

test('another endpoint, service or key means another folder, and the key is not in its name', () => {
  const destination = {
    endpoint: 'https://a.example/v1/traces',
    serviceName: 'planner',
    headers: { Authorization: 'Bearer secret' },
  };
  const [folderOf] = listSpoolFolders(destination, root);
  expect(folderOf).toMatch(/[/\\]sdk[/\\][0-9a-f]{32}$/);
  expect(listSpoolFolders({ ...destination, headers: { authorization: 'Bearer secret' } }, root)).toEqual([
    folderOf,
  ]);
  const others = [
    { ...destination, endpoint: 'https://b.example/v1/traces' },
    { ...destination, serviceName: 'writer' },
    { ...destination, headers: { Authorization: 'Bearer other' } },
    { ...destination, headers: {} },
  ];
  expect(new Set([folderOf, ...others.flatMap((other) => listSpoolFolders(other, root))]).size).toBe(5);
});

test('without a setting the spool is under the state folder, with the temporary folder behind it', () => {
  const destination = { endpoint: 'http://localhost:4318/v1/traces', serviceName: 'planner' };
  const [state, temporary] = listSpoolFolders(destination, undefined, { XDG_STATE_HOME: '/state' });
  expect(state).toMatch(/^\/state\/spanledger\/sdk\//);
  expect(temporary?.startsWith(os.tmpdir())).toBe(true);
  const [home] = listSpoolFolders(destination, undefined, { XDG_STATE_HOME: 'relative' });
  expect(home?.startsWith(path.join(os.homedir(), '.local', 'state'))).toBe(true);
});

test('a sender looks again from time to time', async () => {
  const taker = createTaker();
  const spool = createSpool();
  const sender = startSpoolSender({ spool, exporter: taker, intervalMillis: 10 });
  createSpool().write([makeSpan(1)]);
  await expect.poll(() => taker.names).toEqual(['span 1']);
  await sender.stop();
});

test('a span is unsent from its end until it is confirmed, also by a copy of it', () => {
  const unsent = new UnsentSpans({ maxUnsent: 2 });
  const [one, two, three] = [makeSpan(1), makeSpan(2), makeSpan(3)] as [
    ReadableSpan,
    ReadableSpan,
    ReadableSpan,
  ];
  for (const span of [one, two, three]) unsent.onEnd(span);
  expect(unsent.listUnsent()).toEqual([two, three]);
  expect(unsent.forgottenCount).toBe(1);
  unsent.confirm([{ ...two, name: 'redacted' }, one]);
  expect(unsent.listUnsent()).toEqual([three]);
});

test('of ended spans with long texts only so many are kept as have the given length', () => {
  const unsent = new UnsentSpans({ maxUnsentLength: 250 });
  const spans = [1, 2, 3, 4].map((number) =>
    makeSpan(number, { attributes: { text: 'x'.repeat(100) }, events: [] }),
  );
  for (const span of spans) unsent.onEnd(span);
  expect(unsent.listUnsent()).toEqual(spans.slice(2));
  expect(unsent.forgottenCount).toBe(2);
  unsent.confirm(spans);
  const long = makeSpan(5, { attributes: { texts: ['x'.repeat(150), 'y'.repeat(100)] }, events: [] });
  unsent.onEnd(long);
  expect(unsent.listUnsent()).toEqual([long]);
});
