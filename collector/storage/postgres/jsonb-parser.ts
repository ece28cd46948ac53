/** What a parser makes of each kind of stored value. */
export interface ValueMaker<Value> {
  null: Value;
  text(text: string): Value;
  boolean(value: boolean): Value;
  /** `digits` as stored: a fraction tells a double from an int64. */
  number(digits: string): Value;
  array(items: Value[]): Value;
  object(entries: [string, Value][]): Value;
  double(value: number): Value;
  bytes(bytes: Uint8Array): Value;
  deep(bytes: Uint8Array): Value;
}

/**
 * Parses the text of a jsonb column that the value codec wrote. Unlike `JSON.parse` it keeps the digits of numbers
 * and resolves the codec's tags. It recurses as deep as the value is nested, which the codec bounds; it trusts the
 * text to be JSON, as it comes from Postgres, and throws a SyntaxError where it is not. `contents` are the texts that
 * `$parts` name, by their ids.
 */
export function parseJsonb<Value>(
  text: string,
  maker: ValueMaker<Value>,
  contents: ReadonlyMap<string, string> = NO_CONTENTS,
): Value {
  const parser = new JsonbParser(text, maker, contents);
  const value = parser.readValue();
  parser.expectEnd();
  return value;
}

const NO_CONTENTS: ReadonlyMap<string, string> = new Map();
/** Stands where a text is named that is not there. */
const MISSING = '[this part of the text is not stored any more]';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const SPACE = 0x20;
const LETTER_F = 0x66;
const LETTER_N = 0x6e;
const LETTER_T = 0x74;

class JsonbParser<Value> {
  private position = 0;

  constructor(
    private readonly text: string,
    private readonly maker: ValueMaker<Value>,
    private readonly contents: ReadonlyMap<string, string>,
  ) {}

  readValue(): Value {
    switch (this.skipSpace()) {
      case QUOTE:
        return this.maker.text(this.readString());
      case OPEN_BRACE:
        return this.readObject();
      case OPEN_BRACKET:
        return this.maker.array(this.readItems(() => this.readValue()));
      case LETTER_T:
        this.expectWord('true');
        return this.maker.boolean(true);
      case LETTER_F:
        this.expectWord('false');
        return this.maker.boolean(false);
      case LETTER_N:
        this.expectWord('null');
        return this.maker.null;
      default:
        return this.maker.number(this.readDigits());
    }
  }

  expectEnd(): void {
    this.skipSpace();
    if (this.position !== this.text.length) this.fail();
  }

  private readObject(): Value {
    this.position += 1;
    if (this.skipSpace() === CLOSE_BRACE) {
      this.position += 1;
      return this.maker.object([]);
    }
    const first = this.readKey();
    if (first.startsWith('$')) {
      const value = this.readTagged(first);
      this.expect(CLOSE_BRACE);
      return value;
    }
    const entries: [string, Value][] = [[first, this.readValue()]];
    while (this.skipSpace() === COMMA) {
      this.position += 1;
      entries.push([this.readKey(), this.readValue()]);
    }
    this.expect(CLOSE_BRACE);
    return this.maker.object(entries);
  }

  private readTagged(tag: string): Value {
    switch (tag) {
      case '$text':
        return this.maker.text(unescape(this.readStringValue()));
      case '$double': {
        const text = this.readStringValue();
        return this.maker.double(Number(text));
      }
      case '$bytes':
        return this.maker.bytes(decodeBase64(this.readStringValue()));
      case '$deep':
        return this.maker.deep(decodeBase64(this.readStringValue()));
      case '$parts':
        this.skipSpace();
        return this.maker.text(this.readItems(() => this.readPart()).join(''));
      case '$pairs':
        this.skipSpace();
        return this.maker.object(this.readItems(() => this.readPair()));
      default:
        return this.fail();
    }
  }

