import type { AnyValue } from '../../model/any-value.js';
import { sumDecimals } from '../../model/decimal.js';
import { cleanText, cutIdentifier } from '../../model/ids.js';
import type { JsonValue } from '../../model/json.js';

/** What a reader is given: an attribute's value, or a piece of the JSON that an attribute holds as text. */
export type Readable = AnyValue | JsonValue | undefined;

const LIST_LIMIT = 64;
const TEXT_LIMIT = 1_000;
const COUNT_TEXT = /^\d{1,16}(?:\.0+)?$/;
const DECIMAL_TEXT = /^\d{1,15}(?:\.\d{1,40})?(?:[eE][+-]?\d{1,2})?$/;

/** A text with something in it; numbers and booleans as text, since ids are sent as numbers too. */
export function readString(value: Readable): string | undefined {
  if (typeof value === 'string') return value.trim() === '' ? undefined : value;
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  return undefined;
}

/** A name or id, at most 200 characters. */
export function readIdentifier(value: Readable): string | undefined {
  const text = readString(value);
  return text === undefined ? undefined : cutIdentifier(text);
}

/** The first line of a text, at most 1,000 characters: LangChain sends a whole stack as a status message. */
export function readFirstLine(value: Readable): string | undefined {
  const text = readString(value)?.trimStart();
  if (text === undefined) return undefined;
  const end = text.search(/[\r\n]/);
  const line = end < 0 || end > TEXT_LIMIT ? text.slice(0, TEXT_LIMIT) : text.slice(0, end);
  return cleanText(line.trimEnd());
}

/** A whole number from 0 to 2^53 - 1, sent as int64, as double or as text; anything else is not a count. */
export function readCount(value: Readable): number | undefined {
  if (typeof value === 'bigint') {
    return value >= 0n && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : undefined;
  }
  if (typeof value === 'string') return COUNT_TEXT.test(value) ? readCount(Number(value)) : undefined;
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? Math.abs(value) : undefined;
}

/** A finite number, sent as one or as its text. */
export function readNumber(value: Readable): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'bigint') return Number(number);
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** Money as plain decimal text with the digits that were sent; negative and non-finite amounts are not money. */
export function readDecimal(value: Readable): string | undefined {
  const text = typeof value === 'number' || typeof value === 'bigint' ? String(value) : value;
  return typeof text === 'string' && DECIMAL_TEXT.test(text) ? (sumDecimals([text]) ?? undefined) : undefined;
}

export function readFlag(value: Readable): boolean | undefined {
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  return undefined;
}

/** Short texts, at most 64: an array, an array as JSON text, or a single text. */
export function readStrings(value: Readable): string[] | undefined {
  const list = readList(value);
  const texts: string[] = [];
  for (const entry of list) {
    const text = readIdentifier(entry);
    if (text !== undefined && !texts.includes(text)) texts.push(text);
    if (texts.length === LIST_LIMIT) break;
  }
  return texts.length === 0 ? undefined : texts;
}

function readList(value: Readable): Readable[] {
  if (Array.isArray(value)) return value;
  if (typeof value !== 'string' || !value.startsWith('[')) return [value];
  try {
    const parsed = JSON.parse(value) as JsonValue;
    return Array.isArray(parsed) ? parsed : [value];
  } catch {
    return [value];
  }
}
