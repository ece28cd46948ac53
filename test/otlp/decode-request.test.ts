import { describe, expect, it } from 'vitest';
import { SpanledgerError } from '../../collector/errors.js';
import { DeepValue, KeyValueList, type AnyValue } from '../../collector/model/any-value.js';
import { renderPlainJson, renderValueJson, stringifyJson } from '../../collector/model/value-json.js';
import { decodeRequest } from '../../collector/otlp/decode-request.js';
import type { DecodedRequest } from '../../collector/otlp/decoded-request.js';
import { encodeTraces } from '../../collector/otlp/encode-request.js';
import { encodeMessage } from './otlp-proto.js';

const TRACE_ID = '0102030405060708090a0b0c0d0e0f10';
const SPAN_ID = '0102030405060708';
const IDS = { traceId: TRACE_ID, spanId: SPAN_ID };

function decodeJson(request: unknown): DecodedRequest {
  return decodeRequest('traces', 'json', Buffer.from(JSON.stringify(request)));
}

function wrapSpan(span: object): object {
  return { resourceSpans: [{ scopeSpans: [{ spans: [{ ...IDS, ...span }] }] }] };
}

function decodeValue(text: string): AnyValue | undefined {
  const body = JSON.stringify(wrapSpan({ attributes: [{ key: 'k', value: 'HERE' }] })).replace(
    '"HERE"',
    text,
  );
  return decodeRequest('traces', 'json', Buffer.from(body)).spans[0]?.attributes[0]?.value;
}

