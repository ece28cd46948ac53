import type { AnyValue, KeyValue } from '../model/any-value.js';
import { WIRE } from '../model/protobuf-reader.js';
import type { Message, NamedField } from './message.js';
import { ReverseProtobufWriter } from './protobuf-writer.js';
import { writeKeyValues, writeNested } from './value-encode.js';

/** Encodes a message as protobuf. Defaults are left out, except in oneofs and optional fields that are set. */
export function encodeProtobuf<T extends object>(message: Message<T>, content: T): Uint8Array {
  const writer = new ReverseProtobufWriter();
  writeFields(writer, message, content);
  return writer.finish();
}

function writeFields(writer: ReverseProtobufWriter, message: Message<object>, content: object): void {
  const record = content as Record<string, unknown>;
  for (const field of message.fields.toReversed()) {
    const value = record[field.name];
    if (field.type === 'keyValue') writeKeyValues(writer, field.number, value as KeyValue[]);
    else if (field.isRepeated) {
      for (const item of (value as unknown[]).toReversed()) writeOne(writer, field, item);
    } else if (value !== null && (field.isNullable || !isDefault(value))) writeOne(writer, field, value);
  }
}

function isDefault(value: unknown): boolean {
  return value === '' || value === 0n || value === false || Object.is(value, 0);
}

function writeOne(writer: ReverseProtobufWriter, field: NamedField, value: unknown): void {
  const { number } = field;
  switch (field.type) {
    case 'string':
      writer.writeString(number, value as string);
      return;
    case 'hex':
      writer.writeBytes(number, Buffer.from(value as string, 'hex'));
      return;
    case 'bytes':
      writer.writeBytes(number, value as Uint8Array);
      return;
    case 'value':
      writeNested(writer, number, value as AnyValue);
      return;
    case 'keyValue':
      writeKeyValues(writer, number, [value as KeyValue]);
      return;
    case 'message': {
      const lengthBefore = writer.length;
      writeFields(writer, field.message as Message<object>, value as object);
      writer.closeMessage(number, lengthBefore);
      return;
    }
    default:
      writeNumber(writer, field, value as number | bigint | boolean);
  }
}

function writeNumber(
  writer: ReverseProtobufWriter,
  field: NamedField,
  value: number | bigint | boolean,
): void {
  switch (field.type) {
    case 'double':
      writer.writeDouble(Number(value));
      writer.writeTag(field.number, WIRE.fixed64);
      return;
    case 'fixed64':
    case 'sfixed64':
      writer.writeFixed64(BigInt(value));
      writer.writeTag(field.number, WIRE.fixed64);
      return;
    case 'fixed32':
      writer.writeFixed32(Number(value));
      writer.writeTag(field.number, WIRE.fixed32);
      return;
    case 'sint32': {
      const signed = Number(value);
      writer.writeVarint(((signed << 1) ^ (signed >> 31)) >>> 0);
      writer.writeTag(field.number, WIRE.varint);
      return;
    }
    default:
      writer.writeVarint64(BigInt(value));
      writer.writeTag(field.number, WIRE.varint);
  }
}
