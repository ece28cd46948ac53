import { appendFileSync, readFileSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { encodeRecord } from '../../collector/spool/record.js';
import type { Spool } from '../../collector/spool/spool.js';
import { createSpoolFolder, drainSpool, makeEntry, openSpool, readNumber } from './entries.js';

let folder: { path: string; remove(): void };
let spool: Spool;
let opened: Spool[] = [];

beforeEach(async () => {
  folder = createSpoolFolder();
  opened = [];
  spool = await reopen();
});

afterEach(async () => {
  for (const each of opened) await each.close();
  folder.remove();
});

function listSegments(): string[] {
  return readdirSync(folder.path)
    .filter((name) => name.endsWith('.spool'))
    .sort();
}

/** Another process would find this; the spool that wrote it is not closed first. */
async function reopen(changes: Parameters<typeof openSpool>[1] = {}): Promise<Spool> {
  const again = await openSpool(folder.path, changes);
  opened.push(again);
  return again;
}

test('requests come back in the order in which they were appended, byte for byte', async () => {
  const sent = [1, 2, 3].map((number) => makeEntry(number));
  for (const entry of sent) await spool.append(entry);
  expect(await drainSpool(spool)).toEqual(sent);
  expect(spool.isEmpty).toBe(true);
  expect(listSegments()).toEqual([]);
});

test('a request of 1 byte, one of 64 MiB and one whose project has any letters come back as they were', async () => {
  const large = makeEntry(7, 64 * 1024 * 1024);
  const odd = { ...makeEntry(8), projectId: 'ß "quoted" \u0000 😀', signal: 'logs' as const };
  const tiny = { ...makeEntry(9), content: Buffer.from([5]), encoding: 'json' as const };
  for (const entry of [large, odd, tiny]) await spool.append(entry);
  const entries = await drainSpool(spool);
  // Comparing 64 MiB element by element would take minutes.
  expect(Buffer.compare(entries[0]?.content ?? Buffer.alloc(0), large.content)).toBe(0);
  expect(entries.slice(1)).toEqual([odd, tiny]);
});

test('what was appended is there when nobody closed the spool', async () => {
  for (let number = 1; number <= 20; number += 1) await spool.append(makeEntry(number));
  const found = await reopen();
  expect(found.measure()).toMatchObject({ requests: 20, oldestMillis: 1_001 });
  expect((await drainSpool(found)).map(readNumber)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
});

test('requests that wait together are written together, and all are there', async () => {
  await Promise.all(Array.from({ length: 500 }, (_, index) => spool.append(makeEntry(index, 2_000))));
  const numbers = (await drainSpool(await reopen())).map(readNumber);
  expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 500 }, (_, index) => index));
});

test('a record that was cut off anywhere is dropped, and those before it are not', async () => {
  await spool.append(makeEntry(1));
  await spool.append(makeEntry(2));
  await spool.close();
  const file = join(folder.path, listSegments()[0] ?? '');
  const whole = readFileSync(file);
  const second = whole.length / 2;
  for (const length of [whole.length - 1, second + 40, second + 9, second + 7, second + 1]) {
    writeFileSync(file, whole.subarray(0, length));
    const damages: unknown[] = [];
    const found = await reopen({ onDamage: ({ bytes, isTail }) => damages.push({ bytes, isTail }) });
    expect(found.measure().requests).toBe(1);
    const segment = await found.takeOldest();
    const numbers: number[] = [];
    for await (const entry of segment?.readEntries() ?? []) numbers.push(readNumber(entry));
    expect(numbers).toEqual([1]);
    expect(damages).toEqual([{ bytes: length - second, isTail: true }]);
    await found.close();
  }
});

test('zeros after the last record, as a power cut leaves them, are no request', async () => {
  await spool.append(makeEntry(1));
  await spool.close();
  appendFileSync(join(folder.path, listSegments()[0] ?? ''), Buffer.alloc(5_000));
  const found = await reopen({ onDamage: () => undefined });
  expect((await drainSpool(found)).map(readNumber)).toEqual([1]);
});

test('a request whose bytes the disk has changed is reported and does not stop those behind it', async () => {
  for (const number of [1, 2, 3]) await spool.append(makeEntry(number));
  await spool.close();
  const file = join(folder.path, listSegments()[0] ?? '');
  const bytes = readFileSync(file);
  const { byteCount } = encodeRecord(makeEntry(2));
  bytes.writeUInt8(bytes.readUInt8(byteCount + 500) ^ 1, byteCount + 500);
  writeFileSync(file, bytes);
  const damages: unknown[] = [];
  const found = await reopen({ onDamage: (damage) => damages.push(damage) });
  expect((await drainSpool(found)).map(readNumber)).toEqual([1, 3]);
  expect(damages).toEqual([{ file, bytes: byteCount, isTail: false }]);
});

test('a file without a whole record is removed at the start, and its number is not used again', async () => {
  await spool.append(makeEntry(1));
  await spool.close();
  truncateSync(join(folder.path, listSegments()[0] ?? ''), 10);
  const found = await reopen();
  expect(found.isEmpty).toBe(true);
  await found.append(makeEntry(2));
  expect(listSegments()).toEqual(['0000000002.spool']);
});

test('past its size the spool refuses with a retryable error, and takes requests again when some are gone', async () => {
  await spool.close();
  const small = await reopen({ maxBytes: 10_000 });
  const sent = await Promise.allSettled(
    Array.from({ length: 20 }, (_, index) => small.append(makeEntry(index))),
  );
  const refused = sent.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  expect(refused.length).toBeGreaterThan(10);
  for (const error of refused)
    expect(error).toMatchObject({ code: 'SPOOL_FULL', httpStatus: 503, grpcCode: 14 });
  const bytesOnDisk = listSegments().reduce((sum, name) => sum + statSync(join(folder.path, name)).size, 0);
  expect(bytesOnDisk).toBeLessThanOrEqual(10_000);
  expect(small.measure().bytes).toBe(bytesOnDisk);
  expect(await drainSpool(small)).toHaveLength(20 - refused.length);
  await small.append(makeEntry(99));
});

test('requests appended while the oldest are read go to another file', async () => {
  await spool.append(makeEntry(1));
  const segment = await spool.takeOldest();
  await spool.append(makeEntry(2));
  const numbers: number[] = [];
  for await (const entry of segment?.readEntries() ?? []) numbers.push(readNumber(entry));
  expect(numbers).toEqual([1]);
  await segment?.remove();
  expect((await drainSpool(spool)).map(readNumber)).toEqual([2]);
});

test('the oldest can be taken while requests come in without end', async () => {
  await spool.append(makeEntry(0));
  const done = new AbortController();
  const sending = (async () => {
    for (let number = 0; !done.signal.aborted; number += 1) {
      await Promise.all([spool.append(makeEntry(number)), spool.append(makeEntry(number))]);
    }
  })();
  const taken = await spool.takeOldest();
  done.abort();
  await sending;
  expect(taken).toBeDefined();
});

test('only the owner may read what waits', async () => {
  await spool.append(makeEntry(1));
  expect(statSync(join(folder.path, listSegments()[0] ?? '')).mode & 0o077).toBe(0);
});

test('a directory that cannot be made is refused with what to do', async () => {
  const file = join(folder.path, 'file');
  writeFileSync(file, '');
  await expect(openSpool(join(file, 'spool'))).rejects.toMatchObject({ code: 'SPOOL_UNUSABLE' });
});
