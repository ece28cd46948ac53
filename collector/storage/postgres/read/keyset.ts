import { SpanledgerError } from '../../../errors.js';
import type { Page, PageOptions, SortOrder } from '../../storage.js';
import type { Queryable, StoredRow } from '../rows/queryable.js';
import { renderTimestamp } from '../rows/timestamp.js';
import type { SqlParameters } from './sql-parameters.js';

/** A column that a list is sorted by. */
export interface SortKey {
  column: string;
  kind: KeyKind;
}

type KeyKind = keyof typeof KINDS;

/** How a list is sorted, and what its cursors say of it. The last key is unique, so no two rows tie. */
export interface Keyset {
  /** Names the list and whatever confines it, such as a trace id: cursors of other lists are refused. */
  list: string;
  order: SortOrder;
  keys: readonly SortKey[];
  /** The first column may be null: those rows come last in either order, sorted by the other keys. */
  isNullable?: boolean;
}

/** What a page is read from. `conditions` hold for every row of the list; `parameters` are the ones they bound. */
interface PageQuery<Row> {
  keyset: Keyset;
  columns: string;
  table: string;
  conditions: readonly string[];
  parameters: SqlParameters;
  /** Turns all rows of the page at once, so that what they share is loaded once. */
  readRows(rows: StoredRow[]): Row[] | Promise<Row[]>;
}

interface Kind {
  cast: string;
  render(value: unknown): string;
  pattern: RegExp;
  bind(text: string): unknown;
}

const keepText = (text: string): string => text;

const KINDS = {
  // Microseconds since the epoch.
  time: {
    cast: 'timestamptz',
    render: String,
    pattern: /^\d{1,17}$/,
    bind: (text) => renderTimestamp(BigInt(text)),
  },
  smallint: { cast: 'smallint', render: String, pattern: /^\d{1,3}$/, bind: keepText },
  decimal: { cast: 'numeric', render: String, pattern: /^-?\d{1,1000}(\.\d{1,1000})?$/, bind: keepText },
  bytes: {
    cast: 'bytea',
    render: (value) => (value as Buffer).toString('hex'),
    pattern: /^([0-9a-f]{2}){0,64}$/,
    bind: (text) => Buffer.from(text, 'hex'),
  },
  uuid: {
    cast: 'uuid',
    render: String,
    pattern: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
    bind: keepText,
  },
  // eslint-disable-next-line no-control-regex -- U+0000 is what Postgres refuses in a text
  text: { cast: 'text', render: String, pattern: /^[^\u0000]{0,1000}$/u, bind: keepText },
} as const satisfies Record<string, Kind>;

/** The place after one row: its keys as text; null for a first key that is null. */
type Position = (string | null)[];

/**
 * Reads one page by keyset: as many rows as asked for that come after the cursor's row, in the keyset's order. Rows
 * that come or go between pages shift nothing. Rejects with `API_BAD_CURSOR` where the cursor is not one of this
 * list in this order.
 */
export async function listPage<Row>(
  database: Queryable,
  query: PageQuery<Row>,
  options: PageOptions,
): Promise<Page<Row>> {
  const position = options.cursor === undefined ? undefined : parseCursor(query.keyset, options.cursor);
  const rows = await readAfter(database, query, position, options.limit + 1);
  const page = rows.slice(0, options.limit);
  const last = rows.length > options.limit ? page.at(-1) : undefined;
  return {
    rows: await query.readRows(page),
    nextCursor: last === undefined ? null : renderCursor(query.keyset, last),
  };
}

/** The cursor for the place after a row that has the keyset's columns. */
function renderCursor(keyset: Keyset, row: StoredRow): string {
  const position = keyset.keys.map(({ column, kind }) => {
    const value = row[column];
    return value === null || value === undefined ? null : KINDS[kind].render(value);
  });
  return Buffer.from(JSON.stringify([signKeyset(keyset), ...position])).toString('base64url');
}

/** The position that a cursor names. Throws `API_BAD_CURSOR` where it is none of this list in this order. */
function parseCursor(keyset: Keyset, cursor: string): Position {
  const parts = decodeCursor(cursor);
  const position = parts?.slice(1);
  if (parts?.[0] !== signKeyset(keyset) || position?.length !== keyset.keys.length) throw badCursor();
  return position.map((part, index) => {
    if (part === null && index === 0 && keyset.isNullable === true) return null;
    const kind = keyset.keys[index]?.kind ?? 'text';
    if (typeof part !== 'string' || !KINDS[kind].pattern.test(part) || !part.isWellFormed())
      throw badCursor();
    return part;
  });
}

async function readAfter<Row>(
  database: Queryable,
  query: PageQuery<Row>,
  position: Position | undefined,
  limit: number,
): Promise<StoredRow[]> {
  const { keyset } = query;
  if (keyset.isNullable !== true) return readPart(database, query, keyset.keys, position, limit, []);
  // Two statements rather than "nulls last", which the indexes on nullable columns cannot serve.
  const [first, ...rest] = keyset.keys;
  if (first === undefined) return [];
  const isPastValues = position?.[0] === null;
  const valued = isPastValues
    ? []
    : await readPart(database, query, keyset.keys, position, limit, [`${first.column} is not null`]);
  if (valued.length === limit) return valued;
  const after = isPastValues ? position.slice(1) : undefined;
  const isNull = [`${first.column} is null`];
  return [...valued, ...(await readPart(database, query, rest, after, limit - valued.length, isNull))];
}

async function readPart<Row>(
  database: Queryable,
  query: PageQuery<Row>,
  keys: readonly SortKey[],
  position: Position | undefined,
  limit: number,
  extraConditions: readonly string[],
): Promise<StoredRow[]> {
  const { keyset, parameters } = query;
  const bound = parameters.values.length;
  const conditions = [...query.conditions, ...extraConditions];
  if (position !== undefined) conditions.push(...listAfter(keyset.order, keys, position, parameters));
  const sort = keys.map(({ column }) => `${column} ${keyset.order}`).join(', ');
  const statement = `select ${query.columns} from ${query.table} where ${conditions.join(' and ')}
    order by ${sort} limit ${parameters.bind(limit)}`;
  const { rows } = await database.query(statement, parameters.values);
  // The next part binds its own.
  parameters.values.length = bound;
  return rows;
}

function listAfter(
  order: SortOrder,
  keys: readonly SortKey[],
  position: Position,
  parameters: SqlParameters,
): string[] {
  const comparison = order === 'asc' ? '>' : '<';
  const places = keys.map(({ kind }, index) => {
    const value = KINDS[kind].bind(position[index] ?? '');
    return `${parameters.bind(value)}::${KINDS[kind].cast}`;
  });
  const columns = keys.map(({ column }) => column);
  const after = `(${columns.join(', ')}) ${comparison} (${places.join(', ')})`;
  // Implied by the row comparison, but only so can the planner leave out partitions.
  return keys[0]?.kind === 'time'
    ? [`${columns[0] ?? ''} ${comparison}= ${places[0] ?? ''}`, after]
    : [after];
}

function signKeyset({ list, order, keys }: Keyset): string {
  return [list, order, ...keys.map(({ column }) => column)].join(' ');
}

function decodeCursor(cursor: string): unknown[] | undefined {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(parts) ? parts : undefined;
  } catch {
    return undefined;
  }
}

function badCursor(): SpanledgerError {
  return new SpanledgerError(
    'API_BAD_CURSOR',
    'This is not a cursor of this list in this order. Use the next_cursor of the page before, with the same sort, or start without one.',
  );
}
