import type { ClientBase } from 'pg';
import { TextCutter } from './cut-text.js';
import { insertContents } from './insert-contents.js';
import { KnownPieces, readOpening } from './known-pieces.js';
import type { KnownPiece } from './known-pieces.js';
import { RepeatFilter } from './repeats.js';
import type { SharedContent } from './shared-content.js';
import { StoredContents } from './stored-contents.js';

const DAY_MICROS = 86_400_000_000n;
/** Retention leaves contents of younger days alone: what was stored of them is still there. */
const TRUSTED_MICROS = 2n * DAY_MICROS;

/** A piece of a text, and whether it has been seen before. */
export interface SeenPiece {
  text: string;
  isSeen: boolean;
  /** Its text in UTF-8 as the inside of a JSON string, and its id, where it was made before. */
  known: KnownPiece | undefined;
}

/**
 * Tells which pieces of message bodies repeat, since a conversation is sent again with every model call, and stores each
 * of these once a project and day. A text of which nothing has been seen before is kept in its span.
 */
export class ContentStore {
  private readonly repeats = new RepeatFilter();
  private readonly pieces = new KnownPieces();
  private readonly stored = new StoredContents();

  /** The pieces of a text, in order. Those that have been seen before have their ids. */
  cut(text: string): SeenPiece[] {
    const pieces: SeenPiece[] = [];
    const cutter = new TextCutter(text);
    let before = readOpening(text);
    for (let start = 0; start < text.length;) {
      const known = this.pieces.find(before, text, start);
      const piece = known ?? cutter.cutAt(start);
      const isSeen = this.repeats.see(piece.print);
      start += piece.text.length;
      // A piece that ends where its text does may go on in another.
      const isWhole = start < text.length;
      pieces.push({
        text: piece.text,
        isSeen,
        known: known ?? (isSeen && isWhole ? this.pieces.add(before, piece) : undefined),
      });
      before = piece.print;
    }
    return pieces;
  }

  /** Adds what is missing, in key order. The caller calls {@link remember} once the transaction has committed. */
  async insert(
    client: ClientBase,
    projectId: string,
    contents: readonly SharedContent[],
    nowMicros: bigint,
  ): Promise<void> {
    const missing = new Map<string, SharedContent>();
    for (const content of contents) {
      const isTrusted = nowMicros - content.dayMicros < TRUSTED_MICROS;
      if (isTrusted && this.stored.has(projectId, content)) continue;
      missing.set(`${content.id}${content.dayMicros}`, content);
    }
    await insertContents(client, projectId, [...missing.values()], nowMicros);
  }

  remember(projectId: string, contents: readonly SharedContent[]): void {
    this.stored.limit();
    for (const content of contents) this.stored.add(projectId, content);
  }

  /** The database may be another one from now on, which lacks the latest contents. */
  forget(): void {
    this.stored.clear();
  }
}

/** Midnight of the UTC day of a time in microseconds. */
export function readDayMicros(micros: bigint): bigint {
  const rest = micros % DAY_MICROS;
  return micros - (rest < 0n ? rest + DAY_MICROS : rest);
}
