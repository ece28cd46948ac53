import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SpanledgerError } from '../../collector/errors.js';
import type { IngestRequest } from '../../collector/ingest.js';
import { DEFAULT_PROJECT_ID } from '../../collector/model/ids.js';
import type { IngestIssue } from '../../collector/model/ingest-issue.js';
import { decodeRequest } from '../../collector/otlp/decode-request.js';
import { encodeTraces } from '../../collector/otlp/encode-request.js';
import { createSpooledIngest, type SpooledIngest } from '../../collector/spool/spooled-ingest.js';
import { makeSpan, spanIdOf } from '../support/telemetry.js';
import { createSpoolFolder } from './entries.js';

/** A database that can be taken away: what it stores is the ids of spans. */
class Ledger {
  stored: string[] = [];
  issues: IngestIssue[] = [];
  attempts = 0;
  /** Answers why a request is not stored; undefined where it is. */
  refuse: (spanId: string) => SpanledgerError | undefined = () => undefined;

  /** Whether a span is refused, and the others of its request are stored. */
  refuseRow: (spanId: string) => boolean = () => false;

  ingest = ({ decoded }: IngestRequest) => {
    this.attempts += 1;
    const ids = decoded.spans.map(({ spanId }) => spanId);
    const refusal = ids.map((id) => this.refuse(id)).find((error) => error !== undefined);
    if (refusal !== undefined) return Promise.reject(refusal);
    const rows = ids.filter((id) => this.refuseRow(id));
    this.stored.push(...ids.filter((id) => !rows.includes(id)));
    return Promise.resolve({ rejected: rows.length, message: rows.length === 0 ? '' : 'no such row' });
  };

  noteIssue = (_projectId: string, issue: IngestIssue) => {
    const refusal = this.refuse('');
    if (refusal !== undefined) return Promise.reject(refusal);
    this.issues.push(issue);
    return Promise.resolve();
  };
}

let folder: { path: string; remove(): void };
let ledger: Ledger;
let spooled: SpooledIngest;
let registry: Registry;
let lines: { msg: string }[];

async function open(maxBytes = 1024 ** 3): Promise<SpooledIngest> {
  registry = new Registry();
  return (spooled = await createSpooledIngest({
    directory: folder.path,
    maxBytes,
    lock: () => Promise.resolve({ release: () => Promise.resolve() }),
    ingest: (request) => ledger.ingest(request),
    noteIssue: (projectId, issue) => ledger.noteIssue(projectId, issue),
    telemetry: {
      registry,
      log: pino(
        { level: 'info' },
        { write: (line: string) => lines.push(JSON.parse(line) as { msg: string }) },
      ),
    },
  }));
}

beforeEach(async () => {
  folder = createSpoolFolder();
  ledger = new Ledger();
  lines = [];
  await open();
});

afterEach(async () => {
  await spooled.close();
  folder.remove();
});

const away = (): SpanledgerError => new SpanledgerError('STORAGE_UNAVAILABLE', 'The database is away.');

function request(number: number): IngestRequest {
  const content = encodeTraces([makeSpan({ spanId: spanIdOf(number) })]);
  const decoded = decodeRequest('traces', 'protobuf', content);
  return {
    projectId: DEFAULT_PROJECT_ID,
    signal: 'traces',
    decoded,
    body: { encoding: 'protobuf', content },
  };
}

const ids = (...numbers: number[]): string[] => numbers.map(spanIdOf);
const sorted = (): string[] => ledger.stored.toSorted();
const untilEmpty = (): Promise<void> =>
  vi.waitFor(() => {
    expect(spooled.describe()).toMatchObject({ requests: 0, bytes: 0 });
  }, 20_000);

test('while the database is there, nothing touches the disk', async () => {
  await spooled.ingest(request(1));
  expect(ledger.stored).toEqual(ids(1));
  expect(spooled.describe()).toMatchObject({ requests: 0, isSpooling: false });
});

test('requests are acknowledged while the database is away, and stored in order when it is back', async () => {
  ledger.refuse = away;
  for (const number of [1, 2, 3, 4])
    await expect(spooled.ingest(request(number))).resolves.toMatchObject({ rejected: 0 });
  expect(ledger.stored).toEqual([]);
  expect(spooled.describe()).toMatchObject({ isSpooling: true, hasRoom: true });
  ledger.refuse = () => undefined;
  await untilEmpty();
  expect(sorted()).toEqual(ids(1, 2, 3, 4));
  expect(spooled.describe()).toMatchObject({ isSpooling: false, oldestMillis: null });
  const said = lines.map(({ msg }) => msg);
  expect(said).toEqual([
    'the database is away: requests go to the spool',
    'the database is back: storing what waits in the spool',
    'everything in the spool has been stored',
  ]);
});

test('what is refused for good or for too much load is not kept', async () => {
  for (const code of ['STORAGE_REJECTED', 'INGEST_OVERLOADED', 'INGEST_SHUTTING_DOWN'] as const) {
    ledger.refuse = () => new SpanledgerError(code, 'no');
    await expect(spooled.ingest(request(1))).rejects.toMatchObject({ code });
  }
  expect(spooled.describe().requests).toBe(0);
});

