import { createHash } from 'node:crypto';
import type { AnyValue, KeyValue } from '../model/any-value.js';
import type { ResourceData, ScopeData, SpanData, SpanEventData } from '../model/span-data.js';
import { readJsonDouble, readJsonInteger } from '../otlp/json-scalars.js';
import { readMarkedNumber } from '../otlp/json-text.js';
import { JsonFault, expectBool, expectList, expectObject, expectString } from '../otlp/json-value.js';
import { readZipkinScope, readZipkinStatus, takeCount, takeText, type ZipkinTags } from './zipkin-tags.js';

/** Gives equal resources and scopes as one object each, as those of a request are shared by reference. */
export interface ZipkinOrigins {
  shareResource(attributes: KeyValue[]): ResourceData;
  shareScope(scope: Pick<ScopeData, 'name' | 'version'>): ScopeData;
}

/** Zipkin's kinds as OTel's (trace.proto, SpanKind). Absent is INTERNAL (OTel specification 1.50, "Zipkin", SpanKind). */
const KINDS: ReadonlyMap<string, number> = new Map([
  ['SERVER', 2],
  ['CLIENT', 3],
  ['PRODUCER', 4],
  ['CONSUMER', 5],
]);
const INTERNAL = 1;
const UNSPECIFIED = 0;

const NANOS_PER_MICRO = 1000n;
const MAX_TIME = 2n ** 64n - 1n;

/** Attributes of a resource in the semantic conventions; exporters of OTel to Zipkin write them as tags of each span. */
const RESOURCE_TAG = /^(?:service|telemetry|deployment|host|os|process|container|k8s|cloud)\./;

/**
 * A span of Zipkin v2 (zipkin-api, zipkin2-api.yaml) as one of OTel's, as the reverse of the OTel specification's
 * transformation to Zipkin, and else as the zipkin receiver of the OpenTelemetry Collector has it. Nothing is lost:
 * what OTel has no field for becomes an attribute `zipkin.…`. Throws {@link JsonFault} with what is wrong in words.
 */
export function readZipkinSpan(json: unknown, origins: ZipkinOrigins): SpanData {
  const span = expectObject(json);
  const traceId = readId(span.traceId, 'traceId', 32);
  const id = readId(span.id, 'id', 16);
  const parentId = isAbsent(span.parentId)
    ? null
    : readId(span.parentId, 'parentId', 16, { mayBeZero: true });
  const tags = readTags(span.tags);
  const extras = new Map<string, AnyValue>();
  const isShared = readFlag(span, 'shared', extras);
  readFlag(span, 'debug', extras);
  const times = readTimes(span, extras);
  const kind = readKind(span.kind, extras);
  readEndpoint(span.remoteEndpoint, 'remote', tags, extras);
  const serviceName = readEndpoint(span.localEndpoint, 'local', tags, extras);
  const parents = readParents({ traceId, id, parentId, isShared }, extras);
  const resource = origins.shareResource(takeResource(serviceName, tags));
  const scope = origins.shareScope(readZipkinScope(tags));
  const status = readZipkinStatus(tags);
  return {
    traceId,
    ...parents,
    traceState: takeText(tags, 'w3c.tracestate') ?? '',
    flags: 0,
    name: readText(span, 'name'),
    kind,
    ...times,
    events: readAnnotations(span.annotations),
    links: [],
    droppedAttributesCount: takeCount(tags, 'otel.dropped_attributes_count'),
    droppedEventsCount: takeCount(tags, 'otel.dropped_events_count'),
    droppedLinksCount: takeCount(tags, 'otel.dropped_links_count'),
    ...status,
    attributes: [...tags, ...extras].map(([key, value]) => ({ key, value })),
    resource,
    scope,
  };
}

/**
 * In Zipkin, both halves of a call may have one span id: the server's half says `shared`. Here a span id is one span, so
 * the server's half gets an id of its own, always the same for the same ids, and the client's half as its parent.
 */
function readParents(
  ids: { traceId: string; id: string; parentId: string | null; isShared: boolean },
  extras: Map<string, AnyValue>,
): { spanId: string; parentSpanId: string | null } {
  const { traceId, id, parentId, isShared } = ids;
  const parentSpanId = parentId === null || isZero(parentId) || parentId === id ? null : parentId;
  if (!isShared) return { spanId: id, parentSpanId };
  if (parentSpanId !== null) extras.set('zipkin.parent_id', parentSpanId);
  const spanId = createHash('sha256').update(`zipkin/${traceId}/${id}/shared`).digest('hex').slice(0, 16);
  return { spanId, parentSpanId: id };
}

/**
 * Zipkin's ids are of any case, and trace ids of 64 or 128 bits: shorter ones are those with zeros before them, so that
 * both lengths of one trace meet (zipkin2.Span of zipkin 3, `traceId`).
 */
function readId(
  json: unknown,
  name: string,
  digits: number,
  { mayBeZero = false }: { mayBeZero?: boolean } = {},
): string {
  const text = typeof json === 'string' ? json.toLowerCase() : '';
  if (text.length > digits || !/^[0-9a-f]+$/.test(text))
    throw new JsonFault(`${name} must be 1 to ${digits} hexadecimal digits`);
  if (isZero(text) && !mayBeZero) throw new JsonFault(`${name} must not be all zero`);
  return text.padStart(digits, '0');
}

function isZero(id: string): boolean {
  return /^0*$/.test(id);
}

function isAbsent(json: unknown): json is null | undefined {
  return json === null || json === undefined;
}

