import type { KeyValue } from '../../model/any-value.js';
import type { JsonObject, JsonValue } from '../../model/json.js';
import { createObject, isObject, toJson } from './json.js';

const SEGMENT_LIMIT = 16;
const KEY_LIMIT = 20_000;
const INDEX = /^\d{1,15}$/;

/**
 * The tree under `prefix` of attributes that were flattened with dots (`prefix.0.message.role`), or undefined where
 * there is none. Indices stay keys, so a hostile index costs nothing; `listEntries` puts them in order.
 */
export function readFlattened(attributes: Iterable<KeyValue>, prefix: string): JsonObject | undefined {
  let root: JsonObject | undefined;
  let count = 0;
  for (const { key, value } of attributes) {
    if (!key.startsWith(prefix) || value === null || ++count > KEY_LIMIT) continue;
    const segments = key.slice(prefix.length).split('.');
    if (segments.length <= SEGMENT_LIMIT) place((root ??= createObject()), segments, toJson(value));
  }
  return root;
}

/** The entries of a node whose keys are indices, in the order of the indices and without holes. */
export function listEntries(node: JsonValue | undefined): JsonValue[] {
  if (Array.isArray(node)) return node;
  if (!isObject(node)) return [];
  return Object.entries(node)
    .filter(([key]) => INDEX.test(key))
    .sort(([left], [right]) => Number(left) - Number(right))
    .map(([, value]) => value);
}

/** Of two values in one place the first stays, and a leaf gives way to a branch. */
function place(root: JsonObject, segments: string[], value: JsonValue): void {
  let node = root;
  const last = segments.length - 1;
  for (const segment of segments.slice(0, last)) {
    const child = node[segment];
    node = isObject(child) ? child : (node[segment] = createObject());
  }
  const leaf = segments[last];
  if (leaf !== undefined && !(leaf in node)) node[leaf] = value;
}
