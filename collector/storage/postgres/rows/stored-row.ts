import { decodeAttributes } from '../value-codec.js';
import type { StoredRow } from './queryable.js';

/**
 * Reads the columns of one stored row. Text columns give back exactly what was sent: where Postgres could not hold it,
 * the row's `odd` column has the original under the column's name.
 */
export class RowReader {
  readonly #row: StoredRow;
  readonly #originals: ReadonlyMap<string, string> | undefined;

  constructor(row: StoredRow) {
    this.#row = row;
    const odd = row.odd as string | null | undefined;
    if (odd !== null && odd !== undefined) this.#originals = readOriginals(odd);
  }

  text(column: string): string {
    return this.textOrNull(column) ?? '';
  }

  textOrNull(column: string): string | null {
    return this.#originals?.get(column) ?? (this.#row[column] as string | null | undefined) ?? null;
  }

  texts(column: string): string[] {
    return this.#row[column] as string[];
  }

  /** The text of a jsonb column, to be decoded by the value codec; null where there is none. */
  json(column: string): string | null {
    return (this.#row[column] as string | null | undefined) ?? null;
  }

  number(column: string): number {
    return Number(this.#row[column]);
  }

  /** A count; int8 beyond 2^53 loses its last digits here. */
  numberOrNull(column: string): number | null {
    const value = this.#row[column] as number | bigint | string | null | undefined;
    return value === null || value === undefined ? null : Number(value);
  }

  boolean(column: string): boolean {
    return this.#row[column] as boolean;
  }

  bytes(column: string): Buffer {
    return this.#row[column] as Buffer;
  }

  hex(column: string): string {
    return this.bytes(column).toString('hex');
  }

  /** An empty bytea reads as null, like none at all. */
  hexOrNull(column: string): string | null {
    const bytes = this.#row[column] as Buffer | null | undefined;
    return bytes === null || bytes === undefined || bytes.length === 0 ? null : bytes.toString('hex');
  }

  /** A time as nanoseconds since the epoch, of a column of microseconds and one of the nanoseconds left over. */
  unixNano(microsColumn: string, nanosColumn?: string): bigint {
    const nanos = nanosColumn === undefined ? 0 : this.number(nanosColumn);
    return (this.#row[microsColumn] as bigint) * 1000n + BigInt(nanos);
  }

  isNull(column: string): boolean {
    return this.#row[column] === null || this.#row[column] === undefined;
  }
}

function readOriginals(odd: string): Map<string, string> {
  const originals = new Map<string, string>();
  for (const { key, value } of decodeAttributes(odd)) {
    if (typeof value === 'string') originals.set(key, value);
  }
  return originals;
}
