/**
 * An OTLP `AnyValue` (opentelemetry-proto common.proto) as JavaScript data, with every distinction OTLP makes:
 * `null` is the empty value, `bigint` an int64, `number` a double (5 and 5.0 differ), `Uint8Array` bytes.
 */
export type AnyValue =
  null | string | boolean | bigint | number | Uint8Array | AnyValue[] | KeyValueList | DeepValue;

/** One attribute. Duplicate keys are kept, in the order in which they were sent. */
export interface KeyValue {
  key: string;
  value: AnyValue;
}

/** A `kvlist` value: ordered pairs, never a plain object, so that `__proto__` and duplicates are ordinary keys. */
export class KeyValueList {
  constructor(readonly entries: KeyValue[]) {}
}

/**
 * A value nested deeper than {@link MAX_VALUE_DEPTH} levels, kept as the bytes of its protobuf `AnyValue`.
 * So recursion over an `AnyValue` is bounded everywhere, and nothing that was sent is lost.
 */
export class DeepValue {
  constructor(readonly protobuf: Uint8Array) {}
}

/** How many arrays and kvlists may be nested before the rest is kept as a {@link DeepValue}. */
export const MAX_VALUE_DEPTH = 64;

/** The first value of `key`, or undefined where the key is absent. */
export function findAttribute(attributes: readonly KeyValue[], key: string): AnyValue | undefined {
  for (const attribute of attributes) if (attribute.key === key) return attribute.value;
  return undefined;
}
