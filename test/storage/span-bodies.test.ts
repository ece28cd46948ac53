import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normalizeSpan } from '../../collector/dialects/normalize.js';
import type { KeyValue } from '../../collector/model/any-value.js';
import { ContentStore } from '../../collector/storage/postgres/contents/content-store.js';
import { SpanTexts } from '../../collector/storage/postgres/contents/span-texts.js';
import { CopyBuffer } from '../../collector/storage/postgres/copy/copy-buffer.js';
import { encodeAttributes, encodeValue } from '../../collector/storage/postgres/value-codec.js';
import { SpanBodies } from '../../collector/storage/postgres/write/span-bodies.js';
import { anyAttributes } from '../support/arbitrary-values.js';
import { makeSpan } from '../support/telemetry.js';

const LENGTH_AND_VERSION_BYTES = 5;

/** The text of a field of jsonb; null where it is null. */
function readJsonb(put: (buffer: CopyBuffer) => void): string | null {
  const buffer = new CopyBuffer(8);
  put(buffer);
  const bytes = buffer.view(0);
  return bytes.readInt32BE(0) < 0 ? null : bytes.toString('utf8', LENGTH_AND_VERSION_BYTES);
}

const LONG_TEXTS: readonly KeyValue[] = [
  { key: 'large', value: '"é\\\n☃🙂\u0001\u007f\u2028 and so on '.repeat(2_000) },
  { key: 'larger when encoded', value: '\n'.repeat(700) },
  { key: 'as large as a small one gets', value: 'x'.repeat(1_022) },
  { key: 'one more', value: 'x'.repeat(1_023) },
  { key: 'refused as text', value: `${'x'.repeat(2_000)}\ud800` },
  { key: 'refused as text, and short', value: '\u0000' },
  { key: 'nested', value: [null, true, 5n, 0.25, 'y'.repeat(3_000)] },
];

/** The fields as the codec encodes them, when each value is looked at alone. */
function encodeApart(attributes: readonly KeyValue[], contentKeys: ReadonlySet<string>): (string | null)[] {
  const heavyKeys = new Set(contentKeys);
  for (const { key, value } of attributes) if (encodeValue(value).length > 1024) heavyKeys.add(key);
  return [false, true].map((isHeavy) => {
    const chosen = attributes.filter(({ key }) => heavyKeys.has(key) === isHeavy);
    return chosen.length === 0 ? null : encodeAttributes(chosen);
  });
}

describe('the attributes of a span in the format of COPY', () => {
  test('are those of the value codec, message bodies and large values apart from the rest', () => {
    const bodies = new SpanBodies();
    const store = new ContentStore();
    const attributes = fc
      .tuple(anyAttributes, fc.shuffledSubarray([...LONG_TEXTS, ...LONG_TEXTS]))
      .map(([some, long]) => [...some, ...long]);
    fc.assert(
      fc.property(attributes, fc.subarray(['large', 'one more', 'nested']), (list, contentKeys) => {
        const span = normalizeSpan(makeSpan({ attributes: list }));
        const keys = new Set(contentKeys);
        bodies.read({ ...span, contentKeys: keys });
        const texts = new SpanTexts(store, 0n);
        const light = readJsonb((buffer) => {
          bodies.putLightAttributes(buffer);
        });
        const heavy = new CopyBuffer(8);
        bodies.putHeavy(heavy, texts);
        const [lightBefore = null, heavyBefore = null] = encodeApart(list, keys);
        expect(light).toBe(lightBefore);
        const noEvents = 4;
        const field = heavy.view(0, heavy.length - noEvents);
        expect(field.readInt32BE(0) < 0 ? null : field.toString('utf8', LENGTH_AND_VERSION_BYTES)).toBe(
          heavyBefore,
        );
        expect(bodies.hasPayload).toBe(heavyBefore !== null);
      }),
      { numRuns: 150 },
    );
  });
});

test('strings are written as JSON.stringify writes them', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 200 }),
    fc.string({ unit: fc.constantFrom('"', '\\', '\n', '\u0001', '\u007f', 'é', '🙂', 'a'), maxLength: 120 }),
  );
  fc.assert(
    fc.property(text, fc.nat(300), (part, times) => {
      const whole = part.repeat(times);
      const literal = JSON.stringify(whole);
      expect(
        readJsonb((buffer) => {
          const start = buffer.beginJsonb();
          if (!buffer.addPlainJsonString(whole)) {
            buffer.addJson('"');
            buffer.addEscapedJson(whole);
            buffer.addJson('"');
          }
          buffer.endJsonb(start);
        }),
      ).toBe(literal);
    }),
  );
});
