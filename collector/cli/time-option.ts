import { InvalidArgumentError } from 'commander';
import { readTimeFilter } from '../contract/parameters.js';

export const WHAT_TIME_IS = 'it takes RFC 3339, a day such as 2026-01-31 (UTC), or 15m, 24h, 7d ago';

/** A time on the command line: RFC 3339, a day, or relative to now such as `7d`. As RFC 3339. */
export function parseTimeOption(text: string): string {
  const time = readTimeFilter(startOfDay(text), Date.now());
  if (time !== undefined) return time;
  throw new InvalidArgumentError(`${WHAT_TIME_IS.replace(/^i/, 'I')}.`);
}

/** Midnight UTC where the text is a plain day, else the text. */
export function startOfDay(text: string): string {
  return /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text;
}
