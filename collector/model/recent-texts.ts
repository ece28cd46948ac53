const SLOT_BITS = 12;
const SLOTS = 1 << SLOT_BITS;
/** Longer texts seldom come again; shorter ones than a word are rare. */
const LENGTH_LIMIT = 48;
const WORD_BYTES = 4;
const SLOT_WORDS = LENGTH_LIMIT / WORD_BYTES;
const NOT_ASCII = 0x80808080;

/**
 * What short runs of bytes were read as. Telemetry says the same keys, names and ids again and again: a text found here
 * costs no new string, and its hash, which look-ups by it need, is known already. A text that is not found takes the
 * place of one with the same hash, so that the size is bounded. Bytes are hashed and compared four at a time.
 */
export class RecentTexts {
  readonly #encoding: 'latin1' | 'hex';
  readonly #texts = new Array<string>(SLOTS).fill('');
  readonly #lengths = new Uint8Array(SLOTS);
  /** The bytes of each text; the last word may repeat some of the one before it. */
  readonly #words = new Int32Array(SLOTS * SLOT_WORDS);

  constructor(encoding: 'latin1' | 'hex') {
    this.#encoding = encoding;
  }

  /** The text of some of the bytes that `view` shows; undefined where they are too few, too many or, as latin1, not ASCII. */
  read(view: DataView, start: number, length: number): string | undefined {
    if (length > LENGTH_LIMIT || length < WORD_BYTES) return undefined;
    const last = start + length - WORD_BYTES;
    let word = view.getInt32(last, true);
    let bits = word;
    let hash = Math.imul(word ^ length, 0x9e3779b1);
    for (let place = start; place < last; place += WORD_BYTES) {
      word = view.getInt32(place, true);
      bits |= word;
      hash = Math.imul((hash ^ (hash >>> 15)) + word, 0x9e3779b1);
    }
    if ((bits & NOT_ASCII) !== 0 && this.#encoding === 'latin1') return undefined;
    const slot = hash >>> (32 - SLOT_BITS);
    return this.#holds(slot, view, start, length) ? this.#texts[slot] : this.#take(slot, view, start, length);
  }

  #holds(slot: number, view: DataView, start: number, length: number): boolean {
    if (this.#lengths[slot] !== length) return false;
    const words = this.#words;
    const last = start + length - WORD_BYTES;
    let index = slot * SLOT_WORDS;
    for (let place = start; place < last; place += WORD_BYTES) {
      if (words[index++] !== view.getInt32(place, true)) return false;
    }
    return words[index] === view.getInt32(last, true);
  }

  #take(slot: number, view: DataView, start: number, length: number): string {
    const words = this.#words;
    const last = start + length - WORD_BYTES;
    let index = slot * SLOT_WORDS;
    for (let place = start; place < last; place += WORD_BYTES) words[index++] = view.getInt32(place, true);
    words[index] = view.getInt32(last, true);
    this.#lengths[slot] = length;
    const text = Buffer.from(view.buffer, view.byteOffset + start, length).toString(this.#encoding);
    this.#texts[slot] = text;
    return text;
  }
}