function findError(decode: () => unknown): SpanledgerError {
  try {
    decode();
  } catch (error) {
    if (error instanceof SpanledgerError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('[36] ids and bytes in JSON', () => {
  it('ids are hex in either case', () => {
    const upper = 'ABCDEF00000000000000000000000001';
    expect(decodeJson(wrapSpan({ traceId: upper })).spans[0]?.traceId).toBe(upper.toLowerCase());
  });

  it.each(['+/+/AQ==', '-_-_AQ==', '-_-_AQ'])(
    'bytes %s are base64 of either alphabet, padded or not',
    (text) => {
      expect(decodeValue(`{"bytesValue":"${text}"}`)).toEqual(Uint8Array.from([0xfb, 0xff, 0xbf, 1]));
    },
  );
});

describe('[37] enums in JSON', () => {
  it('are integers, and a name is refused', () => {
    expect(decodeJson(wrapSpan({ kind: 3 })).spans[0]?.kind).toBe(3);
    const error = findError(() => decodeJson(wrapSpan({ kind: 'SPAN_KIND_CLIENT' })));
    expect(error.faults[0]?.pointer).toBe('/resourceSpans/0/scopeSpans/0/spans/0/kind');
  });
});

describe('[38] keys in JSON', () => {
  it('in snake_case are unknown, so ignored', () => {
    expect(decodeJson(wrapSpan({ trace_state: 'x', dropped_events_count: 'y' })).spans[0]?.traceState).toBe(
      '',
    );
  });
});

describe('[39] integers in JSON', () => {
  it.each([
    ['9223372036854775807', 9223372036854775807n],
    ['"9223372036854775807"', 9223372036854775807n],
    ['-9223372036854775808', -9223372036854775808n],
    ['9007199254740993', 9007199254740993n],
    ['1e3', 1000n],
    ['1.0', 1n],
    ['"1.5e1"', 15n],
    ['123456789012345678.0', 123456789012345678n],
    ['-0', 0n],
  ])('intValue %s keeps every digit', (text, expected) => {
    expect(decodeValue(`{"intValue": ${text}}`)).toBe(expected);
  });

  it.each([
    '9223372036854775808',
    '"9223372036854775808"',
    '1.5',
    '"1e-1"',
    '"0x10"',
    '""',
    '" 1"',
    '1e400',
    'true',
  ])('intValue %s is refused', (text) => {
    expect(findError(() => decodeValue(`{"intValue": ${text}}`)).code).toBe('OTLP_MALFORMED_BODY');
  });

  it('a time of 64 bits and a 32-bit field come as number or string', () => {
    const body = `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"${TRACE_ID}","spanId":"${SPAN_ID}",
      "startTimeUnixNano":18446744073709551615,"flags":"4294967295","droppedEventsCount":"7"}]}]}]}`;
    const span = decodeRequest('traces', 'json', Buffer.from(body)).spans[0];
    expect([span?.startTimeUnixNano, span?.flags, span?.droppedEventsCount]).toEqual([
      2n ** 64n - 1n,
      2 ** 32 - 1,
      7,
    ]);
    expect(findError(() => decodeJson(wrapSpan({ flags: 4294967296 }))).code).toBe('OTLP_MALFORMED_BODY');
    expect(findError(() => decodeJson(wrapSpan({ endTimeUnixNano: -1 }))).code).toBe('OTLP_MALFORMED_BODY');
  });

  it('a long number is no string, id, list or key', () => {
    const long = '12345678901234567890123456789012';
    for (const member of [
      `"traceId":${long}`,
      `"name":${long}`,
      `"attributes":${long}`,
      `${long}:1`,
      '"kind":0123',
    ])
      expect(
        findError(() =>
          decodeRequest(
            'traces',
            'json',
            Buffer.from(`{"resourceSpans":[{"scopeSpans":[{"spans":[{${member}}]}]}]}`),
          ),
        ).code,
      ).toBe('OTLP_MALFORMED_BODY');
  });

  it('digits inside of strings and after escaped quotes stay what they are', () => {
    const text = 'a "12345678901234567890" \\" 12345678901234567890 \\';
    expect(decodeValue(`{"stringValue": ${JSON.stringify(text)}}`)).toBe(text);
  });
});

describe('[40] doubles in JSON', () => {
  it.each([
    ['"NaN"', NaN],
    ['"Infinity"', Infinity],
    ['"-Infinity"', -Infinity],
    ['"1.5"', 1.5],
    ['5', 5],
    ['-0.0', -0],
    ['0.1234567890123456789', 0.12345678901234568],
    ['1e300', 1e300],
  ])('doubleValue %s', (text, expected) => {
    expect(decodeValue(`{"doubleValue": ${text}}`)).toBe(expected);
  });

  it.each(['"nan"', '"inf"', '""', '1e999', '[]', '"1,5"'])('doubleValue %s is refused', (text) => {
    expect(findError(() => decodeValue(`{"doubleValue": ${text}}`)).code).toBe('OTLP_MALFORMED_BODY');
  });
});

describe('[41] null in JSON', () => {
  it('is the default of any field', () => {
    const names = [
      'parentSpanId',
      'name',
      'kind',
      'startTimeUnixNano',
      'attributes',
      'events',
      'status',
      'flags',
    ];
    const nulls = Object.fromEntries(names.map((name) => [name, null]));
    expect(decodeJson(wrapSpan(nulls))).toEqual(decodeJson(wrapSpan({})));
    expect(decodeJson({ resourceSpans: null }).spans).toEqual([]);
    expect(decodeValue('null')).toBeNull();
    expect(decodeValue('{"stringValue": null, "intValue": 1}')).toBe(1n);
  });
});

describe('[42] JSON that is not the message', () => {
  it.each([
    ['[]', ''],
    ['"x"', ''],
    ['null', ''],
    ['{} x', ''],
    ['{', ''],
    ['', ''],
    ['{"resourceSpans":{}}', '/resourceSpans'],
    ['{"resourceSpans":[5]}', '/resourceSpans/0'],
    [
      '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"xyz"}]}]}]}',
      '/resourceSpans/0/scopeSpans/0/spans/0/traceId',
    ],
    [
      '{"resourceSpans":[{"scopeSpans":[{"spans":[{"spanId":"abc"}]}]}]}',
      '/resourceSpans/0/scopeSpans/0/spans/0/spanId',
    ],
    ['{"resourceSpans":[{"schemaUrl":1}]}', '/resourceSpans/0/schemaUrl'],
  ])('%s is refused with a pointer to the place', (body, pointer) => {
    const error = findError(() => decodeRequest('traces', 'json', Buffer.from(body)));
    expect([error.code, error.faults[0]?.pointer]).toEqual(['OTLP_MALFORMED_BODY', pointer]);
  });

  it.each([
    '"a"',
    '{"bytesValue":"*"}',
    '{"bytesValue":"A"}',
    '{"boolValue":"true"}',
    '{"arrayValue":[]}',
    '{"stringValue":1}',
  ])('the value %s is refused', (text) => {
    expect(findError(() => decodeValue(text)).code).toBe('OTLP_MALFORMED_BODY');
  });

  it('a byte order mark is passed over', () => {
    expect(decodeRequest('traces', 'json', Buffer.from('\uFEFF{}')).spans).toEqual([]);
  });
});

describe('[43] attribute values', () => {
  it('int 5, double 5, "5", true, bytes and the empty value are different values', () => {
    const members = [
      '{"intValue":"5"}',
      '{"doubleValue":5}',
      '{"stringValue":"5"}',
      '{"boolValue":true}',
      '{}',
    ];
    expect(members.map(decodeValue)).toEqual([5n, 5, '5', true, null]);
  });

  it('OTel JS 3.x values come as they are: mixed arrays, kvlists, intValue as a JSON number', () => {
    const text = `{"arrayValue":{"values":[{"intValue":1},{},{"kvlistValue":{"values":[
      {"key":"__proto__","value":{"stringValue":"p"}},{"key":"a","value":{"bytesValue":"AQ=="}}]}}]}}`;
    expect(decodeValue(text)).toEqual([
      1n,
      null,
      new KeyValueList([
        { key: '__proto__', value: 'p' },
        { key: 'a', value: Uint8Array.from([1]) },
      ]),
    ]);
  });

  it('20,000 levels come back whole, from protobuf and from JSON', () => {
    const levels = 20_000;
    const open = '{"arrayValue":{"values":[';
    const text = `${open.repeat(levels)}{"stringValue":"core"}${']}}'.repeat(levels)}`;
    const fromJson = decodeValue(text);
    const body = `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"${TRACE_ID}","spanId":"${SPAN_ID}","attributes":[{"key":"k","value":${text}}]}]}]}]}`;
    const { spans } = decodeRequest('traces', 'json', Buffer.from(body));
    const again = decodeRequest('traces', 'protobuf', encodeTraces(spans)).spans[0]?.attributes[0]?.value;
    expect(stringifyJson(renderValueJson(fromJson ?? null))).toBe(text);
    expect(stringifyJson(renderValueJson(again ?? null))).toBe(text);
    let inner = fromJson;
    let depth = 0;
    for (; Array.isArray(inner); inner = inner[0]) depth++;
    expect(depth).toBe(64);
    expect(inner).toBeInstanceOf(DeepValue);
    expect(stringifyJson(renderPlainJson(fromJson ?? null))).toContain('nested deeper than 64 levels');
  });

  it('64 levels are plain data', () => {
    const levels = 64;
    const text = `${'{"arrayValue":{"values":['.repeat(levels)}{"intValue":"7"}${']}}'.repeat(levels)}`;
    let inner = decodeValue(text);
    for (let depth = 0; depth < levels; depth++) inner = Array.isArray(inner) ? inner[0] : undefined;
    expect(inner).toBe(7n);
  });
});

describe('[44] duplicate keys', () => {
  it('are kept in the order in which they were sent', () => {
    const attributes = ['1', '2'].map((intValue) => ({ key: 'a', value: { intValue } }));
    expect(decodeJson(wrapSpan({ attributes })).spans[0]?.attributes.map(({ value }) => value)).toEqual([
      1n,
      2n,
    ]);
  });
});

describe('[45] string indexes outside of profiles', () => {
  it('are treated as absent, and told of', () => {
    const attributes = [{ key: 'a', keyStrindex: 3, value: { stringValueStrindex: 4 } }];
    for (const decoded of [
      decodeJson(wrapSpan({ attributes })),
      decodeRequest('traces', 'protobuf', encodeSpan({ attributes })),
    ]) {
      expect(decoded.spans[0]?.attributes).toEqual([{ key: 'a', value: null }]);
      expect(decoded.repaired).toMatchObject([
        { code: 'OTLP_STRING_INDEX_IGNORED', count: 2, spanId: SPAN_ID },
      ]);
    }
  });
});

function encodeSpan(span: object): Buffer {
  const ids = { traceId: Buffer.from(TRACE_ID, 'hex'), spanId: Buffer.from(SPAN_ID, 'hex') };
  return encodeMessage('ExportTraceServiceRequest', {
    resourceSpans: [{ scopeSpans: [{ spans: [{ ...ids, ...span }] }] }],
  });
}

describe('[46] spans with invalid ids', () => {
  it.each([
    ['traceId', '', 'OTLP_INVALID_TRACE_ID'],
    ['traceId', '00'.repeat(16), 'OTLP_INVALID_TRACE_ID'],
    ['traceId', 'aa'.repeat(8), 'OTLP_INVALID_TRACE_ID'],
    ['spanId', '00'.repeat(8), 'OTLP_INVALID_SPAN_ID'],
    ['spanId', 'aa'.repeat(16), 'OTLP_INVALID_SPAN_ID'],
    ['parentSpanId', 'aa', 'OTLP_INVALID_PARENT_SPAN_ID'],
  ])('%s "%s" is rejected alone', (field, id, code) => {
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] };
    const spans = [{ ...IDS, [field]: id }, IDS, { ...IDS, [field]: id }];
    const decoded = decodeJson({
      resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 's' }, spans }] }],
    });
    expect(decoded.spans).toHaveLength(1);
    expect(decoded.rejected).toMatchObject([{ code, count: 2, serviceName: 'shop', scopeName: 's' }]);
    const protobuf = encodeSpan({ [field]: Buffer.from(id, 'hex') });
    expect(decodeRequest('traces', 'protobuf', protobuf).rejected).toMatchObject([{ code, count: 1 }]);
  });

  it('a parent of eight zeros is a root', () => {
    expect(decodeJson(wrapSpan({ parentSpanId: '00'.repeat(8) })).spans[0]?.parentSpanId).toBeNull();
  });
});

