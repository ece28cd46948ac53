/** What was changed or passed over while one message of a request was decoded. */
export interface RepairCounts {
  /** Strings with bytes that are not UTF-8; each such byte sequence became U+FFFD. */
  invalidUtf8: number;
  /** `key_strindex` and `string_value_strindex`, which mean nothing outside of profiles (common.proto). */
  ignoredStringIndexes: number;
}

/** Counts repairs while decoding and remembers in which message they were made. */
export class Repairs {
  #current: RepairCounts = { invalidUtf8: 0, ignoredStringIndexes: 0 };
  readonly #byMessage = new Map<object, RepairCounts>();

  addInvalidUtf8(count: number): void {
    this.#current.invalidUtf8 += count;
  }

  addIgnoredStringIndex(): void {
    this.#current.ignoredStringIndexes++;
  }

  /** Puts what was counted since the last call to the account of `message`. */
  settle(message: object): void {
    if (this.#current.invalidUtf8 === 0 && this.#current.ignoredStringIndexes === 0) return;
    this.#byMessage.set(message, this.#current);
    this.#current = { invalidUtf8: 0, ignoredStringIndexes: 0 };
  }

  find(message: object): RepairCounts | undefined {
    return this.#byMessage.get(message);
  }
}

/** Down to which level below the request (spans, log records, metrics, scopes, entities) repairs are told apart. */
export const RECORD_LEVEL = 3;
