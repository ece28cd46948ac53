import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readContent, readReportContent } from '../../collector/dialects/normalize.js';
import { createIngest, type Ingest } from '../../collector/ingest.js';
import { DEFAULT_PROJECT_ID } from '../../collector/model/ids.js';
import { decodeRequest } from '../../collector/otlp/decode-request.js';
import { createProjector } from '../../collector/projections/projector.js';
import { createPool } from '../../collector/storage/postgres/pool.js';
import { createPostgresStorage } from '../../collector/storage/postgres/postgres-storage.js';
import type { Storage } from '../../collector/storage/storage.js';
import { createTelemetry } from '../../collector/telemetry.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
let storage: Storage;
let ingest: Ingest;
const lines: Record<string, unknown>[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  const projector = createProjector({ readContent, readReportContent });
  storage = await createPostgresStorage({ pool: createPool(database.connection), projector });
  const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
  const log = pino({ level: 'debug', base: null, timestamp: false }, { write });
  ingest = createIngest({ storage, telemetry: { ...createTelemetry({ logLevel: 'silent' }), log } });
});
afterAll(async () => {
  await storage.close();
  await database.drop();
});

const NOW = (BigInt(Date.now()) * 1_000_000n).toString();
const RECORD = { timeUnixNano: NOW, severityNumber: 9, body: { stringValue: 'hello' } };

async function send(...logRecords: object[]) {
  const body = Buffer.from(JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] }));
  const decoded = decodeRequest('logs', 'json', body);
  return ingest({ projectId: DEFAULT_PROJECT_ID, signal: 'logs', decoded });
}

test('of each request there is a receipt, and a line of it in the log', async () => {
  const cut = { ...RECORD, droppedAttributesCount: 2 };
  const indexed = { ...RECORD, attributes: [{ keyStrindex: 3, value: { stringValue: 'x' } }] };
  const counts = { received: 3, stored: 3, updated: 0, duplicate: 0, rejected: 0, truncated: 1, repaired: 1 };
  expect(await send(RECORD, cut, indexed)).toEqual({ rejected: 0, message: '', counts });
  const again = { ...counts, stored: 0, duplicate: 3 };
  expect(await send(RECORD, cut, indexed)).toEqual({ rejected: 0, message: '', counts: again });
  const line = {
    level: 20,
    projectId: DEFAULT_PROJECT_ID,
    signal: 'logs',
    msg: 'an export request was stored',
  };
  expect(lines.splice(0)).toEqual([
    { ...line, ...counts },
    { ...line, ...again },
  ]);
});

test('what can not be stored is in the receipt, and in the message to the sender', async () => {
  const odd = { ...RECORD, severityNumber: 9, body: { stringValue: 'odd' } };
  const decoded = decodeRequest(
    'logs',
    'json',
    Buffer.from(JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [odd, odd] }] }] })),
  );
  // No number that fits int32 is too large for its column, so that one is put there past the decoder.
  const logRecords = decoded.logRecords.map((record, at) =>
    at === 0 ? { ...record, severityNumber: 2 ** 40 } : record,
  );
  const result = await ingest({
    projectId: DEFAULT_PROJECT_ID,
    signal: 'logs',
    decoded: { ...decoded, logRecords },
  });
  expect(result).toMatchObject({ rejected: 1, counts: { received: 2, stored: 1, rejected: 1 } });
  expect(result.message).toMatch(/^1 × the database refused it: .* out of range .*\(SQLSTATE 22003\)$/);
  expect(result.message).not.toContain('1099511627776');
});

test('a request of more records than are stored at a time is stored whole, equal ones told apart, and again adds none', async () => {
  const many = Array.from({ length: 11_000 }, (_, index) => ({
    ...RECORD,
    body: { stringValue: `line ${index % 5_500}` },
  }));
  const counts = { received: 11_000, stored: 11_000, updated: 0, duplicate: 0, rejected: 0 };
  expect((await send(...many)).counts).toMatchObject(counts);
  expect((await send(...many)).counts).toMatchObject({ ...counts, stored: 0, duplicate: 11_000 });
});
