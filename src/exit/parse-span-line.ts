import {
  SpanKind,
  SpanStatusCode,
  type AttributeValue,
  type Attributes,
  type HrTime,
  type SpanContext,
} from '@opentelemetry/api';
import { hrTimeDuration, TraceState, type InstrumentationScope } from '@opentelemetry/core';
import { resourceFromAttributes, type Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';

/** In the order of their numbers. */
const KINDS = [SpanKind.INTERNAL, SpanKind.SERVER, SpanKind.CLIENT, SpanKind.PRODUCER, SpanKind.CONSUMER];
const STATUS_CODES = [SpanStatusCode.UNSET, SpanStatusCode.OK, SpanStatusCode.ERROR];

type Fields = Record<string, unknown>;

/**
 * The spans of a line that `renderSpanLine` wrote, as an exporter takes them. Throws when the line is not such a one
 * (a file cut by a full disk, a foreign file): half a line is never sent.
 */
export function parseSpanLine(line: string): ReadableSpan[] {
  const spans: ReadableSpan[] = [];
  for (const ofResource of listOf(fieldsOf(JSON.parse(line)).resourceSpans)) {
    const resource = resourceFromAttributes(
      parseAttributes(fieldsOf(ofResource.resource).attributes),
      withText('schemaUrl', ofResource.schemaUrl),
    );
    for (const ofScope of listOf(ofResource.scopeSpans)) {
      const scope = parseScope(ofScope);
      for (const span of listOf(ofScope.spans)) spans.push(parseSpan(span, resource, scope));
    }
  }
  return spans;
}

function parseScope(ofScope: Fields): InstrumentationScope {
  const scope = fieldsOf(ofScope.scope);
  return {
    name: textOf(scope.name),
    ...withText('version', scope.version),
    ...withText('schemaUrl', ofScope.schemaUrl),
  };
}

function parseSpan(
  span: Fields,
  resource: Resource,
  instrumentationScope: InstrumentationScope,
): ReadableSpan {
  const flags = numberOf(span.flags);
  const context = parseContext(span, flags & 0xff, false);
  const startTime = parseTime(span.startTimeUnixNano);
  const endTime = parseTime(span.endTimeUnixNano);
  const status = fieldsOf(span.status);
  const parent =
    span.parentSpanId === undefined
      ? {}
      : {
          parentSpanContext: parseContext(
            { ...span, spanId: span.parentSpanId },
            flags & 0xff,
            isRemote(flags),
          ),
        };
  return {
    name: textOf(span.name),
    kind: memberOf(KINDS, numberOf(span.kind) - 1),
    spanContext: () => context,
    ...parent,
    startTime,
    endTime,
    duration: hrTimeDuration(startTime, endTime),
    ended: true,
    status: { code: memberOf(STATUS_CODES, status.code), ...withText('message', status.message) },
    attributes: parseAttributes(span.attributes),
    events: listOf(span.events).map((event) => ({
      name: textOf(event.name),
      time: parseTime(event.timeUnixNano),
      attributes: parseAttributes(event.attributes),
      droppedAttributesCount: countOf(event.droppedAttributesCount),
    })),
    links: listOf(span.links).map((link) => {
      const linkFlags = numberOf(link.flags);
      return {
        context: parseContext(link, linkFlags & 0xff, isRemote(linkFlags)),
        attributes: parseAttributes(link.attributes),
        droppedAttributesCount: countOf(link.droppedAttributesCount),
      };
    }),
    resource,
    instrumentationScope,
    droppedAttributesCount: countOf(span.droppedAttributesCount),
    droppedEventsCount: countOf(span.droppedEventsCount),
    droppedLinksCount: countOf(span.droppedLinksCount),
  };
}

function parseContext(fields: Fields, traceFlags: number, remote: boolean): SpanContext {
  const { traceState } = fields;
  return {
    traceId: hexOf(fields.traceId, 32),
    spanId: hexOf(fields.spanId, 16),
    traceFlags,
    ...(remote ? { isRemote: true } : {}),
    ...(typeof traceState === 'string' ? { traceState: new TraceState(traceState) } : {}),
  };
}

function isRemote(flags: number): boolean {
  return (flags & 0x200) !== 0;
}

function parseTime(value: unknown): HrTime {
  const nanos = BigInt(textOf(value));
  return [Number(nanos / 1_000_000_000n), Number(nanos % 1_000_000_000n)];
}

function parseAttributes(value: unknown): Attributes {
  const attributes: Attributes = {};
  for (const { key, value: typed } of listOf(value)) {
    const parsed = parseValue(typed);
    if (parsed !== null) attributes[textOf(key)] = parsed;
  }
  return attributes;
}

function parseValue(value: unknown): AttributeValue | null {
  const { stringValue, boolValue, intValue, doubleValue, arrayValue } = fieldsOf(value);
  if (stringValue !== undefined) return textOf(stringValue);
  if (typeof boolValue === 'boolean') return boolValue;
  if (intValue !== undefined) return Number(textOf(intValue));
  if (doubleValue !== undefined) return Number(doubleValue);
  if (arrayValue === undefined) return null;
  // Whoever set the array was held to items of one type (@opentelemetry/core 2.12: isAttributeValue).
  return listOf(fieldsOf(arrayValue).values).map(parseValue) as AttributeValue;
}

function fieldsOf(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong('an object', value);
  return value as Fields;
}

function listOf(value: unknown): Fields[] {
  if (!Array.isArray(value)) throw wrong('a list', value);
  return value.map(fieldsOf);
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw wrong('text', value);
  return value;
}

function numberOf(value: unknown): number {
  if (typeof value !== 'number') throw wrong('a number', value);
  return value;
}

function memberOf<T>(members: readonly T[], value: unknown): T {
  const member = members[numberOf(value)];
  if (member === undefined) throw wrong('a known number', value);
  return member;
}

function countOf(value: unknown): number {
  return value === undefined ? 0 : numberOf(value);
}

function hexOf(value: unknown, length: number): string {
  const text = textOf(value);
  if (text.length !== length || !/^[0-9a-f]+$/.test(text)) throw wrong(`${length} hex digits`, value);
  return text;
}

function withText<K extends string>(key: K, value: unknown): Partial<Record<K, string>> {
  return typeof value === 'string' ? ({ [key]: value } as Record<K, string>) : {};
}

function wrong(expected: string, value: unknown): Error {
  return new TypeError(`a spooled line has ${typeof value} where ${expected} belongs`);
}
