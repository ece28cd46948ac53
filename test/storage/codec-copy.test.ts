import fc from 'fast-check';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CopyBuffer } from '../../collector/storage/postgres/copy/copy-buffer.js';
import { copyRows } from '../../collector/storage/postgres/copy/copy-rows.js';
import { isDecimal } from '../../collector/storage/postgres/copy/numeric.js';
import { createPool } from '../../collector/storage/postgres/pool.js';
import { createTestDatabase } from '../support/database.js';
import type { TestDatabase } from '../support/database.js';

const COLUMNS = ['i2', 'i4', 'i8', 'b', 't', 'y', 'u', 'z', 'j', 'a', 'n'];

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase({ isEmpty: true });
  pool = createPool(database.connection);
  await pool.query(
    `create table copied (place serial, i2 smallint, i4 integer, i8 bigint, b boolean, t text, y bytea, u uuid,
       z timestamptz, j jsonb, a text[], n numeric)`,
  );
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

interface Row {
  i2: number | null;
  i4: number | null;
  /** A number where it is safe, as the pool reads it. */
  i8: bigint | number | null;
  b: boolean | null;
  t: string | null;
  y: Buffer | null;
  u: string | null;
  z: bigint | null;
  j: string | null;
  a: string[];
  n: string | null;
}

const anyText = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\u0000', ''));
const orNull = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> =>
  fc.option(value, { freq: 6 });
const anyRow: fc.Arbitrary<Row> = fc.record({
  i2: orNull(fc.integer({ min: -32768, max: 32767 })),
  i4: orNull(fc.integer()),
  i8: orNull(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  b: orNull(fc.boolean()),
  t: orNull(anyText),
  y: orNull(fc.uint8Array().map((bytes) => Buffer.from(bytes))),
  u: orNull(fc.uuid()),
  z: orNull(fc.bigInt({ min: 0n, max: 2n ** 64n / 1000n })),
  j: orNull(anyText.map((text) => JSON.stringify(text))),
  a: fc.array(anyText, { maxLength: 3 }),
  n: orNull(
    fc
      .tuple(fc.constantFrom('', '-'), fc.bigInt({ min: 0n, max: 10n ** 30n }), fc.nat(40))
      .map(([sign, digits, scale]) => `${sign}${placePoint(digits.toString(), scale)}`),
  ),
});

function placePoint(digits: string, scale: number): string {
  if (scale === 0) return digits;
  const padded = digits.padStart(scale + 1, '0');
  return `${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}

function encodeRow(row: Row): Buffer {
  const buffer = new CopyBuffer(8);
  buffer.beginRow(COLUMNS.length);
  buffer.putInt2(row.i2);
  buffer.putInt4(row.i4);
  buffer.putInt8(row.i8);
  buffer.putBoolean(row.b);
  buffer.putText(row.t);
  buffer.putBytes(row.y);
  buffer.putUuid(row.u);
  buffer.putTimestamp(row.z);
  buffer.putJsonb(row.j);
  buffer.putTextArray(row.a);
  buffer.putNumeric(row.n);
  return buffer.view(0);
}

async function copyAndRead(rows: Buffer[]): Promise<Row[]> {
  const client = await pool.connect();
  try {
    await client.query('truncate copied');
    await copyRows(client, 'copied', COLUMNS, rows);
    const { rows: found } = await client.query<Row>(
      `select ${COLUMNS.join(', ')} from copied order by place`,
    );
    return found;
  } finally {
    client.release();
  }
}

describe('binary COPY', () => {
  test('gives Postgres every value of every type exactly', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyRow, { minLength: 1, maxLength: 30 }), async (rows) => {
        const found = await copyAndRead(rows.map(encodeRow));
        expect(found.map((row) => ({ ...row, i8: row.i8 === null ? null : BigInt(row.i8) }))).toEqual(
          rows.map((row) => ({ ...row, n: row.n?.replace(/^-(?=[0.]*$)/, '') ?? null })),
        );
      }),
      { numRuns: 60 },
    );
  });

  test('sends more than the connection takes at once', async () => {
    const row = encodeRow({
      i2: 1,
      i4: 1,
      i8: 1n,
      b: true,
      t: 'é'.repeat(100_000),
      y: null,
      u: null,
      z: 0n,
      j: null,
      a: [],
      n: null,
    });
    const found = await copyAndRead(Array.from({ length: 100 }, () => row));
    expect(found).toHaveLength(100);
    expect(found[99]?.t).toHaveLength(100_000);
  });

  test('leaves the connection usable where Postgres refuses a row', async () => {
    const client = await pool.connect();
    const buffer = new CopyBuffer();
    buffer.beginRow(1);
    buffer.putText('a\u0000b');
    await expect(copyRows(client, 'copied', ['t'], [buffer.view(0)])).rejects.toMatchObject({
      code: '22021',
    });
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    client.release();
  });

  test('reads money in every notation, and takes nothing else for it', async () => {
    const texts = ['0', '0.00', '1e-7', '1.5E3', '.5', '5.', '+12345.6789', '100000000'];
    const { rows } = await pool.query<{ n: string }>('select n::numeric as n from unnest($1::text[]) n', [
      texts,
    ]);
    const empty: Row = {
      i2: null,
      i4: null,
      i8: null,
      b: null,
      t: null,
      y: null,
      u: null,
      z: null,
      j: null,
      a: [],
      n: null,
    };
    const found = await copyAndRead(texts.map((n) => encodeRow({ ...empty, n })));
    expect(found.map((row) => row.n)).toEqual(rows.map((row) => row.n));
    for (const text of ['', '.', 'NaN', '1e99999', '0x1', '1,5', ' 1'])
      expect(isDecimal(text), text).toBe(false);
  });
});
