import { InvalidArgumentError } from 'commander';
import { readTimeFilter } from '../contract/parameters.js';

/** A time on the command line: RFC 3339, a day, or relative to now such as `7d`. As RFC 3339. */
export function parseTimeOption(text: string): string {
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text);
  const time = readTimeFilter(isDay ? `${text}T00:00:00Z` : text, Date.now());
  if (time !== undefined) return time;
  throw new InvalidArgumentError('It takes RFC 3339, a day such as 2026-01-31 (UTC), or 15m, 24h, 7d ago.');
}
