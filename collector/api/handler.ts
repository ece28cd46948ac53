import type { Route, RouteInput, RouteOutput } from '../contract/route.js';
import { SpanledgerError } from '../errors.js';
import { cutIdentifier } from '../model/ids.js';
import type { Understanding } from '../model/understanding.js';
import type { Page, Storage } from '../storage/storage.js';

/** Answers one route for one project. */
export type Handler<R extends Route> = (input: RouteInput<R>, projectId: string) => Promise<RouteOutput<R>>;

/** One handler for each verb of a group of the contract. */
export type GroupHandlers<Group> = {
  [Verb in keyof Group]: Group[Verb] extends Route ? Handler<Group[Verb]> : never;
};

export interface HandlerOptions {
  storage: Storage;
  understanding: Understanding;
}

/** The answer of a list. */
export function presentPage<Row, Presented>(
  page: Page<Row>,
  present: (row: Row) => Presented,
): { data: Presented[]; next_cursor: string | null } {
  return { data: page.rows.map(present), next_cursor: page.nextCursor };
}

/** What was found, or `API_NOT_FOUND` that names what was not. */
export function requireFound<Found>(found: Found | undefined, what: string): Found {
  if (found !== undefined) return found;
  throw new SpanledgerError('API_NOT_FOUND', `There is no ${what} in this project.`);
}

/** Filters as the columns hold them: long identifiers are stored cut. */
export function cutFilter<Filter extends object>(filter: Filter): Filter {
  return Object.fromEntries(
    Object.entries(filter).map(([key, value]) => [
      key,
      typeof value === 'string' ? cutIdentifier(value) : value,
    ]),
  ) as Filter;
}