describe('[48] [49] [50] what else a span says', () => {
  it('flags keep all 32 bits, times all 64, and resources and scopes are shared', () => {
    const span = {
      ...IDS,
      flags: 0xffff_ffff,
      endTimeUnixNano: '18446744073709551615',
      status: { code: 2, message: 'm' },
    };
    const scope = { name: 'n', version: 'v', droppedAttributesCount: 1, attributes: [{ key: 'a' }] };
    const scopeSpans = [{ scope, schemaUrl: 'inner', spans: [span, span] }];
    const { spans } = decodeJson({ resourceSpans: [{ schemaUrl: 'outer', scopeSpans }] });
    expect(spans[0]).toMatchObject({
      flags: 0xffff_ffff,
      endTimeUnixNano: 2n ** 64n - 1n,
      statusCode: 2,
      statusMessage: 'm',
    });
    expect(spans[0]?.resource.schemaUrl).toBe('outer');
    expect(spans[0]?.scope).toEqual({
      ...scope,
      attributes: [{ key: 'a', value: null }],
      schemaUrl: 'inner',
    });
    expect(spans[0]?.scope).toBe(spans[1]?.scope);
    expect(spans[0]?.resource).toBe(spans[1]?.resource);
  });
});

describe('[52] metric points', () => {
  it('tell absent from zero, and integers from doubles', () => {
    const dataPoints = [{}, { asInt: '5' }, { asDouble: 5 }, { flags: 1 }];
    const histogram = { dataPoints: [{ count: '1' }, { count: '1', sum: 0, min: 0, max: 0 }] };
    const metrics = [
      { name: 'g', gauge: { dataPoints } },
      { name: 'h', histogram },
    ];
    const body = JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] });
    const { metricPoints } = decodeRequest('metrics', 'json', Buffer.from(body));
    expect(metricPoints.slice(0, 4).map(({ value }) => value)).toEqual(
      [null, 5n, 5, null].map((value) => ({ kind: 'number', value })),
    );
    expect(metricPoints.slice(4).map(({ value }) => value)).toMatchObject([
      { sum: null, min: null, max: null },
      { sum: 0, min: 0, max: 0 },
    ]);
  });
});

