import type { AnyValue, KeyValue } from '../model/any-value.js';
import { DeepValue, KeyValueList, MAX_VALUE_DEPTH } from '../model/any-value.js';
import { renderDeepValueJson } from '../model/deep-value.js';
import { MalformedProtobufError, ProtobufReader, WIRE } from '../model/protobuf-reader.js';
import type { Message, NamedField } from './message.js';
import { RECORD_LEVEL, type Repairs } from './repairs.js';

/**
 * Decodes a protobuf message. Unknown fields of every wire type are passed over; a singular field that comes twice
 * keeps the last scalar and merges messages; repeated numbers may be packed or not.
 * Throws `MalformedProtobufError`.
 */
export function decodeProtobuf<T extends object>(message: Message<T>, body: Uint8Array, repairs: Repairs): T {
  const decoded = message.create();
  new MessageReader(new ProtobufReader(body), repairs).readFields(message, decoded, 0);
  return decoded;
}

class MessageReader {
  readonly #reader: ProtobufReader;
  readonly #repairs: Repairs;

  constructor(reader: ProtobufReader, repairs: Repairs) {
    this.#reader = reader;
    this.#repairs = repairs;
  }

  /** Reads up to the reader's limit. `level` counts messages from the request down. */
  readFields(message: Message<object>, target: object, level: number): void {
    const reader = this.#reader;
    const record = target as Record<string, unknown>;
    while (reader.position < reader.limit) {
      const start = reader.position;
      const tag = reader.readTag();
      const field = message.byNumber[tag >>> 3];
      if (field === undefined) reader.skip(tag);
      else if (tag === field.tag) this.#readField(field, record, level);
      else if (field.isRepeated && (tag & 7) === WIRE.bytes) this.#readPacked(field, record);
      else reader.fail(`wire type ${tag & 7} for ${message.name}.${field.name}`, start);
    }
    if (level <= RECORD_LEVEL) {
      this.#repairs.addInvalidUtf8(reader.repairedStringCount);
      reader.repairedStringCount = 0;
      this.#repairs.settle(target);
    }
  }

