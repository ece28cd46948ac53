/** Texts shorter than this are never cut. */
export const MIN_CUT_LENGTH = 512;
/** Of a piece of text, in UTF-16 code units; on average they are about 512 longer than the shortest. */
const MIN_PIECE_LENGTH = 128;
const MAX_PIECE_LENGTH = 8_192;
/** A piece ends where these bits of the rolling hash are 0: once in 512 places. */
const BOUNDARY_BITS = 0xff800000;
const FNV_PRIME = 0x01000193;
const FNV_BASIS = 0x811c9dc5;

/** A piece of a text, with 53 bits that tell it from most others. */
export interface Piece {
  text: string;
  print: number;
}

/**
 * Cuts a text where its own content says so (content-defined chunking with a gear hash over the last 32 code units), so
 * that a text that repeats a part of another has most pieces of that part in common with it, wherever the part begins.
 * The pieces joined are the text; no surrogate pair is cut.
 */
export function cutText(text: string): Piece[] {
  const pieces: Piece[] = [];
  let start = 0;
  let rolling = 0;
  let first = FNV_BASIS;
  let second = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    rolling = ((rolling << 1) + (GEAR[code & 0xff] as number)) | 0;
    first = Math.imul(first ^ code, FNV_PRIME);
    second = (Math.imul(second, 31) + code) | 0;
    const length = index + 1 - start;
    if (length < MIN_PIECE_LENGTH) continue;
    if ((rolling & BOUNDARY_BITS) !== 0 && length < MAX_PIECE_LENGTH) continue;
    if (isHighSurrogate(code) && index + 1 < text.length) continue;
    pieces.push({ text: text.slice(start, index + 1), print: joinPrint(first, second) });
    start = index + 1;
    first = FNV_BASIS;
    second = 0;
  }
  if (start < text.length) pieces.push({ text: text.slice(start), print: joinPrint(first, second) });
  return pieces;
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

function joinPrint(first: number, second: number): number {
  return (first >>> 0) * 0x20_0000 + (second & 0x1f_ffff);
}

/** Numbers without a pattern, the same in every process: a xorshift generator from a fixed seed. */
const GEAR = createGear();

function createGear(): Int32Array {
  const gear = new Int32Array(256);
  let state = 0x9e3779b9;
  for (let index = 0; index < gear.length; index += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    gear[index] = state;
  }
  return gear;
}