describe('[53] [54] strings', () => {
  it('that are not UTF-8 are repaired, and told of; U+0000 is kept', () => {
    const body = encodeSpan({ name: 'aXb', traceState: 'a\u0000b' });
    body[body.indexOf('aXb') + 1] = 0xff;
    const decoded = decodeRequest('traces', 'protobuf', body);
    expect([decoded.spans[0]?.name, decoded.spans[0]?.traceState]).toEqual(['a\uFFFDb', 'a\u0000b']);
    expect(decoded.repaired).toMatchObject([{ code: 'OTLP_INVALID_UTF8', count: 1, traceId: TRACE_ID }]);
    const json = Buffer.from(JSON.stringify(wrapSpan({ name: 'aXb' })));
    json[json.indexOf('aXb') + 1] = 0xff;
    const fromJson = decodeRequest('traces', 'json', json);
    expect(fromJson.spans[0]?.name).toBe('a\uFFFDb');
    expect(fromJson.repaired).toMatchObject([{ code: 'OTLP_INVALID_UTF8', count: 1 }]);
  });
});

describe('[34] [35] protobuf of the future', () => {
  it('unknown fields of every wire type are passed over, groups in groups to any depth', () => {
    const group = Buffer.concat([Buffer.alloc(40_000, 0xa3), Buffer.alloc(40_000, 0xa4)].map(toGroupTags));
    const fields = Buffer.from([
      0xa0, 6, 1, 0xa1, 6, 1, 2, 3, 4, 5, 6, 7, 8, 0xa2, 6, 2, 9, 9, 0xa5, 6, 1, 2, 3, 4,
    ]);
    const decoded = decodeRequest(
      'traces',
      'protobuf',
      Buffer.concat([fields, group, encodeSpan({ kind: 99 }), fields]),
    );
    expect(decoded.spans[0]?.kind).toBe(99);
    const json = decodeJson({ ...wrapSpan({ future: { deep: [1] } }), future: 1 });
    expect(json.spans).toHaveLength(1);
  });

  it.each([
    ['field number 0', [0, 0]],
    ['a cut varint', [0x08, 0x80]],
    ['a varint of 11 bytes', [0xa0, 6, ...Array<number>(10).fill(0x80), 1]],
    ['a length beyond the end', [0x0a, 5, 1]],
    ['a known field of another wire type', [0x08, 1]],
    ['an end of group without its begin', [0xa4, 6]],
    ['a group without its end', [0xa3, 6, 8, 1]],
    ['a group that ends as another', [0xa3, 6, 0xac, 6]],
    ['wire type 6', [0x0e]],
  ])('%s is malformed', (_, bytes) => {
    const error = findError(() => decodeRequest('traces', 'protobuf', Uint8Array.from(bytes)));
    expect(error.code).toBe('OTLP_MALFORMED_BODY');
    expect(error.message).toMatch(/at byte \d+/);
  });

  it('a message that comes in pieces is merged, a scalar that comes twice is the last', () => {
    const pieces = [
      encodeMessage('Span', { name: 'first', status: { code: 2 } }),
      encodeMessage('Span', { name: 'last', status: { message: 'm' } }),
    ];
    const ids = encodeMessage('Span', {
      traceId: Buffer.from(TRACE_ID, 'hex'),
      spanId: Buffer.from(SPAN_ID, 'hex'),
    });
    const span = Buffer.concat([ids, ...pieces]);
    const scopeSpans = Buffer.concat([Buffer.from([0x12, span.length]), span]);
    const resourceSpans = Buffer.concat([Buffer.from([0x12, scopeSpans.length]), scopeSpans]);
    const body = Buffer.concat([Buffer.from([0x0a, resourceSpans.length]), resourceSpans]);
    expect(decodeRequest('traces', 'protobuf', body).spans[0]).toMatchObject({
      name: 'last',
      statusCode: 2,
      statusMessage: 'm',
    });
  });
});

