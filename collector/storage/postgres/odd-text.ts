import { cleanText, cutIdentifier } from '../../model/ids.js';
import { encodeValue, joinEntries } from './value-codec.js';

/**
 * Gathers, for one row, the exact texts of columns whose text Postgres refuses or whose index would, for the row's
 * `odd` column. The column itself gets a readable stand-in.
 */
export class OddTexts {
  private readonly entries: [string, string][] = [];

  /** The text to put into an unindexed text column. */
  store(column: string, text: string): string {
    return this.keep(column, text, cleanText(text));
  }

  /** The text to put into an indexed column: at most 200 characters. */
  storeIdentifier(column: string, text: string): string {
    return this.keep(column, text, cutIdentifier(text));
  }

  /** jsonb text, or null where every column has its exact text. */
  encode(): string | null {
    return this.entries.length === 0 ? null : joinEntries(this.entries);
  }

  private keep(column: string, text: string, stored: string): string {
    if (stored !== text) this.entries.push([column, encodeValue(text)]);
    return stored;
  }
}
