import { expect, test } from 'vitest';
import { SpanledgerError } from '../../collector/errors.js';
import { findAttribute } from '../../collector/model/any-value.js';
import type { SpanData } from '../../collector/model/span-data.js';
import { SeededRandom } from '../support/random.js';
import { decodeZipkinRequest } from '../../collector/receivers/zipkin-request.js';

const TRACE = '4e441824ec2b6a44ffdc9bb9a6453df3';
const ID = 'ffdc9bb9a6453df3';
const BASE = { traceId: TRACE, id: ID, name: 'get /', timestamp: 1502787600000000, duration: 150_000 };

function decode(...spans: unknown[]) {
  return decodeZipkinRequest(Buffer.from(JSON.stringify(spans)));
}

function decodeOne(changes: Record<string, unknown>): SpanData {
  const { spans, rejected } = decode({ ...BASE, ...changes });
  expect(rejected).toEqual([]);
  const [span] = spans;
  if (span === undefined) throw new Error('no span came out');
  return span;
}

function readAttributes(span: SpanData): Record<string, unknown> {
  return Object.fromEntries(span.attributes.map(({ key, value }) => [key, value]));
}

test('the example of zipkin2-api.yaml is one span with every field where OTel has it', () => {
  const span = decodeOne({
    parentId: '6b221d5bc9e6496c',
    kind: 'SERVER',
    localEndpoint: { serviceName: 'backend', ipv4: '192.168.99.1', port: 3306 },
    remoteEndpoint: { serviceName: 'frontend', ipv4: '172.19.0.2', port: 58648 },
    annotations: [{ timestamp: 1502787600000005, value: 'ws' }],
    tags: { 'http.method': 'GET', 'http.path': '/api' },
  });
  expect(span).toMatchObject({
    traceId: TRACE,
    spanId: ID,
    parentSpanId: '6b221d5bc9e6496c',
    name: 'get /',
    kind: 2,
    startTimeUnixNano: 1502787600000000000n,
    endTimeUnixNano: 1502787600150000000n,
    events: [{ timeUnixNano: 1502787600000005000n, name: 'ws', attributes: [] }],
    statusCode: 0,
    statusMessage: '',
    resource: { attributes: [{ key: 'service.name', value: 'backend' }] },
  });
  expect(readAttributes(span)).toEqual({
    'http.method': 'GET',
    'http.path': '/api',
    'peer.service': 'frontend',
    'network.peer.address': '172.19.0.2',
    'network.peer.port': 58648n,
    'network.local.address': '192.168.99.1',
    'network.local.port': 3306n,
  });
});

test.each([
  ['SERVER', 2],
  ['CLIENT', 3],
  ['PRODUCER', 4],
  ['consumer', 5],
  [undefined, 1],
  [null, 1],
])('kind %s is %i', (kind, expected) => {
  expect(decodeOne({ kind }).kind).toBe(expected);
});

test('a kind that Zipkin has not is kept as an attribute', () => {
  const span = decodeOne({ kind: 'GATEWAY' });
  expect([span.kind, readAttributes(span)]).toEqual([0, { 'zipkin.kind': 'GATEWAY' }]);
});

test('ids of 64 bits are those with zeros before them, in any case', () => {
  const span = decodeOne({ traceId: 'FFDC9BB9A6453DF3', id: 'AB', parentId: '1' });
  expect([span.traceId, span.spanId, span.parentSpanId]).toEqual([
    '0000000000000000ffdc9bb9a6453df3',
    '00000000000000ab',
    '0000000000000001',
  ]);
});

test.each([ID, '0000000000000000', null, undefined])('a parent %s is none', (parentId) => {
  expect(decodeOne({ parentId }).parentSpanId).toBeNull();
});

test('the server half of a shared span has an id of its own and the client half as its parent', () => {
  const server = { kind: 'SERVER', shared: true, parentId: '6b221d5bc9e6496c' };
  const first = decodeOne(server);
  expect(first.spanId).toMatch(/^[0-9a-f]{16}$/);
  expect(first.spanId).not.toBe(ID);
  expect(first.parentSpanId).toBe(ID);
  expect(readAttributes(first)).toEqual({ 'zipkin.shared': true, 'zipkin.parent_id': '6b221d5bc9e6496c' });
  // Sent again, or by another collector, it is the same span; of another trace it is another.
  expect(decodeOne(server).spanId).toBe(first.spanId);
  expect(decodeOne({ ...server, traceId: 'aa' }).spanId).not.toBe(first.spanId);
});

test('debug is kept', () => {
  expect(readAttributes(decodeOne({ debug: true, shared: false }))).toEqual({ 'zipkin.debug': true });
});

test('a span without a duration ends where it starts, and one without a timestamp has no times', () => {
  const open = decodeOne({ duration: undefined });
  expect(open.endTimeUnixNano).toBe(open.startTimeUnixNano);
  const late = decodeOne({ timestamp: null });
  expect([late.startTimeUnixNano, late.endTimeUnixNano]).toEqual([0n, 0n]);
  expect(readAttributes(late)).toEqual({ 'zipkin.duration': 150_000n });
});

