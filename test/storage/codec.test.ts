import fc from 'fast-check';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KeyValueList, MAX_VALUE_DEPTH } from '../../collector/model/any-value.js';
import type { AnyValue } from '../../collector/model/any-value.js';
import type { JsonValue } from '../../collector/model/json.js';
import { OddTexts } from '../../collector/storage/postgres/odd-text.js';
import { createPool } from '../../collector/storage/postgres/pool.js';
import {
  decodeAttributes,
  decodeJson,
  decodeValue,
  encodeAttributes,
  encodeJson,
  encodeValue,
} from '../../collector/storage/postgres/value-codec.js';
import { anyAttributes, anyValue, sortAttributes, sortEntries } from '../support/arbitrary-values.js';
import { createTestDatabase } from '../support/database.js';
import type { TestDatabase } from '../support/database.js';
import { readHeapBytes } from '../support/heap.js';

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

/** Through a jsonb value and back, as many texts at a time as are given. */
async function throughJsonb(texts: string[]): Promise<string[]> {
  const { rows } = await pool.query<{ value: string }>(
    `select value::jsonb as value from unnest($1::text[]) with ordinality as given (value, place) order by place`,
    [texts],
  );
  return rows.map((row) => row.value);
}

describe('the value codec', () => {
  test('gives back every value exactly, through jsonb', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyValue, { minLength: 20, maxLength: 40 }), async (values) => {
        const stored = await throughJsonb(values.map((value) => encodeValue(value)));
        expect(stored.map((text) => decodeValue(text)).map(sortEntries)).toEqual(values.map(sortEntries));
      }),
      { numRuns: 60 },
    );
  });

  test('gives back every list of attributes exactly, through jsonb', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyAttributes, { minLength: 10, maxLength: 20 }), async (lists) => {
        const stored = await throughJsonb(lists.map((attributes) => encodeAttributes(attributes)));
        expect(stored.map((text) => decodeAttributes(text)).map(sortAttributes)).toEqual(
          lists.map(sortAttributes),
        );
      }),
      { numRuns: 60 },
    );
  });

  test('keeps int64 and double apart, and plain data plain', async () => {
    const attributes = [
      { key: 'int', value: 5n },
      { key: 'double', value: 5 },
      { key: 'large', value: 9223372036854775807n },
      { key: 'huge', value: 1e24 },
      { key: 'text', value: 'a' },
      { key: 'list', value: [true, null] },
    ];
    const [stored] = await throughJsonb([encodeAttributes(attributes)]);
    expect(stored).toBe(
      '{"int": 5, "huge": 1000000000000000000000000.0, "list": [true, null], "text": "a", "large": 9223372036854775807, "double": 5.0}',
    );
  });

  test('keeps values at the deepest level, in every kind of nesting', async () => {
    let lists: AnyValue = 1n;
    let objects: AnyValue = 1n;
    let pairs: AnyValue = 1n;
    for (let level = 0; level < MAX_VALUE_DEPTH; level += 1) {
      lists = [lists];
      objects = new KeyValueList([{ key: 'k', value: objects }]);
      pairs = new KeyValueList([{ key: '$k', value: pairs }]);
    }
    const values = [lists, objects, pairs];
    const stored = await throughJsonb(values.map((value) => encodeValue(value)));
    expect(stored.map((text) => decodeValue(text))).toEqual(values);
  });

  test('refuses text that is not what it writes', () => {
    for (const text of ['', '{', '{"$other": 1}', '[1 2]', '1 1', '{"a" 1}', 'nul', '{"$text": 5}']) {
      expect(() => decodeValue(text), text).toThrow(SyntaxError);
    }
    expect(() => decodeAttributes('[]')).toThrow(TypeError);
  });
});

describe('the codec of derived JSON', () => {
  test('gives back any JSON, through jsonb', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue({ stringUnit: 'binary' }), { minLength: 20 }),
        async (values) => {
          const stored = await throughJsonb(values.map((value) => encodeJson(value as JsonValue)));
          expect(stored.map(decodeJson)).toEqual(
            values.map((value) => withoutPrototypes(value as JsonValue)),
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  test('keeps odd texts, odd keys and numbers that JSON has no word for', async () => {
    const value = { 'a\u0000': '\ud800', $text: 'x', n: JSON.parse('[1e999, -0, 1e-7]') as JsonValue };
    const [stored] = await throughJsonb([encodeJson(value)]);
    expect(decodeJson(stored ?? '')).toEqual(withoutPrototypes(value));
  });

  test('cuts what is nested too deeply instead of failing', async () => {
    const value = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)) as JsonValue;
    const [stored] = await throughJsonb([encodeJson(value)]);
    expect(stored).toContain('nested too deeply');
  });
});

describe('odd texts', () => {
  test('stand in readable form, and the exact text beside them', () => {
    const odd = new OddTexts();
    expect(odd.store('name', 'a\u0000b')).toBe('a\uFFFDb');
    expect(odd.store('plain', 'ab')).toBe('ab');
    const long = 'x'.repeat(5000);
    expect(odd.storeIdentifier('metric_name', long)).toHaveLength(200);
    expect(decodeAttributes(odd.encode())).toEqual([
      { key: 'name', value: 'a\u0000b' },
      { key: 'metric_name', value: long },
    ]);
  });

  test('leave no trace where every text is plain', () => {
    const odd = new OddTexts();
    odd.store('name', 'a');
    expect(odd.encode()).toBeNull();
  });
});

/** `toEqual` tells neither prototypes nor their absence, but a plain object loses `__proto__` as a key. */
function withoutPrototypes(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutPrototypes);
  if (value === null || typeof value !== 'object') return value;
  const copy = Object.create(null) as Record<string, JsonValue>;
  for (const [key, item] of Object.entries(value)) copy[key] = withoutPrototypes(item);
  return copy;
}

test('a key that somebody remembers does not keep the row in memory that it came from', () => {
  const before = readHeapBytes();
  const keys = Array.from({ length: 20 }, (_, row) => {
    const text = `{"a": "${'x'.repeat(1_000_000)}", "some.longer.key.${row}": {"another.longer.key": 1}}`;
    return decodeAttributes(text).map(({ key }) => key);
  });
  expect(readHeapBytes() - before).toBeLessThan(2_000_000);
  expect(keys[19]).toEqual(['a', 'some.longer.key.19']);
});
