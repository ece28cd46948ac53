import type { AnyValue, KeyValue } from './any-value.js';
import { DeepValue, KeyValueList, MAX_VALUE_DEPTH } from './any-value.js';
import { renderDeepValueJson, renderScalarJson } from './deep-value.js';
import type { JsonObject, JsonValue } from './json.js';

const DEEP_MARKER = `[nested deeper than ${MAX_VALUE_DEPTH} levels: ask for ?attributes=typed]`;

/**
 * The OTLP/JSON form of a value, which keeps every distinction OTLP makes: `{intValue: "5"}` for an int64, `{}` for
 * the empty value, NaN, infinities and -0 as strings, bytes as base64. A {@link DeepValue} is expanded to any depth:
 * write the result with {@link stringifyJson}.
 */
export function renderValueJson(value: AnyValue): unknown {
  if (value instanceof DeepValue) return renderDeepValueJson(value.protobuf);
  if (Array.isArray(value)) return { arrayValue: { values: value.map(renderValueJson) } };
  if (value instanceof KeyValueList) return { kvlistValue: { values: renderAttributesJson(value.entries) } };
  return renderScalarJson(value);
}

/** OTLP/JSON's list of `{key, value}`: duplicate keys and the order are kept. */
export function renderAttributesJson(attributes: readonly KeyValue[]): { key: string; value: unknown }[] {
  return attributes.map(({ key, value }) => ({ key, value: renderValueJson(value) }));
}

/**
 * Plain JSON for people and scripts: int64 is a number where that is exact and else its digits, NaN and infinities
 * are strings, bytes are base64, a kvlist is an object whose last duplicate wins, a {@link DeepValue} a marker.
 */
export function renderPlainJson(value: AnyValue): JsonValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return isSafe(value) ? Number(value) : value.toString();
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(renderPlainJson);
  if (value instanceof KeyValueList) return renderPlainAttributes(value.entries);
  return DEEP_MARKER;
}

/** {@link renderPlainJson} of each attribute, in an object without prototype; the last of duplicate keys wins. */
export function renderPlainAttributes(attributes: readonly KeyValue[]): JsonObject {
  const object = Object.create(null) as JsonObject;
  for (const { key, value } of attributes) object[key] = renderPlainJson(value);
  return object;
}

function isSafe(value: bigint): boolean {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER);
}

/**
 * `JSON.stringify` for plain data nested to any depth: where the native one runs out of stack, a loop writes it.
 * What JSON has no form for reads as null.
 */
export function stringifyJson(value: unknown): string {
  try {
    return value === undefined ? 'null' : JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return stringifyIteratively(value);
    throw error;
  }
}

/** Work still to do, last first: text to write as it is, or a value to write after the text before it. */
type Pending = { text: string } | { value: unknown };

function stringifyIteratively(root: unknown): string {
  const written: string[] = [];
  const pending: Pending[] = [{ value: root }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if ('text' in next) written.push(next.text);
    else if (Array.isArray(next.value)) pushArray(pending, next.value);
    else if (typeof next.value === 'object' && next.value !== null) pushObject(pending, next.value);
    else written.push(next.value === undefined ? 'null' : JSON.stringify(next.value));
  }
  return written.join('');
}

function pushArray(pending: Pending[], items: unknown[]): void {
  pending.push({ text: ']' });
  for (let index = items.length - 1; index >= 0; index--) {
    pending.push({ value: items[index] });
    if (index > 0) pending.push({ text: ',' });
  }
  pending.push({ text: '[' });
}

function pushObject(pending: Pending[], object: object): void {
  const members = Object.entries(object).filter(([, value]) => value !== undefined);
  pending.push({ text: '}' });
  for (let index = members.length - 1; index >= 0; index--) {
    const [key, value] = members[index] as [string, unknown];
    pending.push({ value }, { text: `${index > 0 ? ',' : ''}${JSON.stringify(key)}:` });
  }
  pending.push({ text: '{' });
}