test('microseconds beyond 2^53 keep their digits', () => {
  const body = `[{"traceId":"1","id":"1","timestamp":18014398509481985,"duration":3}]`;
  const [span] = decodeZipkinRequest(Buffer.from(body)).spans;
  expect(span?.startTimeUnixNano).toBe(18_014_398_509_481_985_000n);
  expect(span?.endTimeUnixNano).toBe(18_014_398_509_481_988_000n);
});

test.each<[Record<string, unknown>, number, string, string[]]>([
  [{ 'otel.status_code': 'ERROR', error: 'boom' }, 2, 'boom', []],
  [{ 'otel.status_code': 'OK' }, 1, '', []],
  [{ 'otel.status_code': 'OK', error: 'ignored' }, 1, '', ['error']],
  [{ 'otel.status_code': 'STATUS_CODE_ERROR', 'otel.status_description': 'late' }, 2, 'late', []],
  [{ error: 'no such index' }, 2, 'no such index', []],
  [{ error: 'true' }, 2, '', ['error']],
  [{ error: '' }, 2, '', ['error']],
  [{ error: 'false' }, 0, '', ['error']],
  [{ 'otel.status_code': 'SOME' }, 0, '', ['otel.status_code']],
  [{}, 0, '', []],
])('tags %j are status %i "%s"', (tags, code, message, left) => {
  const span = decodeOne({ tags });
  expect([span.statusCode, span.statusMessage]).toEqual([code, message]);
  expect(span.attributes.map(({ key }) => key)).toEqual(left);
});

test('what exporters of OTel write as tags becomes scope, trace state, dropped counts and resource again', () => {
  const span = decodeOne({
    localEndpoint: { serviceName: 'planner' },
    tags: {
      'otel.scope.name': 'my-instrumentation',
      'otel.scope.version': '1.2.3',
      'otel.library.name': 'my-instrumentation',
      'otel.library.version': '1.2.3',
      'otel.dropped_attributes_count': '3',
      'otel.dropped_events_count': '2',
      'otel.dropped_links_count': '4294967296',
      'w3c.tracestate': 'a=b',
      'service.name': 'planner',
      'telemetry.sdk.language': 'nodejs',
      'deployment.environment.name': 'staging',
      'gen_ai.operation.name': 'chat',
    },
  });
  expect(span).toMatchObject({
    traceState: 'a=b',
    droppedAttributesCount: 3,
    droppedEventsCount: 2,
    droppedLinksCount: 0,
    scope: { name: 'my-instrumentation', version: '1.2.3' },
  });
  expect(span.resource.attributes).toEqual([
    { key: 'service.name', value: 'planner' },
    { key: 'telemetry.sdk.language', value: 'nodejs' },
    { key: 'deployment.environment.name', value: 'staging' },
  ]);
  // A count that OTel has no room for stays as it came.
  expect(readAttributes(span)).toEqual({
    'otel.dropped_links_count': '4294967296',
    'gen_ai.operation.name': 'chat',
  });
});

test('a tag wins over the endpoint, whose word is kept beside it', () => {
  const span = decodeOne({
    localEndpoint: { serviceName: 'planner', ipv6: '2001:db8::c001' },
    remoteEndpoint: { serviceName: 'search', ipv4: '10.0.0.1', ipv6: '2001:db8::c002' },
    tags: { 'peer.service': 'search-v2', 'service.name': 'other', __proto__x: '1' },
  });
  expect(span.resource.attributes).toEqual([{ key: 'service.name', value: 'planner' }]);
  expect(readAttributes(span)).toEqual({
    'peer.service': 'search-v2',
    'service.name': 'other',
    __proto__x: '1',
    'zipkin.remoteEndpoint.serviceName': 'search',
    'network.peer.address': '10.0.0.1',
    'zipkin.remoteEndpoint.ipv6': '2001:db8::c002',
    'network.local.address': '2001:db8::c001',
  });
});

test('tags without quotes are numbers and booleans, and __proto__ is an ordinary key', () => {
  const body = `[{"traceId":"1","id":"1","tags":{"a":12345678901234567,"b":true,"c":0.5,"d":null,"__proto__":"x"}}]`;
  const attributes = decodeZipkinRequest(Buffer.from(body)).spans[0]?.attributes ?? [];
  expect(attributes).toEqual([
    { key: 'a', value: 12_345_678_901_234_567n },
    { key: 'b', value: true },
    { key: 'c', value: 0.5 },
    { key: 'd', value: null },
    { key: '__proto__', value: 'x' },
  ]);
  expect(findAttribute(attributes, '__proto__')).toBe('x');
});

test('spans of one service share their resource and scope', () => {
  const local = (serviceName: string) => ({ ...BASE, localEndpoint: { serviceName } });
  const { spans } = decode(local('a'), local('b'), local('a'));
  expect(spans[0]?.resource).toBe(spans[2]?.resource);
  expect(spans[0]?.resource).not.toBe(spans[1]?.resource);
  expect(spans[0]?.scope).toBe(spans[1]?.scope);
});

