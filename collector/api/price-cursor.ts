import { SpanledgerError } from '../errors.js';
import type { PriceRow } from '../model/price.js';
import type { Page, PageOptions } from '../storage/storage.js';

/** A page of a project's prices by pattern, provider, start and id. The cursor names the last one of the page before. */
export function pagePrices(rows: readonly PriceRow[], { limit, cursor }: PageOptions): Page<PriceRow> {
  const sorted = rows.toSorted((one, other) => comparePlaces(placeOf(one), placeOf(other)));
  const after = cursor === undefined ? undefined : decodeCursor(cursor);
  const first = after === undefined ? 0 : sorted.findIndex((row) => comparePlaces(placeOf(row), after) > 0);
  const page = first === -1 ? [] : sorted.slice(first, first + limit);
  const last = page.at(-1);
  const isLastPage = first === -1 || first + page.length >= sorted.length;
  return { rows: page, nextCursor: last && !isLastPage ? encodeCursor(placeOf(last)) : null };
}

type Place = readonly string[];

function placeOf(row: PriceRow): Place {
  const from = (row.validFromUnixNano ?? 0n).toString().padStart(20, '0');
  return [row.pattern, row.provider ?? '', from, row.id];
}

function comparePlaces(one: Place, other: Place): number {
  for (const [index, text] of one.entries()) {
    const against = other[index] ?? '';
    if (text !== against) return text < against ? -1 : 1;
  }
  return 0;
}

function encodeCursor(place: Place): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

function decodeCursor(cursor: string): Place {
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(place) && place.length === 4 && place.every((text) => typeof text === 'string')) {
      return place;
    }
  } catch {
    // Not JSON: no cursor of this list either.
  }
  throw new SpanledgerError('API_BAD_CURSOR', 'The cursor is not one of this list: begin again without it.', {
    faults: [{ pointer: '/query/cursor', detail: 'is not a cursor of this list' }],
  });
}
