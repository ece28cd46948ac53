import fc from 'fast-check';
import { DeepValue, KeyValueList } from '../../collector/model/any-value.js';
import type { AnyValue, KeyValue } from '../../collector/model/any-value.js';

const INT64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

/** Any UTF-16, U+0000 and lone surrogates included, and texts that look like the codec's tags. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
  { weight: 1, arbitrary: fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 6 }).map(fromUnits) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', '$', '$text', '$double', '$pairs', '__proto__', '\\', '"', '\u0000'),
  },
);

const double: fc.Arbitrary<number> = fc.oneof(
  fc.double(),
  fc.constantFrom(
    0,
    -0,
    5,
    1e21,
    1e22,
    1.7976931348623157e308,
    5e-324,
    2 ** 53 + 2,
    NaN,
    Infinity,
    -Infinity,
    1e-7,
  ),
);

const bytes = fc.uint8Array({ maxLength: 9 });

export const { value: anyValue } = fc.letrec<{ value: AnyValue; entries: KeyValue[] }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant(null),
    anyText,
    fc.boolean(),
    INT64,
    double,
    bytes,
    bytes.map((protobuf) => new DeepValue(protobuf)),
    fc.array(tie('value'), { maxLength: 4 }),
    tie('entries').map((entries) => new KeyValueList(entries)),
  ),
  entries: fc.array(fc.record({ key: anyText, value: tie('value') }), { maxLength: 4 }),
}));

/** Attributes with duplicate and odd keys among them. */
export const anyAttributes: fc.Arbitrary<KeyValue[]> = fc.array(
  fc.record({ key: anyText, value: anyValue }),
  {
    maxLength: 6,
  },
);

/**
 * The same value with the entries of every list in the order of their keys, where keys are distinct: their order is
 * not kept by storage. Entries that share a key keep their order.
 */
export function sortEntries(value: AnyValue): AnyValue {
  if (Array.isArray(value)) return value.map(sortEntries);
  if (value instanceof KeyValueList) return new KeyValueList(sortAttributes(value.entries));
  if (value instanceof DeepValue) return new DeepValue(new Uint8Array(value.protobuf));
  return value instanceof Uint8Array ? new Uint8Array(value) : value;
}

export function sortAttributes(attributes: readonly KeyValue[]): KeyValue[] {
  return attributes
    .toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ key, value }) => ({ key, value: sortEntries(value) }));
}

function fromUnits(units: number[]): string {
  return String.fromCharCode(...units);
}