  /** A text as it stands, or a list with the ids of texts in one string. */
  private readPart(): string {
    if (this.skipSpace() === QUOTE) return this.readString();
    const ids = this.readItems(() => this.readStringValue()).flatMap(splitContentIds);
    return ids.map((id) => this.contents.get(id) ?? MISSING).join('');
  }

  private readPair(): [string, Value] {
    this.expect(OPEN_BRACKET);
    const key = this.skipSpace() === QUOTE ? makeOwnKey(this.readString()) : this.readTaggedKey();
    this.expect(COMMA);
    const value = this.readValue();
    this.expect(CLOSE_BRACKET);
    return [key, value];
  }

  private readTaggedKey(): string {
    this.expect(OPEN_BRACE);
    if (this.readKey() !== '$text') this.fail();
    const key = unescape(this.readStringValue());
    this.expect(CLOSE_BRACE);
    return key;
  }

  private readItems<Item>(readItem: () => Item): Item[] {
    this.expect(OPEN_BRACKET);
    const items: Item[] = [];
    if (this.skipSpace() !== CLOSE_BRACKET) {
      items.push(readItem());
      while (this.skipSpace() === COMMA) {
        this.position += 1;
        items.push(readItem());
      }
    }
    this.expect(CLOSE_BRACKET);
    return items;
  }

  private readKey(): string {
    const key = makeOwnKey(this.readStringValue());
    this.expect(COLON);
    return key;
  }

  private readStringValue(): string {
    if (this.skipSpace() !== QUOTE) this.fail();
    return this.readString();
  }

  private readString(): string {
    const start = this.position;
    let end = this.text.indexOf('"', start + 1);
    while (end !== -1 && this.isEscaped(end)) end = this.text.indexOf('"', end + 1);
    if (end === -1) this.fail();
    this.position = end + 1;
    const content = this.text.slice(start + 1, end);
    return content.includes('\\') ? unescape(content) : content;
  }

  private isEscaped(quote: number): boolean {
    let backslashes = 0;
    while (this.text.charCodeAt(quote - 1 - backslashes) === BACKSLASH) backslashes += 1;
    return backslashes % 2 === 1;
  }

  private readDigits(): string {
    NUMBER.lastIndex = this.position;
    const digits = NUMBER.exec(this.text)?.[0];
    if (digits === undefined) return this.fail();
    this.position += digits.length;
    return digits;
  }

  /** Moves to the next character that counts, and tells which it is. */
  private skipSpace(): number {
    let code = this.text.charCodeAt(this.position);
    while (code === SPACE) code = this.text.charCodeAt((this.position += 1));
    return code;
  }

  private expect(code: number): void {
    if (this.skipSpace() !== code) this.fail();
    this.position += 1;
  }

  private expectWord(word: string): void {
    if (!this.text.startsWith(word, this.position)) this.fail();
    this.position += word.length;
  }

  private fail(): never {
    throw new SyntaxError(`stored value is not what the codec writes, at character ${this.position}`);
  }
}

const REMEMBERED_KEYS = 2_000;
const REMEMBERED_KEY_LENGTH = 200;
const ownKeys = new Map<string, string>();

/**
 * A key as a text of its own: a part of a longer text keeps all of that in memory, and keys are remembered elsewhere
 * (`findShape`).
 */
function makeOwnKey(part: string): string {
  const known = ownKeys.get(part);
  if (known !== undefined) return known;
  const own = Buffer.from(part, 'utf8').toString('utf8');
  if (own.length > REMEMBERED_KEY_LENGTH) return own;
  if (ownKeys.size === REMEMBERED_KEYS) ownKeys.clear();
  ownKeys.set(own, own);
  return own;
}

/** The ids that one string of `$parts` holds, each 16 bytes as base64url. */
export function splitContentIds(ids: string): string[] {
  return ids.match(/.{22}/g) ?? [];
}

const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

function unescape(literal: string): string {
  return JSON.parse(`"${literal}"`) as string;
}

function decodeBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'));
}
