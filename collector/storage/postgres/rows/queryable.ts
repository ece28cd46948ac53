/** A row as `pg` gives it with the parsers of `createPool`. */
export type StoredRow = Record<string, unknown>;

/** What runs a statement: a pool, a client inside a transaction, or a wrapper of either. */
export interface Queryable {
  query(text: string, values?: unknown[]): Promise<{ rows: StoredRow[] }>;
}
