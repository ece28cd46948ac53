/** How many code units of a text are escaped at once: what they take stays in the processor's first cache. */
export const JSON_CHUNK_LENGTH = 10_000;
/** A control character is escaped as `\\u001f`. */
export const MAX_BYTES_PER_ESCAPED_UNIT = 6;
const MAX_BYTES_PER_UNIT = 3;

const BACKSLASH = 0x5c;
const DIGIT_0 = 0x30;
const LETTER_U = 0x75;
const HEX_DIGITS = Buffer.from('0123456789abcdef', 'latin1');

/** By byte: 0 where it stands as it is in a JSON string, otherwise what follows the backslash (RFC 8259, section 7). */
const ESCAPES = createEscapes();
const scratch = Buffer.allocUnsafe(JSON_CHUNK_LENGTH * MAX_BYTES_PER_UNIT);

/** Whether a code unit is ASCII and stands in a JSON string as it is. */
export function isPlainJson(code: number): boolean {
  return code < 0x80 && ESCAPES[code] === 0;
}

/**
 * Writes a text of at most {@link JSON_CHUNK_LENGTH} code units as the inside of a JSON string, and answers with where
 * it ends. The bytes are those of `JSON.stringify`, which takes nearly twice as long and makes a string that would have
 * to be copied. The text must be free of lone surrogates.
 */
export function escapeJson(text: string, target: Uint8Array, start: number): number {
  const length = scratch.write(text, 0, 'utf8');
  let end = start;
  for (let index = 0; index < length; index += 1) {
    const byte = scratch[index] as number;
    const escape = ESCAPES[byte] as number;
    if (escape === 0) {
      target[end++] = byte;
      continue;
    }
    target[end++] = BACKSLASH;
    target[end++] = escape;
    if (escape !== LETTER_U) continue;
    target[end++] = DIGIT_0;
    target[end++] = DIGIT_0;
    target[end++] = HEX_DIGITS[byte >>> 4] as number;
    target[end++] = HEX_DIGITS[byte & 0xf] as number;
  }
  return end;
}

function createEscapes(): Uint8Array {
  const escapes = new Uint8Array(256).fill(LETTER_U, 0, 0x20);
  for (const [byte, letter] of ['\bb', '\tt', '\nn', '\ff', '\rr', '""', '\\\\']) {
    escapes[byte?.charCodeAt(0) ?? 0] = letter?.charCodeAt(0) ?? 0;
  }
  return escapes;
}
