import { DeepValue, KeyValueList } from '../../model/any-value.js';
import type { AnyValue, KeyValue } from '../../model/any-value.js';
import type { JsonObject, JsonValue } from '../../model/json.js';
import { parseJsonb, splitContentIds } from './jsonb-parser.js';

/**
 * How OTLP values are kept in jsonb, so that what was sent can be read back exactly and plain data stays plain SQL:
 *
 * | value | jsonb |
 * |---|---|
 * | string, boolean | the same |
 * | int64 | a number without a fraction, all digits kept: `9007199254740993` |
 * | double | a number with a fraction, always: `5.0`, `0.25`, `1000000000000000000000000.0` |
 * | empty value | `null` |
 * | array | array |
 * | kvlist, list of attributes | object |
 * | NaN, infinities, -0 | `{"$double": "NaN"}`, `"Infinity"`, `"-Infinity"`, `"-0"` |
 * | bytes | `{"$bytes": "<base64>"}` |
 * | string of which parts are stored in `span_contents` | `{"$parts": ["text", ["<base64url ids>"], …]}`: texts, and runs of ids of 22 characters each |
 * | string with U+0000 or a lone surrogate | `{"$text": "<as inside a JSON string literal>"}` |
 * | kvlist with duplicate keys, keys of that kind, or keys that begin with `$` | `{"$pairs": [[key, value], …]}` |
 * | deeper than `MAX_VALUE_DEPTH` | `{"$deep": "<base64 of the protobuf AnyValue>"}` |
 *
 * An object therefore is one of these tags exactly when its only key begins with `$`.
 * jsonb does not keep the order of an object's keys, and neither does this. `share` answers with the parts of a string
 * that is not to stand as it is.
 */
export function encodeValue(value: AnyValue, share?: ShareText): string {
  if (value === null) return 'null';
  switch (typeof value) {
    case 'string':
      return encodeString(value, share);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'bigint':
      return value.toString();
    case 'number':
      return encodeDouble(value);
    default:
      break;
  }
  if (Array.isArray(value)) return `[${value.map((item) => encodeValue(item, share)).join(',')}]`;
  if (value instanceof KeyValueList) return encodeAttributes(value.entries, share);
  if (value instanceof DeepValue) return `{"$deep":"${encodeBase64(value.protobuf)}"}`;
  return `{"$bytes":"${encodeBase64(value)}"}`;
}

/** The parts of a text, those that are stored elsewhere by their ids; undefined where it stands as it is. */
export type ShareText = (text: string) => readonly TextPart[] | undefined;
export type TextPart = string | ContentRef;

/** A text that is stored elsewhere, by its id: 16 bytes as 22 characters of base64url. */
export interface ContentRef {
  readonly id: string;
}

/** Texts that are stored elsewhere, by the ids that {@link encodeValue} writes. */
export type Contents = ReadonlyMap<string, string>;

/** Reads what {@link encodeValue} wrote, from the text Postgres gives for the jsonb. */
export function decodeValue(text: string, contents?: Contents): AnyValue {
  return parseJsonb(text, ANY_VALUE, contents);
}

/** The ids of the contents that a stored text names. Texts that look as if they did may add some. */
export function listContentIds(text: string): string[] {
  if (!text.includes('"$parts"')) return [];
  return [...text.matchAll(CONTENT_IDS)].flatMap(([, ids = '']) => splitContentIds(ids));
}

const CONTENT_IDS = /\["((?:[\w-]{22})+)"\]/g;

/** A list of attributes as jsonb text: an object, or `$pairs` (see {@link encodeValue}). */
export function encodeAttributes(attributes: readonly KeyValue[], share?: ShareText): string {
  if (attributes.length === 0) return '{}';
  return joinEntries(attributes.map(({ key, value }) => [key, encodeValue(value, share)]));
}

/** Reads what {@link encodeAttributes} wrote; null, as an empty list is stored, reads as an empty list. */
export function decodeAttributes(text: string | null, contents?: Contents): KeyValue[] {
  if (text === null) return [];
  const value = decodeValue(text, contents);
  if (value instanceof KeyValueList) return value.entries;
  throw new TypeError('stored attributes are not an object');
}

/** Makes an object of keys and values that are encoded already, by the rules of {@link encodeValue}. */
export function joinEntries(entries: readonly (readonly [string, string])[]): string {
  if (hasOddKeys(entries)) {
    return `{"$pairs":[${entries.map(([key, value]) => `[${encodeText(key)},${value}]`).join(',')}]}`;
  }
  let text = '{';
  for (const [key, value] of entries) {
    if (text.length > 1) text += ',';
    text += JSON.stringify(key) + ':' + value;
  }
  return text + '}';
}

/** How deep a {@link JsonValue} is stored; what lies deeper is replaced by {@link TOO_DEEP}. */
const MAX_JSON_DEPTH = 128;
const TOO_DEEP = '[nested too deeply; see the span]';

/**
 * Plain JSON as jsonb text, for derived columns: numbers stay plain; strings and keys that jsonb refuses, infinities
 * (which `JSON.parse` makes of 1e999) and -0 are tagged as in {@link encodeValue}. Nesting beyond 128 levels is cut.
 */
