import type { Signal } from '../model/span-data.js';

/**
 * Where exporters of other products send OTLP: Langfuse, LangSmith, Opik. `/v1/<signal>` is read below each, so that
 * a user changes one URL.
 */
const PREFIXES = ['/api/public/otel', '/api/v1/private/otel', '/otel'];

const SIGNALS: ReadonlyMap<string, Signal> = new Map<string, Signal>([
  ['/v1/traces', 'traces'],
  ['/v1/logs', 'logs'],
  ['/v1/metrics', 'metrics'],
]);

/** A path of ours; the signal is null where there is none of that name. */
export interface OtlpPath {
  signal: Signal | null;
}

/**
 * Reads the target of a request (with or without query, host and trailing slash). Undefined where it is not a path of
 * OTLP: `/v1/…`, `/v1development/…` and all that is below the prefixes are.
 */
export function readOtlpPath(target: string): OtlpPath | undefined {
  const path = target
    .replace(/^https?:\/\/[^/?#]*/i, '')
    .replace(/[?#].*$/s, '')
    .replace(/\/$/, '');
  const prefix = PREFIXES.find((candidate) => path === candidate || path.startsWith(`${candidate}/`));
  const rest = prefix === undefined ? path : path.slice(prefix.length);
  const signal = SIGNALS.get(rest) ?? null;
  if (signal === null && prefix === undefined && !/^\/v1(?:development)?(?:\/|$)/.test(rest))
    return undefined;
  return { signal };
}
