import fc from 'fast-check';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KeyValue } from '../../collector/model/any-value.js';
import type { MetricValue, SpanEventData, SpanLinkData } from '../../collector/model/span-data.js';
import { createPool } from '../../collector/storage/postgres/pool.js';
import {
  decodeMetricValue,
  encodeMetricValue,
} from '../../collector/storage/postgres/rows/metric-value-codec.js';
import {
  decodeEntityRefs,
  decodeEvents,
  decodeExemplars,
  decodeLinks,
  encodeEntityRefs,
  encodeEvents,
  encodeExemplars,
  encodeLinks,
} from '../../collector/storage/postgres/rows/nested-codec.js';
import { anyAttributes, anyText, sortAttributes } from '../support/arbitrary-values.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase({ isEmpty: true });
  pool = createPool(database.connection);
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const uint32 = fc.nat({ max: 2 ** 32 - 1 });
const hex = fc.uint8Array({ maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('hex'));
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const anyNumber = fc.oneof(fc.double(), fc.constantFrom(0, -0, 5, NaN, Infinity, -Infinity));
const optionalNumber = fc.option(anyNumber);
const counts = fc.array(uint64, { maxLength: 5 });

const event: fc.Arbitrary<SpanEventData> = fc.record({
  timeUnixNano: uint64,
  name: anyText,
  attributes: anyAttributes,
  droppedAttributesCount: uint32,
});

const link: fc.Arbitrary<SpanLinkData> = fc.record({
  traceId: hex,
  spanId: hex,
  traceState: anyText,
  attributes: anyAttributes,
  droppedAttributesCount: uint32,
  flags: uint32,
});

const entityRef = fc.record({
  schemaUrl: anyText,
  type: anyText,
  idKeys: fc.array(anyText, { maxLength: 3 }),
  descriptionKeys: fc.array(anyText, { maxLength: 3 }),
});

const exemplar = fc.record({
  filteredAttributes: anyAttributes,
  timeUnixNano: uint64,
  value: fc.option(fc.oneof(int64, anyNumber)),
  traceId: fc.constantFrom(null, 'ab'.repeat(16)),
  spanId: fc.constantFrom(null, 'cd'.repeat(8)),
});

const buckets = fc.option(
  fc.record({ offset: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), bucketCounts: counts }),
);

const distribution = { count: uint64, sum: optionalNumber, min: optionalNumber, max: optionalNumber };

const metricValue: fc.Arbitrary<MetricValue> = fc.oneof(
  fc.record({ kind: fc.constant('number' as const), value: fc.option(fc.oneof(int64, anyNumber)) }),
  fc.record({
    kind: fc.constant('histogram' as const),
    ...distribution,
    bucketCounts: counts,
    explicitBounds: fc.array(anyNumber, { maxLength: 4 }),
  }),
  fc.record({
    kind: fc.constant('exponential_histogram' as const),
    ...distribution,
    scale: fc.integer({ min: -10, max: 20 }),
    zeroCount: uint64,
    zeroThreshold: anyNumber,
    positive: buckets,
    negative: buckets,
  }),
  fc.record({
    kind: fc.constant('summary' as const),
    count: uint64,
    sum: anyNumber,
    quantileValues: fc.array(fc.record({ quantile: anyNumber, value: anyNumber }), { maxLength: 4 }),
  }),
);

/** A jsonb value written and read back. */
async function throughJsonb(text: string | null): Promise<string | null> {
  const { rows } = await pool.query<{ value: string | null }>('select $1::jsonb as value', [text]);
  return rows[0]?.value ?? null;
}

/** The same records with their attributes in the order of keys, which storage does not keep. */
function sortRecords<Record extends { attributes: KeyValue[] }>(records: Record[]): Record[] {
  return records.map((record) => ({ ...record, attributes: sortAttributes(record.attributes) }));
}

describe('what is nested in a row comes back exactly', () => {
  test('events', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 4 }), async (events) => {
        const stored = await throughJsonb(encodeEvents(events));
        expect(sortRecords(decodeEvents(stored))).toEqual(sortRecords(events));
      }),
    );
  });

  test('links', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(link, { maxLength: 4 }), async (links) => {
        const stored = await throughJsonb(encodeLinks(links));
        expect(sortRecords(decodeLinks(stored))).toEqual(sortRecords(links));
      }),
    );
  });

  test('entity references', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(entityRef, { maxLength: 4 }), async (refs) => {
        expect(decodeEntityRefs(await throughJsonb(encodeEntityRefs(refs)))).toEqual(refs);
      }),
    );
  });

  test('exemplars', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(exemplar, { maxLength: 4 }), async (exemplars) => {
        const sort = (given: typeof exemplars) =>
          given.map((one) => ({ ...one, filteredAttributes: sortAttributes(one.filteredAttributes) }));
        const stored = await throughJsonb(encodeExemplars(exemplars));
        expect(sort(decodeExemplars(stored))).toEqual(sort(exemplars));
      }),
    );
  });

  test('metric values', async () => {
    await fc.assert(
      fc.asyncProperty(metricValue, async (value) => {
        const type = value.kind === 'number' ? 'gauge' : value.kind;
        expect(decodeMetricValue(type, await throughJsonb(encodeMetricValue(value)))).toEqual(value);
      }),
      { numRuns: 300 },
    );
  });
});

test('what there is nothing of is stored as null', () => {
  expect([encodeEvents([]), encodeLinks([]), encodeEntityRefs([]), encodeExemplars([])]).toEqual([
    null,
    null,
    null,
    null,
  ]);
});
