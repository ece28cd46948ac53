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
      this.#path.push(field.name);
      record[field.name] = field.isRepeated
        ? this.#readList(field, member, level)
        : this.#readOne(field, member, level);
      this.#path.pop();
    }
    if (message.hasOneofs) keepLastOfOneofs(message, object, record);
    if (level <= RECORD_LEVEL) this.#repairs.settle(target);
  }

  #readList(field: NamedField, json: unknown, level: number): unknown[] {
    if (field.type === 'keyValue') return this.#readKeyValues(json, 0);
    const items: unknown[] = [];
    for (const item of expectList(json)) {
      this.#path.push(items.length);
      items.push(this.#readOne(field, item, level));
      this.#path.pop();
    }
    return items;
  }

  #readValues(json: unknown, depth: number): AnyValue[] {
    const values: AnyValue[] = [];
    for (const item of expectList(json)) {
      this.#path.push(values.length);
      values.push(this.#readValue(item, depth));
      this.#path.pop();
    }
    return values;
  }

  #readKeyValues(json: unknown, depth: number): KeyValue[] {
    const pairs: KeyValue[] = [];
    for (const item of expectList(json)) {
      this.#path.push(pairs.length);
      pairs.push(this.#readKeyValue(item, depth));
      this.#path.pop();
    }
    return pairs;
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
        // The usual case, which needs no bigint: a number that each of these types holds.
        if (typeof json === 'number' && json >= 0 && (json | 0) === json) return json | 0;
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
    const member = findValueMember(object, this.#repairs);
    if (member === undefined) return null;
    const isContainer = member === 'arrayValue' || member === 'kvlistValue';
    if (isContainer && depth >= MAX_VALUE_DEPTH) return new DeepValue(encodeJsonValue(object));
    this.#path.push(member);
    const value = isContainer
      ? this.#readContainer(member, object[member], depth + 1)
      : readScalarMember(member, object[member]);
    this.#path.pop();
    return value;
  }

  #readContainer(member: 'arrayValue' | 'kvlistValue', json: unknown, depth: number): AnyValue {
    const values = expectObject(json).values ?? [];
    this.#path.push('values');
    const container =
      member === 'arrayValue'
        ? this.#readValues(values, depth)
        : new KeyValueList(this.#readKeyValues(values, depth));
    this.#path.pop();
    return container;
  }

  #readKeyValue(json: unknown, depth: number): KeyValue {
    const object = expectObject(json ?? {});
    if ((object.keyStrindex ?? object.stringValueStrindex ?? null) !== null)
      this.#repairs.addIgnoredStringIndex();
    this.#path.push('key');
    const key = expectString(object.key ?? '');
    this.#path.pop();
    this.#path.push('value');
    const value = this.#readValue(object.value, depth);
    this.#path.pop();
    return { key, value };
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
