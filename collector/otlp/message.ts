import type { AnyValue, KeyValue } from '../model/any-value.js';
import { WIRE } from '../model/protobuf-reader.js';

/** How a field is written in protobuf and in OTLP/JSON. `hex` is bytes that OTLP/JSON writes as hex (ids). */
export type FieldType =
  | 'string'
  | 'bool'
  | 'double'
  | 'int32'
  | 'sint32'
  | 'uint32'
  | 'fixed32'
  | 'int64'
  | 'uint64'
  | 'fixed64'
  | 'sfixed64'
  | 'hex'
  | 'bytes'
  | 'value'
  | 'keyValue'
  | 'message';

const FIELD_WIRE: Record<FieldType, number> = {
  string: WIRE.bytes,
  bool: WIRE.varint,
  double: WIRE.fixed64,
  int32: WIRE.varint,
  sint32: WIRE.varint,
  uint32: WIRE.varint,
  fixed32: WIRE.fixed32,
  int64: WIRE.varint,
  uint64: WIRE.varint,
  fixed64: WIRE.fixed64,
  sfixed64: WIRE.fixed64,
  hex: WIRE.bytes,
  bytes: WIRE.bytes,
  value: WIRE.bytes,
  keyValue: WIRE.bytes,
  message: WIRE.bytes,
};

/** One field of a message; `Value` is what it decodes to. */
export interface Field<Value> {
  readonly number: number;
  readonly type: FieldType;
  readonly isRepeated: boolean;
  /** The name of the oneof it belongs to. */
  readonly oneof: string | undefined;
  /** What a field of type `message` holds. */
  readonly message: Message<object> | undefined;
  /** Never set: it ties the field to the type of its value. */
  readonly valueType?: Value;
}

export interface NamedField extends Field<unknown> {
  readonly name: string;
  /** As it stands before each of its values: `number << 3 | wire type`. */
  readonly tag: number;
  /** The other fields of its oneof, which are unset when it is set. */
  readonly siblings: readonly string[];
  /** Its default is null: absent is told apart from zero. */
  readonly isNullable: boolean;
}

/**
 * A protobuf message as a table: protobuf and JSON are both read by it, so that a field number or a JSON name is
 * written once. `create` makes one with all defaults; null is the default of messages and of oneof and optional fields.
 */
export interface Message<T> {
  readonly name: string;
  readonly create: () => T;
  readonly fields: readonly NamedField[];
  /** By field number; sparse. */
  readonly byNumber: readonly (NamedField | undefined)[];
  readonly hasOneofs: boolean;
}

export function defineMessage<T extends object>(
  name: string,
  create: () => T,
  fields: { [K in keyof T]-?: Field<T[K]> },
): Message<T> {
  const entries = Object.entries<Field<unknown>>(fields);
  const defaults = create() as Record<string, unknown>;
  const named = entries.map(([fieldName, field]) => ({
    ...field,
    name: fieldName,
    tag: (field.number << 3) | FIELD_WIRE[field.type],
    isNullable: defaults[fieldName] === null,
    siblings: entries
      .filter(([other, { oneof }]) => oneof !== undefined && oneof === field.oneof && other !== fieldName)
      .map(([other]) => other),
  }));
  const byNumber: (NamedField | undefined)[] = [];
  for (const field of named) byNumber[field.number] = field;
  const hasOneofs = named.some(({ siblings }) => siblings.length > 0);
  return { name, create, fields: named, byNumber: Array.from(byNumber), hasOneofs };
}

function defineField<Value>(
  number: number,
  type: FieldType,
  options: Partial<Pick<Field<Value>, 'isRepeated' | 'oneof' | 'message'>> = {},
): Field<Value> {
  return { number, type, isRepeated: false, oneof: undefined, message: undefined, ...options };
}

export const string = (number: number): Field<string> => defineField(number, 'string');
export const bool = (number: number): Field<boolean> => defineField(number, 'bool');
export const double = (number: number): Field<number> => defineField(number, 'double');
export const int32 = (number: number): Field<number> => defineField(number, 'int32');
export const int64 = (number: number): Field<bigint> => defineField(number, 'int64');
export const bytes = (number: number): Field<Uint8Array> => defineField(number, 'bytes');
export const uint32 = (number: number): Field<number> => defineField(number, 'uint32');
export const sint32 = (number: number): Field<number> => defineField(number, 'sint32');
export const fixed32 = (number: number): Field<number> => defineField(number, 'fixed32');
export const fixed64 = (number: number): Field<bigint> => defineField(number, 'fixed64');
/** Enums are open in proto3: any int32 is kept. */
export const enumeration = (number: number): Field<number> => int32(number);
export const hex = (number: number): Field<string> => defineField(number, 'hex');
export const value = (number: number): Field<AnyValue> => defineField(number, 'value');
export const attributes = (number: number): Field<KeyValue[]> =>
  defineField(number, 'keyValue', { isRepeated: true });
export const optionalDouble = (number: number): Field<number | null> => defineField(number, 'double');
export const oneofDouble = (number: number, oneof: string): Field<number | null> =>
  defineField(number, 'double', { oneof });
export const oneofSfixed64 = (number: number, oneof: string): Field<bigint | null> =>
  defineField(number, 'sfixed64', { oneof });

export function repeated<Value>(field: Field<Value>): Field<Value[]> {
  return defineField(field.number, field.type, { isRepeated: true });
}

export const uint64List = (number: number): Field<bigint[]> =>
  defineField(number, 'uint64', { isRepeated: true });

export function embedded<T extends object>(
  number: number,
  message: Message<T>,
  oneof?: string,
): Field<T | null> {
  return defineField(number, 'message', { message: message, oneof });
}

export function embeddedList<T extends object>(number: number, message: Message<T>): Field<T[]> {
  return defineField(number, 'message', { message: message, isRepeated: true });
}
