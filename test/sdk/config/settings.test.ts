import { expect, test } from 'vitest';
import { readSettings } from '../../../src/config/settings.js';

const read = (environment: Record<string, string>, options = {}) =>
  readSettings(options, environment).settings;
const problemsOf = (environment: Record<string, string>, options = {}) =>
  readSettings(options, environment).problems;

test('with nothing said, spans go to the collector on this machine as protobuf over HTTP', () => {
  const { settings, problems } = readSettings({}, {});
  expect(problems).toEqual([]);
  expect(settings).toMatchObject({
    isDisabled: false,
    exporters: ['otlp'],
    otlp: { protocol: 'http/protobuf', url: 'http://localhost:4318/v1/traces', headers: {} },
    propagators: ['tracecontext', 'baggage'],
    sampler: { name: 'parentbased_always_on', ratio: 1 },
    batch: { scheduledDelayMillis: 5_000, maxQueueSize: 2_048, maxExportBatchSize: 512 },
    capture: 'all',
  });
});

test('what is empty or blank is not set', () => {
  const names = [
    'OTEL_SDK_DISABLED',
    'OTEL_TRACES_EXPORTER',
    'OTEL_PROPAGATORS',
    'OTEL_EXPORTER_OTLP_ENDPOINT',
  ];
  const { settings, problems } = readSettings({}, Object.fromEntries(names.map((name) => [name, ' '])));
  expect(problems).toEqual([]);
  expect(settings).toEqual(readSettings({}, {}).settings);
});

test.each([
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' }, 'http://c:4318/v1/traces'],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://c/otel/' }, 'https://c/otel/v1/traces'],
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c:4318/own' }, 'http://c:4318/own'],
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c:4318' }, 'http://c:4318/'],
  [
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://all:1', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://t:2/x' },
    'http://t:2/x',
  ],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4317/p', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 'http://c:4317'],
  [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 'http://localhost:4317'],
])('of %j the URL is %s', (environment, url) => {
  expect(read(environment).otlp.url).toBe(url);
});