  #readField(field: NamedField, record: Record<string, unknown>, level: number): void {
    const { name } = field;
    // Most fields of a request are attributes: they go past the questions that other fields are asked.
    if (field.type === 'keyValue') (record[name] as KeyValue[]).push(this.#readKeyValue(0));
    else if (field.isRepeated) (record[name] as unknown[]).push(this.#readOne(field, undefined, level));
    else {
      for (const sibling of field.siblings) record[sibling] = null;
      record[name] = this.#readOne(field, record[name], level);
    }
  }

  #readPacked(field: NamedField, record: Record<string, unknown>): void {
    const reader = this.#reader;
    const outerLimit = this.#enter();
    const list = record[field.name] as unknown[];
    while (reader.position < reader.limit) list.push(this.#readOne(field, undefined, 0));
    reader.limit = outerLimit;
  }

  /** `earlier` is what the field holds already: messages are merged into it. */
  #readOne(field: NamedField, earlier: unknown, level: number): unknown {
    const reader = this.#reader;
    switch (field.type) {
      case 'string':
        return reader.readString();
      case 'bool':
        return reader.readBool();
      case 'double':
        return reader.readDouble();
      case 'int32':
        return reader.readInt32();
      case 'sint32':
        return reader.readSint32();
      case 'uint32':
        return reader.readUint32();
      case 'fixed32':
        return reader.readFixed32();
      case 'int64':
        return reader.readInt64();
      case 'uint64':
        return reader.readUint64();
      case 'fixed64':
        return reader.readFixed64();
      case 'sfixed64':
        return reader.readSfixed64();
      case 'hex':
        return reader.readHex();
      case 'bytes':
        return reader.readBytes();
      case 'value':
        return this.#readValue((earlier ?? null) as AnyValue, 0);
      case 'keyValue':
        return this.#readKeyValue(0);
      case 'message':
        return this.#readNested(
          field.message as Message<object>,
          earlier as object | null | undefined,
          level,
        );
    }
  }

  #readNested(message: Message<object>, earlier: object | null | undefined, level: number): object {
    const target = earlier ?? message.create();
    const outerLimit = this.#enter();
    this.readFields(message, target, level + 1);
    this.#reader.limit = outerLimit;
    return target;
  }

  /** Narrows the limit to the message that begins here; returns the outer limit, to be put back. */
  #enter(): number {
    const reader = this.#reader;
    const outerLimit = reader.limit;
    const length = reader.readLength();
    reader.limit = reader.position + length;
    return outerLimit;
  }

  /** Reads an AnyValue inside of `depth` arrays and kvlists. */
  #readValue(earlier: AnyValue, depth: number): AnyValue {
    const reader = this.#reader;
    const outerLimit = this.#enter();
    const start = reader.position;
    let value = earlier;
    let isDeep = false;
    while (reader.position < reader.limit) {
      const tag = reader.readTag();
      const isContainer = tag === TAGS.array || tag === TAGS.kvlist;
      if (isContainer && depth >= MAX_VALUE_DEPTH) {
        reader.skip(tag);
        isDeep = true;
      } else if (tag > TAGS.bytes) {
        this.#passOver(tag, 8);
      } else {
        value = this.#readMember(tag, value, depth);
        isDeep = false;
      }
    }
    if (isDeep) value = this.#keepDeep(earlier, start);
    reader.limit = outerLimit;
    return value;
  }

  #readMember(tag: number, earlier: AnyValue, depth: number): AnyValue {
    const reader = this.#reader;
    switch (tag) {
      case TAGS.string:
        return reader.readString();
      case TAGS.bool:
        return reader.readBool();
      case TAGS.int:
        return reader.readInt64();
      case TAGS.double:
        return reader.readDouble();
      case TAGS.array:
        return this.#readArray(Array.isArray(earlier) ? earlier : [], depth + 1);
      case TAGS.kvlist:
        return this.#readList(earlier instanceof KeyValueList ? earlier : new KeyValueList([]), depth + 1);
      case TAGS.bytes:
        return reader.readBytes();
      default:
        return reader.fail(`wire type ${tag & 7} for field ${tag >>> 3} of AnyValue`);
    }
  }

  /** Keeps the bytes of the value that began at `start` and ends at the limit, after a look at whether they are whole. */
  #keepDeep(earlier: AnyValue, start: number): DeepValue {
    const reader = this.#reader;
    const bytes = reader.copyBytes(start, reader.limit);
    try {
      renderDeepValueJson(bytes);
    } catch (error) {
      if (!(error instanceof MalformedProtobufError)) throw error;
      reader.fail(`${error.message} of a value nested deeper than ${MAX_VALUE_DEPTH} levels`, start);
    }
    return new DeepValue(
      earlier instanceof DeepValue ? new Uint8Array(Buffer.concat([earlier.protobuf, bytes])) : bytes,
    );
  }

  #readArray(items: AnyValue[], depth: number): AnyValue[] {
    const outerLimit = this.#enter();
    while (this.#reader.position < this.#reader.limit) {
      const tag = this.#reader.readTag();
      if (tag === TAGS.item) items.push(this.#readValue(null, depth));
      else this.#passOver(tag, 1);
    }
    this.#reader.limit = outerLimit;
    return items;
  }

  #readList(list: KeyValueList, depth: number): KeyValueList {
    const outerLimit = this.#enter();
    while (this.#reader.position < this.#reader.limit) {
      const tag = this.#reader.readTag();
      if (tag === TAGS.item) list.entries.push(this.#readKeyValue(depth));
      else this.#passOver(tag, 1);
    }
    this.#reader.limit = outerLimit;
    return list;
  }

  #readKeyValue(depth: number): KeyValue {
    const reader = this.#reader;
    const outerLimit = this.#enter();
    const pair: KeyValue = { key: '', value: null };
    while (reader.position < reader.limit) {
      const tag = reader.readTag();
      if (tag === TAGS.key) pair.key = reader.readString();
      else if (tag === TAGS.value) pair.value = this.#readValue(pair.value, depth);
      else this.#passOver(tag, 3);
    }
    reader.limit = outerLimit;
    return pair;
  }

  /** Passes over a field that is not read; those up to `lastKnown` must have their own wire type, and are indexes. */
  #passOver(tag: number, lastKnown: number): void {
    if (tag >>> 3 > lastKnown) {
      this.#reader.skip(tag);
      return;
    }
    if (tag !== TAGS.keyIndex && tag !== TAGS.stringIndex)
      this.#reader.fail(`wire type ${tag & 7} for field ${tag >>> 3} of a value`);
    this.#reader.skip(tag);
    this.#repairs.addIgnoredStringIndex();
  }
}

/** Field number and wire type of the fields of AnyValue, ArrayValue, KeyValueList and KeyValue (common.proto). */
const TAGS = {
  string: (1 << 3) | WIRE.bytes,
  bool: (2 << 3) | WIRE.varint,
  int: (3 << 3) | WIRE.varint,
  double: (4 << 3) | WIRE.fixed64,
  array: (5 << 3) | WIRE.bytes,
  kvlist: (6 << 3) | WIRE.bytes,
  bytes: (7 << 3) | WIRE.bytes,
  stringIndex: (8 << 3) | WIRE.varint,
  item: (1 << 3) | WIRE.bytes,
  key: (1 << 3) | WIRE.bytes,
  value: (2 << 3) | WIRE.bytes,
  keyIndex: (3 << 3) | WIRE.varint,
} as const;
