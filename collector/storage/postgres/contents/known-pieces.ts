import { hash } from 'node:crypto';
import { MAX_PIECE_LENGTH } from './cut-text.js';
import type { Piece } from './cut-text.js';

/** Code units of pieces that are remembered in each of two generations: where both are full 20 MB of ASCII, 40 of others. */
const GENERATION_LENGTH = 4_000_000;
const ID_BYTES = 16;
const OPENING_LENGTH = 32;

/** A piece that has come again, with what would have to be computed each time. */
export interface KnownPiece extends Piece {
  /** As a content is named: see {@link contentId}. */
  id: string;
  /** Its text in UTF-8 as the inside of a JSON string, once it has been written as such. */
  json: Uint8Array | undefined;
}

/**
 * Remembers which piece followed which, by the print of the one before, since a conversation comes again from its
 * beginning: to compare a piece with what is expected costs a tenth of cutting, hashing and escaping it.
 */
export class KnownPieces {
  private young = new Map<number, KnownPiece>();
  private old = new Map<number, KnownPiece>();
  private youngLength = 0;

  constructor(private readonly generationLength = GENERATION_LENGTH) {}

  /** The piece that begins at `start`, if it is the one that came after `before` the last time. */
  find(before: number, text: string, start: number): KnownPiece | undefined {
    const key = readKey(before);
    const young = this.young.get(key);
    const piece = young ?? this.old.get(key);
    if (piece === undefined || text.slice(start, start + piece.text.length) !== piece.text) return undefined;
    if (young === undefined) this.keep(key, piece);
    return piece;
  }

  /** Adds a piece that was cut because of what it ends with, so that it would be cut again whatever follows. */
  add(before: number, { text, print }: Piece): KnownPiece {
    const bytes = scratch.subarray(0, scratch.write(text, 0, 'utf8'));
    // A copy of the text, which is a part of a longer one and would keep that in memory.
    const piece = { text: bytes.toString('utf8'), print, id: contentId(bytes), json: undefined };
    this.keep(readKey(before), piece);
    return piece;
  }

  private keep(key: number, piece: KnownPiece): void {
    if (this.youngLength >= this.generationLength) {
      this.old = this.young;
      this.young = new Map();
      this.youngLength = 0;
    }
    this.young.set(key, piece);
    this.youngLength += piece.text.length;
  }
}

const scratch = Buffer.allocUnsafe(4 * MAX_PIECE_LENGTH);

/** The id of a content: the first half of the SHA-256 of its text, as base64url. */
export function contentId(text: string | Uint8Array): string {
  return hash('sha256', text, 'buffer').toString('base64url', 0, ID_BYTES);
}

/** As a small integer, which maps find several times faster; what is found is compared with the text anyway. */
function readKey(print: number): number {
  return print & 0x3fff_ffff;
}

/** What stands for the piece before the first one: a number made of how the text begins. */
export function readOpening(text: string): number {
  let opening = 0;
  for (let index = 0; index < OPENING_LENGTH && index < text.length; index += 1) {
    opening = (Math.imul(opening, 31) + text.charCodeAt(index)) | 0;
  }
  return opening;
}