test.each<[unknown, string]>([
  [null, 'expected an object, not null'],
  [{ ...BASE, traceId: undefined }, 'traceId must be 1 to 32 hexadecimal digits'],
  [{ ...BASE, traceId: '0000000000000000' }, 'traceId must not be all zero'],
  [{ ...BASE, traceId: `${TRACE}0` }, 'traceId must be 1 to 32 hexadecimal digits'],
  [{ ...BASE, id: 'xyz' }, 'id must be 1 to 16 hexadecimal digits'],
  [{ ...BASE, id: TRACE }, 'id must be 1 to 16 hexadecimal digits'],
  [{ ...BASE, parentId: 7 }, 'parentId must be 1 to 16 hexadecimal digits'],
  [{ ...BASE, timestamp: 1.5 }, 'timestamp must be a whole number of microseconds'],
  [{ ...BASE, timestamp: -1 }, 'timestamp must be a whole number of microseconds'],
  [{ ...BASE, duration: 18446744073709000 }, 'timestamp and duration are beyond the year 2554'],
  [{ ...BASE, name: 5 }, 'name: expected a string, not this number'],
  [{ ...BASE, tags: { a: ['x'] } }, 'tags: a tag must be a text'],
  [{ ...BASE, tags: [] }, 'tags: expected an object, not an array'],
  [{ ...BASE, annotations: {} }, 'annotations: expected an array, not an object'],
  [{ ...BASE, localEndpoint: { port: 'x' } }, 'localEndpoint: port must be a whole number'],
  [{ ...BASE, shared: 'yes' }, 'shared: expected true or false, not this string'],
])('a span that is none is rejected alone: %j', (bad, reason) => {
  const { spans, rejected } = decode(bad, BASE, bad);
  expect(spans.map(({ spanId }) => spanId)).toEqual([ID]);
  expect(rejected).toMatchObject([
    { code: 'ZIPKIN_INVALID_SPAN', count: 2, reason: `a Zipkin span is none: ${reason}` },
  ]);
});

test('a rejected span is named by its service and ids, however long they are', () => {
  const { rejected } = decode({
    traceId: 'x'.repeat(5000),
    id: ID,
    localEndpoint: { serviceName: 'planner' },
  });
  expect(rejected).toMatchObject([{ serviceName: 'planner', spanId: ID }]);
  expect(rejected[0]?.traceId?.length).toBe(200);
});

test.each(['{}', 'null', '"x"', '12', '', '[', '[{]', '[] x', '12345678901234567'])(
  'a body %s is refused',
  (body) => {
    let thrown: unknown;
    try {
      decodeZipkinRequest(Buffer.from(body));
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(SpanledgerError);
    expect((thrown as SpanledgerError).code).toBe('OTLP_MALFORMED_BODY');
  },
);

test('bytes that are not UTF-8 are replaced, and said so', () => {
  const body = Buffer.concat([
    Buffer.from('[{"traceId":"1","id":"1","name":"'),
    Buffer.from([0xff]),
    Buffer.from('"}]'),
  ]);
  const { spans, repaired } = decodeZipkinRequest(body);
  expect(spans[0]?.name).toBe('\uFFFD');
  expect(repaired).toMatchObject([{ code: 'OTLP_INVALID_UTF8' }]);
});

test('a body of nothing but what is no span is refused as a whole, soon', () => {
  const body = Buffer.from(`[${'1,'.repeat(1_000_000)}1]`);
  expect(() => decodeZipkinRequest(body)).toThrow('more than 10000 items are no Zipkin v2 spans');
});

const ODD_VALUES: unknown[] = [
  null,
  true,
  -1,
  0,
  1.5,
  1e300,
  '',
  'x',
  '0',
  'ab',
  '9'.repeat(40),
  '\u0000\ud800',
  [],
  ['x'],
  [null],
  [{}],
  [[[[]]]],
  {},
  { __proto__: null, constructor: 'x' },
  { serviceName: 5 },
  { port: -1, ipv4: 'not an address' },
  [{ timestamp: 1, value: 'a' }],
];
const FIELDS = [
  'traceId',
  'id',
  'parentId',
  'name',
  'kind',
  'timestamp',
  'duration',
  'debug',
  'shared',
  'localEndpoint',
  'remoteEndpoint',
  'annotations',
  'tags',
];

test('whatever stands in a field, the span is either taken whole or rejected with a reason', () => {
  const random = new SeededRandom(20261121);
  for (let round = 0; round < 2000; round++) {
    const span: Record<string, unknown> = { ...BASE };
    for (let change = 1 + random.below(4); change > 0; change--)
      span[random.pick(FIELDS)] = random.pick(ODD_VALUES);
    const { spans, rejected } = decode(span, BASE);
    expect(spans.length + rejected.length).toBe(2);
    for (const { traceId, spanId, startTimeUnixNano, endTimeUnixNano } of spans) {
      expect([traceId, spanId].join(' ')).toMatch(/^[0-9a-f]{32} [0-9a-f]{16}$/);
      expect(startTimeUnixNano >= 0n && endTimeUnixNano < 2n ** 64n).toBe(true);
    }
  }
});
