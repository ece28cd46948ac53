import { readJsonBytes, readJsonDouble, readJsonInteger } from './json-scalars.js';
import { readMarkedNumber } from './json-text.js';
import type { Repairs } from './repairs.js';

/** The members of AnyValue's oneof (common.proto) by their OTLP/JSON names. */
export type ValueMember =
  'stringValue' | 'boolValue' | 'intValue' | 'doubleValue' | 'bytesValue' | 'arrayValue' | 'kvlistValue';

const MEMBERS: ReadonlySet<string> = new Set<ValueMember>([
  'stringValue',
  'boolValue',
  'intValue',
  'doubleValue',
  'bytesValue',
  'arrayValue',
  'kvlistValue',
]);

/** A fault found while decoding JSON; the decoder adds where. */
export class JsonFault extends Error {}

export function expectObject(json: unknown): Record<string, unknown> {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new JsonFault(`expected an object, not ${describeJson(json)}`);
  return json as Record<string, unknown>;
}

export function expectList(json: unknown): unknown[] {
  if (!Array.isArray(json) || readMarkedNumber(json) !== undefined)
    throw new JsonFault(`expected an array, not ${describeJson(json)}`);
  return json;
}

export function expectString(json: unknown): string {
  if (typeof json !== 'string') throw new JsonFault(`expected a string, not ${describeJson(json)}`);
  return json;
}

export function expectBool(json: unknown): boolean {
  if (typeof json !== 'boolean') throw new JsonFault(`expected true or false, not ${describeJson(json)}`);
  return json;
}

/** A kind of JSON in words; what was sent is not quoted. */
function describeJson(json: unknown): string {
  if (json === null) return 'null';
  if (readMarkedNumber(json) !== undefined) return 'this number';
  if (Array.isArray(json)) return 'an array';
  if (typeof json === 'object') return 'an object';
  return typeof json === 'boolean' ? 'a boolean' : `this ${typeof json}`;
}

/**
 * Which member of the oneof an AnyValue object sets; undefined for the empty value. Null is an unset member; of
 * several set ones the last counts, as in protobuf. Texts given by their index, which means nothing outside of
 * profiles, are counted in `repairs`.
 */
export function findValueMember(object: Record<string, unknown>, repairs?: Repairs): ValueMember | undefined {
  let found: string | undefined;
  let hasStringIndex = false;
  for (const key in object) {
    if (object[key] === null) continue;
    if (key === 'stringValue' || MEMBERS.has(key)) found = key;
    else if (key === 'stringValueStrindex' || key === 'keyStrindex') hasStringIndex = true;
  }
  if (hasStringIndex) repairs?.addIgnoredStringIndex();
  return found as ValueMember | undefined;
}

/** The value of a member that holds no values of its own. */
export function readScalarMember(
  member: Exclude<ValueMember, 'arrayValue' | 'kvlistValue'>,
  json: unknown,
): string | boolean | bigint | number | Uint8Array {
  switch (member) {
    case 'stringValue':
      return expectString(json);
    case 'boolValue':
      return expectBool(json);
    case 'intValue':
      return requireRead(readJsonInteger(json, 'int64'), 'a 64-bit integer', json);
    case 'doubleValue':
      return requireRead(readJsonDouble(json), 'a double', json);
    case 'bytesValue':
      return requireRead(readJsonBytes(json), 'base64', json);
  }
}

/** `value` where it could be read. */
export function requireRead<T>(value: T | undefined, expected: string, json: unknown): T {
  if (value === undefined) throw new JsonFault(`expected ${expected}, not ${describeJson(json)}`);
  return value;
}
