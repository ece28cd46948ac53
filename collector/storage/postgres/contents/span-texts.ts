import type { AnyValue, KeyValue } from '../../../model/any-value.js';
import { KeyValueList } from '../../../model/any-value.js';
import type { TextPart } from '../value-codec.js';
import type { ContentStore, SeenPiece } from './content-store.js';
import type { SharedContent } from './shared-content.js';
import { MIN_CUT_LENGTH } from './cut-text.js';
import { contentId } from './known-pieces.js';

/** Among more texts a map finds one faster, although it has to hash them. */
const MAX_LISTED_TEXTS = 32;

interface CutText {
  text: string;
  pieces: readonly SeenPiece[];
  /** What of it stands in the span itself, and what does not, in order; undefined where nothing was seen before. */
  parts: readonly TextPart[] | undefined;
}

/** The texts of one span's bodies, each cut once, and what they have in common with what was seen before. */
export class SpanTexts {
  /** What the parts of texts name. */
  readonly contents: SharedContent[] = [];
  private readonly cuts: CutText[] = [];
  private cutsByText: Map<string, CutText> | undefined;

  constructor(
    private readonly store: ContentStore,
    private readonly dayMicros: bigint,
  ) {}

  /** The pieces of a text; undefined where it is too short to be cut. */
  cut(text: string): readonly SeenPiece[] | undefined {
    if (text.length < MIN_CUT_LENGTH) return undefined;
    const found = this.find(text);
    if (found !== undefined) return found.pieces;
    const pieces = this.store.cut(text);
    const cut = { text, pieces, parts: this.share(pieces) };
    this.cuts.push(cut);
    if (this.cuts.length > MAX_LISTED_TEXTS) {
      this.cutsByText ??= new Map(this.cuts.map((each) => [each.text, each]));
      this.cutsByText.set(text, cut);
    }
    return pieces;
  }

  cutAll(attributes: readonly KeyValue[]): void {
    for (const { value } of attributes) this.cutWithin(value);
  }

  /** Cuts the texts of a value. */
  cutWithin(value: AnyValue): void {
    if (typeof value === 'string') this.cut(value);
    else if (Array.isArray(value)) for (const item of value) this.cutWithin(item);
    else if (value instanceof KeyValueList) this.cutAll(value.entries);
  }

  /** The parts of a text that was cut, if something of it was seen before. */
  readonly findParts = (text: string): readonly TextPart[] | undefined =>
    text.length < MIN_CUT_LENGTH ? undefined : this.find(text)?.parts;

  private find(text: string): CutText | undefined {
    if (this.cutsByText !== undefined) return this.cutsByText.get(text);
    for (const cut of this.cuts) if (cut.text === text) return cut;
    return undefined;
  }

  /** Where a piece repeats, those beside it will as well, but for the last one, which ends where the text does. */
  private share(pieces: readonly SeenPiece[]): TextPart[] | undefined {
    if (!pieces.some(({ isSeen }) => isSeen)) return undefined;
    const { contents, dayMicros } = this;
    return pieces.map(({ text, isSeen, known }, index): TextPart => {
      if (index === pieces.length - 1 && !isSeen) return text;
      const content = { id: known?.id ?? contentId(text), dayMicros, text };
      contents.push(content);
      return content;
    });
  }
}
