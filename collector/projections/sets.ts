import type { SpanFacts } from '../model/normalized-span.js';
import type { TraceSpan } from '../model/rows.js';

/** The first value that is not null, in the order of the nodes. */
export function findFirst(
  nodes: Iterable<{ span: TraceSpan }>,
  read: (facts: SpanFacts) => string | null,
): string | null {
  for (const { span } of nodes) {
    const value = read(span.facts);
    if (value !== null) return value;
  }
  return null;
}

/** Distinct values by first use, without nulls. */
export function collectSet(
  nodes: Iterable<{ span: TraceSpan }>,
  read: (facts: SpanFacts) => string | null,
): string[] {
  const values = new Set<string>();
  for (const { span } of nodes) {
    const value = read(span.facts);
    if (value !== null) values.add(value);
  }
  return [...values];
}

/** The same of values that are read already. */
export function listDistinct(values: readonly (string | null)[]): string[] {
  const distinct = new Set<string>();
  for (const value of values) if (value !== null) distinct.add(value);
  return [...distinct];
}

/** Adds a value to the list that a key has. */
export function append<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
