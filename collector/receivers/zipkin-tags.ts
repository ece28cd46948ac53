import type { AnyValue } from '../model/any-value.js';
import type { ScopeData, SpanData } from '../model/span-data.js';

/** The tags of a Zipkin span that no field of OTel's span has taken yet, in the order in which they were sent. */
export type ZipkinTags = Map<string, AnyValue>;

/** The text of a tag, which is taken out; undefined, and nothing taken, where it is absent or no text. */
export function takeText(tags: ZipkinTags, key: string): string | undefined {
  const value = tags.get(key);
  if (typeof value !== 'string') return undefined;
  tags.delete(key);
  return value;
}

const MAX_COUNT = 2 ** 32 - 1;

/** A dropped count (OTel specification, "mapping-to-non-otlp", Dropped Attributes Count); 0 where there is none. */
export function takeCount(tags: ZipkinTags, key: string): number {
  const value = tags.get(key);
  const text = typeof value === 'bigint' ? value.toString() : value;
  const count = typeof text === 'string' && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
  if (count === undefined || count > MAX_COUNT) return 0;
  tags.delete(key);
  return count;
}

/** `otel.scope.*` (OTel specification, "mapping-to-non-otlp", InstrumentationScope), and its older name. */
export function readZipkinScope(tags: ZipkinTags): Pick<ScopeData, 'name' | 'version'> {
  const take = (member: string): string => {
    const scope = takeText(tags, `otel.scope.${member}`);
    const key = `otel.library.${member}`;
    if (scope === undefined) return takeText(tags, key) ?? '';
    // Exporters write both for a while; the same said twice is said once.
    if (tags.get(key) === scope) tags.delete(key);
    return scope;
  };
  return { name: take('name'), version: take('version') };
}

/** Names of trace.proto's StatusCode, as the OTel specification has them in tags and as older Collectors wrote them. */
const STATUS_CODES: ReadonlyMap<string, number> = new Map([
  ['OK', 1],
  ['ERROR', 2],
  ['STATUS_CODE_UNSET', 0],
  ['STATUS_CODE_OK', 1],
  ['STATUS_CODE_ERROR', 2],
]);
const ERROR = 2;

/**
 * The status of `otel.status_code`, else of `error`: in Zipkin a span with that tag has failed, whatever it says
 * (OTel specification, "Zipkin", Status). `false` is no failure; a text other than `true` is the message.
 */
export function readZipkinStatus(tags: ZipkinTags): Pick<SpanData, 'statusCode' | 'statusMessage'> {
  const named = tags.get('otel.status_code');
  const code = typeof named === 'string' ? STATUS_CODES.get(named) : undefined;
  if (code !== undefined) tags.delete('otel.status_code');
  const error = tags.get('error');
  const hasError = error !== undefined && error !== null && error !== false && error !== 'false';
  const statusCode = code ?? (hasError ? ERROR : 0);
  if (statusCode !== ERROR)
    return { statusCode, statusMessage: takeText(tags, 'otel.status_description') ?? '' };
  return { statusCode, statusMessage: takeMessage(tags) };
}

function takeMessage(tags: ZipkinTags): string {
  const described = takeText(tags, 'otel.status_description');
  if (described !== undefined) return described;
  const error = tags.get('error');
  if (typeof error !== 'string' || error === '' || error === 'true' || error === 'false') return '';
  tags.delete('error');
  return error;
}