test.each([
  ['http://c:4318', 'http://c:4318/v1/traces'],
  ['http://c:4318/v1/traces', 'http://c:4318/v1/traces'],
  ['https://c/otel', 'https://c/otel/v1/traces'],
])('the option %s is completed to %s and wins over the environment', (url, expected) => {
  expect(read({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://other' }, { url }).otlp.url).toBe(expected);
});

test('options win over the environment', () => {
  const environment = {
    OTEL_SDK_DISABLED: 'true',
    OTEL_SERVICE_NAME: 'from-environment',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    OTEL_EXPORTER_OTLP_TIMEOUT: '1',
    OTEL_PROPAGATORS: 'b3',
    OTEL_BSP_SCHEDULE_DELAY: '1',
    OTEL_SPAN_EVENT_COUNT_LIMIT: '1',
    OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'true',
  };
  const settings = read(environment, {
    disabled: false,
    serviceName: 'given',
    protocol: 'http/json',
    compression: 'none',
    timeoutMillis: 2,
    propagators: ['jaeger'],
    batch: { scheduledDelayMillis: 2 },
    spanLimits: { eventCountLimit: 2 },
    capture: 'none',
    apiKey: 'k',
    headers: { 'x-team': 'a' },
  });
  expect(settings).toMatchObject({
    isDisabled: false,
    resourceAttributes: { 'service.name': 'given' },
    otlp: {
      protocol: 'http/json',
      compression: 'none',
      timeoutMillis: 2,
      headers: { authorization: 'Bearer k', 'x-team': 'a' },
    },
    propagators: ['jaeger'],
    batch: { scheduledDelayMillis: 2 },
    spanLimits: { eventCountLimit: 2 },
    capture: 'none',
  });
});

test('variables of the signal win over those for all signals', () => {
  const { otlp } = read({
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_TIMEOUT: '1',
    OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '2',
    OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: 'none',
  });
  expect(otlp).toMatchObject({ protocol: 'http/json', timeoutMillis: 2, compression: 'none' });
});

test('attributes of the resource are decoded, and the service name of its own variable wins', () => {
  const { resourceAttributes } = read({
    OTEL_RESOURCE_ATTRIBUTES: 'service.name=ignored, team=r%26d%2C%20one , empty=,',
    OTEL_SERVICE_NAME: 'agent',
  });
  expect(resourceAttributes).toEqual({ 'service.name': 'agent', team: 'r&d, one', empty: '' });
});

test.each(['a=b=c', 'novalue', '=x', 'a=%E0%A4%A', 'a=1,b'])(
  'with an error in %s all attributes of that variable are discarded',
  (text) => {
    const environment = { OTEL_RESOURCE_ATTRIBUTES: `ok=1,${text}` };
    expect(read(environment).resourceAttributes).toEqual({});
    expect(problemsOf(environment)).toHaveLength(1);
  },
);

test.each([
  ['console', ['console'], 0],
  ['otlp,console', ['otlp', 'console'], 0],
  ['console , OTLP,console', ['otlp', 'console'], 0],
  ['none', [], 0],
  ['none,otlp', [], 1],
  ['zipkin', ['otlp'], 1],
  ['zipkin,console', ['console'], 1],
])('OTEL_TRACES_EXPORTER=%s sends to %j', (value, exporters, problemCount) => {
  expect(read({ OTEL_TRACES_EXPORTER: value }).exporters).toEqual(exporters);
  expect(problemsOf({ OTEL_TRACES_EXPORTER: value })).toHaveLength(problemCount);
});

test.each([
  ['b3,tracecontext', ['tracecontext', 'b3']],
  ['b3multi,jaeger,baggage', ['baggage', 'b3multi', 'jaeger']],
  ['none', []],
  ['none,b3', []],
])('OTEL_PROPAGATORS=%s are %j', (value, propagators) => {
  expect(read({ OTEL_PROPAGATORS: value }).propagators).toEqual(propagators);
});

test.each([
  ['always_off', undefined, 1],
  ['traceidratio', '0.25', 0.25],
  ['parentbased_traceidratio', '0', 0],
  ['parentbased_traceidratio', undefined, 1],
])('OTEL_TRACES_SAMPLER=%s with %s', (name, ratio, expected) => {
  const environment = {
    OTEL_TRACES_SAMPLER: name,
    ...(ratio !== undefined && { OTEL_TRACES_SAMPLER_ARG: ratio }),
  };
  expect(read(environment).sampler).toEqual({ name, ratio: expected });
});

test('general limits hold for spans unless these have their own', () => {
  const limits = read({
    OTEL_ATTRIBUTE_COUNT_LIMIT: '10',
    OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '20',
    OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '30',
    OTEL_SPAN_LINK_COUNT_LIMIT: '0',
    OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT: '5',
    OTEL_LINK_ATTRIBUTE_COUNT_LIMIT: '6',
  }).spanLimits;
  expect(limits).toEqual({
    attributeCountLimit: 30,
    attributeValueLengthLimit: 20,
    eventCountLimit: 128,
    linkCountLimit: 0,
    attributePerEventCountLimit: 5,
    attributePerLinkCountLimit: 6,
  });
});

test('a batch is never larger than its queue', () => {
  expect(read({ OTEL_BSP_MAX_QUEUE_SIZE: '10' }).batch).toMatchObject({
    maxQueueSize: 10,
    maxExportBatchSize: 10,
  });
});

test.each([
  ['OTEL_SDK_DISABLED', 'yes'],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'localhost:4318'],
  ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'not a url'],
  ['OTEL_EXPORTER_OTLP_PROTOCOL', 'http'],
  ['OTEL_EXPORTER_OTLP_COMPRESSION', 'zstd'],
  ['OTEL_EXPORTER_OTLP_TIMEOUT', '10s'],
  ['OTEL_PROPAGATORS', 'xray'],
  ['OTEL_TRACES_SAMPLER', 'sometimes'],
  ['OTEL_BSP_MAX_QUEUE_SIZE', '0'],
  ['OTEL_BSP_SCHEDULE_DELAY', '-1'],
  ['OTEL_SPAN_EVENT_COUNT_LIMIT', '1.5'],
  ['OTEL_NODE_RESOURCE_DETECTORS', 'gcp'],
  ['OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT', 'perhaps'],
])('%s=%s is ignored and said', (name, value) => {
  const { settings, problems } = readSettings({}, { [name]: value });
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(name);
  const expected = readSettings({}, {}).settings;
  expect(settings).toEqual(name === 'OTEL_PROPAGATORS' ? { ...expected, propagators: [] } : expected);
});

test('a ratio above one is ignored and said', () => {
  const environment = { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '2' };
  expect(read(environment).sampler.ratio).toBe(1);
  expect(problemsOf(environment)).toHaveLength(1);
});

test('options that make no sense are ignored and said', () => {
  const options = { url: 'nowhere', protocol: 'carrier pigeon', compression: 'brotli' };
  expect(read({}, options)).toEqual(read({}));
  expect(problemsOf({}, options)).toHaveLength(3);
});

test('a propagator that a user without types made up is said and left out', () => {
  const options = { propagators: ['b3', 'pigeon'] };
  expect(read({}, options).propagators).toEqual(['b3']);
  expect(problemsOf({}, options)).toEqual([expect.stringContaining('propagators: pigeon is not known here')]);
});

test('a key is taken without the line break of its file, and an empty one leaves the headers of the environment', () => {
  expect(readSettings({ apiKey: 'k\n' }, {}).settings.otlp.headers).toEqual({ authorization: 'Bearer k' });
  const { settings } = readSettings(
    { apiKey: '' },
    { OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20e' },
  );
  expect(settings.otlp.headers).toEqual({});
  expect(settings.api?.headers).toEqual({ authorization: 'Bearer e' });
});
