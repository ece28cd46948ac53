import type { AnyValue, KeyValue } from '../../../model/any-value.js';
import { KeyValueList, findAttribute } from '../../../model/any-value.js';
import type { EntityRef, ExemplarData, SpanEventData, SpanLinkData } from '../../../model/span-data.js';
import { decodeValue, encodeValue } from '../value-codec.js';
import type { Contents, ShareText } from '../value-codec.js';

/*
 * The jsonb columns that hold lists of records: each record is an object of the value codec, so that odd values inside
 * are kept by the codec's rules. A field that is absent has its empty value, and fields with empty values are left out.
 *
 *   events       [{"name": "gen_ai.choice", "time": 1763000000000000000, "attributes": {…}, "dropped": 1}]
 *   links        [{"trace_id": "0af7…", "span_id": "b7ad…", "trace_state": "…", "attributes": {…}, "dropped": 1, "flags": 257}]
 *   entity_refs  [{"schema_url": "…", "type": "service", "id_keys": ["service.name"], "description_keys": []}]
 *   exemplars    [{"time": …, "value": 5, "trace_id": "…", "span_id": "…", "attributes": {…}}]
 *
 * Times are nanoseconds since the epoch.
 */

/** jsonb text of a span's events; null where it has none. */
export function encodeEvents(events: readonly SpanEventData[], share?: ShareText): string | null {
  const listFields = (event: SpanEventData): KeyValue[] => [
    { key: 'name', value: event.name },
    { key: 'time', value: event.timeUnixNano },
    ...attributesField(event.attributes),
    ...countField('dropped', event.droppedAttributesCount),
  ];
  return encodeRecords(events, listFields, share);
}

export function decodeEvents(text: string | null, contents?: Contents): SpanEventData[] {
  const readEvent = (fields: readonly KeyValue[]): SpanEventData => ({
    timeUnixNano: readInteger(fields, 'time'),
    name: readText(fields, 'name'),
    attributes: readAttributes(fields),
    droppedAttributesCount: Number(readInteger(fields, 'dropped')),
  });
  return decodeRecords(text, readEvent, contents);
}

/** jsonb text of a span's links; null where it has none. */
export function encodeLinks(links: readonly SpanLinkData[]): string | null {
  return encodeRecords(links, (link) => [
    { key: 'trace_id', value: link.traceId },
    { key: 'span_id', value: link.spanId },
    ...textField('trace_state', link.traceState),
    ...attributesField(link.attributes),
    ...countField('dropped', link.droppedAttributesCount),
    ...countField('flags', link.flags),
  ]);
}

export function decodeLinks(text: string | null): SpanLinkData[] {
  return decodeRecords(text, (fields) => ({
    traceId: readText(fields, 'trace_id'),
    spanId: readText(fields, 'span_id'),
    traceState: readText(fields, 'trace_state'),
    attributes: readAttributes(fields),
    droppedAttributesCount: Number(readInteger(fields, 'dropped')),
    flags: Number(readInteger(fields, 'flags')),
  }));
}

/** jsonb text of a resource's entity references; null where it has none. */
export function encodeEntityRefs(refs: readonly EntityRef[]): string | null {
  return encodeRecords(refs, (ref) => [
    ...textField('schema_url', ref.schemaUrl),
    { key: 'type', value: ref.type },
    { key: 'id_keys', value: ref.idKeys },
    { key: 'description_keys', value: ref.descriptionKeys },
  ]);
}

export function decodeEntityRefs(text: string | null): EntityRef[] {
  return decodeRecords(text, (fields) => ({
    schemaUrl: readText(fields, 'schema_url'),
    type: readText(fields, 'type'),
    idKeys: readTexts(fields, 'id_keys'),
    descriptionKeys: readTexts(fields, 'description_keys'),
  }));
}

/** jsonb text of a metric point's exemplars; null where it has none. */
export function encodeExemplars(exemplars: readonly ExemplarData[]): string | null {
  return encodeRecords(exemplars, (exemplar) => [
    { key: 'time', value: exemplar.timeUnixNano },
    ...(exemplar.value === null ? [] : [{ key: 'value', value: exemplar.value }]),
    ...textField('trace_id', exemplar.traceId ?? ''),
    ...textField('span_id', exemplar.spanId ?? ''),
    ...attributesField(exemplar.filteredAttributes),
  ]);
}

export function decodeExemplars(text: string | null): ExemplarData[] {
  return decodeRecords(text, (fields) => ({
    timeUnixNano: readInteger(fields, 'time'),
    value: readNumber(fields, 'value'),
    traceId: readText(fields, 'trace_id') || null,
    spanId: readText(fields, 'span_id') || null,
    filteredAttributes: readAttributes(fields),
  }));
}

function encodeRecords<Record>(
  records: readonly Record[],
  listFields: (record: Record) => KeyValue[],
  share?: ShareText,
): string | null {
  if (records.length === 0) return null;
  return encodeValue(
    records.map((record) => new KeyValueList(listFields(record))),
    share,
  );
}

function decodeRecords<Record>(
  text: string | null,
  readRecord: (fields: readonly KeyValue[]) => Record,
  contents?: Contents,
): Record[] {
  const value = text === null ? null : decodeValue(text, contents);
  if (!Array.isArray(value)) return [];
  return value.map((entry) => readRecord(entry instanceof KeyValueList ? entry.entries : []));
}

function textField(key: string, value: string): KeyValue[] {
  return value === '' ? [] : [{ key, value }];
}

function countField(key: string, value: number): KeyValue[] {
  return value === 0 ? [] : [{ key, value: BigInt(value) }];
}

function attributesField(attributes: KeyValue[]): KeyValue[] {
  return attributes.length === 0 ? [] : [{ key: 'attributes', value: new KeyValueList(attributes) }];
}

/** A field that must be an integer; 0 where it is absent. */
export function readInteger(fields: readonly KeyValue[], key: string): bigint {
  const value = findAttribute(fields, key);
  return typeof value === 'bigint' ? value : 0n;
}

/** A field that is an integer or a double; null where it is absent. */
export function readNumber(fields: readonly KeyValue[], key: string): bigint | number | null {
  const value: AnyValue | undefined = findAttribute(fields, key);
  return typeof value === 'bigint' || typeof value === 'number' ? value : null;
}

function readText(fields: readonly KeyValue[], key: string): string {
  const value = findAttribute(fields, key);
  return typeof value === 'string' ? value : '';
}

function readTexts(fields: readonly KeyValue[], key: string): string[] {
  const value = findAttribute(fields, key);
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function readAttributes(fields: readonly KeyValue[]): KeyValue[] {
  const value = findAttribute(fields, 'attributes');
  return value instanceof KeyValueList ? value.entries : [];
}
