import type { AnyValue, KeyValue } from '../model/any-value.js';
import { DeepValue, KeyValueList, MAX_VALUE_DEPTH } from '../model/any-value.js';
import { encodeJsonValue } from './deep-json.js';
import { readJsonBytes, readJsonDouble, readJsonHex, readJsonInteger } from './json-scalars.js';
import {
  JsonFault,
  expectBool,
  expectList,
  expectObject,
  expectString,
  findValueMember,
  hasStringIndex,
  readScalarMember,
  requireRead,
} from './json-value.js';
import type { Message, NamedField } from './message.js';
import { RECORD_LEVEL, type Repairs } from './repairs.js';

/** JSON that is not the message it should be: `pointer` (RFC 6901) says where. */
export class MalformedJsonError extends Error {
  constructor(
    readonly pointer: string,
    readonly detail: string,
  ) {
    super(`${detail} at ${pointer === '' ? 'the top' : pointer}`);
    this.name = 'MalformedJsonError';
  }
}

/**
 * Decodes a message from parsed OTLP/JSON. Unknown keys are ignored, null is the default of any field; anything else
 * that the mapping does not allow throws {@link MalformedJsonError}.
 */
export function decodeJson<T extends object>(message: Message<T>, json: unknown, repairs: Repairs): T {
  const decoded = message.create();
  const reader = new JsonReader(repairs);
  try {
    reader.readFields(message, json, decoded, 0);
  } catch (error) {
    if (error instanceof JsonFault) throw new MalformedJsonError(reader.renderPointer(), error.message);
    throw error;
  }
  return decoded;
}

class JsonReader {
  readonly #repairs: Repairs;
  /** Keys and indexes from the top to what is being read. */
  readonly #path: (string | number)[] = [];

  constructor(repairs: Repairs) {
    this.#repairs = repairs;
  }

  renderPointer(): string {
    return this.#path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  }

  /** `level` counts messages from the request down. */
  readFields(message: Message<object>, json: unknown, target: object, level: number): void {
    const object = expectObject(json);
    const record = target as Record<string, unknown>;
    for (const field of message.fields) {
      const member = object[field.name];
      if (member === undefined || member === null) continue;
      record[field.name] = this.#at(field.name, () => this.#readField(field, member, level));
    }
    keepLastOfOneofs(message, object, record);
    if (level <= RECORD_LEVEL) this.#repairs.settle(target);
  }

  #at<T>(step: string | number, read: () => T): T {
    this.#path.push(step);
    const result = read();
    this.#path.pop();
    return result;
  }

  #readField(field: NamedField, json: unknown, level: number): unknown {
    if (!field.isRepeated) return this.#readOne(field, json, level);
    return this.#readList(json, (item) => this.#readOne(field, item, level));
  }

  #readList<T>(json: unknown, readItem: (item: unknown) => T): T[] {
    const list = expectList(json);
    const items: T[] = [];
    for (let index = 0; index < list.length; index++)
      items.push(this.#at(index, () => readItem(list[index])));
    return items;
  }

  #readOne(field: NamedField, json: unknown, level: number): unknown {
    switch (field.type) {
      case 'string':
        return expectString(json ?? '');
      case 'bool':
        return expectBool(json ?? false);
      case 'double':
        return requireRead(readJsonDouble(json ?? 0), 'a double', json);
      case 'int32':
      case 'sint32':
      case 'uint32':
      case 'fixed32':
        return Number(
          requireRead(readJsonInteger(json ?? 0, field.type), `an integer (${field.type})`, json),
        );
      case 'int64':
      case 'uint64':
      case 'fixed64':
      case 'sfixed64':
        return requireRead(readJsonInteger(json ?? 0, field.type), `an integer (${field.type})`, json);
      case 'hex':
        return requireRead(readJsonHex(json ?? ''), 'an id in hex digits', json);
      case 'bytes':
        return requireRead(readJsonBytes(json ?? ''), 'base64', json);
      case 'value':
        return this.#readValue(json, 0);
      case 'keyValue':
        return this.#readKeyValue(json, 0);
      case 'message':
        return this.#readNested(field.message as Message<object>, json, level);
    }
  }

  #readNested(message: Message<object>, json: unknown, level: number): object {
    const target = message.create();
    this.readFields(message, json ?? {}, target, level + 1);
    return target;
  }

  /** Reads an AnyValue inside of `depth` arrays and kvlists. */
  #readValue(json: unknown, depth: number): AnyValue {
    if (json === null || json === undefined) return null;
    const object = expectObject(json);
    if (hasStringIndex(object)) this.#repairs.addIgnoredStringIndex();
    const member = findValueMember(object);
    if (member === undefined) return null;
    const inner = object[member];
    if (member !== 'arrayValue' && member !== 'kvlistValue')
      return this.#at(member, () => readScalarMember(member, inner));
    if (depth >= MAX_VALUE_DEPTH) return new DeepValue(encodeJsonValue(object));
    return this.#at(member, () => {
      const values = expectObject(inner).values ?? [];
      return this.#at('values', () =>
        member === 'arrayValue'
          ? this.#readList(values, (item) => this.#readValue(item, depth + 1))
          : new KeyValueList(this.#readList(values, (item) => this.#readKeyValue(item, depth + 1))),
      );
    });
  }

  #readKeyValue(json: unknown, depth: number): KeyValue {
    const object = expectObject(json ?? {});
    if (hasStringIndex(object)) this.#repairs.addIgnoredStringIndex();
    const key = this.#at('key', () => expectString(object.key ?? ''));
    return { key, value: this.#at('value', () => this.#readValue(object.value, depth)) };
  }
}

/** Of several set members of a oneof the last in the document counts, as in protobuf. */
function keepLastOfOneofs(
  message: Message<object>,
  object: Record<string, unknown>,
  record: Record<string, unknown>,
): void {
  for (const { name, siblings } of message.fields) {
    if (siblings.length === 0 || record[name] === null) continue;
    if (!siblings.some((sibling) => record[sibling] !== null)) continue;
    const set = Object.keys(object).filter(
      (key) => (key === name || siblings.includes(key)) && object[key] !== null,
    );
    for (const loser of set.slice(0, -1)) record[loser] = null;
  }
}
