import type { ContentSource, Dialect, FactSource } from './dialect.js';

/** Keys that have been seen in recordings: attributes of spans and log records, and names of log records' events. */
export interface RecordedKeys {
  /** Sent by a real application. */
  sent: ReadonlySet<string>;
  /** Only written by hand, after public documentation or source. */
  handMade: ReadonlySet<string>;
}

/**
 * Everything in a dialect's table that a sender can send, in the order of the table: attribute keys, flattened
 * families with `*` at their end, and names of log records' events.
 */
export function listTableKeys(dialect: Dialect): string[] {
  const facts = Object.values(dialect.facts ?? {}) as readonly (readonly FactSource<unknown>[])[];
  const content = Object.values(dialect.content ?? {}) as readonly (readonly ContentSource<unknown>[])[];
  const keys = [
    ...(dialect.roles ?? []).flatMap(({ key }) => key ?? []),
    ...(dialect.failures ?? []).map(({ key }) => key),
    ...facts.flat().flatMap((source) => ('key' in source ? [source.key] : (source.keys ?? []))),
    ...content.flat().flatMap(({ keys: own = [], prefix }) => [...own, ...toFamily(prefix)]),
    ...(dialect.otherContentKeys ?? []),
    ...(dialect.otherContentPrefixes ?? []).flatMap(toFamily),
    ...(dialect.logs ?? []).flatMap(({ events, durationKey }) => [...events, durationKey ?? []].flat()),
  ];
  return [...new Set(keys)];
}

/** Whether a key, or any key of a family, is among those seen. */
export function isRecorded(key: string, seen: ReadonlySet<string>): boolean {
  if (!key.endsWith('*')) return seen.has(key);
  const prefix = key.slice(0, -1);
  for (const recorded of seen) if (recorded.startsWith(prefix)) return true;
  return false;
}

function toFamily(prefix: string | undefined): string[] {
  return prefix === undefined ? [] : [`${prefix}*`];
}
