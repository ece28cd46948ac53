import { CliFailure, EXIT } from './failures.js';

/** Newest rows that are looked through for the beginning of an id. */
const MOST_ROWS = 5_000;
const SHOWN_MATCHES = 3;

export interface IdSearch {
  /** Such as `trace`. */
  noun: string;
  /** What was given, perhaps with the `…` behind it with which tables cut an id. */
  given: string;
  /** The ids there are, newest first. */
  ids: AsyncIterable<string>;
  /** The command that lists them. */
  listedBy: string;
}

/** The one id that begins with what was given. Throws where none does, or several do. */
export async function findByPrefix({ noun, given, ids, listedBy }: IdSearch): Promise<string> {
  const prefix = trimCut(given);
  const found = new Set<string>();
  let count = 0;
  for await (const id of ids) {
    if (id === prefix) return id;
    if (id.startsWith(prefix)) found.add(id);
    count += 1;
    if (count >= MOST_ROWS) break;
  }
  const [only] = found;
  if (only !== undefined && found.size === 1) return only;
  if (only === undefined) {
    const where = count >= MOST_ROWS ? ` among the newest ${MOST_ROWS.toLocaleString('en-US')}` : '';
    throw new CliFailure(
      EXIT.notFound,
      `no ${noun} has an id that begins with "${prefix}"${where}; ${listedBy} lists them`,
    );
  }
  const some = [...found].slice(0, SHOWN_MATCHES).join(', ');
  const more = found.size > SHOWN_MATCHES ? ` and ${found.size - SHOWN_MATCHES} more` : '';
  throw new CliFailure(EXIT.usage, `"${prefix}" begins the ids of several ${noun}s: ${some}${more}`);
}

/** An id as it was copied from a table. */
export function trimCut(given: string): string {
  return given.replace(/…$/, '');
}

/** The ids of rows. */
export async function* listIds<Row>(rows: AsyncIterable<Row>, read: (row: Row) => string | null) {
  for await (const row of rows) {
    const id = read(row);
    if (id !== null) yield id;
  }
}

/** The given text where it is a UUID. Throws a usage failure that says what it should have been. */
export function requireUuid(given: string, noun: string, whereFrom: string): string {
  if (isUuid(given)) return given.toLowerCase();
  throw new CliFailure(EXIT.usage, `"${given}" is no id of a ${noun}: it is a UUID, as ${whereFrom} says`);
}

export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}
