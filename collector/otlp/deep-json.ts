import {
  expectList,
  expectObject,
  expectString,
  findValueMember,
  readScalarMember,
  type ValueMember,
} from './json-value.js';
import { ReverseProtobufWriter } from './protobuf-writer.js';
import { writeScalar } from './value-encode.js';

/** Field numbers of AnyValue, ArrayValue, KeyValueList and KeyValue (common.proto). */
const FIELDS = { arrayValue: 5, kvlistValue: 6, item: 1, key: 1, value: 2 } as const;

/** Work still to do, last first: the writer goes from the end of the bytes to their beginning. */
type Pending =
  | { kind: 'value'; json: unknown; field: number }
  | { kind: 'pair'; json: unknown }
  | { kind: 'key'; key: string }
  | { kind: 'close'; field: number; lengthBefore: number };

/**
 * The protobuf bytes of an AnyValue in OTLP/JSON, however deep it is: it is written by a loop, not by recursion.
 * Throws `JsonFault` where it is not one.
 */
export function encodeJsonValue(json: unknown): Uint8Array {
  const writer = new ReverseProtobufWriter();
  const pending: Pending[] = [];
  writeValue(writer, pending, json);
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const lengthBefore = writer.length;
    switch (next.kind) {
      case 'close':
        writer.closeMessage(next.field, next.lengthBefore);
        break;
      case 'key':
        if (next.key !== '') writer.writeString(FIELDS.key, next.key);
        break;
      case 'value':
        pending.push({ kind: 'close', field: next.field, lengthBefore });
        writeValue(writer, pending, next.json);
        break;
      case 'pair':
        pending.push({ kind: 'close', field: FIELDS.item, lengthBefore });
        pushPair(pending, next.json);
        break;
    }
  }
  return writer.finish();
}

function writeValue(writer: ReverseProtobufWriter, pending: Pending[], json: unknown): void {
  const object = expectObject(json ?? {});
  const member = findValueMember(object);
  if (member === undefined) return;
  if (member === 'arrayValue' || member === 'kvlistValue') pushItems(writer, pending, member, object[member]);
  else writeScalar(writer, readScalarMember(member, object[member]));
}

function pushItems(
  writer: ReverseProtobufWriter,
  pending: Pending[],
  member: Extract<ValueMember, 'arrayValue' | 'kvlistValue'>,
  json: unknown,
): void {
  pending.push({ kind: 'close', field: FIELDS[member], lengthBefore: writer.length });
  for (const item of expectList(expectObject(json).values ?? []))
    pending.push(
      member === 'arrayValue'
        ? { kind: 'value', json: item, field: FIELDS.item }
        : { kind: 'pair', json: item },
    );
}

function pushPair(pending: Pending[], json: unknown): void {
  const object = expectObject(json ?? {});
  pending.push({ kind: 'key', key: expectString(object.key ?? '') });
  const value = object.value ?? null;
  if (value !== null) pending.push({ kind: 'value', json: value, field: FIELDS.value });
}