test('while the database is away most requests do not ask it first', async () => {
  ledger.refuse = away;
  await spooled.ingest(request(1));
  const before = ledger.attempts;
  await Promise.all(Array.from({ length: 200 }, (_, index) => spooled.ingest(request(index + 2))));
  expect(ledger.attempts - before).toBeLessThan(50);
  expect(spooled.describe().requests).toBe(201);
});

test('what waits when the process ends is stored by the next one', async () => {
  ledger.refuse = away;
  for (const number of [1, 2, 3]) await spooled.ingest(request(number));
  await spooled.close();
  await open();
  expect(spooled.describe().requests).toBe(3);
  ledger.refuse = () => undefined;
  await untilEmpty();
  expect(sorted()).toEqual(ids(1, 2, 3));
});

test('a request that can never be stored is kept aside with its reason and an issue, and stops nobody', async () => {
  ledger.refuse = away;
  for (const number of [1, 2, 3]) await spooled.ingest(request(number));
  ledger.refuse = (id) =>
    id === spanIdOf(2) ? new SpanledgerError('STORAGE_REJECTED', 'no such thing') : undefined;
  await untilEmpty();
  expect(sorted()).toEqual(ids(1, 3));
  expect(ledger.issues).toMatchObject([{ code: 'SPOOL_REQUEST_REJECTED', signal: 'traces' }]);
  const kept = readFileSync(join(folder.path, 'rejected.ndjson'), 'utf8').trim().split('\n');
  expect(kept).toHaveLength(1);
  const line = JSON.parse(kept[0] ?? '') as { content: string; reason: string };
  expect(line.reason).toBe('no such thing');
  expect(Buffer.from(line.content, 'base64')).toEqual(Buffer.from(request(2).body?.content ?? []));
});

test('a request of which some records can not be stored is kept aside as well, since its sender was told nothing', async () => {
  ledger.refuse = away;
  for (const number of [1, 2]) await spooled.ingest(request(number));
  ledger.refuse = () => undefined;
  ledger.refuseRow = (id) => id === spanIdOf(2);
  await untilEmpty();
  expect(ledger.stored).toEqual(ids(1));
  const kept = readFileSync(join(folder.path, 'rejected.ndjson'), 'utf8').trim().split('\n');
  expect(kept.map((line) => (JSON.parse(line) as { reason: string }).reason)).toEqual(['no such row']);
});

test('a request with which the database fails each time is set aside once others get through', async () => {
  ledger.refuse = away;
  for (const number of [1, 2, 3]) await spooled.ingest(request(number));
  ledger.refuse = (id) => (id === spanIdOf(1) ? away() : undefined);
  // Requests that come in meanwhile show that the database is there.
  for (let number = 10; spooled.describe().requests > 0; number += 1) {
    await spooled.ingest(request(number));
    const before = ledger.attempts;
    await vi.waitFor(() => {
      expect(ledger.attempts > before || spooled.describe().requests === 0).toBe(true);
    }, 20_000);
  }
  expect(ledger.issues).toHaveLength(1);
  expect(ledger.stored).not.toContain(spanIdOf(1));
});

test('without room the sender gets a retryable error, and the rejected ones take room as well', async () => {
  await spooled.close();
  await open(4_000);
  ledger.refuse = away;
  const answers = await Promise.allSettled(
    Array.from({ length: 40 }, (_, index) => spooled.ingest(request(index + 1))),
  );
  const refused = answers.flatMap((answer) =>
    answer.status === 'rejected' ? [answer.reason as unknown] : [],
  );
  expect(refused.length).toBeGreaterThan(0);
  for (const reason of refused) expect(reason).toMatchObject({ code: 'SPOOL_FULL', httpStatus: 503 });
  expect(spooled.describe().hasRoom).toBe(false);
  ledger.refuse = () => undefined;
  await untilEmpty();
  expect(ledger.stored).toHaveLength(40 - refused.length);
});

test('spans that did not come as OTLP are kept as well', async () => {
  ledger.refuse = away;
  const { projectId, signal, decoded } = request(5);
  await spooled.ingest({ projectId, signal, decoded });
  ledger.refuse = () => undefined;
  await untilEmpty();
  expect(ledger.stored).toEqual(ids(5));
});

test('the figures say what waits, for how long, and what became of it', async () => {
  ledger.refuse = away;
  for (const number of [1, 2]) await spooled.ingest(request(number));
  const waiting = await registry.metrics();
  expect(waiting).toContain('spanledger_spool_requests 2');
  expect(waiting).toMatch(/^spanledger_spool_bytes [1-9]/m);
  expect(waiting).toMatch(/^spanledger_spool_oldest_age_seconds 0\.\d*[1-9]/m);
  ledger.refuse = () => undefined;
  await untilEmpty();
  const done = await registry.metrics();
  expect(done).toContain('spanledger_spool_requests_total{result="spooled"} 2');
  expect(done).toContain('spanledger_spool_requests_total{result="replayed"} 2');
  expect(done).toContain('spanledger_spool_oldest_age_seconds 0\n');
});