/**
 * Microseconds become nanoseconds. A span without a duration has not ended or is one-way: it ends where it starts, as in
 * the Collector. Without a timestamp both times are unknown, and a duration alone is kept as `zipkin.duration`.
 */
function readTimes(
  span: Record<string, unknown>,
  extras: Map<string, AnyValue>,
): Pick<SpanData, 'startTimeUnixNano' | 'endTimeUnixNano'> {
  const start = readMicros(span.timestamp, 'timestamp');
  const duration = readMicros(span.duration, 'duration');
  if (start === 0n) {
    if (duration > 0n) extras.set('zipkin.duration', duration / NANOS_PER_MICRO);
    return { startTimeUnixNano: 0n, endTimeUnixNano: 0n };
  }
  if (start + duration > MAX_TIME) throw new JsonFault('timestamp and duration are beyond the year 2554');
  return { startTimeUnixNano: start, endTimeUnixNano: start + duration };
}

function readMicros(json: unknown, name: string): bigint {
  const micros = isAbsent(json) ? 0n : readJsonInteger(json, 'uint64');
  if (micros === undefined || micros * NANOS_PER_MICRO > MAX_TIME)
    throw new JsonFault(`${name} must be a whole number of microseconds`);
  return micros * NANOS_PER_MICRO;
}

function readKind(json: unknown, extras: Map<string, AnyValue>): number {
  if (isAbsent(json)) return INTERNAL;
  const text = at('kind', () => expectString(json));
  const kind = KINDS.get(text.toUpperCase());
  if (kind === undefined) extras.set('zipkin.kind', text);
  return kind ?? UNSPECIFIED;
}

function readFlag(span: Record<string, unknown>, name: string, extras: Map<string, AnyValue>): boolean {
  const isSet = at(name, () => expectBool(span[name] ?? false));
  if (isSet) extras.set(`zipkin.${name}`, true);
  return isSet;
}

function readText(object: Record<string, unknown>, name: string): string {
  return at(name, () => expectString(object[name] ?? ''));
}

function readAnnotations(json: unknown): SpanEventData[] {
  return at('annotations', () =>
    expectList(json ?? []).map((item) => {
      const annotation = expectObject(item);
      return {
        timeUnixNano: readMicros(annotation.timestamp, 'timestamp'),
        name: readText(annotation, 'value'),
        attributes: [],
        droppedAttributesCount: 0,
      };
    }),
  );
}

/** Tags are texts; what some senders write without quotes is kept as what it is. */
function readTags(json: unknown): ZipkinTags {
  return at('tags', () => {
    const tags: ZipkinTags = new Map();
    for (const [key, value] of Object.entries(expectObject(json ?? {}))) tags.set(key, readTag(value));
    return tags;
  });
}

function readTag(json: unknown): AnyValue {
  if (json === null || typeof json === 'string' || typeof json === 'boolean') return json;
  if (typeof json !== 'number' && readMarkedNumber(json) === undefined)
    throw new JsonFault('a tag must be a text');
  return readJsonInteger(json, 'int64') ?? readJsonDouble(json) ?? null;
}

/** What each endpoint says, as the attributes that the OTel specification maps to it ("Zipkin", Remote endpoint). */
const ENDPOINT_KEYS = {
  remote: { serviceName: 'peer.service', address: 'network.peer.address', port: 'network.peer.port' },
  local: { serviceName: 'service.name', address: 'network.local.address', port: 'network.local.port' },
} as const;

/** Adds an endpoint's attributes and returns its service name; a tag of the same name wins, as the specification says. */
function readEndpoint(
  json: unknown,
  side: keyof typeof ENDPOINT_KEYS,
  tags: ZipkinTags,
  extras: Map<string, AnyValue>,
): string {
  const field = `${side}Endpoint`;
  return at(field, () => {
    const endpoint = expectObject(json ?? {});
    const keys = ENDPOINT_KEYS[side];
    const serviceName = readText(endpoint, 'serviceName');
    const [ipv4, ipv6] = [readText(endpoint, 'ipv4'), readText(endpoint, 'ipv6')];
    const port = isAbsent(endpoint.port) ? 0n : readJsonInteger(endpoint.port, 'int64');
    if (port === undefined) throw new JsonFault('port must be a whole number');
    const add = (key: string, member: string, value: AnyValue): void => {
      if (value === '' || value === 0n || tags.get(key) === value) return;
      extras.set(tags.has(key) ? `zipkin.${field}.${member}` : key, value);
    };
    if (side === 'remote') add(keys.serviceName, 'serviceName', serviceName);
    add(keys.address, ipv4 === '' ? 'ipv6' : 'ipv4', ipv4 === '' ? ipv6 : ipv4);
    if (ipv4 !== '' && ipv6 !== '') extras.set(`zipkin.${field}.ipv6`, ipv6);
    add(keys.port, 'port', port);
    return serviceName;
  });
}

/** The endpoint's service name wins over a tag's, which stays a tag where it says another. */
function takeResource(serviceName: string, tags: ZipkinTags): KeyValue[] {
  const attributes: KeyValue[] = [];
  const key = 'service.name';
  if (serviceName !== '') attributes.push({ key, value: serviceName });
  if (tags.get(key) === serviceName) tags.delete(key);
  for (const [name, value] of tags) {
    if (!RESOURCE_TAG.test(name) || (name === key && serviceName !== '')) continue;
    attributes.push({ key: name, value });
    tags.delete(name);
  }
  return attributes;
}

/** Says in which field a fault is. */
function at<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof JsonFault) throw new JsonFault(`${name}: ${error.message}`);
    throw error;
  }
}
