import type { AnyValue, KeyValue } from '../model/any-value.js';
import { DeepValue, KeyValueList } from '../model/any-value.js';
import { WIRE } from '../model/protobuf-reader.js';
import type { ReverseProtobufWriter } from './protobuf-writer.js';

/** Writes the fields of an AnyValue (common.proto). A member of a oneof is written even where it is a default. */
function writeValue(writer: ReverseProtobufWriter, value: AnyValue): void {
  const lengthBefore = writer.length;
  if (value instanceof DeepValue) {
    writer.writeRaw(value.protobuf);
  } else if (Array.isArray(value)) {
    for (const item of value.toReversed()) writeNested(writer, 1, item);
    writer.closeMessage(5, lengthBefore);
  } else if (value instanceof KeyValueList) {
    writeKeyValues(writer, 1, value.entries);
    writer.closeMessage(6, lengthBefore);
  } else if (value !== null) {
    writeScalar(writer, value);
  }
}

/** Writes attributes as repeated KeyValue messages in field `number`. */
export function writeKeyValues(
  writer: ReverseProtobufWriter,
  number: number,
  entries: readonly KeyValue[],
): void {
  for (const { key, value } of entries.toReversed()) {
    const lengthBefore = writer.length;
    if (value !== null) writeNested(writer, 2, value);
    if (key !== '') writer.writeString(1, key);
    writer.closeMessage(number, lengthBefore);
  }
}

export function writeNested(writer: ReverseProtobufWriter, number: number, value: AnyValue): void {
  const lengthBefore = writer.length;
  writeValue(writer, value);
  writer.closeMessage(number, lengthBefore);
}

export function writeScalar(
  writer: ReverseProtobufWriter,
  value: string | boolean | bigint | number | Uint8Array,
): void {
  if (typeof value === 'string') {
    writer.writeString(1, value);
  } else if (typeof value === 'boolean') {
    writer.writeVarint(value ? 1 : 0);
    writer.writeTag(2, WIRE.varint);
  } else if (typeof value === 'bigint') {
    writer.writeVarint64(value);
    writer.writeTag(3, WIRE.varint);
  } else if (typeof value === 'number') {
    writer.writeDouble(value);
    writer.writeTag(4, WIRE.fixed64);
  } else {
    writer.writeBytes(7, value);
  }
}
