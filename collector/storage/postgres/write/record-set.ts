import type { ClientBase } from 'pg';

/** The columns of a set of rows and their types, `project_id` apart. */
export type Columns = Readonly<Record<string, ColumnType>>;
export type ColumnType =
  | 'bigint'
  | 'boolean'
  | 'bytea'
  | 'integer'
  | 'jsonb'
  | 'numeric'
  | 'smallint'
  | 'text'
  | 'text[]'
  | 'timestamptz'
  | 'uuid';

/** One row for {@link insertRows}: binary as `hexBytes`, jsonb as its text, times as `renderTimestamp`. */
export type RecordOf<Set extends Columns> = Record<keyof Set, string | number | boolean | null | string[]>;

/**
 * `select` list and `from` clause that read rows, sent as one JSON document in `$2`, as a relation named `source`;
 * `$1` is the project. One parameter whatever the number of rows, and one plan.
 */
export function selectRows(columns: Columns): { list: string; source: string } {
  const names = Object.keys(columns);
  const list = names.map((name) => (columns[name] === 'jsonb' ? `source.${name}::jsonb` : `source.${name}`));
  const types = names.map((name) => {
    const type = columns[name] ?? 'text';
    return `${name} ${type === 'jsonb' ? 'text' : type}`;
  });
  return {
    list: `$1::uuid, ${list.join(', ')}`,
    source: `json_to_recordset($2::json) as source (${types.join(', ')})`,
  };
}

/** An `insert` of rows sent in `$2`, in the order of `orderBy`, followed by `rest`, such as an `on conflict` clause. */
export function insertStatement(table: string, columns: Columns, orderBy: string, rest: string): string {
  const { list, source } = selectRows(columns);
  const names = Object.keys(columns).join(', ');
  return `insert into ${table} (project_id, ${names}) select ${list} from ${source} order by ${orderBy} ${rest}`;
}

/** A statement has 30 seconds, and its parameter the length of a string; a request may hold hundreds of thousands. */
const STATEMENT_ROWS = 10_000;

/**
 * Runs a statement made with {@link insertStatement} or {@link selectRows}, some thousands of rows at a time; does
 * nothing where there are no rows.
 */
export async function sendRows<Returned extends object>(
  client: ClientBase,
  statement: string,
  projectId: string,
  rows: readonly object[],
): Promise<Returned[]> {
  const returned: Returned[] = [];
  for (let first = 0; first < rows.length; first += STATEMENT_ROWS) {
    const part = JSON.stringify(rows.slice(first, first + STATEMENT_ROWS));
    for (const row of (await client.query<Returned>(statement, [projectId, part])).rows) returned.push(row);
  }
  return returned;
}

/** bytea in its hex form. */
export function hexBytes(hex: string): string {
  return `\\x${hex}`;
}

const GREATEST_INT8 = 2n ** 63n - 1n;

/** An int8: numbers beyond 2^53 as digits, and those beyond its range, which only absurd counts add up to, as its end. */
export function renderInteger(value: number): string | number {
  if (Number.isSafeInteger(value)) return value;
  const digits = BigInt(Math.round(value));
  return (digits > GREATEST_INT8 ? GREATEST_INT8 : digits).toString();
}
