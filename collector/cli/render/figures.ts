/** What stands where nothing is known: unknown is not 0. */
export const UNKNOWN = '–';

/** `840ms`, `1.2s`, `3m 04s`, `2h 05m`, `3d 04h`. */
export function renderDuration(millis: number): string {
  if (millis > 0 && millis < 1) return '<1ms';
  if (Math.round(millis) < 1000) return `${Math.round(millis)}ms`;
  if (millis < 59_950) return `${(millis / 1000).toFixed(1)}s`;
  const seconds = Math.round(millis / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${twoDigits(seconds % 60)}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)}h ${twoDigits(minutes % 60)}m`;
  const hours = Math.floor(minutes / 60);
  return `${Math.floor(hours / 24)}d ${twoDigits(hours % 24)}h`;
}

/** `$0.0042`, `$3.20`, `$1,204`; never 0 for something. */
export function renderMoney(usd: number | null): string {
  if (usd === null) return UNKNOWN;
  if (usd === 0) return '$0';
  if (usd > 0 && usd < 0.00005) return '<$0.0001';
  if (Math.abs(usd) < 1) return `$${usd.toFixed(4)}`;
  if (Math.abs(usd) < 1000) return `$${usd.toFixed(2)}`;
  return `$${Math.round(usd).toLocaleString('en-US')}`;
}

/** Whether a call could not be priced, which is not the same as having cost nothing. */
export function isUnpriced(call: { cost_usd: number | null; price_ref: string | null }): boolean {
  return call.cost_usd === null && call.price_ref?.startsWith('unpriced:') === true;
}

/** The cost of one call or several, with `unpriced` for what has no price; nothing where there was nothing to price. */
export function renderCallCost(usd: number | null, hasUnpriced: boolean): string {
  if (usd === null) return hasUnpriced ? 'unpriced' : '';
  return hasUnpriced ? `${renderMoney(usd)} + unpriced` : renderMoney(usd);
}

/** Every digit that the API gave: `$0.00001234`; for prices, where a rounded figure would mislead. */
export function renderExactMoney(usd: number | string | null): string {
  if (usd === null) return 'unpriced';
  const text = typeof usd === 'string' ? usd : usd.toLocaleString('en-US', EXACT);
  return `$${text}`;
}

const EXACT = { maximumFractionDigits: 20, useGrouping: false } as const;

/** `488`, `12.4k`, `3.1M`. */
export function renderCount(count: number | null): string {
  if (count === null) return UNKNOWN;
  if (count < 1000) return String(count);
  if (count < 999_950) return `${(count / 1000).toFixed(1)}k`;
  return `${(count / 1_000_000).toFixed(1)}M`;
}

/** `12.4k in / 488 out`; nothing where neither is known. */
export function renderTokenFlow(input: number | null, output: number | null): string {
  if (input === null && output === null) return '';
  return `${renderCount(input)} in / ${renderCount(output)} out`;
}

/** `12.4k / 488`, for a column that says which is which; a dash where neither is known. */
export function renderTokenPair(input: number | null, output: number | null): string {
  return input === null && output === null ? UNKNOWN : `${renderCount(input)} / ${renderCount(output)}`;
}

/** {@link renderAge} for a column that says that it is one: `now`, `40s`, `5m`. */
export function renderShortAge(time: string, nowMillis: number): string {
  return renderAge(time, nowMillis).replace('just ', '').replace(' ago', '');
}

/** `just now`, `40s ago`, `5m ago`, `3h ago`, `2d ago`, and the day itself after a month. */
export function renderAge(time: string, nowMillis: number): string {
  const millis = Date.parse(time);
  if (Number.isNaN(millis)) return UNKNOWN;
  const seconds = Math.floor((nowMillis - millis) / 1000);
  if (seconds < -60) return time.slice(0, 10);
  if (seconds < 5) return 'just now';
  if (seconds < 60) return `${seconds}s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h ago`;
  if (seconds < 30 * 86_400) return `${Math.floor(seconds / 86_400)}d ago`;
  return time.slice(0, 10);
}

/** `1.2 GiB`. */
export function renderBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1023.95 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toFixed(1)} ${units[unit] ?? ''}`;
}

/** `1 span`, `3 spans`. */
export function renderQuantity(count: number, singular: string, plural = `${singular}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? singular : plural}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