/** Field 100 as a group: each byte becomes the two bytes of the begin (0xa3) or end (0xa4) tag. */
function toGroupTags(bytes: Buffer): Buffer {
  const tags = Buffer.alloc(bytes.length * 2, 6);
  for (const [index, byte] of bytes.entries()) tags[index * 2] = byte;
  return tags;
}

describe('a large string', () => {
  it('of 60 MB is decoded', () => {
    const text = 'x"\\'.repeat(15_000_000);
    expect(decodeValue(`{"stringValue": ${JSON.stringify(text)}}`)).toBe(text);
  });
});

describe('a metric of hundreds of thousands of points', () => {
  it('comes whole', () => {
    const dataPoints = Array.from({ length: 200_000 }, (_, index) => ({ timeUnixNano: String(index + 1) }));
    const request = {
      resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'm', gauge: { dataPoints } }] }] }],
    };
    const decoded = decodeRequest('metrics', 'json', Buffer.from(JSON.stringify(request)));
    expect(decoded.metricPoints).toHaveLength(200_000);
  });
});

describe('[47] log records with ids that are none', () => {
  it('are kept without them, and only those that are not absent are remarked', () => {
    const logRecords = [{ traceId: '0'.repeat(32), spanId: '' }, { traceId: 'abcd', spanId: 'ab' }, IDS];
    const body = JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
    const decoded = decodeRequest('logs', 'json', Buffer.from(body));
    expect(decoded.rejected).toEqual([]);
    expect(decoded.logRecords.map(({ traceId, spanId }) => [traceId, spanId])).toEqual([
      [null, null],
      [null, null],
      [TRACE_ID, SPAN_ID],
    ]);
    expect(decoded.repaired.map(({ code, count, traceId }) => [code, count, traceId])).toEqual([
      ['OTLP_INVALID_TRACE_ID', 1, 'abcd'],
      ['OTLP_INVALID_SPAN_ID', 1, 'abcd'],
    ]);
  });
});
