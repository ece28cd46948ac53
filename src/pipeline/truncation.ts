import type { Attributes } from '@opentelemetry/api';
import type { ReadableSpan, TimedEvent } from '@opentelemetry/sdk-trace-base';
import { ATTR } from '../semconv.js';
import { copySpan } from './copy-span.js';
import { decodeLiteral, isJsonText, mapJsonStrings } from './json-strings.js';

/** When values are cut. */
export interface TruncationOptions {
  /** What a text may have, in bytes of UTF-8; 1 MiB by default, at least 64. Each item of a list counts by itself. */
  maxValueBytes?: number;
}

/** What a text may have where nothing else is said. */
const DEFAULT_MAX_VALUE_BYTES = 1_048_576;
/** Less than that leaves no room for a mark. */
const LEAST_BYTES = 64;

/**
 * Creates what cuts the texts that are too long. Each ends with a mark that says how much is missing; JSON stays JSON,
 * its long strings are cut instead. Keys of cut attributes stand in `spanledger.truncated`.
 */
export function createTruncation(options: TruncationOptions): (span: ReadableSpan) => ReadableSpan {
  const maxBytes = Math.max(LEAST_BYTES, options.maxValueBytes ?? DEFAULT_MAX_VALUE_BYTES);
  return (span) => {
    const cutKeys: string[] = [];
    const attributes = truncateAttributes(span.attributes, maxBytes, (key) => cutKeys.push(key));
    const events = truncateEvents(span.events, maxBytes);
    const message = span.status.message ?? '';
    const isMessageLong = isLonger(message, maxBytes);
    if (cutKeys.length === 0 && events === span.events && !isMessageLong) return span;
    return copySpan(span, {
      attributes: cutKeys.length === 0 ? attributes : { ...attributes, [ATTR.truncated]: cutKeys },
      events,
      ...(isMessageLong ? { status: { ...span.status, message: cutText(message, maxBytes) } } : {}),
    });
  };
}

function truncateEvents(events: TimedEvent[], maxBytes: number): TimedEvent[] {
  let changed: TimedEvent[] | undefined;
  for (const [index, event] of events.entries()) {
    if (event.attributes === undefined) continue;
    const cutKeys: string[] = [];
    const attributes = truncateAttributes(event.attributes, maxBytes, (key) => cutKeys.push(key));
    if (cutKeys.length === 0) continue;
    const cut = { ...event, attributes: { ...attributes, [ATTR.truncated]: cutKeys } };
    (changed ??= [...events])[index] = cut;
  }
  return changed ?? events;
}

function truncateAttributes(
  attributes: Attributes,
  maxBytes: number,
  tell: (key: string) => void,
): Attributes {
  let changed: Attributes | undefined;
  for (const key in attributes) {
    const value = attributes[key];
    if (typeof value === 'string') {
      if (!isLonger(value, maxBytes)) continue;
      (changed ??= { ...attributes })[key] = truncateText(value, maxBytes);
      tell(key);
    } else if (Array.isArray(value)) {
      const list = value as unknown[];
      if (!list.some((item) => typeof item === 'string' && isLonger(item, maxBytes))) continue;
      (changed ??= { ...attributes })[key] = list.map((item) =>
        typeof item === 'string' ? truncateText(item, maxBytes) : item,
      ) as string[];
      tell(key);
    }
  }
  return changed ?? attributes;
}

/**
 * The text in at most `maxBytes` bytes of UTF-8, at least 64. JSON stays valid: its longest strings are cut first, and
 * where that is not enough, it becomes a JSON string with the beginning of what it was.
 */
export function truncateText(text: string, maxBytes: number): string {
  if (!isLonger(text, maxBytes)) return text;
  return isJsonText(text) ? truncateJson(text, maxBytes) : cutText(text, maxBytes);
}

/** Most texts are short enough whatever they consist of: a UTF-16 unit takes three bytes at most. */
function isLonger(text: string, maxBytes: number): boolean {
  return text.length * 3 > maxBytes && (text.length > maxBytes || Buffer.byteLength(text) > maxBytes);
}

/** The beginning of the text and a mark, `maxBytes` together. */
function cutText(text: string, maxBytes: number): string {
  const totalBytes = Buffer.byteLength(text);
  // The number of missing bytes has at most as many digits as the number of all.
  const room = maxBytes - Buffer.byteLength(renderMark(totalBytes));
  const kept = takeBytes(text, Math.max(0, room));
  return kept + renderMark(totalBytes - Buffer.byteLength(kept));
}

function renderMark(missingBytes: number): string {
  return `…[${missingBytes} bytes cut]`;
}

/** The longest beginning in at most `bytes` bytes that does not end within a character. */
function takeBytes(text: string, bytes: number): string {
  // No more UTF-16 units than bytes can be in it.
  const beginning = text.slice(0, bytes);
  const buffer = Buffer.from(beginning);
  if (buffer.length <= bytes) return beginning;
  let end = bytes;
  // Bytes that go on with a character begin with the bits 10.
  while (end > 0 && ((buffer[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  // Of a pair that the slice has cut in two, the encoding makes a replacement character.
  return buffer.toString('utf8', 0, end).replace(/\uFFFD$/, '');
}

/** A cut string needs room for its mark and its quotes. */
const SHORTEST_CUT = 48;

/**
 * Finds how long strings may be so that the whole fits, and cuts those that are longer. Strings that come out longer in
 * JSON than they went in (escapes) are met by trying again with less.
 */
function truncateJson(text: string, maxBytes: number): string {
  const sizes: number[] = [];
  mapJsonStrings(text, {
    replace: (literal) => {
      sizes.push(Buffer.byteLength(literal));
      return literal;
    },
  });
  const fixedBytes = Buffer.byteLength(text) - sizes.reduce((sum, size) => sum + size, 0);
  for (let room = maxBytes - fixedBytes; room > 0; room = Math.floor(room * 0.8) - SHORTEST_CUT) {
    const longest = findLongest(sizes, room);
    if (longest < SHORTEST_CUT) break;
    const cut = mapJsonStrings(text, {
      replace: (literal) =>
        Buffer.byteLength(literal) <= longest
          ? literal
          : JSON.stringify(cutText(decodeLiteral(literal), longest - 2)),
    });
    if (Buffer.byteLength(cut) <= maxBytes) return cut;
  }
  return cutToJsonString(text, maxBytes);
}

/** The greatest length with which all strings together, longer ones cut to it, take no more than `room`. */
function findLongest(sizes: readonly number[], room: number): number {
  const sorted = [...sizes].sort((left, right) => left - right);
  let left = room;
  for (const [index, size] of sorted.entries()) {
    const share = Math.floor(left / (sorted.length - index));
    if (size > share) return share;
    left -= size;
  }
  return Infinity;
}

/** Halves the room until the escapes fit in, too; the mark alone always does. */
function cutToJsonString(text: string, maxBytes: number): string {
  for (let room = maxBytes - 2; room > LEAST_BYTES / 2; room = Math.floor(room / 2)) {
    const cut = JSON.stringify(cutText(text, room));
    if (Buffer.byteLength(cut) <= maxBytes) return cut;
  }
  return JSON.stringify(renderMark(Buffer.byteLength(text)));
}
