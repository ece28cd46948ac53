import { DeepValue, KeyValueList, type AnyValue } from '../../model/any-value.js';
import type { JsonObject, JsonValue } from '../../model/json.js';
import { renderPlainJson } from '../../model/value-json.js';
import type { Readable } from './scalars.js';

/** Deeper JSON is kept as text, so that whoever walks or renders a value may recurse. */
const JSON_DEPTH_LIMIT = 200;

/**
 * The JSON that an attribute holds, whether as text or as structure: text that begins with `{`, `[` or `"` is
 * parsed, and kept as text where that fails; arrays and kvlists become JSON.
 */
export function readJson(value: Readable): JsonValue | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string') return toJson(value);
  const parsed = parseJson(value);
  return parsed === undefined || isDeeperThan(parsed, JSON_DEPTH_LIMIT) ? value : parsed;
}

/** What `readJson` answers, for text only; undefined where the text is not JSON or may be none. Never throws. */
export function parseJson(text: string): JsonValue | undefined {
  const start = text.charCodeAt(0) <= 0x20 ? text.trimStart() : text;
  if (!/^[{["]/.test(start)) return undefined;
  try {
    return JSON.parse(start) as JsonValue;
  } catch {
    return undefined;
  }
}

/** An `AnyValue` as plain JSON (see `renderPlainJson`); what is JSON already stays as it is. */
export function toJson(value: AnyValue | JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map((entry: AnyValue | JsonValue) => toJson(entry));
  return isJsonObject(value) ? value : renderPlainJson(value);
}

function isJsonObject(value: AnyValue | JsonObject): value is JsonObject {
  return (
    typeof value === 'object' &&
    value !== null &&
    !(value instanceof KeyValueList || value instanceof DeepValue || value instanceof Uint8Array)
  );
}

/** The sender's own text of a value, or JSON text where it was sent as structure. */
export function renderValue(value: AnyValue): string {
  return typeof value === 'string' ? value : JSON.stringify(toJson(value));
}

/** An empty object without prototype: `__proto__` is an ordinary key in it. */
export function createObject(): JsonObject {
  return Object.create(null) as JsonObject;
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a path of keys and indices; undefined where there is none. Inherited properties do not exist. */
export function findAtPath(
  value: JsonValue | undefined,
  path: readonly (string | number)[],
): JsonValue | undefined {
  let current = value;
  for (const step of path) {
    if (typeof step === 'number') current = Array.isArray(current) ? current[step] : undefined;
    else current = isObject(current) && Object.hasOwn(current, step) ? current[step] : undefined;
    if (current === undefined) return undefined;
  }
  return current;
}

function isDeeperThan(value: JsonValue, limit: number): boolean {
  let level: JsonValue[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) return true;
    const next: JsonValue[] = [];
    for (const entry of level) {
      if (typeof entry !== 'object' || entry === null) continue;
      for (const child of Array.isArray(entry) ? entry : Object.values(entry)) {
        if (typeof child === 'object' && child !== null) next.push(child);
      }
    }
    level = next;
  }
  return false;
}
