import { isJsonNumber, readMarkedNumber } from './json-text.js';

/**
 * Readers of ProtoJSON scalars (https://protobuf.dev/programming-guides/json) with the deviations of OTLP
 * (opentelemetry-proto specification, "JSON Protobuf Encoding"). Each returns undefined where the JSON is not one.
 */

const INTEGER_RANGES = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  sint32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  fixed32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
  fixed64: [0n, 2n ** 64n - 1n],
  sfixed64: [-(2n ** 63n), 2n ** 63n - 1n],
} as const;

export type IntegerType = keyof typeof INTEGER_RANGES;

/** As many digits as every 64-bit integer may have. */
const MAX_PLAIN_DIGITS = 20;
/** More digits than any 64-bit integer has, however its exponent is written. */
const MAX_INTEGER_DIGITS = 400;

/** A number or a string; digits beyond 2^53 are kept, `1e3` and `5.0` are integers. */
export function readJsonInteger(json: unknown, type: IntegerType): bigint | undefined {
  const integer = parseInteger(json);
  const [least, greatest] = INTEGER_RANGES[type];
  return integer !== undefined && integer >= least && integer <= greatest ? integer : undefined;
}

function parseInteger(json: unknown): bigint | undefined {
  if (typeof json === 'number') return Number.isInteger(json) ? BigInt(json) : undefined;
  const text = typeof json === 'string' ? json : readMarkedNumber(json);
  if (text === undefined) return undefined;
  if (isPlainInteger(text)) return BigInt(text);
  return isJsonNumber(text) ? parseDecimal(text) : undefined;
}

/** Digits alone, as nearly all integers are sent: they need no further reading. */
function isPlainInteger(text: string): boolean {
  if (text.length === 0 || text.length > MAX_PLAIN_DIGITS) return false;
  if (text.length > 1 && text.charCodeAt(0) === 0x30) return false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x30 || code > 0x39) return false;
  }
  return true;
}

/** The exact integer that a JSON number says, or undefined where it has a fraction. */
function parseDecimal(text: string): bigint | undefined {
  const [mantissa = '', exponentText = '0'] = text.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const digits = whole + fraction;
  if (/^-?0*$/.test(digits)) return 0n;
  const shift = Number(exponentText) - fraction.length;
  if (Math.abs(shift) > MAX_INTEGER_DIGITS || digits.length > MAX_INTEGER_DIGITS) return undefined;
  if (shift >= 0) return BigInt(digits + '0'.repeat(shift));
  const lost = digits.slice(shift);
  return /^0*$/.test(lost) && digits.length > -shift ? BigInt(digits.slice(0, shift)) : undefined;
}

/** A number, a numeric string, or one of ProtoJSON's three names. */
export function readJsonDouble(json: unknown): number | undefined {
  if (json === 'NaN') return NaN;
  if (json === 'Infinity') return Infinity;
  if (json === '-Infinity') return -Infinity;
  const text = typeof json === 'string' ? json : readMarkedNumber(json);
  const value = text !== undefined && isJsonNumber(text) ? Number(text) : json;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** Hex digits of either case, lower-cased. */
export function readJsonHex(json: unknown): string | undefined {
  if (typeof json !== 'string' || json.length % 2 !== 0) return undefined;
  for (let index = 0; index < json.length; index++) {
    const code = json.charCodeAt(index);
    const isDigit = code >= 0x30 && code <= 0x39;
    const letter = code | 0x20;
    if (!isDigit && (letter < 0x61 || letter > 0x66)) return undefined;
  }
  return json.toLowerCase();
}

/** Base64 in the standard or the URL-safe alphabet, padded or not. */
export function readJsonBytes(json: unknown): Uint8Array | undefined {
  if (typeof json !== 'string') return undefined;
  let length = json.length;
  while (length > 0 && json.length - length < 2 && json.charCodeAt(length - 1) === 0x3d) length--;
  if (length % 4 === 1 || (length < json.length && json.length % 4 !== 0)) return undefined;
  for (let index = 0; index < length; index++) if (!isBase64(json.charCodeAt(index))) return undefined;
  return new Uint8Array(Buffer.from(json, 'base64'));
}

/** Letters, digits, and `+ / - _`. */
function isBase64(code: number): boolean {
  const letter = code | 0x20;
  return (
    (letter >= 0x61 && letter <= 0x7a) ||
    (code >= 0x2f && code <= 0x39) ||
    code === 0x2b ||
    code === 0x2d ||
    code === 0x5f
  );
}
