/** Texts shorter than this are never cut. */
export const MIN_CUT_LENGTH = 512;
/** Of a piece of text, in UTF-16 code units; on average they are about 512 longer than the shortest. */
const MIN_PIECE_LENGTH = 128;
/** A piece is one longer where a surrogate pair would be cut. */
export const MAX_PIECE_LENGTH = 8_192;
/** How many code units the rolling hash depends on: each is shifted out after that many more. */
const HASHED_LENGTH = 32;
/** A piece ends where these bits of the rolling hash are 0: once in 512 places. */
const BOUNDARY_BITS = 0xff800000;
const FNV_PRIME = 0x01000193;
const FNV_BASIS = 0x811c9dc5;
const GOLDEN_PRIME = 0x9e3779b1;

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
  const cutter = new TextCutter(text);
  for (let start = 0; start < text.length;) {
    const piece = cutter.cutAt(start);
    pieces.push(piece);
    start += piece.text.length;
  }
  return pieces;
}

/**
 * The low bytes of some code units of the text that is being cut. Reading these is several times faster than
 * `charCodeAt`, which looks up how the text is stored with every call.
 */
const window = Buffer.allocUnsafe(4 * MAX_PIECE_LENGTH);

/** Cuts one text, piece by piece; no other may be cut meanwhile. */
export class TextCutter {
  private windowStart = 0;
  private windowEnd = 0;

  constructor(private readonly text: string) {}

  /** The piece that begins there. It depends on nothing before, since pieces are longer than the hash reaches back. */
  cutAt(start: number): Piece {
    const { text } = this;
    if (this.windowEnd < Math.min(start + MAX_PIECE_LENGTH + 1, text.length)) this.moveWindow(start);
    const from = start - this.windowStart;
    const limit = this.windowEnd - this.windowStart;
    let end = findEnd(from, limit, from + MIN_PIECE_LENGTH - 1);
    while (
      this.windowStart + end < text.length &&
      isHighSurrogate(text.charCodeAt(this.windowStart + end - 1))
    ) {
      end = findEnd(from, limit, end);
    }
    return { text: text.slice(start, this.windowStart + end), print: readPrint(from, end) };
  }

  private moveWindow(start: number): void {
    this.windowStart = start;
    this.windowEnd = start + window.write(this.text.slice(start, start + window.length), 0, 'latin1');
  }
}

/** Where the piece of the window that begins at `from` ends: as soon as possible, but holding the unit at `last`. */
function findEnd(from: number, limit: number, last: number): number {
  const longest = from + MAX_PIECE_LENGTH - 1;
  let rolling = 0;
  let index = last + 1 - HASHED_LENGTH;
  for (; index < last && index < limit; index += 1) {
    rolling = ((rolling << 1) + (GEAR[window[index] as number] as number)) | 0;
  }
  for (; index < limit; index += 1) {
    rolling = ((rolling << 1) + (GEAR[window[index] as number] as number)) | 0;
    if ((rolling & BOUNDARY_BITS) === 0 || index >= longest) return index + 1;
  }
  return limit;
}

/** Of the low bytes, four at a time: half the time of cutting would go into one that takes each code unit. */
function readPrint(from: number, end: number): number {
  let first = FNV_BASIS;
  let second = end - from;
  for (let index = from; index < end; index += 4) {
    let word = 0;
    if (index + 4 <= end) {
      word =
        (window[index] as number) |
        ((window[index + 1] as number) << 8) |
        ((window[index + 2] as number) << 16) |
        ((window[index + 3] as number) << 24);
    } else {
      for (let rest = index; rest < end; rest += 1) word = (word << 8) | (window[rest] as number);
    }
    first = Math.imul(((first << 13) | (first >>> 19)) ^ word, FNV_PRIME);
    second = Math.imul(second ^ (second >>> 15) ^ word, GOLDEN_PRIME);
  }
  return (first >>> 0) * 0x20_0000 + (second >>> 11);
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
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