export function encodeJson(value: JsonValue): string {
  if (!isPlain(value, 0)) return encodeTagged(value, 0);
  // The engine's own writer is several times as fast. It escapes what jsonb refuses, so that it can be seen afterwards.
  const text = JSON.stringify(value);
  return text.includes('\\u0000') || text.includes('\\ud') ? encodeTagged(value, 0) : text;
}

const DOLLAR = 0x24;

/** Whether JavaScript writes a value as {@link encodeTagged} does, as long as its texts and keys are not odd. */
function isPlain(value: JsonValue, depth: number): boolean {
  if (typeof value === 'string' || value === null || typeof value === 'boolean') return true;
  if (typeof value === 'number') return isPlainNumber(value);
  if (typeof value !== 'object' || depth === MAX_JSON_DEPTH) return false;
  if (Array.isArray(value)) {
    for (const item of value) if (!isPlain(item, depth + 1)) return false;
    return true;
  }
  for (const key in value) {
    if (key.charCodeAt(0) === DOLLAR || !isPlain(value[key] as JsonValue, depth + 1)) return false;
  }
  return true;
}

function encodeTagged(value: JsonValue, depth: number): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return encodeText(value);
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'number') return isPlainNumber(value) ? String(value) : encodeDouble(value);
  if (depth === MAX_JSON_DEPTH) return JSON.stringify(TOO_DEEP);
  if (Array.isArray(value)) return `[${value.map((item) => encodeTagged(item, depth + 1)).join(',')}]`;
  return joinEntries(Object.entries(value).map(([key, item]) => [key, encodeTagged(item, depth + 1)]));
}

/** Reads what {@link encodeJson} wrote. Numbers are JavaScript numbers; objects have a null prototype. */
export function decodeJson(text: string): JsonValue {
  return parseJsonb(text, JSON_VALUE);
}

function encodeString(text: string, share: ShareText | undefined): string {
  const parts = share === undefined || isOddText(text) ? undefined : share(text);
  if (parts === undefined) return encodeText(text);
  const items: string[] = [];
  let ids = '';
  for (const part of parts) {
    if (typeof part !== 'string') {
      ids += part.id;
      continue;
    }
    if (ids !== '') items.push(`["${ids}"]`);
    ids = '';
    items.push(JSON.stringify(part));
  }
  if (ids !== '') items.push(`["${ids}"]`);
  return `{"$parts":[${items.join(',')}]}`;
}

function encodeText(text: string): string {
  const literal = JSON.stringify(text);
  if (!isOddText(text)) return literal;
  return `{"$text":${JSON.stringify(literal.slice(1, -1))}}`;
}

/** Whether Postgres refuses the text: U+0000 anywhere, or half of a surrogate pair. */
export function isOddText(text: string): boolean {
  return text.includes('\u0000') || !text.isWellFormed();
}

function encodeDouble(value: number): string {
  if (!isPlainNumber(value)) return `{"$double":"${Object.is(value, -0) ? '-0' : String(value)}"}`;
  if (!Number.isInteger(value)) return String(value);
  return `${expandExponent(String(value))}.0`;
}

/** `1.5e+21` as digits; JavaScript writes integers below 1e21 without an exponent. */
function expandExponent(text: string): string {
  const [mantissa = '', exponent] = text.split('e+');
  if (exponent === undefined) return text;
  const [whole = '', fraction = ''] = mantissa.split('.');
  return whole + fraction.padEnd(Number(exponent), '0');
}

function isPlainNumber(value: number): boolean {
  return Number.isFinite(value) && !Object.is(value, -0);
}

function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** Whether an object with this key is stored as `$pairs`. */
export function isOddKey(key: string): boolean {
  return key.startsWith('$') || isOddText(key);
}

function hasOddKeys(entries: readonly (readonly [string, string])[]): boolean {
  for (const [key] of entries) if (isOddKey(key)) return true;
  if (entries.length < 2) return false;
  return new Set(entries.map(([key]) => key)).size !== entries.length;
}

const ANY_VALUE = {
  null: null as AnyValue,
  text: (text: string): AnyValue => text,
  boolean: (value: boolean): AnyValue => value,
  number: (digits: string): AnyValue => (isInteger(digits) ? BigInt(digits) : Number(digits)),
  array: (items: AnyValue[]): AnyValue => items,
  object: (entries: [string, AnyValue][]): AnyValue =>
    new KeyValueList(entries.map(([key, value]) => ({ key, value }))),
  double: (value: number): AnyValue => value,
  bytes: (bytes: Uint8Array): AnyValue => bytes,
  deep: (bytes: Uint8Array): AnyValue => new DeepValue(bytes),
};

const JSON_VALUE = {
  null: null as JsonValue,
  text: (text: string): JsonValue => text,
  boolean: (value: boolean): JsonValue => value,
  number: (digits: string): JsonValue => Number(digits),
  array: (items: JsonValue[]): JsonValue => items,
  object: (entries: [string, JsonValue][]): JsonValue => {
    const object = Object.create(null) as JsonObject;
    for (const [key, value] of entries) object[key] = value;
    return object;
  },
  double: (value: number): JsonValue => value,
  bytes: (bytes: Uint8Array): JsonValue => Buffer.from(bytes).toString('base64'),
  deep: (bytes: Uint8Array): JsonValue => Buffer.from(bytes).toString('base64'),
};

function isInteger(digits: string): boolean {
  return !digits.includes('.') && !digits.includes('e') && !digits.includes('E');
}
