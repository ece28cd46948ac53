import { randomUUID } from 'node:crypto';

/**
 * Stands before the digits of a number that a double could not hold, inside of an array of one string: that is legal
 * wherever a number is and nowhere else, and no sender can guess it.
 */
const MARK = `number-${randomUUID()}:`;

const SAFE_DIGITS = 15;
/** JSON's number (RFC 8259, section 6). Only tried on texts of bounded length. */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** More characters than any number needs that a double or a 64-bit integer holds. */
const MAX_NUMBER_LENGTH = 1100;

const QUOTE = '"';
const QUOTE_CODE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;

/** True where `text` is a number as JSON writes it. */
export function isJsonNumber(text: string): boolean {
  return text.length <= MAX_NUMBER_LENGTH && NUMBER.test(text);
}

/**
 * `JSON.parse` that keeps the digits of numbers which a double may not hold exactly: they come as an array that
 * {@link readMarkedNumber} knows. Throws SyntaxError.
 */
export function parseJsonText(text: string): unknown {
  const marked = markNumbers(text);
  if (marked === text) return JSON.parse(text) as unknown;
  try {
    return JSON.parse(marked) as unknown;
  } catch (error) {
    // For a message with the position in what was sent.
    JSON.parse(text);
    throw error;
  }
}

/** The digits of a number that {@link parseJsonText} marked; undefined for anything else. */
export function readMarkedNumber(value: unknown): string | undefined {
  if (!Array.isArray(value) || value.length !== 1) return undefined;
  const only: unknown = value[0];
  return typeof only === 'string' && only.startsWith(MARK) ? only.slice(MARK.length) : undefined;
}

/** Passes over strings by `indexOf`, since nearly all of a body is inside of them. */
function markNumbers(text: string): string {
  const pieces: string[] = [];
  let copied = 0;
  for (let index = 0; index < text.length;) {
    const code = text.charCodeAt(index);
    if (code === QUOTE_CODE) index = findStringEnd(text, index + 1);
    else if (code !== MINUS && !isDigit(code)) index++;
    else {
      const end = findNumberEnd(text, index);
      if (needsMark(text, index, end)) {
        pieces.push(text.slice(copied, index), `["${MARK}`, text.slice(index, end), '"]');
        copied = end;
      }
      index = end;
    }
  }
  if (copied === 0) return text;
  pieces.push(text.slice(copied));
  return pieces.join('');
}

function findNumberEnd(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && isNumberCharacter(text.charCodeAt(end))) end++;
  return end;
}

function needsMark(text: string, start: number, end: number): boolean {
  if (end - start <= 2) return false;
  let digits = 0;
  let hasExponent = false;
  for (let index = start; index < end; index++) {
    if (isDigit(text.charCodeAt(index))) digits++;
    else if ((text.charCodeAt(index) | 0x20) === 0x65) hasExponent = true;
  }
  return (digits > SAFE_DIGITS || hasExponent) && isJsonNumber(text.slice(start, end));
}

/** The index after the closing quote, or the text's end. */
function findStringEnd(text: string, start: number): number {
  for (let from = start; ;) {
    const quote = text.indexOf(QUOTE, from);
    if (quote === -1) return text.length;
    let backslashes = 0;
    while (quote - backslashes > start && text.charCodeAt(quote - backslashes - 1) === BACKSLASH)
      backslashes++;
    if (backslashes % 2 === 0) return quote + 1;
    from = quote + 1;
  }
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Digits, `+`, `-`, `.`, `e` and `E`. */
function isNumberCharacter(code: number): boolean {
  return isDigit(code) || code === 0x2b || code === MINUS || code === 0x2e || (code | 0x20) === 0x65;
}
