/**
 * A value as the text of an attribute: a string as it is, anything else as JSON. Never throws: what JSON can't say
 * (BigInt, circles, functions, a `toJSON` that fails) is named in its place. Undefined where there is nothing to say.
 */
export function renderJson(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (value === undefined || typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (ArrayBuffer.isView(value)) return JSON.stringify(`[${value.byteLength} bytes]`);
  try {
    return JSON.stringify(toPlain(value));
  } catch {
    return renderOdd(value);
  }
}

/** What `JSON.stringify` would turn into `{}`. */
function toPlain(value: unknown): unknown {
  if (value instanceof Error) return { name: value.name, message: value.message };
  if (value instanceof Map) return [...(value as Map<unknown, unknown>)];
  if (value instanceof Set) return [...(value as Set<unknown>)];
  return value;
}

function renderOdd(value: unknown): string | undefined {
  const parents: unknown[] = [];
  try {
    return JSON.stringify(value, function (this: unknown, _key, item: unknown) {
      if (typeof item === 'bigint') return item.toString();
      if (typeof item !== 'object' || item === null) return item;
      while (parents.length > 0 && parents.at(-1) !== this) parents.pop();
      if (parents.includes(item)) return '[circular]';
      parents.push(item);
      return toPlain(item);
    });
  } catch {
    return '"[unserializable]"';
  }
}
